//! What a run found, as one value: printed as a table, written as JSON, judged by its failures.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    check::Faults, latency::Percentiles, ledger::Counts, machine::Machine, meter::Use, options::Scenario,
};

/// Sends that leave later than this, in milliseconds, spoil the latencies.
const LATE: f64 = 1.0;

/// Above this share of a core the rest of the machine is not quiet.
const QUIET: f64 = 0.1;

/// What a run found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Which scenario, with which options.
    pub scenario: Scenario,
    /// What it ran on.
    pub machine: Machine,
    /// The connections, where the scenario has some.
    pub connections: Option<Connections>,
    /// Messages and their deliveries, where the scenario has some.
    pub messages: Option<Messages>,
    /// Requests over HTTP, where the scenario makes some.
    pub requests: Option<RequestsMade>,
    /// What people did and what caches were worth, where the scenario tells.
    pub mix: Option<MixMade>,
    /// What must not happen.
    pub faults: Faults,
    /// What server, generator and the rest of the machine used.
    #[serde(flatten)]
    pub usage: Use,
    /// The first faults, in words.
    pub notes: Vec<String>,
}

/// The connections of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Connections {
    /// How many.
    pub count: usize,
    /// Rooms that take part.
    pub rooms: usize,
    /// Connections in the smallest of them.
    pub smallest_room: usize,
    /// Connections in the largest of them.
    pub largest_room: usize,
    /// From the first attempt to the last open room, in seconds.
    pub opened_in_seconds: f64,
    /// Connections that broke and came back.
    pub disconnects: u64,
    /// Rooms that had to be caught up with over HTTP.
    pub limited: u64,
    /// `error` frames that were not about a send.
    pub errors: u64,
    /// From an attempt to `hello`.
    pub hello_ms: Option<Percentiles>,
    /// From `join` to `joined`.
    pub join_ms: Option<Percentiles>,
    /// From a break to all rooms open again.
    pub resume_ms: Option<Percentiles>,
}

/// Messages and deliveries of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Messages {
    /// All of them, warm-up included.
    #[serde(flatten)]
    pub counts: Counts,
    /// Sent, but neither acknowledged nor refused.
    pub unanswered: u64,
    /// Messages acknowledged in a second of the measured part.
    pub acknowledged_per_second: f64,
    /// Deliveries in a second of the measured part.
    pub delivered_per_second: f64,
    /// From due to received, each receiver counted.
    pub delivery_ms: Option<Percentiles>,
    /// From due to `sent`.
    pub acknowledgement_ms: Option<Percentiles>,
    /// From due to leaving the generator.
    pub lag_ms: Option<Percentiles>,
}

/// Requests over HTTP of a run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RequestsMade {
    /// Clients.
    pub clients: usize,
    /// Answered as they should be, warm-up included.
    pub answered: u64,
    /// Of these, in the measured part.
    pub measured: u64,
    /// Answered with another status.
    pub refused: u64,
    /// Not answered.
    pub broken: u64,
    /// Good answers in a second of the measured part.
    pub per_second: f64,
    /// Bytes of the bodies.
    pub body_bytes: u64,
    /// From due (or, without a rate, sent) to the whole answer.
    pub latency_ms: Option<Percentiles>,
}

/// What people of a mix did, and what the servers say of it.
#[derive(Clone, Debug, Serialize)]
pub struct MixMade {
    /// By the action's name.
    pub actions: BTreeMap<String, ActionsMade>,
    /// Requests for what the person had from before.
    pub asked_again: u64,
    /// Of these, answered with 304.
    pub unchanged: u64,
    /// Which share that is.
    pub unchanged_share: f64,
    /// Live connections that the server ended.
    pub cut_off: u64,
    /// What the servers say.
    #[serde(flatten)]
    pub told: Told,
}

/// Actions of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct ActionsMade {
    /// From due to done, with all requests that it takes.
    pub latency_ms: Option<Percentiles>,
}

/// What servers say of the measured part.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Told {
    /// By the cache's name and the layer's; `all` is as the reader sees it.
    pub caches: BTreeMap<String, BTreeMap<String, CacheUse>>,
    /// Reads that any layer answered, as a share of all.
    pub hit_rate: f64,
    /// Operations of the store.
    pub queries: f64,
    /// Requests to the API.
    pub requests: f64,
    /// The one for each of the other.
    pub queries_per_request: f64,
}

/// Looks into a layer of a cache.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CacheUse {
    /// With an answer.
    pub hits: f64,
    /// Without.
    pub misses: f64,
    /// The share of the first.
    pub rate: f64,
}

impl CacheUse {
    fn finish(&mut self) {
        self.rate = self.hits / (self.hits + self.misses).max(1.0);
    }
}

impl Told {
    /// Works out the shares.
    pub fn finish(&mut self) {
        let mut all = CacheUse::default();
        for (layer, cache) in self.caches.values_mut().flatten() {
            cache.finish();
            if layer == "all" {
                all.hits += cache.hits;
                all.misses += cache.misses;
            }
        }
        all.finish();
        self.hit_rate = all.rate;
        self.queries_per_request = self.queries / self.requests.max(1.0);
    }
}

impl Report {
    /// Why the run does not pass; empty when it does.
    pub fn failures(&self) -> Vec<String> {
        let faults = &self.faults;
        let mut counted = vec![
            (faults.lost, "lost"),
            (faults.doubled, "doubled"),
            (faults.out_of_order, "out of order"),
            (faults.gaps, "gaps"),
            (faults.misnumbered, "misnumbered"),
            (faults.foreign, "of a foreign room"),
            (faults.altered, "altered"),
            (faults.malformed, "malformed"),
        ];
        if let Some(Messages {
            counts, unanswered, ..
        }) = &self.messages
        {
            counted.push((counts.planned - counts.sent, "not sent"));
            counted.push((counts.refused, "refused"));
            counted.push((*unanswered, "not answered"));
        }
        if let Some(connections) = &self.connections {
            counted.push((connections.errors, "unexpected errors"));
        }
        if let Some(requests) = &self.requests {
            counted.push((requests.refused, "requests refused"));
            counted.push((requests.broken, "requests not answered"));
        }
        if let Some(mix) = &self.mix {
            counted.push((mix.cut_off, "live connections ended"));
        }
        let found = counted.into_iter().filter(|(count, _)| *count > 0);
        found.map(|(count, what)| format!("{count} {what}")).collect()
    }

    /// What makes the figures doubtful.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.usage.generator.saturated {
            let share = self.usage.generator.cpu_share * 100.0;
            warnings.push(format!(
                "the generator used {share:.0} % of its core: its own delay is in the latencies"
            ));
        }
        if let Some(share) = self.usage.others_cpu_share.filter(|share| *share > QUIET) {
            let share = share * 100.0;
            warnings.push(format!(
                "other processes used {share:.0} % of a core: latencies are theirs as well"
            ));
        }
        let lag = self
            .messages
            .as_ref()
            .and_then(|messages| messages.lag_ms.as_ref());
        if let Some(lag) = lag.filter(|lag| lag.p99 > LATE) {
            warnings.push(format!(
                "one send in a hundred left {:.1} ms late or later",
                lag.p99
            ));
        }
        if let Some(connections) = self
            .connections
            .as_ref()
            .filter(|connections| connections.disconnects > 0)
        {
            warnings.push(format!(
                "{} connections broke and came back",
                connections.disconnects
            ));
        }
        warnings
    }

    /// The report with its judgement, for files.
    pub fn to_json(&self) -> serde_json::Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        value["passed"] = self.failures().is_empty().into();
        value["failures"] = self.failures().into();
        value["warnings"] = self.warnings().into();
        value
    }
}
