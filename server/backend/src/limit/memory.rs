//! Limits within one process.

use std::{
    hash::{BuildHasher, RandomState},
    num::NonZeroU32,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use chat::quota::{Limits, Quota, Rate};
use governor::{
    RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::DashMapStateStore,
};

use super::{Limiter, Verdict};

/// After at least this many takes of a quota, subjects that have their whole burst again are dropped.
pub const SWEEP_EVERY: usize = 4_096;
/// The longest period that a rate may have: a year. Longer ones count as this.
pub const PERIOD_MAX: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// One GCRA per quota and subject.
pub struct MemoryLimiter<C: Clock = DefaultClock> {
    /// In the order of [`Quota::ALL`]; `None`: not limited.
    counters: Vec<Option<Counter<C>>>,
    clock: C,
    /// Subjects are kept as a keyed hash, so that whoever invents long ones fills no memory.
    hasher: RandomState,
}

struct Counter<C: Clock> {
    subjects: RateLimiter<u64, DashMapStateStore<u64>, C, NoOpMiddleware<C::Instant>>,
    takes_until_sweep: AtomicUsize,
}

impl MemoryLimiter {
    /// A limiter with these rates.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self::with_clock(&limits, DefaultClock::default())
    }
}

impl<C: Clock + Clone> MemoryLimiter<C> {
    /// The same by another clock.
    #[must_use]
    pub fn with_clock(limits: &Limits, clock: C) -> Self {
        let counter = |quota: &Quota| limits.rate(*quota).map(|rate| Counter::new(rate, clock.clone()));
        Self {
            counters: Quota::ALL.iter().map(counter).collect(),
            clock,
            hasher: RandomState::new(),
        }
    }
}

impl<C: Clock> Counter<C> {
    fn new(rate: Rate, clock: C) -> Self {
        Self {
            subjects: RateLimiter::dashmap_with_clock(gcra(rate), clock),
            takes_until_sweep: AtomicUsize::new(SWEEP_EVERY),
        }
    }

    /// Drops what has recovered, now and then: as rarely as there are many, so that a take stays cheap on
    /// average.
    fn sweep_when_due(&self) {
        if self.takes_until_sweep.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.subjects.retain_recent();
            self.subjects.shrink_to_fit();
            self.takes_until_sweep
                .store(self.subjects.len().max(SWEEP_EVERY), Ordering::Relaxed);
        }
    }
}

fn gcra(rate: Rate) -> governor::Quota {
    let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
    let each = (rate.period.min(PERIOD_MAX) / burst.get()).max(Duration::from_nanos(1));
    // The fallback cannot happen, as `each` is not zero.
    governor::Quota::with_period(each)
        .unwrap_or_else(|| governor::Quota::per_second(burst))
        .allow_burst(burst)
}

#[async_trait]
impl<C: Clock + Send + Sync> Limiter for MemoryLimiter<C>
where
    C::Instant: Send + Sync,
{
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn take(&self, quota: Quota, subject: &str) -> Verdict {
        let Some(Some(counter)) = self.counters.get(quota as usize) else {
            return Verdict::Allowed;
        };
        counter.sweep_when_due();
        match counter.subjects.check_key(&self.hasher.hash_one(subject)) {
            Ok(()) => Verdict::Allowed,
            Err(not_until) => Verdict::Denied(not_until.wait_time_from(self.clock.now())),
        }
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    const POST: Quota = Quota::Post;

    fn limiter(limits: &str) -> (MemoryLimiter<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (
            MemoryLimiter::with_clock(&limits.parse().unwrap(), clock.clone()),
            clock,
        )
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
        let held = limiter.counters[POST as usize]
            .as_ref()
            .map(|counter| counter.subjects.len());
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
}
