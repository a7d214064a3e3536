//! Read markers and mentions.

use async_trait::async_trait;
use chat::{Marker, RoomId, Timestamp, UserId};

use super::Stored;

/// How the move of a read marker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkerMove {
    /// It moved to this place.
    Moved(Marker),
    /// It was there or further already.
    Kept,
    /// The user is no member of the room.
    NotAMember,
}

/// How the marking of messages as unread ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkedUnread {
    /// The marker is here now; this was the room's newest message.
    Moved {
        /// Where.
        marker: Marker,
        /// The number of the newest message.
        last_seq: u64,
    },
    /// The user is no member of the room.
    NotAMember,
}

/// Read markers and mentions.
#[async_trait]
pub trait Markers: Send + Sync {
    /// Moves a read marker forwards, at most to the newest message; where the marker's turn is later than the one that
    /// is given, not at all.
    async fn mark_read(&self, room: RoomId, user: UserId, seq: u64, turn: Option<u64>) -> Stored<MarkerMove>;
    /// Moves a read marker back, so that message `seq` and all after it are unread, and begins a turn of the marker that
    /// is later than all before. A marker that is further back stays where it is.
    async fn mark_unread(&self, room: RoomId, user: UserId, seq: u64, at: Timestamp) -> Stored<MarkedUnread>;
    /// The unread messages that mention `user`, by name or with all members: room and `seq`, at most 1,000, newest
    /// first.
    async fn unread_mentions(&self, user: UserId) -> Stored<Vec<(RoomId, u64)>>;
}
