//! Messages: each room's log.

use async_trait::async_trait;
use chat::{
    Attachment, Author, Call, Message, MessageId, Nonce, RoomId, Timestamp, UserId,
    message::{Bound, Page},
};

use super::{Head, Stored};

/// A message to store.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The id to give.
    pub id: MessageId,
    /// The room.
    pub room: RoomId,
    /// Who posts it.
    pub author: Author,
    /// Checked Markdown source.
    pub body: String,
    /// Its safe rendering.
    pub html: String,
    /// The author's id for the send.
    pub nonce: Option<Nonce>,
    /// Who is mentioned.
    pub mentions: Vec<UserId>,
    /// Whether it calls on more than them.
    pub calls: Option<Call>,
    /// Whom [`Call::Here`] calls: members, beside those who are mentioned.
    pub here: Vec<UserId>,
    /// The author's files that go with it.
    pub attachments: Vec<Attachment>,
    /// When.
    pub created_at: Timestamp,
    /// Whether slow mode does not hold for the author.
    pub exempt: bool,
}

impl NewMessage {
    /// Whom it calls one by one: whose unread mention it is.
    pub(crate) fn called(&self, mentions: &[UserId]) -> Vec<UserId> {
        called(self.author.id, mentions, &self.here)
    }
}

/// Whom a message of `author` calls one by one, each once. Nobody calls on himself or herself.
pub(crate) fn called(author: UserId, mentions: &[UserId], here: &[UserId]) -> Vec<UserId> {
    let mut once = std::collections::HashSet::from([author]);
    let all = mentions.iter().chain(here).copied();
    all.filter(|user| once.insert(*user)).collect()
}

/// What keeps someone from posting into a room that is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hindrance {
    pub(crate) member: bool,
    pub(crate) archived: bool,
    /// How much longer slow mode makes the author wait, in milliseconds; nothing where it has no reason to.
    pub(crate) wait_ms: Option<i64>,
}

impl Hindrance {
    /// Whether there is anything that keeps the author from posting; slow mode does not if it is `exempt` from it.
    pub(crate) fn hinders(self, exempt: bool) -> bool {
        let slow = self.wait_ms.is_some_and(|wait| wait > 0);
        !self.member || self.archived || (slow && !exempt)
    }

    /// What the author is told. Whoever may not read the room learns nothing of it.
    pub(crate) fn refusal(self) -> Appended {
        match self {
            Self { member: false, .. } => Appended::NotAMember,
            Self { archived: true, .. } => Appended::Archived,
            Self { wait_ms, .. } => Appended::Slow {
                wait_ms: u64::try_from(wait_ms.unwrap_or(0)).unwrap_or(0),
            },
        }
    }
}

/// How a post ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is stored.
    Stored(Message),
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
    /// One of the files is not the author's, or is on a message already.
    AttachmentNotFound,
}

/// What changed in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Ascending by `rev`.
    pub messages: Vec<Message>,
    /// The room's head when they were read.
    pub head: Head,
}

/// Messages: each room's log.
#[async_trait]
pub trait Messages: Send + Sync {
    /// Stores a message with the room's next `seq` and `rev`, puts its files on it and moves its author's read marker
    /// to it.
    async fn append(&self, message: NewMessage) -> Stored<Appended>;
    /// Stores messages in this order in one transaction, for seeding and imports; all or nothing. The authors need
    /// not be members, nonces are taken as new, files are taken as theirs and on no message, and no read marker moves. Gives the room's head after it;
    /// `None`: no such room.
    async fn append_batch(&self, room: RoomId, messages: Vec<NewMessage>) -> Stored<Option<Head>>;
    /// The message that `author` posted under this nonce.
    async fn message_by_nonce(&self, author: UserId, nonce: &Nonce) -> Stored<Option<chat::Message>>;
    /// The message of this id.
    async fn message(&self, id: MessageId) -> Stored<Option<chat::Message>>;
    /// One page of a room's messages. An unknown room gives an empty page. Never older than what
    /// [`super::Rooms::head_for`] has told this process of the room before.
    async fn page(&self, room: RoomId, bound: Bound, limit: u64) -> Stored<Page>;
    /// The messages with a `rev` after this one, ascending by `rev`, at most `limit`, each in its present state,
    /// with the head that was there when they were read. An unknown room gives `None`.
    async fn changes(&self, room: RoomId, after_rev: u64, limit: u64) -> Stored<Option<Changes>>;
}
