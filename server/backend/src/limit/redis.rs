//! Limits that all instances count together: one GCRA per quota and subject, in Redis and by its clock.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bb8_redis::redis::Script;
use chat::quota::{Limits, Quota, Rate};
use sha2::{Digest, Sha256};

use super::{
    Limiter, Verdict,
    memory::{MemoryLimiter, PERIOD_MAX},
};
use crate::{
    health::Health,
    redis::{PREFIX, Redis},
};

/// The key holds when the whole burst will have been earned again, in microseconds. One more may be had when
/// that lies no further ahead than the burst without it. ARGV: the time that one takes to be earned, that of
/// the burst. Gives the microseconds to wait, 0: allowed, and nothing is written unless it is.
const TAKE: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local each, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + each
local wait = full - burst - now
if wait > 0 then return math.ceil(wait) end
redis.call('SET', KEYS[1], string.format('%.17g', full), 'PX', math.ceil((full - now) / 1000))
return 0";
/// Takes back what one added. A key that is gone, or full by now, is as good as that.
const GIVE_BACK: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = tonumber(redis.call('GET', KEYS[1]) or now) - tonumber(ARGV[1])
if full <= now then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], string.format('%.17g', full), 'PX', math.ceil((full - now) / 1000))
return 0";
/// So many bytes of a subject's SHA-256: whoever invents long subjects fills no memory.
const SUBJECT_BYTES: usize = 16;

/// Counts in Redis; while that is away, here.
pub struct RedisLimiter {
    redis: Arc<Redis>,
    limits: Limits,
    take: Script,
    give_back: Script,
    /// Counts along, so that nobody gets a new burst because Redis went away.
    alone: MemoryLimiter,
}

impl RedisLimiter {
    /// A limiter with these rates.
    #[must_use]
    pub fn new(redis: &Arc<Redis>, limits: Limits) -> Self {
        Self {
            redis: Arc::clone(redis),
            alone: MemoryLimiter::new(&limits),
            limits,
            take: Script::new(TAKE),
            give_back: Script::new(GIVE_BACK),
        }
    }

    /// The time to wait in microseconds; `None`: Redis does not tell.
    async fn wait_us(&self, quota: Quota, rate: Rate, subject: &str) -> Option<u64> {
        let (each_us, burst_us) = times_us(rate);
        let mut question = self.take.key(place(quota, subject));
        question.arg(each_us).arg(burst_us);
        self.redis.ask(&question).await.ok()
    }
}

/// The microseconds in which one is earned, and the burst.
fn times_us(rate: Rate) -> (f64, f64) {
    let burst_us = rate.period.min(PERIOD_MAX).as_micros() as f64;
    (burst_us / f64::from(rate.burst.max(1)), burst_us)
}

fn place(quota: Quota, subject: &str) -> String {
    let hash = Sha256::digest(subject);
    let subject = URL_SAFE_NO_PAD.encode(&hash[..SUBJECT_BYTES]);
    format!("{PREFIX}limit:{}:{subject}", quota.key())
}

#[async_trait]
impl Limiter for RedisLimiter {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn health(&self) -> Health {
        self.redis.health()
    }

    async fn take(&self, quota: Quota, subject: &str) -> Verdict {
        let Some(rate) = self.limits.rate(quota) else {
            return Verdict::Allowed;
        };
        match self.wait_us(quota, rate, subject).await {
            Some(0) => {
                self.alone.take(quota, subject).await;
                Verdict::Allowed
            }
            Some(wait_us) => Verdict::Denied(Duration::from_micros(wait_us)),
            None => self.alone.take(quota, subject).await,
        }
    }

    async fn give_back(&self, quota: Quota, subject: &str) {
        let Some(rate) = self.limits.rate(quota) else {
            return;
        };
        let mut question = self.give_back.key(place(quota, subject));
        question.arg(times_us(rate).0);
        // Where Redis does not take it, it is earned again in time.
        let _ = self.redis.ask::<i64>(&question).await;
        self.alone.give_back(quota, subject).await;
    }
}
