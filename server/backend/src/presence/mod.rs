//! The port that knows who is there. What it cannot know it calls unknown, never offline.

pub mod memory;
pub mod redis;
mod script;

use std::time::Duration;

use async_trait::async_trait;
use chat::{ConnectionId, Status, UserId};

use crate::health::Health;

/// How long those who are here when their instance ends still count.
pub const LEAVE_IN: Duration = Duration::from_secs(3);

/// Counts each user's connections. A user is online while any of them is, else away while there
/// are any, else offline.
#[async_trait]
pub trait Presence: Send + Sync {
    /// Which implementation it is, for logs and readiness: `memory`, `redis`.
    fn name(&self) -> &'static str;
    /// Whether it does all that it promises, as far as is known without asking.
    fn health(&self) -> Health {
        Health::Ok
    }
    /// A connection is there with this status (`Online` or `Away`). Gives the user's status as it now is, where this changed it.
    async fn set(&self, user: UserId, connection: ConnectionId, status: Status) -> Option<Status>;
    /// A connection is gone. Gives the user's status as it now is, where this changed it.
    async fn clear(&self, user: UserId, connection: ConnectionId) -> Option<Status>;
    /// This instance is about to end. Whoever is still here goes with it, and another instance tells, [`LEAVE_IN`] later at
    /// the earliest; until then they may have come back elsewhere.
    async fn close(&self) {}
    /// Each user's status, in the order asked; `None`: unknown.
    async fn statuses(&self, users: &[UserId]) -> Vec<Option<Status>>;
    /// Everyone who is not offline; `None`: unknown.
    async fn present(&self) -> Option<Vec<(UserId, Status)>>;
}
