//! Every metric, with its meaning and its buckets. Labels are bounded: a route, never a path; a
//! class, never an id.

use std::time::Duration;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// How long each HTTP request took; labels `method`, `route`, `status`.
pub const HTTP_REQUEST_DURATION: &str = "http_request_duration_seconds";

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

/// How often old observations are folded away. Without it histograms grow for ever.
const UPKEEP: Duration = Duration::from_secs(5);

/// Installs the recorder for the whole process and describes every metric.
///
/// # Errors
/// Only where a recorder is installed already, or a bucket list is empty.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(HTTP_REQUEST_DURATION.into()), HTTP_SECONDS)?
        .set_buckets_for_metric(Matcher::Prefix("database_query".into()), DATABASE_SECONDS)?
        .set_buckets_for_metric(Matcher::Prefix("database_commit".into()), DATABASE_SECONDS)?
        .set_buckets_for_metric(Matcher::Prefix("database_pool".into()), DATABASE_SECONDS)?
        .set_buckets_for_metric(Matcher::Full("database_batch_size".into()), BATCH)?
        .set_buckets_for_metric(Matcher::Full("message_delivery_time_ms".into()), DELIVERY_MS)?;
    let handle = builder.install_recorder()?;
    describe();
    Ok(handle)
}

/// Folds old observations away, for as long as the process runs.
pub async fn keep_up(handle: PrometheusHandle) {
    let mut tick = tokio::time::interval(UPKEEP);
    loop {
        tick.tick().await;
        handle.run_upkeep();
    }
}

fn describe() {
    let requests = "How long HTTP requests took";
    describe_histogram!(HTTP_REQUEST_DURATION, Unit::Seconds, requests);
    describe_gauge!(
        DEPENDENCY_UP,
        "1: the dependency does all that it promises; 0: it is away or degraded"
    );
    describe_gauge!("websocket_active_connections", "How many WebSockets are open");
    describe_counter!(
        "websocket_frames_received_total",
        "Frames that clients sent, by type"
    );
    describe_counter!(
        "websocket_closed_total",
        "Connections that the server closed, by close code"
    );
    describe_counter!(
        "websocket_slow_readers_total",
        "Connections closed because they did not keep up"
    );
    describe_histogram!(
        "message_delivery_time_ms",
        Unit::Milliseconds,
        "From accepting a message to writing it out"
    );
    describe_counter!(
        "hub_resumes_total",
        "Rooms opened with a revision, by where the changes came from"
    );
    describe_counter!(
        "hub_gaps_total",
        "Times that a room's log had to be repaired from the store"
    );
    describe_counter!(
        "hub_ephemeral_dropped_total",
        "Typing, presence and head frames that a full connection missed"
    );
    describe_gauge!(
        "circuit_breaker_state",
        "Whether what is outside is asked, by breaker: 0 closed (asked), 1 half open (tried), 2 open (not asked)"
    );
    describe_counter!(
        "circuit_breaker_trips_total",
        "Times that a circuit breaker opened, by breaker"
    );
    describe_counter!(
        "cache_hits_total",
        "Reads that the cache answered, by cache and layer (all: as the reader sees it; memory; redis)"
    );
    describe_counter!(
        "cache_misses_total",
        "Reads that the cache could not answer, by cache and layer"
    );
    describe_counter!(
        "bus_unsent_total",
        "Events that other instances did not get and were told to find by comparing"
    );
    describe_counter!(
        "bus_skipped_total",
        "Events that another version sent and this one does not know"
    );
    describe_counter!(
        "bus_reconnects_total",
        "Times that the subscription to other instances' events was lost"
    );
    describe_histogram!(
        "database_query_duration_seconds",
        Unit::Seconds,
        "How long store operations took, by operation"
    );
    describe_histogram!(
        "database_commit_duration_seconds",
        Unit::Seconds,
        "How long group commits took"
    );
    describe_histogram!("database_batch_size", "How many writes shared one commit");
    describe_histogram!(
        "database_pool_wait_seconds",
        Unit::Seconds,
        "How long operations waited for a connection"
    );
    describe_counter!(
        "database_replica_reads_total",
        "Old pages, by who answered: the replica, or the primary as that lagged or was away"
    );
}
