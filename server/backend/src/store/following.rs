//! Followed threads.

use async_trait::async_trait;
use chat::{Message, MessageId, RoomId, Timestamp, UserId};

use super::Stored;

/// How many of the threads that someone follows are looked at for a list.
pub const FOLLOWED_MAX: u64 = 500;

/// How many unread replies of a thread are counted.
pub const UNREAD_REPLIES_MAX: u64 = 100;

/// How many of a thread's followers are told at once that its replies changed.
pub const FOLLOWERS_MAX: u64 = 1_000;

/// A followed thread with unread replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnreadThread {
    /// Its first message.
    pub root: MessageId,
    /// Where it is.
    pub room: RoomId,
}

/// A thread that someone follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// Its first message.
    pub root: Message,
    /// How many replies of others the follower has not read, neither here nor in the room; at most
    /// [`UNREAD_REPLIES_MAX`].
    pub unread: u64,
    /// When its newest reply was posted.
    pub last_at: Timestamp,
}

/// Followed threads. Who answers or is mentioned in a thread follows it, and who is answered, unless that was ended.
#[async_trait]
pub trait Following: Send + Sync {
    /// Has `user` follow the thread of `root` from now on, or no longer; false: it was so already.
    async fn follow(&self, root: &chat::Message, user: UserId, follow: bool, at: Timestamp) -> Stored<bool>;
    /// Whether `user` follows the thread.
    async fn follows(&self, root: MessageId, user: UserId) -> Stored<bool>;
    /// The thread was read up to the reply `seq`; false: it was so already, or `user` does not follow it.
    async fn read_thread(&self, root: MessageId, user: UserId, seq: u64) -> Stored<bool>;
    /// The threads that `user` follows in rooms that `user` is a member of: of the [`FOLLOWED_MAX`] followed last those
    /// with unread replies first, then by the newest reply; at most `limit`.
    async fn followed(&self, user: UserId, limit: u64) -> Stored<Vec<Followed>>;
    /// Those of the same threads that have unread replies, in no special order; at most [`FOLLOWED_MAX`].
    async fn unread_threads(&self, user: UserId) -> Stored<Vec<UnreadThread>>;
    /// Who follows the thread, in no special order; at most [`FOLLOWERS_MAX`].
    async fn followers(&self, root: MessageId) -> Stored<Vec<UserId>>;
}
