//! Hosts that do not answer are left alone for a while.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// After so many failures in a row a host is left alone.
const FAILURES_MAX: u32 = 3;
/// For so long.
const PAUSE: Duration = Duration::from_secs(600);
/// How many hosts are remembered; when there are more, all are forgotten.
const HOSTS_MAX: usize = 2_000;

/// How other hosts did lately.
#[derive(Default)]
pub(super) struct Hosts {
    failed: Mutex<HashMap<String, (u32, Instant)>>,
}

impl Hosts {
    /// Whether to ask this host. After the pause one question is a trial.
    pub(super) fn may_ask(&self, host: &str) -> bool {
        let failed = self.failed.lock();
        failed
            .get(host)
            .is_none_or(|(failures, last)| *failures < FAILURES_MAX || last.elapsed() >= PAUSE)
    }

    /// Notes how it went.
    pub(super) fn note(&self, host: &str, well: bool) {
        let mut failed = self.failed.lock();
        if well {
            failed.remove(host);
            return;
        }
        if failed.len() >= HOSTS_MAX {
            failed.clear();
        }
        let entry = failed.entry(host.to_owned()).or_insert((0, Instant::now()));
        *entry = (entry.0.saturating_add(1), Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_fails_again_and_again_is_left_alone() {
        let hosts = Hosts::default();
        for _ in 0..FAILURES_MAX {
            assert!(hosts.may_ask("a.bc"));
            hosts.note("a.bc", false);
        }
        assert!(!hosts.may_ask("a.bc") && hosts.may_ask("d.ef"));
        hosts.note("a.bc", true);
        assert!(hosts.may_ask("a.bc"));
    }
}
