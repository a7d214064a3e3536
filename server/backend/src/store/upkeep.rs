//! What keeps the database itself in order.

use std::path::Path;

use async_trait::async_trait;
use chat::Timestamp;

use super::{Finding, Load, Stored};

/// What the store as a whole can do.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// Which engine it is, for logs and readiness: `sqlite`, `postgres`.
    fn engine(&self) -> &'static str;
    /// The identity of the stored history; changes when a backup is restored.
    async fn epoch(&self) -> Stored<String>;
    /// What is open and what waits at this moment.
    fn load(&self) -> Load;
    /// When a backup was last written, from wherever that was.
    async fn last_backup(&self) -> Stored<Option<Timestamp>>;
    /// Asks the database for a sign of life.
    async fn ping(&self) -> Stored<()>;
    /// Writes a consistent copy to a file that does not exist yet, while everything goes on, and notes when.
    async fn backup(&self, file: &Path) -> Stored<()>;
    /// Does what keeps the database quick, such as renewing its statistics; false: another instance is at it.
    async fn tune(&self) -> Stored<bool>;
    /// What an operator should know about the database. Takes a while where it is large.
    async fn report(&self) -> Stored<Vec<Finding>>;
    /// Waits until what was accepted is written, and closes the database.
    async fn close(&self);
}
