//! Latencies: HdrHistogram, nanoseconds in, milliseconds out. No means: they hide the tail.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Longer than this is recorded as this.
const LONGEST: Duration = Duration::from_secs(600);

/// A set of latencies.
#[derive(Debug)]
pub struct Latency(Histogram<u64>);

impl Latency {
    /// An empty set that keeps three significant digits.
    pub fn new() -> Result<Self, Error> {
        let histogram = Histogram::new_with_bounds(1, LONGEST.as_nanos() as u64, 3);
        histogram
            .map(Self)
            .map_err(|error| Error::Malformed(format!("histogram: {error}")))
    }

    /// Adds one.
    pub fn record(&mut self, latency: Duration) {
        self.0.saturating_record(latency.as_nanos() as u64);
    }

    /// Adds all of another set.
    pub fn add(&mut self, other: &Self) -> Result<(), Error> {
        self.0
            .add(&other.0)
            .map_err(|error| Error::Malformed(format!("histogram: {error}")))
    }

    /// Its percentiles; none of an empty set.
    pub fn percentiles(&self) -> Option<Percentiles> {
        let at = |quantile| self.0.value_at_quantile(quantile) as f64 / 1e6;
        (!self.0.is_empty()).then(|| Percentiles {
            count: self.0.len(),
            p50: at(0.5),
            p90: at(0.9),
            p95: at(0.95),
            p99: at(0.99),
            p999: at(0.999),
            max: self.0.max() as f64 / 1e6,
        })
    }
}

/// Percentiles in milliseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Percentiles {
    /// How many latencies these are of.
    pub count: u64,
    /// The median.
    pub p50: f64,
    /// Nine in ten were quicker.
    pub p90: f64,
    /// Nineteen in twenty were quicker.
    pub p95: f64,
    /// All but one in a hundred were quicker.
    pub p99: f64,
    /// All but one in a thousand were quicker.
    pub p999: f64,
    /// The slowest.
    pub max: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_in_milliseconds_with_three_digits() {
        let mut latency = Latency::new().unwrap();
        (1..=1000).for_each(|micros| latency.record(Duration::from_micros(micros * 10)));
        let percentiles = latency.percentiles().unwrap();
        assert!((percentiles.p50 - 5.0).abs() < 0.02, "{percentiles:?}");
        assert!((percentiles.p99 - 9.9).abs() < 0.02, "{percentiles:?}");
        assert_eq!(percentiles.count, 1000);
    }

    #[test]
    fn an_empty_set_has_no_percentiles_and_a_huge_latency_is_kept() {
        let mut latency = Latency::new().unwrap();
        assert!(latency.percentiles().is_none());
        latency.record(Duration::from_secs(10_000));
        assert!(latency.percentiles().unwrap().max > 599_000.0);
    }
}
