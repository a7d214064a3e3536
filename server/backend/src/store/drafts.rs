//! Drafts: what people wrote and did not send.

use async_trait::async_trait;
use chat::{MessageId, RoomId, Timestamp, UserId};

use super::Stored;

/// How many drafts of replies are kept for someone: those written last, empty ones too.
pub const REPLY_DRAFTS_MAX: u64 = 500;

/// What someone wrote and did not send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Markdown source; empty: nothing any more.
    pub body: String,
    /// When it was written, by the clock of the device that it was written on.
    pub at: Timestamp,
}

/// Where someone writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a room.
    Room(RoomId),
    /// In a thread.
    Thread {
        /// The thread's first message.
        root: MessageId,
        /// Its room.
        room: RoomId,
    },
}

/// Drafts, one of each person in each place.
#[async_trait]
pub trait Drafts: Send + Sync {
    /// Keeps a draft, unless a later one is kept; gives the one that is kept now, and whether it was this one that came.
    /// Of replies the [`REPLY_DRAFTS_MAX`] written last are kept: one that is older than they are is gone at once.
    async fn keep_draft(&self, user: UserId, place: Place, draft: Draft) -> Stored<(Draft, bool)>;
    /// The draft of `user` in a place; where it was sent or emptied, an empty one.
    async fn draft(&self, user: UserId, place: Place) -> Stored<Option<Draft>>;
}
