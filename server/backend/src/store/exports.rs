//! What the store hands out when everything is wanted.

use async_trait::async_trait;
use chat::{Attachment, Message, MessageId, Profile, RoomId, Timestamp, UserId};
use serde::Serialize;

use super::{RoomRecord, Stored};

/// One line of an export. Secrets are in none: no passwords, sessions, tokens, or keys.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record {
    /// A person or a program.
    User(Box<Profile>),
    /// A room.
    Room {
        /// As it is.
        #[serde(flatten)]
        room: RoomRecord,
        /// Since when there is one.
        created_at: Timestamp,
    },
    /// A membership.
    Member {
        /// Of which room.
        room: RoomId,
        /// Whose.
        user: UserId,
        /// Up to which message the member has read.
        read_seq: u64,
        /// Since when.
        joined_at: Timestamp,
    },
    /// A message, as the API gives it.
    Message(Box<Message>),
    /// A reaction. Messages name the first people only; here is everybody.
    Reaction {
        /// Under which message.
        message: MessageId,
        /// Without what depends on the keyboard.
        emoji: String,
        /// Whose.
        user: UserId,
    },
    /// What a message said before an edit.
    Version {
        /// Which message.
        message: MessageId,
        /// Markdown source.
        body: String,
        /// When it was written.
        written_at: Timestamp,
    },
    /// A file.
    File {
        /// As readers get it.
        #[serde(flatten)]
        attachment: Attachment,
        /// Who uploaded it.
        owner: UserId,
        /// The message that it is on; none: it waits for one.
        message: Option<MessageId>,
    },
    /// What someone wrote and did not send.
    Draft {
        /// Whose.
        user: UserId,
        /// Where.
        room: RoomId,
        /// The first message of the thread that it is for; none: it is for the room.
        #[serde(skip_serializing_if = "Option::is_none")]
        thread: Option<MessageId>,
        /// Markdown source.
        body: String,
        /// When.
        written_at: Timestamp,
    },
    /// A message that someone has saved.
    Saved {
        /// Who.
        user: UserId,
        /// Which.
        message: MessageId,
        /// When.
        saved_at: Timestamp,
    },
}

impl Record {
    /// What the kinds are called, in the order in which they come: whatever one names has come before, but for the
    /// roots of threads, which are in the same rooms.
    pub const KINDS: [&'static str; 9] = [
        "user", "room", "member", "message", "reaction", "version", "file", "draft", "saved",
    ];

    /// What its kind is called.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Room { .. } => "room",
            Self::Member { .. } => "member",
            Self::Message(_) => "message",
            Self::Reaction { .. } => "reaction",
            Self::Version { .. } => "version",
            Self::File { .. } => "file",
            Self::Draft { .. } => "draft",
            Self::Saved { .. } => "saved",
        }
    }
}

/// Where an export goes.
#[async_trait]
pub trait Sink: Send {
    /// Takes one more; false: it wants no more.
    async fn take(&mut self, record: Record) -> bool;
}

/// Handing everything out, or everything of one person.
#[async_trait]
pub trait Exports: Send + Sync {
    /// Hands everything to `sink`, or what is of one user: all of it as it was at one moment, while everything goes on, in
    /// the order of [`Record::KINDS`] and a row at a time. False: the sink wanted no more. What is one user's is sought
    /// through all of it.
    async fn export(&self, of: Option<UserId>, sink: &mut dyn Sink) -> Stored<bool>;
    /// Messages that `user` wrote and that are not deleted, after this one by id. Sought through all messages.
    async fn authored(&self, user: UserId, after: Option<MessageId>, limit: u64) -> Stored<Vec<MessageId>>;
}
