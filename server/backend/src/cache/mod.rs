//! The port to what was read lately. A cache may forget anything at any time; nothing but speed
//! depends on it.

pub mod layered;
pub mod memory;
pub mod redis;
pub mod typed;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::health::Health;

pub use typed::{Cached, Encoded, Follower, Key, Storable};

/// Keeps bytes by key for a while.
#[async_trait]
pub trait Cache: Send + Sync {
    /// Which implementation it is, for logs, readiness and metrics: `memory`, `redis`.
    fn name(&self) -> &'static str;
    /// Whether it does all that it promises, as far as is known without asking.
    fn health(&self) -> Health {
        Health::Ok
    }
    /// What is kept under `key`; where the cache is away, nothing.
    async fn get(&self, key: &str) -> Option<Bytes>;
    /// Keeps `value` under `key` for at most `ttl`.
    async fn put(&self, key: &str, value: Bytes, ttl: Duration);
    /// Forgets `key`; whoever asks after this returns does not get the old value.
    async fn forget(&self, key: &str);
    /// Forgets what this process holds of `key`: another instance forgot it.
    async fn forget_here(&self, key: &str) {
        self.forget(key).await;
    }
    /// Forgets all that this process holds: another instance may have forgotten any of it.
    async fn forget_all_here(&self);
}
