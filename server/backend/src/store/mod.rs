//! The port to everything durable.
//!
//! What every implementation guarantees:
//! - A method is one transaction. When it returns `Ok`, what it wrote survives the crash of any process.
//! - A room's `seq` and `rev` are 1, 2, 3, … without gaps, in the order in which changes were committed.
//! - The same author and nonce give the first message back, for ever.
//! - What is not there is data (`None`, or a variant of the answer), not an error.
//! - Every query runs on an index; every list is bounded and paged by key.
//!
//! `tests/contract/store/` holds every implementation to this page.

mod change;
mod common;
mod copy;
mod exports;
mod fault;
pub(crate) mod files;
mod finding;
mod gather;
mod imports;
mod load;
mod newer;
mod people;
pub mod postgres;
mod prefix;
mod programs;
pub mod record;
mod rows;
mod seen;
pub mod sqlite;
mod thread;
mod timed;
pub(crate) mod window;

use std::path::Path;

use async_trait::async_trait;
use chat::{
    Attachment, AttachmentId, AuditId, Author, Custom, InviteId, MessageId, Nonce, Notify, Profile, Quiet,
    ReportId, Role, Room, RoomId, SessionId, Timestamp, TokenId, User, UserId,
    audit::AuditEntry,
    invite::Invite,
    message::{Bound, Page, Thread, Version},
    report::Report,
    wire::RoomHead,
};
use thiserror::Error;
use uuid::Uuid;

pub use exports::{Record, Sink};
pub use finding::{Finding, Weight};
pub use gather::{Candidates, Span};
pub use imports::{Arrived, Foreign, ForeignChannel, ForeignMessage, ForeignUser};
pub use load::{Load, PoolLoad};
pub use people::*;
pub use programs::*;
pub use record::*;

use crate::search::Sought;

/// Why the store could not answer. Wrong input is never the reason.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database is away or overloaded; trying again later may work.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database answered with something that should not happen.
    #[error("the database failed: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database was written by a newer version of Natter.
    #[error(
        "the database is from a newer version of Natter (schema {found}, this version knows {known}); upgrade Natter or restore a backup"
    )]
    Newer {
        /// The database's schema version.
        found: i64,
        /// The newest schema version that this binary knows.
        known: i64,
    },
}

impl From<StoreError> for chat::Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                tracing::warn!(%error, "store unavailable");
                Self::unavailable(1)
            }
            StoreError::Failed(_) | StoreError::Newer { .. } => {
                tracing::error!(%error, "store failed");
                Self::new(chat::Code::Internal)
            }
        }
    }
}

/// A store's answer.
pub type Stored<T> = Result<T, StoreError>;

/// Everything durable, by noun.
pub trait Store:
    Accounts
    + Profiles
    + Credentials
    + Rooms
    + Moderation
    + Invites
    + Reports
    + Audit
    + Messages
    + Changing
    + Threads
    + Markers
    + Attachments
    + Attention
    + Following
    + Saving
    + Subscriptions
    + Search
    + Previews
    + Programs
    + Imports
    + Exports
    + Erasing
    + Upkeep
{
}

impl<T> Store for T where
    T: Accounts
        + Profiles
        + Credentials
        + Rooms
        + Moderation
        + Invites
        + Reports
        + Audit
        + Messages
        + Changing
        + Threads
        + Markers
        + Attachments
        + Attention
        + Following
        + Saving
        + Subscriptions
        + Search
        + Previews
        + Programs
        + Imports
        + Exports
        + Erasing
        + Upkeep
{
}

/// Users.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Creates a user. The first one becomes the owner and gets the channel [`chat::room::GENERAL`]; every
    /// later one becomes a member of it. With `only_first`, anyone but the first is refused.
    async fn create_user(&self, user: NewUser, only_first: bool) -> Stored<Registered>;
    /// Creates many users at once who are members of no room yet, for seeding and imports; all or nothing.
    async fn create_users(&self, users: Vec<NewUser>) -> Stored<()>;
    /// The user of this id.
    async fn user(&self, id: UserId) -> Stored<Option<User>>;
    /// The user of this username, in any case.
    async fn user_by_username(&self, username: &str) -> Stored<Option<User>>;
    /// Those of the usernames (in any case) that exist; at most [`chat::mention::MENTIONS_MAX`] are asked for.
    async fn users_by_usernames(&self, usernames: &[&str]) -> Stored<Vec<Author>>;
    /// Those of the ids that exist, in no special order; at most 1,000 are asked for.
    async fn users_by_ids(&self, ids: &[UserId]) -> Stored<Vec<Author>>;
    /// The user of this username, in any case, with the password's hash.
    async fn password_hash(&self, username: &str) -> Stored<Option<(User, String)>>;
    /// Users by username, ascending, after the username `after` (in any case); with a `query`, only those whose
    /// username or display name begins with it, in any case.
    async fn page_users(&self, query: &str, after: Option<&str>, limit: u64) -> Stored<Vec<User>>;
}

/// Who people are and what they may do.
#[async_trait]
pub trait Profiles: Send + Sync {
    /// The user of this id, with what he or she tells of himself or herself.
    async fn profile(&self, id: UserId) -> Stored<Option<Profile>>;
    /// Changes a profile and gives it as it is then; `None`: no such user. Another name raises [`Looks::people`].
    async fn edit_profile(&self, id: UserId, edit: ProfileEdit) -> Stored<Option<Profile>>;
    /// Gives a user another picture, or none; false: no such user. Raises [`Looks::people`].
    async fn set_avatar(&self, id: UserId, url: Option<String>) -> Stored<bool>;
    /// Gives a user another password in place of the one with the hash `from`; false: it is another one by now.
    async fn set_password(&self, id: UserId, from: String, to: String) -> Stored<bool>;
    /// Makes a user one of the role `to`, if `entry.actor` may do so at that moment.
    async fn set_role(&self, id: UserId, to: Role, entry: NewEntry) -> Stored<RoleSet>;
    /// Closes an account or opens it again, if `entry.actor` may do so at that moment. Closing it ends all of its
    /// sessions and tokens; no secret of a closed account is found.
    async fn set_active(&self, id: UserId, active: bool, entry: NewEntry) -> Stored<ActiveSet>;
    /// How often what many things show has changed.
    async fn looks(&self) -> Stored<Looks>;
}

/// Sessions and tokens. Only hashes of their secrets are known here.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// Keeps a new session.
    async fn insert_session(&self, session: SessionRecord) -> Stored<()>;
    /// The session with this secret's hash, and its user.
    async fn session_by_hash(&self, hash: &SecretHash) -> Stored<Option<(SessionRecord, User)>>;
    /// Notes that a session was used.
    async fn touch_session(&self, id: SessionId, seen_at: Timestamp) -> Stored<()>;
    /// Ends a session; false: there was none.
    async fn delete_session(&self, id: SessionId) -> Stored<bool>;
    /// A user's sessions, the one used last first, at most 100.
    async fn sessions_of(&self, user: UserId) -> Stored<Vec<SessionRecord>>;
    /// Ends a user's sessions, all but one if one is named; gives those that ended.
    async fn delete_sessions_of(&self, user: UserId, except: Option<SessionId>) -> Stored<Vec<SessionId>>;
    /// Ends sessions that were created before `created_before` or last used before `seen_before`, at most `limit` of
    /// either kind. Gives how many: none are left when there were none.
    async fn delete_stale_sessions(
        &self,
        created_before: Timestamp,
        seen_before: Timestamp,
        limit: u64,
    ) -> Stored<u64>;
    /// Those of the sessions that are there, were created after `created_after` and used after `seen_after`.
    async fn standing_sessions(
        &self,
        ids: &[SessionId],
        created_after: Timestamp,
        seen_after: Timestamp,
    ) -> Stored<Vec<SessionId>>;
    /// Those of the tokens that are there.
    async fn standing_tokens(&self, ids: &[TokenId]) -> Stored<Vec<TokenId>>;
    /// Keeps new tokens; all or nothing.
    async fn insert_tokens(&self, tokens: Vec<TokenRecord>) -> Stored<()>;
    /// Keeps a new token unless its user has `most` already; false: so it is.
    async fn insert_token(&self, token: TokenRecord, most: u64) -> Stored<bool>;
    /// A user's tokens, newest first, at most 100.
    async fn tokens(&self, user: UserId) -> Stored<Vec<TokenRecord>>;
    /// The token with this secret's hash, and its user.
    async fn token_by_hash(&self, hash: &SecretHash) -> Stored<Option<(TokenRecord, User)>>;
    /// Revokes a user's token; false: the user has none of this id.
    async fn delete_token(&self, user: UserId, id: TokenId) -> Stored<bool>;
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

/// The rules of rooms, and who must stay out.
#[async_trait]
pub trait Moderation: Send + Sync {
    /// Changes a room's settings, if `change.by` may do so at that moment. Raises [`Looks::rooms`].
    async fn change_room(&self, change: RoomChange) -> Stored<RoomChanged>;
    /// Ends a membership against the member's will, and with a ban keeps the user out, if `expulsion.by` may do so at
    /// that moment.
    async fn expel(&self, expulsion: Expulsion) -> Stored<Expelled>;
    /// Lets a user come back into a room, under the same condition; `entry.room` and `entry.user` say which.
    async fn lift_ban(&self, room: RoomId, user: UserId, entry: NewEntry) -> Stored<Expelled>;
    /// Whether a user must stay out of a room.
    async fn is_banned(&self, room: RoomId, user: UserId) -> Stored<bool>;
    /// Those of the users who must stay out of a room.
    async fn banned(&self, room: RoomId, users: &[UserId]) -> Stored<Vec<UserId>>;
    /// Who must stay out of a room, by id, after the user `after`.
    async fn page_bans(&self, room: RoomId, after: Option<UserId>, limit: u64) -> Stored<Vec<Ban>>;
    /// The rooms whose settings changed after this version ([`Looks::rooms`]), in that order, at most 1,000.
    async fn rooms_changed_after(&self, version: u64) -> Stored<Vec<RoomId>>;
}

/// Invitations.
#[async_trait]
pub trait Invites: Send + Sync {
    /// Keeps a new invitation unless there are `most` already; false: so it is.
    async fn insert_invite(&self, invite: NewInvite, most: u64, entry: NewEntry) -> Stored<bool>;
    /// The invitations, newest first, at most [`chat::invite::INVITES_MAX`].
    async fn invites(&self) -> Stored<Vec<Invite>>;
    /// The invitation of this code, valid or not.
    async fn invite_by_code(&self, code: &str) -> Stored<Option<Invite>>;
    /// Takes an invitation back; false: there is none of this id.
    async fn delete_invite(&self, id: InviteId, entry: NewEntry) -> Stored<bool>;
    /// Creates a user who comes with an invitation, which counts one use more: a member also becomes a member of the
    /// room for everybody, a guest only of the invitation's rooms.
    async fn create_invited(&self, user: NewUser, code: &str) -> Stored<Registered>;
    /// Brings a user who is here already into an invitation's rooms, which counts one use more where there is one to
    /// come into. Gives the rooms that are new to the user; `None`: the invitation is not valid.
    async fn accept_invite(&self, code: &str, user: UserId, at: Timestamp) -> Stored<Option<Vec<RoomId>>>;
}

/// Reports of messages.
#[async_trait]
pub trait Reports: Send + Sync {
    /// Keeps a report.
    async fn insert_report(&self, report: NewReport) -> Stored<Reported>;
    /// Reports that wait, or that were resolved, the newest first, before the report `before`.
    async fn page_reports(&self, resolved: bool, before: Option<ReportId>, limit: u64)
    -> Stored<Vec<Report>>;
    /// Notes what was decided about a report. The entry is about the author of the message.
    async fn resolve_report(&self, id: ReportId, resolution: String, entry: NewEntry) -> Stored<Resolved>;
}

/// The log of what those with rights have done.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Entries, the newest first, before the entry `before`.
    async fn page_audit(&self, before: Option<AuditId>, limit: u64) -> Stored<Vec<AuditEntry>>;
    /// Removes a stretch of the oldest entries beyond [`chat::audit::ENTRIES_MAX`], and of the oldest resolved reports
    /// beyond [`chat::report::RESOLVED_MAX`]. Gives how many went.
    async fn prune_audit(&self) -> Stored<u64>;
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
    /// [`Rooms::head_for`] has told this process of the room before.
    async fn page(&self, room: RoomId, bound: Bound, limit: u64) -> Stored<Page>;
    /// The messages with a `rev` after this one, ascending by `rev`, at most `limit`, each in its present state,
    /// with the head that was there when they were read. An unknown room gives `None`.
    async fn changes(&self, room: RoomId, after_rev: u64, limit: u64) -> Stored<Option<Changes>>;
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

/// Threads: a message and the replies to it.
#[async_trait]
pub trait Threads: Send + Sync {
    /// Like [`Messages::append`], in the thread of the message `to`; a reply to a reply answers the same root. The
    /// reply gets the room's next `rev`, and its root the one after, for its `reply_count`.
    async fn reply(&self, to: MessageId, message: NewMessage) -> Stored<Replied>;
    /// A message and one page of the replies to it; `None`: no such message.
    async fn thread(&self, root: MessageId, bound: Bound, limit: u64) -> Stored<Option<Thread>>;
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

/// What people want to be told of, and what they say of themselves.
#[async_trait]
pub trait Attention: Send + Sync {
    /// How a member wants to hear of a room; false: no member.
    async fn set_notify(&self, room: RoomId, user: UserId, notify: Notify) -> Stored<bool>;
    /// When a user does not want to be disturbed.
    async fn quiet(&self, user: UserId) -> Stored<Quiet>;
    /// Sets that.
    async fn set_quiet(&self, user: UserId, quiet: Quiet) -> Stored<()>;
    /// What these users say of themselves, expired or not; at most 1,000 are asked for.
    async fn customs(&self, users: &[UserId]) -> Stored<Vec<(UserId, Custom)>>;
    /// Sets that; `None`: nothing.
    async fn set_custom(&self, user: UserId, custom: Option<Custom>) -> Stored<()>;
    /// The ids of a room's members, in no special order, at most `limit`.
    async fn member_ids(&self, room: RoomId, limit: u64) -> Stored<Vec<UserId>>;
}

/// Followed threads. Who answers or is mentioned in a thread follows it, and who is answered, unless that was ended.
#[async_trait]
pub trait Following: Send + Sync {
    /// Has `user` follow the thread of `root` from now on, or no longer; false: it was so already.
    async fn follow(&self, root: &chat::Message, user: UserId, follow: bool, at: Timestamp) -> Stored<bool>;
    /// Whether `user` follows the thread.
    async fn follows(&self, root: MessageId, user: UserId) -> Stored<bool>;
    /// The thread was read up to the reply `seq`; false: it was so already, or `user` does not follow it.
    async fn read_thread(&self, root: MessageId, user: UserId, seq: u64) -> Stored<bool>;
    /// The threads that `user` follows in rooms that `user` is a member of: of the [`FOLLOWED_MAX`] followed last those
    /// with unread replies first, then by the newest reply; at most `limit`.
    async fn followed(&self, user: UserId, limit: u64) -> Stored<Vec<Followed>>;
}

/// Saved messages and drafts.
#[async_trait]
pub trait Saving: Send + Sync {
    /// Saves a message for `user`, who may have [`SAVED_MAX`] of them.
    async fn save(&self, user: UserId, message: MessageId, at: Timestamp) -> Stored<Saved>;
    /// Takes it off again; false: it was not saved.
    async fn unsave(&self, user: UserId, message: MessageId) -> Stored<bool>;
    /// The messages that `user` saved and may read, the last saved first, before this one; with the time of saving.
    async fn saved(
        &self,
        user: UserId,
        before: Option<(Timestamp, MessageId)>,
        limit: u64,
    ) -> Stored<Vec<(Timestamp, chat::Message)>>;
    /// Those of the messages that `user` saved.
    async fn saved_among(&self, user: UserId, messages: &[MessageId]) -> Stored<Vec<MessageId>>;
    /// Keeps a draft, unless a later one is kept; gives the one that is kept now, and whether it was this one that came.
    async fn keep_draft(&self, user: UserId, room: RoomId, draft: Draft) -> Stored<(Draft, bool)>;
    /// The draft of `user` in a room; where it was sent or emptied, an empty one.
    async fn draft(&self, user: UserId, room: RoomId) -> Stored<Option<Draft>>;
}

/// Where browsers want to be told while no page is open.
#[async_trait]
pub trait Subscriptions: Send + Sync {
    /// Keeps a subscription in place of one with the same endpoint. Of those beyond [`SUBSCRIPTIONS_MAX`] a user the
    /// oldest go.
    async fn subscribe(&self, subscription: Subscription) -> Stored<()>;
    /// Ends a subscription, of `user` where one is given; false: there was none.
    async fn unsubscribe(&self, endpoint: &str, user: Option<UserId>) -> Stored<bool>;
    /// Whether anyone has a subscription.
    async fn anyone_subscribes(&self) -> Stored<bool>;
    /// Whom a message concerns of those who have subscriptions, with how they want to hear of its room; at most `limit`
    /// subscriptions.
    async fn audience(&self, sought: &Called, limit: u64) -> Stored<Vec<Listener>>;
    /// What is kept under `name`, once and for all: `proposed`, unless there is something already.
    async fn keep_once(&self, name: &str, proposed: &str) -> Stored<String>;
}

/// Files: what is known of them. Their bytes are elsewhere, in folders named `parts/{id}` while they are on their way
/// and `files/{id}` afterwards; a folder that is not needed any more is among the remains in the same transaction.
///
/// A file goes on one message, once, by its uploader: see [`Messages::append`]. It goes when that is deleted.
#[async_trait]
pub trait Attachments: Send + Sync {
    /// Notes that an upload begins; false: its owner's space is full.
    async fn begin_upload(&self, upload: UploadRecord) -> Stored<bool>;
    /// An upload under way.
    async fn upload(&self, id: AttachmentId, owner: UserId) -> Stored<Option<UploadRecord>>;
    /// Makes an upload a file that waits for its message.
    async fn finish_upload(&self, owner: UserId, file: Attachment, at: Timestamp) -> Stored<Finished>;
    /// Ends an upload, or takes away the file that it became while that is on no message; false: there is neither.
    async fn cancel_upload(&self, id: AttachmentId, owner: UserId) -> Stored<bool>;
    /// Those of the files that `owner` uploaded and that are on a message, or wait for one since `since` or later.
    /// In no special order; at most [`chat::attachment::ATTACHMENTS_MAX`] are asked for.
    async fn attachments(
        &self,
        owner: UserId,
        ids: &[AttachmentId],
        since: Timestamp,
    ) -> Stored<Vec<Attachment>>;
    /// The file of this id.
    async fn file(&self, id: AttachmentId) -> Stored<Option<FileRecord>>;
    /// Ends uploads that began before this, and takes away the files that wait for a message since before it: some
    /// at a time; false: there were none.
    async fn expire_uploads(&self, before: Timestamp) -> Stored<bool>;
    /// Folders to remove, at most 100.
    async fn remains(&self) -> Stored<Vec<String>>;
    /// These folders are removed.
    async fn forget_remains(&self, folders: &[String]) -> Stored<()>;
}

/// The index of what messages say. It is written with the messages, in the same transaction.
#[async_trait]
pub trait Search: Send + Sync {
    /// The newest messages within `span` that match, that `reader` may read (as a member, or in a public channel)
    /// and that were not deleted: newest first, at most `limit`. It looks at a bounded number of matches: where most
    /// are not for `reader`, there may be fewer, with the rest still to be asked for.
    async fn search(&self, reader: UserId, sought: &Sought, span: Span, limit: u64) -> Stored<Candidates>;
    /// Adds the next older messages to the index that were there before it was, newest first; false: all are in it.
    async fn index_older(&self) -> Stored<bool>;
}

/// What other sites' pages say of themselves: a cache that outlives the process.
#[async_trait]
pub trait Previews: Send + Sync {
    /// What is known of the address with this SHA-256.
    async fn preview(&self, key: &[u8; 32]) -> Stored<Option<PreviewRecord>>;
    /// Keeps what was found, in place of what was known.
    async fn keep_preview(&self, preview: PreviewRecord) -> Stored<()>;
    /// Forgets what was found before this time; gives how many.
    async fn delete_stale_previews(&self, fetched_before: Timestamp) -> Stored<u64>;
}

/// What comes from the archives of other programs. Each of them is a `source`, whose ids are kept beside ours, so that
/// what came once does not come again.
#[async_trait]
pub trait Imports: Send + Sync {
    /// Our ids for those of the `keys` that came before; at most 1,000 are asked for.
    async fn imported(&self, source: &str, kind: Foreign, keys: &[String]) -> Stored<Vec<(String, Uuid)>>;
    /// Brings people in, who are members of no room yet; all or nothing. Gives under each key who it is here: also those
    /// who came before.
    async fn import_users(&self, source: &str, users: Vec<ForeignUser>) -> Stored<Vec<(String, Author)>>;
    /// The room that a channel from elsewhere is here, and whether it was made now, without members: the one that it
    /// came as before; for a public one the public channel of its address, if there is one; a new one.
    async fn import_channel(&self, source: &str, channel: ForeignChannel) -> Stored<(RoomId, bool)>;
    /// Notes that `key` is `id` here; what was noted before stays.
    async fn note_imported(&self, source: &str, kind: Foreign, key: &str, id: Uuid) -> Stored<()>;
    /// Those of the ids that messages have; at most 1,000 are asked for.
    async fn stored_among(&self, ids: &[MessageId]) -> Stored<Vec<MessageId>>;
    /// Stores those of the messages that are not there, in this order, after what is there; all or nothing. The authors
    /// need not be members. Whoever had read all of the room has read them too, and webhooks that had been told of all of
    /// it are not told of them. `None`: no such room.
    async fn import_messages(&self, room: RoomId, messages: Vec<ForeignMessage>) -> Stored<Option<Arrived>>;
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

/// Forgetting people.
#[async_trait]
pub trait Erasing: Send + Sync {
    /// Takes from an account the names, the picture, the profile, the password, sessions, tokens, subscriptions, drafts,
    /// saved messages and memberships of channels, and closes it, if `entry.actor` may do so at that moment: the user
    /// alone, or who may close the account. With `messages` it is noted that they are to follow. Raises
    /// [`Looks::people`].
    async fn erase_user(&self, id: UserId, messages: bool, entry: NewEntry) -> Stored<Erased>;
    /// The erased users of whom there are messages to take away yet; at most 100.
    async fn erasing(&self) -> Stored<Vec<UserId>>;
    /// There are none any more.
    async fn end_erasing(&self, id: UserId) -> Stored<()>;
}

/// What the store as a whole can do.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// Which engine it is, for logs and readiness: `sqlite`, `postgres`.
    fn engine(&self) -> &'static str;
    /// The identity of the stored history; changes when a backup is restored.
    async fn epoch(&self) -> Stored<String>;
    /// What is open and what waits at this moment.
    fn load(&self) -> Load;
    /// When a backup was last written, from wherever that was.
    async fn last_backup(&self) -> Stored<Option<Timestamp>>;
    /// Asks the database for a sign of life.
    async fn ping(&self) -> Stored<()>;
    /// Writes a consistent copy to a file that does not exist yet, while everything goes on, and notes when.
    async fn backup(&self, file: &Path) -> Stored<()>;
    /// Does what keeps the database quick, such as renewing its statistics; false: another instance is at it.
    async fn tune(&self) -> Stored<bool>;
    /// What an operator should know about the database. Takes a while where it is large.
    async fn report(&self) -> Stored<Vec<Finding>>;
    /// Waits until what was accepted is written, and closes the database.
    async fn close(&self);
}
