//! The cache within one process.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use moka::Expiry;

use super::Cache;

/// The most bytes that the cache holds, keys and its own book-keeping included: 64 MiB.
pub const CAPACITY_BYTES: u64 = 64 * 1024 * 1024;
/// What one entry costs beyond its key and value, roughly.
const ENTRY_BYTES: usize = 128;

/// Keeps the entries that are asked for most; the weight of an entry is its size.
#[derive(Debug)]
pub struct MemoryCache {
    entries: moka::future::Cache<Arc<str>, Kept>,
}

#[derive(Clone, Debug)]
struct Kept {
    value: Bytes,
    ttl: Duration,
}

impl MemoryCache {
    /// A cache of [`CAPACITY_BYTES`].
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY_BYTES)
    }

    /// A cache that holds at most this many bytes.
    #[must_use]
    pub fn with_capacity(bytes: u64) -> Self {
        let entries = moka::future::Cache::builder()
            .max_capacity(bytes)
            .weigher(|key: &Arc<str>, kept: &Kept| weight(key, &kept.value))
            .expire_after(OwnTtl)
            .build();
        Self { entries }
    }
}

impl Default for MemoryCache {
    fn default() -> Self {
        Self::new()
    }
}

fn weight(key: &str, value: &Bytes) -> u32 {
    u32::try_from(key.len() + value.len() + ENTRY_BYTES).unwrap_or(u32::MAX)
}

/// Each entry lives as long as whoever put it said, counted from the last put.
struct OwnTtl;

impl Expiry<Arc<str>, Kept> for OwnTtl {
    fn expire_after_create(&self, _: &Arc<str>, kept: &Kept, _: Instant) -> Option<Duration> {
        Some(kept.ttl)
    }

    fn expire_after_update(
        &self,
        _: &Arc<str>,
        kept: &Kept,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(kept.ttl)
    }
}

#[async_trait]
impl Cache for MemoryCache {
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn get(&self, key: &str) -> Option<Bytes> {
        self.entries.get(key).await.map(|kept| kept.value)
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) {
        self.entries.insert(key.into(), Kept { value, ttl }).await;
    }

    async fn forget(&self, key: &str) {
        self.entries.invalidate(key).await;
    }

    async fn forget_all_here(&self) {
        self.entries.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn what_does_not_fit_is_dropped() {
        let cache = MemoryCache::with_capacity(100 * 1024);
        for number in 0..1_000 {
            cache
                .put(&number.to_string(), Bytes::from(vec![0; 10 * 1024]), HOUR)
                .await;
        }
        cache.entries.run_pending_tasks().await;
        assert!(
            cache.entries.weighted_size() <= 100 * 1024,
            "{}",
            cache.entries.weighted_size()
        );
        assert!(cache.entries.entry_count() > 0);
    }

    #[tokio::test]
    async fn an_entry_larger_than_the_cache_is_not_kept() {
        let cache = MemoryCache::with_capacity(1024);
        cache.put("key", Bytes::from(vec![0; 2048]), HOUR).await;
        cache.entries.run_pending_tasks().await;
        assert_eq!(cache.get("key").await, None);
    }
}
