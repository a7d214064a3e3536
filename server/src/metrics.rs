//! Every metric, with its meaning, its buckets and what of it is there from the start. Labels are bounded: a route,
//! never a path; a class, never an id.
//!
//! Whoever counts or times names the metric; this table describes it. A test holds the two together.

mod machine;
mod sample;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

pub use sample::{Sampler, keep_up};

/// How long each HTTP request took; labels `method`, `route`, `status`.
pub const HTTP_REQUEST_DURATION: &str = "http_request_duration_seconds";
/// Requests that are being answered.
pub const HTTP_REQUESTS_IN_FLIGHT: &str = "http_requests_in_flight";
/// Whether each dependency does all that it promises; label `dependency`.
pub const DEPENDENCY_UP: &str = "dependency_up";

const HTTP_SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
const DATABASE_SECONDS: &[f64] = &[
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0,
];
const DELIVERY_MS: &[f64] = &[
    0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0, 50.0, 80.0, 150.0, 300.0, 1000.0, 5000.0,
];
const BATCH: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
const LAG_SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0,
];

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// It only rises.
    Counter,
    /// It is what it is at the moment.
    Gauge,
    /// Observations, in buckets up to these bounds.
    Histogram(&'static [f64]),
}
use Kind::{Counter, Gauge, Histogram};

/// Names of labels with their values.
type Labels = &'static [(&'static str, &'static str)];

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Its unit, where it has one.
    pub unit: Option<Unit>,
    /// What it means.
    pub help: &'static str,
    /// The series that are there, with zero, before anything has happened: without them, the first event of a kind is
    /// no increase for Prometheus. Others come with what they count.
    pub from_start: &'static [Labels],
}

const fn metric(
    name: &'static str,
    kind: Kind,
    unit: Option<Unit>,
    help: &'static str,
    from_start: &'static [Labels],
) -> Metric {
    Metric {
        name,
        kind,
        unit,
        help,
        from_start,
    }
}

/// The one series of a metric without labels.
const ONE: &[Labels] = &[&[]];
/// Set by whoever knows its labels, as soon as there is anything that it is about.
const LATER: &[Labels] = &[];
const SECONDS: Option<Unit> = Some(Unit::Seconds);
const BYTES: Option<Unit> = Some(Unit::Bytes);

/// All of them.
#[rustfmt::skip]
pub const METRICS: &[Metric] = &[
    // Requests
    metric(HTTP_REQUEST_DURATION, Histogram(HTTP_SECONDS), SECONDS,
        "How long HTTP requests took until their answer began, by method, matched route and status",
        &[&[("method", "GET"), ("route", "/health"), ("status", "200")]]),
    metric(HTTP_REQUESTS_IN_FLIGHT, Gauge, None, "HTTP requests that are being answered", ONE),
    // Sockets
    metric("websocket_active_connections", Gauge, None, "How many WebSockets are open", ONE),
    metric("websocket_frames_received_total", Counter, None, "Frames that clients sent, by type",
        &[&[("type", "join")], &[("type", "leave")], &[("type", "send")], &[("type", "typing")],
          &[("type", "read")], &[("type", "presence")], &[("type", "faulty")]]),
    metric("websocket_closed_total", Counter, None,
        "Connections that ended, by the close code that this server gave, or peer (closed by the other side) or lost",
        &[&[("code", "peer")], &[("code", "lost")], &[("code", "1001")], &[("code", "1008")], &[("code", "1009")],
          &[("code", "1012")], &[("code", "1013")], &[("code", "4401")], &[("code", "4429")]]),
    metric("websocket_slow_readers_total", Counter, None,
        "Connections closed because they did not keep up", ONE),
    // Delivery
    metric("message_delivery_time_ms", Histogram(DELIVERY_MS), Some(Unit::Milliseconds),
        "From accepting a message, at whichever instance, to having written it to a reader; on one clock", ONE),
    metric("hub_delivery_time_ms", Histogram(DELIVERY_MS), Some(Unit::Milliseconds),
        "The same by how many have the room open at the instance that writes",
        &[&[("readers", "1-9")], &[("readers", "10-99")], &[("readers", "100+")]]),
    metric("hub_resumes_total", Counter, None,
        "Rooms opened with a revision, by where the changes came from; limited: too far behind, a page is loaded",
        &[&[("source", "tail")], &[("source", "store")], &[("source", "limited")]]),
    metric("hub_resume_failures_total", Counter, None,
        "Rooms that could not be opened because something was away", ONE),
    metric("hub_gaps_total", Counter, None,
        "Times that what is held was compared with the store, or a hole in it filled", ONE),
    metric("hub_ephemeral_dropped_total", Counter, None,
        "Typing, presence and head frames that a full connection missed", ONE),
    // Bus and Redis
    metric("bus_unsent_total", Counter, None,
        "Events that other instances did not get and were told to find by comparing", ONE),
    metric("bus_skipped_total", Counter, None,
        "Events of other instances that could not be read and are looked for in the store", ONE),
    metric("bus_reconnects_total", Counter, None,
        "Times that the subscription to other instances' events was lost", ONE),
    metric("bus_queue_length", Gauge, None, "Events that wait to be sent to other instances", ONE),
    metric("bus_round_trip_seconds", Histogram(DATABASE_SECONDS), SECONDS,
        "How long a word takes through Redis and back to the instance that sent it, its wait in the queue included", ONE),
    metric("redis_command_duration_seconds", Histogram(DATABASE_SECONDS), SECONDS,
        "How long Redis took to answer, scripts and pipelines as a whole", ONE),
    metric("redis_pool_connections", Gauge, None, "Connections to Redis for commands, by state",
        &[&[("state", "idle")], &[("state", "busy")]]),
    metric("clock_offset_seconds", Gauge, SECONDS,
        "By how much Redis' clock, which all instances follow to time deliveries, is ahead of this machine's", ONE),
    // Cache
    metric("cache_hits_total", Counter, None,
        "Reads that the cache answered, by cache and layer (all: as the reader sees it; memory; redis)",
        &[&[("cache", "block"), ("layer", "all")], &[("cache", "room"), ("layer", "all")]]),
    metric("cache_misses_total", Counter, None,
        "Reads that the cache could not answer, by cache and layer",
        &[&[("cache", "block"), ("layer", "all")], &[("cache", "room"), ("layer", "all")]]),
    // Database
    metric("database_query_duration_seconds", Histogram(DATABASE_SECONDS), SECONDS,
        "How long store operations took as their caller saw it, by operation", &[&[("op", "ping")]]),
    metric("database_commit_duration_seconds", Histogram(DATABASE_SECONDS), SECONDS,
        "How long group commits took", ONE),
    metric("database_batch_size", Histogram(BATCH), None, "How many writes shared one commit", ONE),
    metric("database_queue_length", Gauge, None, "Writes that were accepted and wait for the next commit", ONE),
    metric("database_pool_wait_seconds", Histogram(DATABASE_SECONDS), SECONDS,
        "How long operations waited for a connection", ONE),
    metric("database_pool_timeouts_total", Counter, None, "Operations that got no connection in time", ONE),
    metric("database_pool_connections", Gauge, None, "Connections, by pool and state", LATER),
    metric("database_pool_connections_max", Gauge, None, "The most connections that there may be, by pool", LATER),
    metric("database_replica_reads_total", Counter, None,
        "Old pages and searches, by who answered: the replica, or the primary as that lagged or was away",
        &[&[("answer", "replica")], &[("answer", "primary")]]),
    metric("last_backup_timestamp_seconds", Gauge, SECONDS,
        "When `natter backup` last wrote a copy of this database, as a Unix time; 0: never", ONE),
    // Dependencies
    metric(DEPENDENCY_UP, Gauge, None,
        "1: the dependency does all that it promises; 0: it is away or degraded", LATER),
    metric("circuit_breaker_state", Gauge, None,
        "Whether what is outside is asked, by breaker: 0 closed (asked), 1 half open (tried), 2 open (not asked)",
        LATER),
    metric("circuit_breaker_trips_total", Counter, None, "Times that a circuit breaker opened, by breaker", LATER),
    metric("trace_spans_dropped_total", Counter, None, "Spans that the collector of traces did not get", ONE),
    // The process and its machine
    metric("natter_build_info", Gauge, None, "1, with the version as a label", LATER),
    metric("process_cpu_seconds_total", Counter, SECONDS, "Processor time that the process used, in whole seconds", ONE),
    metric("process_cpu_limit_cores", Gauge, None, "How many cores the process may use", ONE),
    metric("process_resident_memory_bytes", Gauge, BYTES, "Memory that the process occupies", ONE),
    metric("process_memory_limit_bytes", Gauge, BYTES,
        "How much memory there is for the process: its group's limit, or the machine's memory", ONE),
    metric("process_open_fds", Gauge, None, "Open files, sockets included", ONE),
    metric("process_max_fds", Gauge, None, "How many files the process may open", ONE),
    metric("process_threads", Gauge, None, "Threads of the process", ONE),
    metric("process_start_time_seconds", Gauge, SECONDS, "When the process started, as a Unix time", ONE),
    metric("disk_size_bytes", Gauge, BYTES, "Size of the disk with the data, for a database in a file", ONE),
    metric("disk_free_bytes", Gauge, BYTES, "What is free of it", ONE),
    metric("runtime_workers", Gauge, None, "Threads that run tasks", ONE),
    metric("runtime_tasks", Gauge, None, "Tasks that are alive", ONE),
    metric("runtime_queue_length", Gauge, None, "Tasks that wait for a thread, beside the threads' own queues", ONE),
    metric("runtime_lag_seconds", Histogram(LAG_SECONDS), SECONDS,
        "By how much later than wanted a task runs whose time has come", ONE),
];

/// Installs the recorder for the whole process, describes every metric and makes it be there.
///
/// # Errors
/// Only where a recorder is installed already, or a bucket list is empty.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let mut builder = PrometheusBuilder::new();
    for metric in METRICS {
        if let Histogram(buckets) = metric.kind {
            builder = builder.set_buckets_for_metric(Matcher::Full(metric.name.into()), buckets)?;
        }
    }
    let handle = builder.install_recorder()?;
    METRICS.iter().for_each(Metric::introduce);
    Ok(handle)
}

impl Metric {
    fn introduce(&self) {
        // The macros have no form for a unit that may be absent.
        let unit = self.unit.unwrap_or(Unit::Count);
        match self.kind {
            Counter => describe_counter!(self.name, unit, self.help),
            Gauge => describe_gauge!(self.name, unit, self.help),
            Histogram(_) => describe_histogram!(self.name, unit, self.help),
        }
        for labels in self.from_start {
            match self.kind {
                Counter => counter!(self.name, *labels).increment(0),
                Gauge => gauge!(self.name, *labels).increment(0.0),
                Histogram(_) => drop(histogram!(self.name, *labels)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_metric_is() {
        for (n, metric) in METRICS.iter().enumerate() {
            let Metric { name, kind, help, .. } = metric;
            assert_eq!(name.ends_with("_total"), *kind == Counter, "{name}");
            assert!(!help.is_empty() && !help.ends_with('.'), "{name}: {help}");
            assert!(
                METRICS[..n].iter().all(|other| other.name != *name),
                "{name} is there twice"
            );
            if let Histogram(buckets) = kind {
                assert!(buckets.windows(2).all(|pair| pair[0] < pair[1]), "{name}");
            }
        }
    }
}
