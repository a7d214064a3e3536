//! From rows to types and back.

use std::collections::BTreeMap;

use chat::{
    AttachmentId, Author, Call, Custom, Level, Message, MessageId, Nonce, Notify, Profile, Quiet, Reaction,
    Role, Room, RoomId, RoomKind, SessionId, Timestamp, TokenId, User, UserId, wire::RoomHead,
};
use sqlx::{FromRow, Row, sqlite::SqliteRow};
use uuid::Uuid;

use crate::store::{
    Draft, FileRecord, Head, Listener, Membership, RoomRecord, SecretHash, SessionRecord, Subscription,
    TokenRecord, UploadRecord,
    change::Facts,
    files::{attachment, attachments},
    people::{Hindrance, Rank, RoomFacts},
    seen::Seen,
};

/// The columns of a user `u`.
macro_rules! user_columns {
    () => {
        "u.id AS user_id, u.username, u.display_name, u.avatar_url, u.role, u.maker IS NOT NULL AS bot, \
         u.deactivated_at IS NOT NULL AS deactivated, u.status_text, u.status_emoji, u.status_until"
    };
}

/// The columns of a room `r`.
macro_rules! room_columns {
    () => {
        "r.id, r.kind, r.slug, r.name, r.topic, r.private, r.description, r.archived_at IS NOT NULL AS archived, \
         r.slow_s, r.created_by"
    };
}

/// The columns of a message `m`, and with them its author's as a user `u`.
macro_rules! message_columns {
    () => {
        "m.id, m.room, m.seq, m.rev, m.body, m.html, m.nonce, m.thread, m.reply_count, m.created_at, m.edited_at, \
         m.deleted, m.pinned, m.mentions, m.reactions, m.calls, m.attachments, u.id AS user_id, u.username, \
         u.display_name, u.avatar_url"
    };
}

pub(super) use {message_columns, room_columns, user_columns};

/// A `T` as it was read. (Types of other crates cannot learn to read rows themselves.)
pub(super) struct Read<T>(pub(super) T);

/// Takes what was read out of its wrappers.
pub(super) fn all<T>(rows: Vec<Read<T>>) -> Vec<T> {
    rows.into_iter().map(|Read(value)| value).collect()
}

impl FromRow<'_, SqliteRow> for Read<Author> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self(Author {
            id: UserId(row.try_get("user_id")?),
            username: row.try_get("username")?,
            display_name: row.try_get("display_name")?,
            avatar_url: row.try_get("avatar_url")?,
        }))
    }
}

impl FromRow<'_, SqliteRow> for Read<User> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let Read(author) = Read::from_row(row)?;
        Ok(Self(User {
            author,
            role: role(row.try_get("role")?)?,
            deactivated: row.try_get("deactivated")?,
            status: None,
            custom: custom(row)?,
            bot: row.try_get("bot")?,
        }))
    }
}

impl FromRow<'_, SqliteRow> for Read<(User, String)> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let Read(user) = Read::from_row(row)?;
        Ok(Self((user, row.try_get("password_hash")?)))
    }
}

impl FromRow<'_, SqliteRow> for Read<(SessionRecord, User)> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let Read(user) = Read::<User>::from_row(row)?;
        let session = SessionRecord {
            id: SessionId(row.try_get("id")?),
            hash: hash(row.try_get("hash")?)?,
            user: user.author.id,
            created_at: Timestamp(row.try_get("created_at")?),
            seen_at: Timestamp(row.try_get("seen_at")?),
            agent: row.try_get::<Option<String>, _>("agent")?.unwrap_or_default(),
        };
        Ok(Self((session, user)))
    }
}

impl FromRow<'_, SqliteRow> for Read<SessionRecord> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self(SessionRecord {
            id: SessionId(row.try_get("id")?),
            hash: hash(row.try_get("hash")?)?,
            user: UserId(row.try_get("user")?),
            created_at: Timestamp(row.try_get("created_at")?),
            seen_at: Timestamp(row.try_get("seen_at")?),
            agent: row.try_get::<Option<String>, _>("agent")?.unwrap_or_default(),
        }))
    }
}

/// A user with what he or she tells of himself or herself.
impl FromRow<'_, SqliteRow> for Read<Profile> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let text =
            |column| Ok::<_, sqlx::Error>(row.try_get::<Option<String>, _>(column)?.unwrap_or_default());
        Ok(Self(Profile {
            user: Read::from_row(row)?.0,
            title: text("title")?,
            pronouns: text("pronouns")?,
            time_zone: text("time_zone")?,
            created_at: Timestamp(row.try_get("created_at")?),
        }))
    }
}

/// What someone may do in the workspace at large.
impl FromRow<'_, SqliteRow> for Read<Rank> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self(Rank {
            role: role(row.try_get("role")?)?,
            deactivated: row.try_get("deactivated")?,
        }))
    }
}

/// A room, and how someone stands to it.
impl FromRow<'_, SqliteRow> for Read<RoomFacts> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self(RoomFacts {
            room: Read::from_row(row)?.0,
            member: row.try_get("member")?,
            rank: Read::from_row(row)?.0,
        }))
    }
}

/// What keeps someone from posting.
impl FromRow<'_, SqliteRow> for Read<Hindrance> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self(Hindrance {
            member: row.try_get("member")?,
            archived: row.try_get("archived")?,
            wait_ms: row.try_get("wait_ms")?,
        }))
    }
}

impl FromRow<'_, SqliteRow> for Read<TokenRecord> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self(TokenRecord {
            id: TokenId(row.try_get("id")?),
            hash: hash(row.try_get("hash")?)?,
            user: UserId(row.try_get("user")?),
            name: row.try_get("name")?,
            created_at: Timestamp(row.try_get("created_at")?),
        }))
    }
}

impl FromRow<'_, SqliteRow> for Read<(TokenRecord, User)> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self((Read::from_row(row)?.0, Read::from_row(row)?.0)))
    }
}

impl FromRow<'_, SqliteRow> for Read<RoomRecord> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self(RoomRecord {
            id: RoomId(row.try_get("id")?),
            kind: kind(row.try_get("kind")?)?,
            slug: row.try_get("slug")?,
            name: row.try_get("name")?,
            topic: row.try_get("topic")?,
            private: row.try_get("private")?,
            description: row
                .try_get::<Option<String>, _>("description")?
                .unwrap_or_default(),
            archived: row.try_get("archived")?,
            slow_s: slow_s(row.try_get("slow_s")?),
            created_by: row.try_get::<Option<Uuid>, _>("created_by")?.map(UserId),
        }))
    }
}

impl FromRow<'_, SqliteRow> for Read<Seen> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let Read(RoomRecord {
            id,
            kind,
            slug,
            name,
            topic,
            private,
            description,
            archived,
            slow_s,
            created_by,
        }) = Read::from_row(row)?;
        let last_seq: u64 = row.try_get("last_seq")?;
        // A member has a marker; where there is none, everything counts as read.
        let marker: Option<u64> = row.try_get("read_seq")?;
        let room = Room {
            id,
            kind,
            slug,
            name,
            topic,
            private,
            description,
            archived,
            slow_s,
            created_by,
            member: marker.is_some(),
            last_seq,
            last_rev: row.try_get("last_rev")?,
            read_seq: marker.unwrap_or(0),
            unread: marker.map_or(0, |read| last_seq.saturating_sub(read)),
            mentions: row.try_get("unread_mentions")?,
            read_turn: row.try_get::<Option<u64>, _>("read_turn")?.unwrap_or(0),
            level: level(row.try_get("level")?)?,
            muted: row.try_get::<Option<bool>, _>("muted")?.unwrap_or(false),
            users: Vec::new(),
        };
        Ok(Self(Seen {
            room,
            name_key: row.try_get("name_key")?,
            last_at: row.try_get("last_at")?,
        }))
    }
}

impl FromRow<'_, SqliteRow> for Read<(RoomId, Author)> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self((RoomId(row.try_get("room")?), Read::from_row(row)?.0)))
    }
}

/// Where a room and its member stand. The mentions are counted by whoever asks for them.
impl FromRow<'_, SqliteRow> for Read<RoomHead> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self(RoomHead {
            room: RoomId(row.try_get("room")?),
            last_seq: row.try_get("last_seq")?,
            last_rev: row.try_get("last_rev")?,
            read_seq: row.try_get("read_seq")?,
            read_turn: row.try_get("read_turn")?,
            mentions: 0,
            level: level(row.try_get("level")?)?,
            muted: row.try_get::<Option<bool>, _>("muted")?.unwrap_or(false),
        }))
    }
}

impl FromRow<'_, SqliteRow> for Read<Head> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self(Head {
            room: RoomId(row.try_get("head_room")?),
            last_seq: row.try_get("last_seq")?,
            last_rev: row.try_get("last_rev")?,
        }))
    }
}

/// A room's head, and the reader's membership where there is one.
impl FromRow<'_, SqliteRow> for Read<(Head, Option<Membership>)> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let marker: Option<u64> = row.try_get("read_seq")?;
        let membership = marker.map(|read_seq| Membership { read_seq });
        Ok(Self((Read::from_row(row)?.0, membership)))
    }
}

impl FromRow<'_, SqliteRow> for Read<Message> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self(Message {
            id: MessageId(row.try_get("id")?),
            room: RoomId(row.try_get("room")?),
            seq: row.try_get("seq")?,
            rev: row.try_get("rev")?,
            author: Read::from_row(row)?.0,
            body: row.try_get("body")?,
            html: row.try_get("html")?,
            created_at: Timestamp(row.try_get("created_at")?),
            edited_at: row.try_get::<Option<i64>, _>("edited_at")?.map(Timestamp),
            deleted: row.try_get("deleted")?,
            pinned: row.try_get("pinned")?,
            thread: row.try_get::<Option<Uuid>, _>("thread")?.map(MessageId),
            reply_count: row.try_get("reply_count")?,
            nonce: nonce(row.try_get("nonce")?)?,
            reactions: reactions(row.try_get("reactions")?)?,
            attachments: attachments(row.try_get("attachments")?)?,
            mentions: unpack(row.try_get("mentions")?),
            calls: call(row.try_get("calls")?)?,
        }))
    }
}

impl FromRow<'_, SqliteRow> for Read<UploadRecord> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self(UploadRecord {
            id: AttachmentId(row.try_get("id")?),
            owner: UserId(row.try_get("owner")?),
            name: row.try_get("name")?,
            size: row.try_get("size")?,
            created_at: Timestamp(row.try_get("created_at")?),
        }))
    }
}

impl FromRow<'_, SqliteRow> for Read<FileRecord> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self(FileRecord {
            attachment: attachment(row.try_get("attachment")?)?,
            owner: UserId(row.try_get("owner")?),
            room: row.try_get::<Option<Uuid>, _>("room")?.map(RoomId),
        }))
    }
}

/// How a user stands to a message and the room that it is in.
impl FromRow<'_, SqliteRow> for Read<Facts> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self(Facts {
            message: Read::from_row(row)?.0,
            kind: kind(row.try_get("kind")?)?,
            private: row.try_get("private")?,
            archived: row.try_get("archived")?,
            creator: row.try_get("creator")?,
            member: row.try_get("member")?,
            reacted: row.try_get("reacted")?,
        }))
    }
}

/// A room's head, and one of its messages where the query found any.
impl FromRow<'_, SqliteRow> for Read<(Head, Option<Message>)> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let found = row.try_get::<Option<Uuid>, _>("id")?.is_some();
        let message = if found { Some(Read::from_row(row)?.0) } else { None };
        Ok(Self((Read::from_row(row)?.0, message)))
    }
}

/// A message's place in the index of words, and itself where the query gave it.
impl FromRow<'_, SqliteRow> for Read<(u64, Option<Message>)> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let found = row.try_get::<Option<Uuid>, _>("id")?.is_some();
        let message = if found { Some(Read::from_row(row)?.0) } else { None };
        Ok(Self((row.try_get("place")?, message)))
    }
}

/// The head and the messages that a query found with it; `None`: no such room.
pub(super) fn with_head(rows: Vec<Read<(Head, Option<Message>)>>) -> Option<(Head, Vec<Message>)> {
    let head = rows.first().map(|Read((head, _))| *head)?;
    Some((
        head,
        rows.into_iter()
            .filter_map(|Read((_, message))| message)
            .collect(),
    ))
}

/// Ids back to back, as a column holds several.
pub(super) fn pack(ids: impl IntoIterator<Item = UserId>) -> Vec<u8> {
    ids.into_iter().flat_map(|id| id.0.into_bytes()).collect()
}

/// The ids that a column holds back to back.
pub(super) fn unpack(bytes: &[u8]) -> Vec<UserId> {
    bytes
        .chunks_exact(16)
        .filter_map(|id| Uuid::from_slice(id).ok())
        .map(UserId)
        .collect()
}

/// Ids as a JSON array, which is how a statement takes many; `unhex` makes them bytes again.
pub(super) fn json_ids(ids: impl IntoIterator<Item = Uuid>) -> String {
    json(&ids.into_iter().map(hex).collect::<Vec<_>>())
}

/// An id in hexadecimal digits.
pub(super) fn hex(id: Uuid) -> String {
    id.as_simple().to_string()
}

/// `rows` as a JSON array, one parameter for a whole batch.
pub(super) fn json<T: serde::Serialize>(rows: &[T]) -> String {
    // Rows are flat structs of texts and numbers: there is nothing that could fail to become JSON.
    serde_json::to_string(rows).unwrap_or_default()
}

/// `rows` as a JSON object, each under its key.
pub(super) fn json_object<T: serde::Serialize>(rows: &BTreeMap<String, T>) -> String {
    serde_json::to_string(rows).unwrap_or_default()
}

/// A number for SQLite, whose integers end at `i64::MAX`.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What a user says of himself or herself.
fn custom(row: &SqliteRow) -> sqlx::Result<Option<Custom>> {
    let text: Option<String> = row.try_get("status_text")?;
    let emoji: Option<String> = row.try_get("status_emoji")?;
    let until: Option<i64> = row.try_get("status_until")?;
    Ok(text.zip(emoji).map(|(text, emoji)| Custom {
        text,
        emoji,
        until: until.map(Timestamp),
    }))
}

impl FromRow<'_, SqliteRow> for Read<Quiet> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let minute = |column| -> sqlx::Result<Option<u16>> {
            let minute: Option<i64> = row.try_get(column)?;
            Ok(minute.and_then(|minute| u16::try_from(minute).ok()))
        };
        Ok(Self(Quiet {
            until: row.try_get::<Option<i64>, _>("quiet_until")?.map(Timestamp),
            daily: minute("quiet_from")?.zip(minute("quiet_to")?),
        }))
    }
}

/// A saved message, with when.
impl FromRow<'_, SqliteRow> for Read<(Timestamp, Message)> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let at = Timestamp(row.try_get("saved_at")?);
        Ok(Self((at, Read::from_row(row)?.0)))
    }
}

impl FromRow<'_, SqliteRow> for Read<Draft> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self(Draft {
            body: row.try_get("body")?,
            at: Timestamp(row.try_get("written_at")?),
        }))
    }
}

impl FromRow<'_, SqliteRow> for Read<Listener> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let subscription = Subscription {
            endpoint: row.try_get("endpoint")?,
            user: UserId(row.try_get("user")?),
            session: row.try_get::<Option<Uuid>, _>("session")?.map(SessionId),
            key: row.try_get("key")?,
            secret: row.try_get("secret")?,
            created_at: Timestamp(row.try_get("created_at")?),
        };
        Ok(Self(Listener {
            notify: Notify {
                level: level(row.try_get("level")?)?,
                muted: row.try_get::<Option<bool>, _>("muted")?.unwrap_or(false),
            },
            quiet: Read::from_row(row)?.0,
            subscription,
        }))
    }
}

impl FromRow<'_, SqliteRow> for Read<(UserId, Custom)> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let custom = custom(row)?.ok_or_else(|| unknown("status", "none"))?;
        Ok(Self((UserId(row.try_get("user_id")?), custom)))
    }
}

pub(super) fn level(name: Option<&str>) -> sqlx::Result<Option<Level>> {
    name.map(|name| Level::of_name(name).ok_or_else(|| unknown("level", name)))
        .transpose()
}

fn call(name: Option<&str>) -> sqlx::Result<Option<Call>> {
    name.map(|name| Call::of(name).ok_or_else(|| unknown("calls", name)))
        .transpose()
}

/// The role that a column names.
pub(super) fn role(name: &str) -> sqlx::Result<Role> {
    Role::named(name).ok_or_else(|| unknown("role", name))
}

/// Seconds of slow mode, as a column holds them: nothing where there is none.
fn slow_s(seconds: Option<i64>) -> u32 {
    seconds
        .and_then(|seconds| u32::try_from(seconds).ok())
        .unwrap_or(0)
}

pub(super) const fn kind_name(kind: RoomKind) -> &'static str {
    match kind {
        RoomKind::Channel => "channel",
        RoomKind::Direct => "direct",
    }
}

fn kind(name: &str) -> sqlx::Result<RoomKind> {
    match name {
        "channel" => Ok(RoomKind::Channel),
        "direct" => Ok(RoomKind::Direct),
        _ => Err(unknown("kind", name)),
    }
}

/// What is under a message, as the column holds it; nothing where there is nothing.
pub(super) fn reactions_text(reactions: &[Reaction]) -> Option<String> {
    (!reactions.is_empty()).then(|| json(reactions))
}

fn reactions(text: Option<&str>) -> sqlx::Result<Vec<Reaction>> {
    text.map_or(Ok(Vec::new()), |text| {
        serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))
    })
}

fn nonce(text: Option<String>) -> sqlx::Result<Option<Nonce>> {
    text.map(Nonce::new)
        .transpose()
        .map_err(|error| sqlx::Error::Decode(error.into()))
}

pub(super) fn hash(bytes: &[u8]) -> sqlx::Result<SecretHash> {
    bytes.try_into().map_err(|_| unknown("hash", "of another length"))
}

fn unknown(column: &str, value: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{column}: {value:?} is not known").into())
}

/// The user whose columns begin with `prefix`; `None`: there is none.
pub(super) fn author_as(prefix: &str, row: &SqliteRow) -> sqlx::Result<Option<Author>> {
    let column = |name: &str| format!("{prefix}_{name}");
    let Some(id) = row.try_get::<Option<Uuid>, _>(&*column("id"))? else {
        return Ok(None);
    };
    Ok(Some(Author {
        id: UserId(id),
        username: row.try_get(&*column("username"))?,
        display_name: row.try_get(&*column("display_name"))?,
        avatar_url: row.try_get(&*column("avatar_url"))?,
    }))
}

/// The same where there is always one.
pub(super) fn known_author_as(prefix: &str, row: &SqliteRow) -> sqlx::Result<Author> {
    author_as(prefix, row)?.ok_or_else(|| unknown(prefix, "nobody"))
}
