//! Threads: a message and the replies to it.

use async_trait::async_trait;
use chat::{
    Message, MessageId,
    message::{Bound, Thread},
};

use super::{Appended, NewMessage, Stored};

/// How a reply ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replied {
    /// It is stored.
    Stored {
        /// The reply.
        reply: Message,
        /// The message that it answers, which now counts it.
        root: Box<Message>,
    },
    /// The author used the nonce before: this is the first message, and nothing was stored.
    Repeated(Message),
    /// The author is no member of the room.
    NotAMember,
    /// There is no such room.
    RoomNotFound,
    /// The room is archived.
    Archived,
    /// The room is in slow mode, and the author has posted lately.
    Slow {
        /// How long to wait, in milliseconds.
        wait_ms: u64,
    },
    /// There is no such message in the room.
    RootNotFound,
    /// The message to answer was deleted.
    RootDeleted,
    /// One of the files is not the author's, or is on a message already.
    AttachmentNotFound,
}

impl From<Appended> for Replied {
    /// What kept a message from being stored, as what kept the reply from it.
    fn from(refusal: Appended) -> Self {
        match refusal {
            Appended::Stored(first) | Appended::Repeated(first) => Self::Repeated(first),
            Appended::NotAMember => Self::NotAMember,
            Appended::RoomNotFound => Self::RoomNotFound,
            Appended::Archived => Self::Archived,
            Appended::Slow { wait_ms } => Self::Slow { wait_ms },
            Appended::AttachmentNotFound => Self::AttachmentNotFound,
        }
    }
}

/// Threads: a message and the replies to it.
#[async_trait]
pub trait Threads: Send + Sync {
    /// Like [`super::Messages::append`], in the thread of the message `to`; a reply to a reply answers the same root. The
    /// reply gets the room's next `rev`, and its root the one after, for its `reply_count`.
    async fn reply(&self, to: MessageId, message: NewMessage) -> Stored<Replied>;
    /// A message and one page of the replies to it; `None`: no such message.
    async fn thread(&self, root: MessageId, bound: Bound, limit: u64) -> Stored<Option<Thread>>;
}
