//! The cache of several instances: what this process holds, before what all share in Redis.
//!
//! - The writer never reads stale: forgetting removes both layers before it returns.
//! - Nobody else reads stale for longer than the event [`Event::Forgotten`] takes. While the bus cannot
//!   promise that it arrives, what is held here counts for [`TRUST_FOR`] only.
//! - What Redis has not taken is tried again, and until then the shared layer is not used here.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::{BufMut, Bytes, BytesMut};

use super::{Cache, memory::MemoryCache, redis::SharedCache};
use crate::{bus::Bus, event::Event, health::Health, redis::Redis};

/// How long what is held in process counts while the bus is degraded.
pub const TRUST_FOR: Duration = Duration::from_secs(1);
/// How much a time to live is shortened or lengthened at random, so that what was put together does not end
/// together: ±10 %.
const JITTER: f64 = 0.1;
/// Keys share this many counters of their forgettings.
const COUNTERS: usize = 256;
/// When a value was put, before it.
const STAMP_BYTES: usize = 8;

/// Two layers.
pub struct LayeredCache {
    near: MemoryCache,
    shared: SharedCache,
    redis: Arc<Redis>,
    bus: Arc<dyn Bus>,
    hasher: RandomState,
    forgettings: Vec<AtomicU64>,
    made: Instant,
}

impl LayeredCache {
    /// An empty first layer before what Redis holds; `bus` carries the forgettings.
    #[must_use]
    pub fn new(redis: &Arc<Redis>, bus: Arc<dyn Bus>) -> Self {
        Self {
            near: MemoryCache::new(),
            shared: SharedCache::new(redis),
            redis: Arc::clone(redis),
            bus,
            hasher: RandomState::new(),
            forgettings: (0..COUNTERS).map(|_| AtomicU64::new(0)).collect(),
            made: Instant::now(),
        }
    }

    async fn get_near(&self, key: &str) -> Option<Bytes> {
        let mut kept = self.near.get(key).await?;
        let value = kept.split_off(STAMP_BYTES.min(kept.len()));
        let put_ms = u64::from_be_bytes(kept.as_ref().try_into().ok()?);
        let age = Duration::from_millis(self.now_ms().saturating_sub(put_ms));
        (age < TRUST_FOR || self.bus.health() == Health::Ok).then_some(value)
    }

    async fn put_near(&self, key: &str, value: &[u8], ttl: Duration) {
        let mut kept = BytesMut::with_capacity(STAMP_BYTES + value.len());
        kept.put_u64(self.now_ms());
        kept.put_slice(value);
        self.near.put(key, kept.freeze(), ttl).await;
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// How often keys such as this one were forgotten.
    fn forgettings(&self, key: &str) -> &AtomicU64 {
        let place = self.hasher.hash_one(key) % COUNTERS as u64;
        &self.forgettings[usize::try_from(place).unwrap_or(0)]
    }

    async fn get_shared(&self, key: &str) -> Option<Bytes> {
        let counter = self.forgettings(key);
        let before = counter.load(Ordering::SeqCst);
        let (value, ttl) = self.shared.get(key).await?;
        self.put_near(key, &value, ttl).await;
        // Forgetting counts first and removes then: either it removed this, or it is seen here.
        if counter.load(Ordering::SeqCst) != before {
            self.near.forget(key).await;
        }
        Some(value)
    }
}

#[async_trait]
impl Cache for LayeredCache {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn health(&self) -> Health {
        self.redis.health()
    }

    async fn get(&self, key: &str) -> Option<Bytes> {
        let near = self.get_near(key).await;
        count("memory", key, near.is_some());
        if near.is_some() {
            return near;
        }
        let shared = self.get_shared(key).await;
        count("redis", key, shared.is_some());
        shared
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) {
        let ttl = ttl.mul_f64(rand::random_range(1.0 - JITTER..1.0 + JITTER));
        self.put_near(key, &value, ttl).await;
        self.shared.put(key, &value, ttl).await;
    }

    async fn forget(&self, key: &str) {
        self.forget_here(key).await;
        self.shared.forget(key).await;
        // Whoever read the shared layer just before.
        self.forget_here(key).await;
        self.bus.publish(Event::Forgotten { key: key.into() }).await;
    }

    async fn forget_here(&self, key: &str) {
        self.forgettings(key).fetch_add(1, Ordering::SeqCst);
        self.near.forget(key).await;
    }

    async fn forget_all_here(&self) {
        for counter in &self.forgettings {
            counter.fetch_add(1, Ordering::SeqCst);
        }
        self.near.forget_all_here().await;
    }
}

/// Counts a look into a layer. Keys begin with the kind of what they name.
fn count(layer: &'static str, key: &str, hit: bool) {
    let name = if hit {
        "cache_hits_total"
    } else {
        "cache_misses_total"
    };
    let kind = key.split(':').next().unwrap_or_default().to_owned();
    metrics::counter!(name, "cache" => kind, "layer" => layer).increment(1);
}
