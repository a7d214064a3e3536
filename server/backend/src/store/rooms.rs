//! Rooms and who is in them.

use async_trait::async_trait;
use chat::{Room, RoomId, RoomKind, Timestamp, User, UserId, room::GENERAL, wire::RoomHead};

use super::{NewUser, Stored};

/// A room as it is, for no one in particular.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RoomRecord {
    /// The id.
    pub id: RoomId,
    /// Channel or direct.
    pub kind: RoomKind,
    /// Its address.
    pub slug: String,
    /// A channel's name; empty for a direct room.
    pub name: String,
    /// What it is about.
    pub topic: String,
    /// Whether only members can see it.
    pub private: bool,
    /// What it is for, at length.
    pub description: String,
    /// Whether it is put away.
    pub archived: bool,
    /// How many seconds a person waits between two messages; 0: not at all.
    pub slow_s: u32,
    /// Who made it; nobody a direct room.
    pub created_by: Option<UserId>,
}

/// A channel to create.
#[derive(Clone, Debug)]
pub struct NewChannel {
    /// The id to give.
    pub id: RoomId,
    /// The address; unique.
    pub slug: String,
    /// The name.
    pub name: String,
    /// What it is about.
    pub topic: String,
    /// Whether only members can see it.
    pub private: bool,
    /// The first member.
    pub creator: UserId,
    /// When.
    pub created_at: Timestamp,
}

impl NewChannel {
    /// The channel that everybody is in, as the first user gets it.
    #[must_use]
    pub fn general(owner: &NewUser) -> Self {
        Self {
            id: owner.general,
            slug: GENERAL.to_owned(),
            name: GENERAL.to_owned(),
            topic: "Everyone is here".to_owned(),
            private: false,
            creator: owner.id,
            created_at: owner.created_at,
        }
    }
}

/// How the creation of a channel ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelCreated {
    /// It exists now.
    Created,
    /// The address is taken.
    Taken,
}

/// Someone's membership of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Up to which message the member has read.
    pub read_seq: u64,
}

/// Where a room stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The room.
    pub room: RoomId,
    /// The number of its newest message.
    pub last_seq: u64,
    /// Its newest revision.
    pub last_rev: u64,
}

impl Head {
    /// A number that is another one after each change of a message that was there, never comes again, and stays the
    /// same however many messages are posted: a post takes a `seq` and at least one `rev`, a change no `seq`.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.last_rev.saturating_sub(self.last_seq)
    }
}

/// Rooms and who is in them.
#[async_trait]
pub trait Rooms: Send + Sync {
    /// The room of this id.
    async fn room(&self, id: RoomId) -> Stored<Option<RoomRecord>>;
    /// The room at this address.
    async fn room_by_slug(&self, slug: &str) -> Stored<Option<RoomRecord>>;
    /// The room as `user` sees it, member or not.
    async fn room_of(&self, id: RoomId, user: UserId) -> Stored<Option<Room>>;
    /// The rooms that `user` is a member of (channels by name, then direct rooms by last message, newest first).
    async fn rooms_of(&self, user: UserId) -> Stored<Vec<Room>>;
    /// Public channels that `user` could join (so none for a guest, none that is archived, and none that the user was
    /// banned from), by name, at most 200.
    async fn rooms_open_to(&self, user: UserId) -> Stored<Vec<Room>>;
    /// Where every room of `user` stands.
    async fn heads_of(&self, user: UserId) -> Stored<Vec<RoomHead>>;
    /// Where these rooms stand; unknown ones are left out.
    async fn heads(&self, rooms: &[RoomId]) -> Stored<Vec<Head>>;
    /// Where a room stands, and `user`'s membership of it; `None`: no such room. Never from a copy that lags behind.
    async fn head_for(&self, room: RoomId, user: UserId) -> Stored<Option<(Head, Option<Membership>)>>;
    /// Where the rooms of [`Rooms::rooms_open_to`] stand, in the same order.
    async fn heads_open_to(&self, user: UserId) -> Stored<Vec<Head>>;
    /// Creates a channel with its creator as the first member.
    async fn create_channel(&self, channel: NewChannel) -> Stored<ChannelCreated>;
    /// The direct room of exactly these people, created where there is none; true: it was created now.
    async fn open_direct(&self, id: RoomId, users: &[UserId], at: Timestamp) -> Stored<(RoomId, bool)>;
    /// `user`'s membership of `room`.
    async fn membership(&self, room: RoomId, user: UserId) -> Stored<Option<Membership>>;
    /// Makes `users` members who have read all that is there; gives those who were not yet. Who was banned stays out.
    async fn add_members(&self, room: RoomId, users: &[UserId], at: Timestamp) -> Stored<Vec<UserId>>;
    /// Ends a membership; false: there was none.
    async fn remove_member(&self, room: RoomId, user: UserId) -> Stored<bool>;
    /// A room's members by username, ascending, after the username `after`.
    async fn page_members(&self, room: RoomId, after: Option<&str>, limit: u64) -> Stored<Vec<User>>;
    /// How many members a room has.
    async fn count_members(&self, room: RoomId) -> Stored<u64>;
}
