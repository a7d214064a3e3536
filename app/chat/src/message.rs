//! Messages as everyone who may read them sees them.

use serde::{Deserialize, Serialize};

use crate::{
    attachment::Attachment,
    id::{MessageId, RoomId, UserId},
    mention::Call,
    nonce::Nonce,
    time::Timestamp,
    user::Author,
};

/// One message in its present state: the same bytes for everyone who may read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The message's id.
    pub id: MessageId,
    /// The room it was posted in.
    pub room: RoomId,
    /// Its number in the room: 1, 2, 3, … without gaps. Order, paging and unread counts use it.
    pub seq: u64,
    /// The room's revision at its last change. Resuming uses it.
    pub rev: u64,
    /// Who posted it.
    pub author: Author,
    /// Markdown source; empty once deleted, and perhaps where there are files.
    pub body: String,
    /// The safe rendering of `body`.
    pub html: String,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub edited_at: Option<Timestamp>,
    /// Whether it was deleted; then only its number is left.
    pub deleted: bool,
    /// Whether it is pinned to the room.
    pub pinned: bool,
    /// The root of the thread that it answers in.
    pub thread: Option<MessageId>,
    /// How many replies its own thread has.
    pub reply_count: u64,
    /// The author's id for the send.
    pub nonce: Option<Nonce>,
    /// Reactions, in the order in which each emoji came first.
    pub reactions: Vec<Reaction>,
    /// Files, in the order in which they were sent; at most [`crate::attachment::ATTACHMENTS_MAX`].
    pub attachments: Vec<Attachment>,
    /// Who is mentioned.
    pub mentions: Vec<UserId>,
    /// Whether it calls on all members, or on those who were there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<Call>,
}

/// One emoji under a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// How many people gave it.
    pub count: u64,
    /// The first of them, at most [`REACTION_USERS_MAX`].
    pub users: Vec<UserId>,
}

/// One page of a room's messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The messages, ascending by `seq`.
    pub messages: Vec<Message>,
    /// Whether there are older ones.
    pub has_before: bool,
    /// Whether there are newer ones.
    pub has_after: bool,
    /// The room's revision that the page shows: whoever resumes after it misses nothing.
    pub last_rev: u64,
}

/// One page of a thread: its root, and replies to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// The message that they answer.
    pub root: Message,
    /// The replies; what is before and after is of the thread, not of the room.
    #[serde(flatten)]
    pub page: Page,
}

/// What a message said before an edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Markdown source.
    pub body: String,
    /// When it was written.
    pub written_at: Timestamp,
}

/// The most different emoji under one message.
pub const REACTIONS_MAX: usize = 20;
/// The most people named with an emoji; all are counted.
pub const REACTION_USERS_MAX: usize = 50;
/// The most pinned messages of a room.
pub const PINS_MAX: u64 = 100;
/// The most earlier versions of a message that are shown.
pub const VERSIONS_MAX: u64 = 100;
/// The most messages of a page.
pub const PAGE_LIMIT_MAX: u64 = 100;
/// How many messages a page has unless told.
pub const PAGE_LIMIT: u64 = 50;
/// The most changes that a resume brings; whoever is further behind loads a page.
pub const RESUME_LIMIT: u64 = 500;

/// Which page of a room to read. Bounds are `seq`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The newest messages.
    Newest,
    /// The messages just before this one.
    Before(u64),
    /// The messages just after this one.
    After(u64),
    /// This message with its surroundings.
    Around(u64),
}
