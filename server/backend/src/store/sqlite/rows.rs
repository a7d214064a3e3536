//! From rows to types and back.

use chat::{
    AttachmentId, Author, Message, MessageId, Nonce, Reaction, Role, Room, RoomId, RoomKind, SessionId,
    Timestamp, TokenId, User, UserId,
};
use sqlx::{FromRow, Row, sqlite::SqliteRow};
use uuid::Uuid;

use crate::store::{
    FileRecord, Head, Membership, RoomRecord, SecretHash, SessionRecord, TokenRecord, UploadRecord,
    change::Facts,
    files::{attachment, attachments},
    seen::Seen,
};

/// The columns of a user `u`.
macro_rules! user_columns {
    () => {
        "u.id AS user_id, u.username, u.display_name, u.avatar_url, u.role"
    };
}

/// The columns of a room `r`.
macro_rules! room_columns {
    () => {
        "r.id, r.kind, r.slug, r.name, r.topic, r.private"
    };
}

/// The columns of a message `m`, and with them its author's as a user `u`.
macro_rules! message_columns {
    () => {
        "m.id, m.room, m.seq, m.rev, m.body, m.html, m.nonce, m.thread, m.reply_count, m.created_at, m.edited_at, \
         m.deleted, m.pinned, m.mentions, m.reactions, m.attachments, u.id AS user_id, u.username, u.display_name, \
         u.avatar_url"
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
            status: None,
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
        };
        Ok(Self((session, user)))
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
            member: marker.is_some(),
            last_seq,
            last_rev: row.try_get("last_rev")?,
            read_seq: marker.unwrap_or(0),
            unread: marker.map_or(0, |read| last_seq.saturating_sub(read)),
            mentions: row.try_get("unread_mentions")?,
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

fn unpack(bytes: &[u8]) -> Vec<UserId> {
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

/// A number for SQLite, whose integers end at `i64::MAX`.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Member => "member",
    }
}

fn role(name: &str) -> sqlx::Result<Role> {
    match name {
        "owner" => Ok(Role::Owner),
        "member" => Ok(Role::Member),
        _ => Err(unknown("role", name)),
    }
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

fn hash(bytes: &[u8]) -> sqlx::Result<SecretHash> {
    bytes.try_into().map_err(|_| unknown("hash", "of another length"))
}

fn unknown(column: &str, value: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{column}: {value:?} is not known").into())
}
