//! The log of what those with rights have done.

use async_trait::async_trait;
use chat::{
    AuditId, RoomId, Timestamp, UserId,
    audit::{AuditEntry, Deed},
};

use super::Stored;

/// An entry for the audit log: written in the transaction of what it tells of, and only where that does anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// The id to give.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who does it.
    pub actor: UserId,
    /// What.
    pub deed: Deed,
    /// To whom.
    pub user: Option<UserId>,
    /// In which room.
    pub room: Option<RoomId>,
    /// The particulars.
    pub detail: String,
}

/// The log of what those with rights have done.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Entries, the newest first, before the entry `before`.
    async fn page_audit(&self, before: Option<AuditId>, limit: u64) -> Stored<Vec<AuditEntry>>;
    /// Removes a stretch of the oldest entries beyond [`chat::audit::ENTRIES_MAX`], and of the oldest resolved reports
    /// beyond [`chat::report::RESOLVED_MAX`]. Gives how many went.
    async fn prune_audit(&self) -> Stored<u64>;
}
