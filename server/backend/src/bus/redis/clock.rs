//! One clock for all instances, for measuring how long messages take from one to another: that of Redis.

use std::{sync::Arc, time::Duration};

use bb8_redis::redis;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::{
    redis::{Away, Redis},
    stamp,
};

/// How often the clocks are compared. Two that drift by a hundredth of a percent are 3 ms apart after that.
const COMPARE_EVERY: Duration = Duration::from_secs(30);
/// How often Redis is asked each time: the quickest answer is the most exact one.
const QUESTIONS: usize = 5;

/// Follows Redis' clock for as long as the bus is there. Without Redis the last comparison stands.
pub(super) async fn follow(redis: Arc<Redis>) {
    let mut turn = interval(COMPARE_EVERY);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turn.tick().await;
        if let Ok(offset_us) = offset_us(&redis).await {
            stamp::follow_clock(offset_us);
            metrics::gauge!("clock_offset_seconds").set(offset_us as f64 / 1e6);
        }
    }
}

/// By how much Redis' clock is ahead of this machine's, in microseconds; exact to half of the quickest answer's time.
async fn offset_us(redis: &Redis) -> Result<i64, Away> {
    let mut best: Option<(Duration, i64)> = None;
    for _ in 0..QUESTIONS {
        let (asked, own) = (Instant::now(), stamp::own_us());
        let (seconds, micros): (i64, i64) = redis.ask(&redis::cmd("TIME")).await?;
        let took = asked.elapsed();
        let half = i64::try_from(took.as_micros() / 2).unwrap_or(0);
        let offset = seconds.saturating_mul(1_000_000) + micros - own.cast_signed() - half;
        if best.is_none_or(|(shortest, _)| took < shortest) {
            best = Some((took, offset));
        }
    }
    Ok(best.map_or(0, |(_, offset)| offset))
}
