//! What the store takes and gives.

use chat::{
    Attachment, AttachmentId, Author, Emoji, Message, MessageId, Nonce, Role, RoomId, RoomKind, SessionId,
    Timestamp, TokenId, User, UserId, room::GENERAL,
};

/// The SHA-256 of a session's or token's secret.
pub type SecretHash = [u8; 32];

/// A user to create.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The id to give.
    pub id: UserId,
    /// As typed; its skeleton (see [`chat::username::skeleton`]) is unique.
    pub username: String,
    /// The name to read.
    pub display_name: String,
    /// The password's hash in PHC format.
    pub password_hash: String,
    /// When.
    pub created_at: Timestamp,
    /// The id for [`chat::room::GENERAL`], should this be the first user.
    pub general: RoomId,
}

/// How a registration ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registered {
    /// The user exists now and is a member of these rooms.
    Created {
        /// The user.
        user: User,
        /// The rooms.
        rooms: Vec<RoomId>,
    },
    /// The username, or one that looks like it, is taken.
    Taken,
    /// Only the first account may be created, and there is one.
    Closed,
}

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// The id.
    pub id: SessionId,
    /// The hash of the cookie's secret.
    pub hash: SecretHash,
    /// Whose.
    pub user: UserId,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used, to within [`crate::session::TOUCH_MS`].
    pub seen_at: Timestamp,
}

/// A personal access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRecord {
    /// The id.
    pub id: TokenId,
    /// The hash of the secret.
    pub hash: SecretHash,
    /// Whose.
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
}

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
    /// The author's files that go with it.
    pub attachments: Vec<Attachment>,
    /// When.
    pub created_at: Timestamp,
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
    /// One of the files is not the author's, or is on a message already.
    AttachmentNotFound,
}

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
    /// There is no such message in the room.
    RootNotFound,
    /// The message to answer was deleted.
    RootDeleted,
    /// One of the files is not the author's, or is on a message already.
    AttachmentNotFound,
}

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
    },
    /// Only its number is left.
    Delete,
    /// Whoever asks reacts with this.
    React(Emoji),
    /// Whoever asks does so no longer.
    Unreact(Emoji),
    /// It is pinned to the room.
    Pin,
    /// It is so no longer.
    Unpin,
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
}

/// What changed in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Ascending by `rev`.
    pub messages: Vec<Message>,
    /// The room's head when they were read.
    pub head: Head,
}

/// How the move of a read marker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkerMove {
    /// It moved to this message.
    Moved(u64),
    /// It was there or further already.
    Kept,
    /// The user is no member of the room.
    NotAMember,
}

/// An upload under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadRecord {
    /// The id, which the file will have.
    pub id: AttachmentId,
    /// Who uploads.
    pub owner: UserId,
    /// What the file will be called.
    pub name: String,
    /// How many bytes are announced; 0: unknown.
    pub size: u64,
    /// When it began.
    pub created_at: Timestamp,
}

/// How the end of an upload ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finished {
    /// The file is there now.
    Stored,
    /// It was there already, as this.
    Again(Box<Attachment>),
    /// There is no such upload of this user, or no longer.
    NotFound,
    /// The user's space is full.
    TooMuch,
}

/// A file that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRecord {
    /// As readers get it.
    pub attachment: Attachment,
    /// Who uploaded it.
    pub owner: UserId,
    /// The room in which it was posted; `None`: it waits for its message.
    pub room: Option<RoomId>,
}
