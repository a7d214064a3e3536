//! What servers say of themselves: caches and questions to the store, from `/metrics`.

use std::collections::BTreeMap;

use crate::{
    error::Error,
    report::{CacheUse, Told},
};

const HITS: &str = "cache_hits_total";
const MISSES: &str = "cache_misses_total";
const QUERIES: &str = "database_query_duration_seconds_count";
const REQUESTS: &str = "http_request_duration_seconds_count";

/// The counters of all servers together at one moment, by what stands before the value.
#[derive(Default)]
pub(super) struct Counters(BTreeMap<String, f64>);

impl Counters {
    /// Reads those of these servers.
    pub(super) async fn read(http: &reqwest::Client, urls: &[String]) -> Result<Self, Error> {
        let mut all = Self::default();
        for url in urls {
            let answer = http.get(format!("{url}/metrics")).send().await?;
            all.add(&answer.error_for_status()?.text().await?);
        }
        Ok(all)
    }

    fn add(&mut self, text: &str) {
        let wanted = |line: &&str| {
            [HITS, MISSES, QUERIES, REQUESTS]
                .iter()
                .any(|name| line.starts_with(name))
        };
        for line in text.lines().filter(wanted) {
            if let Some((series, value)) = line.rsplit_once(' ') {
                *self.0.entry(series.to_owned()).or_default() += value.parse().unwrap_or(0.0);
            }
        }
    }

    /// What came to them since `before`.
    pub(super) fn since(&self, before: &Self) -> Told {
        let mut told = Told::default();
        for (series, value) in &self.0 {
            let count = value - before.0.get(series).unwrap_or(&0.0);
            let label = |name| label(series, name);
            if series.starts_with(HITS) || series.starts_with(MISSES) {
                let layers = told.caches.entry(label("cache")).or_default();
                let cache: &mut CacheUse = layers.entry(label("layer")).or_default();
                if series.starts_with(HITS) {
                    cache.hits += count;
                } else {
                    cache.misses += count;
                }
            } else if series.starts_with(QUERIES) && label("op") != "ping" {
                told.queries += count;
            } else if series.starts_with(REQUESTS) && label("route").starts_with("/api") {
                told.requests += count;
            }
        }
        told.finish();
        told
    }
}

/// The value of a label; empty where there is none.
fn label(series: &str, name: &str) -> String {
    let start = format!("{name}=\"");
    let value = series
        .split_once(&start)
        .and_then(|(_, rest)| rest.split_once('"'));
    value.map(|(value, _)| value.to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_of_servers_are_summed_and_what_was_before_is_taken_off() {
        let (mut before, mut after) = (Counters::default(), Counters::default());
        before.add("cache_hits_total{cache=\"block\",layer=\"all\"} 10\n");
        for _ in ["one server", "another"] {
            after.add(
                "# HELP cache_hits_total Reads\n\
                 cache_hits_total{cache=\"block\",layer=\"all\"} 50\n\
                 cache_misses_total{cache=\"block\",layer=\"all\"} 5\n\
                 database_query_duration_seconds_count{op=\"page\"} 20\n\
                 database_query_duration_seconds_count{op=\"ping\"} 9\n\
                 http_request_duration_seconds_count{method=\"GET\",route=\"/api/messages\",status=\"200\"} 10\n\
                 http_request_duration_seconds_count{method=\"GET\",route=\"/metrics\",status=\"200\"} 10\n",
            );
        }
        let told = after.since(&before);
        let block = &told.caches["block"]["all"];
        assert_eq!((block.hits, block.misses, block.rate), (90.0, 10.0, 0.9));
        assert_eq!((told.queries, told.requests), (40.0, 20.0));
        assert_eq!((told.hit_rate, told.queries_per_request), (0.9, 2.0));
    }
}
