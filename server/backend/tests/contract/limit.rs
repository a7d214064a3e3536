//! What every limiter guarantees.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use backend::limit::{Limiter, Verdict};
use chat::quota::Quota::{Post, Register};
use tokio::task::JoinSet;

use crate::{ends::Ends, make};

/// Slow enough that nothing is earned back during a test.
const SLOW: &str = "post=5/1h,register=2/1h";

async fn count_allowed(limiter: &Arc<dyn Limiter>, takes: u32) -> u32 {
    let mut allowed = 0;
    for _ in 0..takes {
        allowed += u32::from(limiter.take(Post, "rosa").await == Verdict::Allowed);
    }
    allowed
}

fn wait(verdict: Verdict) -> Duration {
    let Verdict::Denied(wait) = verdict else {
        panic!("allowed")
    };
    wait
}

#[tokio::test]
async fn the_burst_is_allowed_at_once_and_nothing_beyond() {
    let limiter = make::limiter(SLOW).await.near;
    assert_eq!(count_allowed(&limiter, 5).await, 5);
    assert_eq!(count_allowed(&limiter, 50).await, 0);
    let wait = wait(limiter.take(Post, "rosa").await);
    assert!(
        wait > Duration::from_secs(700) && wait <= Duration::from_secs(720),
        "{wait:?}"
    );
}

#[tokio::test]
async fn whoever_waits_as_told_is_allowed_and_earlier_is_not() {
    /// Timers and other processes' clocks are no finer.
    const FINE: Duration = Duration::from_millis(2);
    let limiter = make::limiter("post=2/1s").await.near;
    // More than two where the machine stood still meanwhile: that they are two is shown above.
    let (before, told) = loop {
        let before = Instant::now();
        if let Verdict::Denied(told) = limiter.take(Post, "rosa").await {
            break (before, told);
        }
    };
    let after = Instant::now();
    assert!(told <= Duration::from_millis(500), "{told:?}");
    // Told between `before` and `after`. Whenever one asks, the answer must fit the time that it was asked at.
    loop {
        let asked = after.elapsed();
        match limiter.take(Post, "rosa").await {
            Verdict::Allowed => {
                let answered = before.elapsed();
                assert!(
                    answered + FINE >= told,
                    "told {told:?}, allowed after {answered:?}"
                );
                break;
            }
            Verdict::Denied(rest) => {
                assert!(asked < told + FINE, "told {told:?}, denied after {asked:?}");
                assert!(rest <= told, "told {told:?}, then {rest:?}");
            }
        }
        tokio::time::sleep(told / 20).await;
    }
    // And whoever waits for all of it at once.
    let rest = loop {
        if let Verdict::Denied(rest) = limiter.take(Post, "rosa").await {
            break rest;
        }
    };
    tokio::time::sleep(rest + FINE).await;
    assert_eq!(limiter.take(Post, "rosa").await, Verdict::Allowed);
}

#[tokio::test]
async fn what_is_denied_does_not_count() {
    let limiter = make::limiter(SLOW).await.near;
    count_allowed(&limiter, 5).await;
    let first = wait(limiter.take(Post, "rosa").await);
    count_allowed(&limiter, 100).await;
    assert!(wait(limiter.take(Post, "rosa").await) <= first);
}

#[tokio::test]
async fn subjects_count_apart() {
    let limiter = make::limiter(SLOW).await.near;
    count_allowed(&limiter, 10).await;
    for subject in [
        "mei",
        "Rosa",
        "rosa ",
        "",
        "::1",
        "192.0.2.7 rosa",
        &"x".repeat(10_000),
    ] {
        assert_eq!(limiter.take(Post, subject).await, Verdict::Allowed, "{subject}");
    }
}

#[tokio::test]
async fn quotas_count_apart() {
    let limiter = make::limiter(SLOW).await.near;
    count_allowed(&limiter, 10).await;
    assert_eq!(limiter.take(Register, "rosa").await, Verdict::Allowed);
    assert_eq!(limiter.take(Register, "rosa").await, Verdict::Allowed);
    assert_ne!(limiter.take(Register, "rosa").await, Verdict::Allowed);
}

#[tokio::test]
async fn without_limits_everything_is_allowed() {
    let limiter = make::limiter("off").await.near;
    assert_eq!(count_allowed(&limiter, 1_000).await, 1_000);
}

#[tokio::test]
async fn instances_count_together() {
    let Ends { near, far } = make::limiter(SLOW).await;
    assert_eq!(count_allowed(&near, 3).await + count_allowed(&far, 3).await, 5);
    assert_eq!(count_allowed(&near, 1).await, 0);
}

#[tokio::test]
async fn at_once_from_everywhere_exactly_the_burst_is_allowed() {
    let ends = make::limiter("post=100/1h").await;
    let mut takers = JoinSet::new();
    for number in 0..40 {
        let limiter = Arc::clone(if number % 2 == 0 { &ends.near } else { &ends.far });
        takers.spawn(async move { count_allowed(&limiter, 10).await });
    }
    assert_eq!(takers.join_all().await.iter().sum::<u32>(), 100);
}

#[tokio::test]
async fn what_is_given_back_may_be_had_again_and_nothing_more() {
    let Ends { near, far } = make::limiter(SLOW).await;
    assert_eq!(count_allowed(&near, 5).await, 5);
    for _ in 0..2 {
        far.give_back(Post, "rosa").await;
    }
    assert_eq!(count_allowed(&near, 10).await, 2);
    for _ in 0..20 {
        near.give_back(Post, "rosa").await;
    }
    assert_eq!(count_allowed(&far, 20).await, 5);
}
