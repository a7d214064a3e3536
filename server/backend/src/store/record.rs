//! What the store takes and gives.

use chat::{
    Attachment, AttachmentId, Author, Call, Emoji, Marker, Message, MessageId, Nonce, Notify, Quiet, Role,
    RoomId, RoomKind, SessionId, Timestamp, TokenId, User, UserId, room::GENERAL,
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
    /// The invitation is not valid.
    NotInvited,
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
    /// What the browser called itself when it was opened; may be empty.
    pub agent: String,
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

/// What another site's page says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewRecord {
    /// The SHA-256 of its address.
    pub key: [u8; 32],
    /// What it is called; `None`: there is nothing to show.
    pub title: Option<String>,
    /// What it is about.
    pub description: String,
    /// Whose it is.
    pub site: String,
    /// When it was asked.
    pub fetched_at: Timestamp,
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

/// How many of the threads that someone follows are looked at for a list.
pub const FOLLOWED_MAX: u64 = 500;
/// How many unread replies of a thread are counted.
pub const UNREAD_REPLIES_MAX: u64 = 100;
/// How many messages someone can save.
pub const SAVED_MAX: u64 = 1_000;
/// How many browsers of one person are told.
pub const SUBSCRIPTIONS_MAX: u64 = 20;

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

/// How the saving of a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is saved now.
    Saved,
    /// It was saved already.
    Kept,
    /// There are as many as there may be.
    TooMany,
}

/// What someone wrote and did not send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Markdown source; empty: nothing any more.
    pub body: String,
    /// When it was written, by the clock of the device that it was written on.
    pub at: Timestamp,
}

/// Where a browser wants to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The address to post to; it is the browser's secret.
    pub endpoint: String,
    /// Whose.
    pub user: UserId,
    /// The session that it ends with; `None`: a program's.
    pub session: Option<SessionId>,
    /// The browser's public key, a point of P-256, uncompressed.
    pub key: Vec<u8>,
    /// The browser's authentication secret.
    pub secret: Vec<u8>,
    /// When.
    pub created_at: Timestamp,
}

/// Whom a message calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Where.
    pub room: RoomId,
    /// The people whom it calls one by one.
    pub users: Vec<UserId>,
    /// Whether it concerns all members: a direct room, or a call on the room.
    pub all: bool,
}

/// Someone with a subscription whom a message may concern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// How the member wants to hear of the room.
    pub notify: Notify,
    /// When not.
    pub quiet: Quiet,
    /// Where to tell.
    pub subscription: Subscription,
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
