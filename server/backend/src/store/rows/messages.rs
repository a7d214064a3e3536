//! Messages and files.

use chat::{AttachmentId, Message, MessageId, RoomId, Timestamp, UserId};
use uuid::Uuid;

use super::{
    columns::{Columns, FromColumns, Read, ids, part},
    text::{call, kind, nonce, reactions},
};
use crate::store::{
    FileRecord, Head, UploadRecord,
    change::Facts,
    files::{attachment, attachments},
};

impl FromColumns for Message {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            id: MessageId(row.value("id")?),
            room: RoomId(row.value("room")?),
            seq: row.number("seq")?,
            rev: row.number("rev")?,
            author: part(row)?,
            body: row.value("body")?,
            html: row.value("html")?,
            created_at: Timestamp(row.value("created_at")?),
            edited_at: row.value::<Option<i64>>("edited_at")?.map(Timestamp),
            deleted: row.value("deleted")?,
            pinned: row.value("pinned")?,
            thread: row.value::<Option<Uuid>>("thread")?.map(MessageId),
            reply_count: row.number("reply_count")?,
            nonce: nonce(row.value("nonce")?)?,
            reactions: reactions(row.maybe_text("reactions")?)?,
            attachments: attachments(row.maybe_text("attachments")?)?,
            mentions: ids(row, "mentions", UserId)?,
            calls: call(row.maybe_text("calls")?)?,
        })
    }
}

impl FromColumns for UploadRecord {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            id: AttachmentId(row.value("id")?),
            owner: UserId(row.value("owner")?),
            name: row.value("name")?,
            size: row.number("size")?,
            created_at: Timestamp(row.value("created_at")?),
        })
    }
}

impl FromColumns for FileRecord {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            attachment: attachment(row.text("attachment")?)?,
            owner: UserId(row.value("owner")?),
            room: row.value::<Option<Uuid>>("room")?.map(RoomId),
        })
    }
}

/// How a user stands to a message and the room that it is in.
impl FromColumns for Facts {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            message: part(row)?,
            kind: kind(row.text("kind")?)?,
            private: row.value("private")?,
            archived: row.value("archived")?,
            creator: row.value("creator")?,
            member: row.value("member")?,
            reacted: row.value("reacted")?,
        })
    }
}

/// A room's head, and one of its messages where the query found any.
impl FromColumns for (Head, Option<Message>) {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        let found = row.value::<Option<Uuid>>("id")?.is_some();
        let message = if found { Some(part(row)?) } else { None };
        Ok((part(row)?, message))
    }
}

/// A message's place in the index of words, and itself where the query gave it.
impl FromColumns for (u64, Option<Message>) {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        let found = row.value::<Option<Uuid>>("id")?.is_some();
        let message = if found { Some(part(row)?) } else { None };
        Ok((row.number("place")?, message))
    }
}

/// A saved message, with when.
impl FromColumns for (Timestamp, Message) {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        let at = Timestamp(row.value("saved_at")?);
        Ok((at, part(row)?))
    }
}

/// The head and the messages that a query found with it; `None`: no such room.
pub(in crate::store) fn with_head(rows: Vec<Read<(Head, Option<Message>)>>) -> Option<(Head, Vec<Message>)> {
    let head = rows.first().map(|Read((head, _))| *head)?;
    Some((
        head,
        rows.into_iter()
            .filter_map(|Read((_, message))| message)
            .collect(),
    ))
}
