//! Limits within one process.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chat::quota::{Limits, Quota, Rate};
use dashmap::DashMap;

use super::{Limiter, Verdict};

/// After at least this many takes of a quota, subjects that have their whole burst again are dropped.
pub const SWEEP_EVERY: usize = 4_096;
/// The longest period that a rate may have: a year. Longer ones count as this.
pub const PERIOD_MAX: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// One GCRA per quota and subject.
///
/// Our own few lines: the crate `governor` cannot give back what was taken.
pub struct MemoryLimiter {
    /// In the order of [`Quota::ALL`]; `None`: not limited.
    counters: Vec<Option<Counter>>,
    clock: Clock,
    /// Subjects are kept as a keyed hash, so that whoever invents long ones fills no memory.
    hasher: RandomState,
}

/// The time since any moment in the past.
type Clock = Box<dyn Fn() -> Duration + Send + Sync>;

/// Times are nanoseconds by the limiter's clock.
struct Counter {
    /// What one takes to be earned.
    each: u64,
    /// What the burst takes to be earned.
    burst: u64,
    /// When each subject will have earned its whole burst again.
    full: DashMap<u64, u64>,
    takes_until_sweep: AtomicUsize,
}

impl MemoryLimiter {
    /// A limiter with these rates.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let made = Instant::now();
        Self::with_clock(limits, move || made.elapsed())
    }

    fn with_clock(limits: &Limits, clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        let counter = |quota: &Quota| limits.rate(*quota).map(Counter::new);
        Self {
            counters: Quota::ALL.iter().map(counter).collect(),
            clock: Box::new(clock),
            hasher: RandomState::new(),
        }
    }

    fn counter(&self, quota: Quota) -> Option<&Counter> {
        self.counters.get(quota as usize)?.as_ref()
    }
}

impl Counter {
    fn new(rate: Rate) -> Self {
        let count = u64::from(rate.burst.max(1));
        let each = (nanos(rate.period.min(PERIOD_MAX)) / count).max(1);
        Self {
            each,
            burst: each.saturating_mul(count),
            full: DashMap::new(),
            takes_until_sweep: AtomicUsize::new(SWEEP_EVERY),
        }
    }

    fn take(&self, subject: u64, now: u64) -> Verdict {
        let mut full = self.full.entry(subject).or_insert(now);
        let after = (*full).max(now).saturating_add(self.each);
        match after.saturating_sub(now.saturating_add(self.burst)) {
            0 => {
                *full = after;
                Verdict::Allowed
            }
            wait => Verdict::Denied(Duration::from_nanos(wait)),
        }
    }

    fn give_back(&self, subject: u64) {
        if let Some(mut full) = self.full.get_mut(&subject) {
            *full = full.saturating_sub(self.each);
        }
    }

    /// Drops what has recovered, now and then: as rarely as there are many, so that a take stays cheap on
    /// average.
    fn sweep_when_due(&self, now: u64) {
        if self.takes_until_sweep.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.full.retain(|_, full| *full > now);
            self.full.shrink_to_fit();
            self.takes_until_sweep
                .store(self.full.len().max(SWEEP_EVERY), Ordering::Relaxed);
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[async_trait]
impl Limiter for MemoryLimiter {
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn take(&self, quota: Quota, subject: &str) -> Verdict {
        let Some(counter) = self.counter(quota) else {
            return Verdict::Allowed;
        };
        let now = nanos((self.clock)());
        counter.sweep_when_due(now);
        counter.take(self.hasher.hash_one(subject), now)
    }

    async fn give_back(&self, quota: Quota, subject: &str) {
        if let Some(counter) = self.counter(quota) {
            counter.give_back(self.hasher.hash_one(subject));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, atomic::AtomicU64};

    use super::*;

    const POST: Quota = Quota::Post;

    /// A clock that stands still until it is advanced.
    #[derive(Clone, Default)]
    struct Hands(Arc<AtomicU64>);

    impl Hands {
        fn advance(&self, time: Duration) {
            self.0.fetch_add(nanos(time), Ordering::Relaxed);
        }
    }

    fn limiter(limits: &str) -> (MemoryLimiter, Hands) {
        let hands = Hands::default();
        let clock = hands.clone();
        let limiter = MemoryLimiter::with_clock(&limits.parse().unwrap(), move || {
            Duration::from_nanos(clock.0.load(Ordering::Relaxed))
        });
        (limiter, hands)
    }

    #[tokio::test]
    async fn the_waiting_time_is_exact() {
        let (limiter, clock) = limiter("post=4/10s");
        for _ in 0..4 {
            assert_eq!(limiter.take(POST, "rosa").await, Verdict::Allowed);
        }
        assert_eq!(
            limiter.take(POST, "rosa").await,
            Verdict::Denied(Duration::from_millis(2_500))
        );
        clock.advance(Duration::from_millis(2_499));
        assert_eq!(
            limiter.take(POST, "rosa").await,
            Verdict::Denied(Duration::from_millis(1))
        );
        clock.advance(Duration::from_millis(1));
        assert_eq!(limiter.take(POST, "rosa").await, Verdict::Allowed);
        assert_eq!(
            limiter.take(POST, "rosa").await,
            Verdict::Denied(Duration::from_millis(2_500))
        );
    }

    #[tokio::test]
    async fn the_whole_burst_is_back_after_the_period() {
        let (limiter, clock) = limiter("post=3/1m");
        for _ in 0..3 {
            limiter.take(POST, "rosa").await;
        }
        clock.advance(Duration::from_secs(60));
        for _ in 0..3 {
            assert_eq!(limiter.take(POST, "rosa").await, Verdict::Allowed);
        }
        assert_ne!(limiter.take(POST, "rosa").await, Verdict::Allowed);
    }

    #[tokio::test]
    async fn subjects_that_have_recovered_are_dropped() {
        let (limiter, clock) = limiter("post=5/10s");
        for number in 0..10 * SWEEP_EVERY {
            limiter.take(POST, &number.to_string()).await;
            clock.advance(Duration::from_millis(20));
        }
        let held = limiter.counter(POST).map(|counter| counter.full.len());
        assert!(held.is_some_and(|held| held < 3 * SWEEP_EVERY), "{held:?}");
    }

    #[tokio::test]
    async fn sweeping_forgives_nobody() {
        let (limiter, _clock) = limiter("post=1/10s");
        limiter.take(POST, "rosa").await;
        for number in 0..3 * SWEEP_EVERY {
            limiter.take(POST, &number.to_string()).await;
        }
        assert_eq!(
            limiter.take(POST, "rosa").await,
            Verdict::Denied(Duration::from_secs(10))
        );
    }

    #[test]
    fn no_rate_that_can_be_written_is_too_much() {
        for limits in [
            "post=4294967295/1s",
            "post=1/5000000000000000h",
            "post=4294967295/5000000000000000h",
        ] {
            limiter(limits);
        }
    }

    #[tokio::test]
    async fn what_is_given_back_never_makes_more_than_the_burst() {
        let (limiter, clock) = limiter("post=2/10s");
        limiter.give_back(POST, "rosa").await;
        limiter.take(POST, "rosa").await;
        clock.advance(Duration::from_secs(60));
        limiter.give_back(POST, "rosa").await;
        limiter.give_back(POST, "rosa").await;
        for _ in 0..2 {
            assert_eq!(limiter.take(POST, "rosa").await, Verdict::Allowed);
        }
        assert_eq!(
            limiter.take(POST, "rosa").await,
            Verdict::Denied(Duration::from_secs(5))
        );
    }
}
