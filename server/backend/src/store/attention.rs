//! What people want to be told of, and what they say of themselves.

use async_trait::async_trait;
use chat::{Custom, Notify, Quiet, RoomId, UserId};

use super::Stored;

/// What people want to be told of, and what they say of themselves.
#[async_trait]
pub trait Attention: Send + Sync {
    /// How a member wants to hear of a room; false: no member.
    async fn set_notify(&self, room: RoomId, user: UserId, notify: Notify) -> Stored<bool>;
    /// When a user does not want to be disturbed.
    async fn quiet(&self, user: UserId) -> Stored<Quiet>;
    /// Sets that.
    async fn set_quiet(&self, user: UserId, quiet: Quiet) -> Stored<()>;
    /// What these users say of themselves, expired or not; at most 1,000 are asked for.
    async fn customs(&self, users: &[UserId]) -> Stored<Vec<(UserId, Custom)>>;
    /// Sets that; `None`: nothing.
    async fn set_custom(&self, user: UserId, custom: Option<Custom>) -> Stored<()>;
    /// The ids of a room's members, in no special order, at most `limit`.
    async fn member_ids(&self, room: RoomId, limit: u64) -> Stored<Vec<UserId>>;
}
