//! Changing messages that are there.

use async_trait::async_trait;
use chat::{Call, Emoji, Message, MessageId, Role, RoomId, Timestamp, UserId, message::Version};

use super::Stored;

/// A change of a message that is there.
#[derive(Clone, Debug)]
pub struct Change {
    /// The message.
    pub message: MessageId,
    /// Who wants it.
    pub by: UserId,
    /// What that user may do in the workspace at large.
    pub role: Role,
    /// When.
    pub at: Timestamp,
    /// To what.
    pub what: Alteration,
}

/// What becomes of a message.
#[derive(Clone, Debug)]
pub enum Alteration {
    /// It says something else.
    Edit {
        /// Checked Markdown source.
        body: String,
        /// Its safe rendering.
        html: String,
        /// Who is mentioned.
        mentions: Vec<UserId>,
        /// Whether it calls on more than them. Who is there is asked when a message is posted, not here.
        calls: Option<Call>,
    },
    /// Only its number is left.
    Delete,
    /// The same, because its author is erased: nobody is asked whether they may.
    Erase,
    /// Whoever asks reacts with this.
    React(Emoji),
    /// Whoever asks does so no longer.
    Unreact(Emoji),
    /// It is pinned to the room.
    Pin,
    /// It is so no longer.
    Unpin,
    /// What its links lead to is shown under it. The server does that, whoever wrote it, and only where the message
    /// still looks as it did.
    Preview {
        /// What it looked like when its links were followed.
        seen: String,
        /// The same with what was found.
        html: String,
    },
}

/// How a change ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is stored.
    Stored(Box<Altered>),
    /// The message is so already.
    Kept(Box<Message>),
    /// There is no such message.
    NotFound,
    /// Whoever asks is no member of the room.
    NotAMember,
    /// Whoever asks is a member, but may not do this.
    Forbidden,
    /// The message was deleted.
    Deleted,
    /// The room is archived.
    Archived,
    /// There are as many emoji under it, or pins in its room, as there may be.
    TooMany,
    /// Nothing would be left of it: it has neither words nor files.
    Empty,
}

/// What a change left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Altered {
    /// The message in its new state.
    pub message: Message,
    /// The message that it answers, where that one counts a reply less now.
    pub root: Option<Message>,
    /// Whom the message calls on now, did not before, and who have not read it.
    pub mentioned: Vec<UserId>,
    /// Whom it called on before and does so no longer.
    pub unmentioned: Vec<UserId>,
    /// Whether it calls on every member now and did not before (true), or the other way round.
    pub called_all: Option<bool>,
}

/// Changing messages that are there.
#[async_trait]
pub trait Changing: Send + Sync {
    /// Changes a message, if whoever asks may do so at that moment; it gets the room's next `rev`. Where the
    /// change takes a reply away, its root gets the one after, for its `reply_count`.
    async fn change(&self, change: Change) -> Stored<Changed>;
    /// What a message said before its edits, newest first, at most [`chat::message::VERSIONS_MAX`]. Nothing is left
    /// of a message that was deleted.
    async fn versions(&self, id: MessageId) -> Stored<Vec<Version>>;
    /// The pinned messages of a room, newest first, at most [`chat::message::PINS_MAX`]. An unknown room has none.
    async fn pins(&self, room: RoomId) -> Stored<Vec<chat::Message>>;
}
