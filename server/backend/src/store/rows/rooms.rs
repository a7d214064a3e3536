//! Rooms, and how people stand to them.

use chat::{Author, Room, RoomId, Timestamp, UserId, wire::RoomHead};
use uuid::Uuid;

use super::{
    columns::{Columns, FromColumns, part},
    number::{slow_s, unsigned},
    text::{kind, level},
};
use crate::store::{
    Draft, Head, Membership, RoomRecord, messages::Hindrance, moderation::RoomFacts, seen::Seen,
};

/// A room, and how someone stands to it.
impl FromColumns for RoomFacts {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            room: part(row)?,
            member: row.value("member")?,
            rank: part(row)?,
        })
    }
}

/// What keeps someone from posting.
impl FromColumns for Hindrance {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            member: row.value("member")?,
            archived: row.value("archived")?,
            wait_ms: row.value("wait_ms")?,
        })
    }
}

impl FromColumns for RoomRecord {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            id: RoomId(row.value("id")?),
            kind: kind(row.text("kind")?)?,
            slug: row.value("slug")?,
            name: row.value("name")?,
            topic: row.value("topic")?,
            private: row.value("private")?,
            description: row.value::<Option<String>>("description")?.unwrap_or_default(),
            archived: row.value("archived")?,
            slow_s: slow_s(row.value("slow_s")?),
            created_by: row.value::<Option<Uuid>>("created_by")?.map(UserId),
        })
    }
}

impl FromColumns for Seen {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        let RoomRecord {
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
        } = part(row)?;
        let last_seq = row.number("last_seq")?;
        // A member has a marker; where there is none, everything counts as read.
        let marker = row.value::<Option<i64>>("read_seq")?.map(unsigned);
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
            last_rev: row.number("last_rev")?,
            read_seq: marker.unwrap_or(0),
            unread: marker.map_or(0, |read| last_seq.saturating_sub(read)),
            mentions: row.number("unread_mentions")?,
            read_turn: row.value::<Option<i64>>("read_turn")?.map_or(0, unsigned),
            level: level(row.maybe_text("level")?)?,
            muted: row.value::<Option<bool>>("muted")?.unwrap_or(false),
            users: Vec::new(),
        };
        Ok(Self {
            room,
            name_key: row.value("name_key")?,
            last_at: row.value("last_at")?,
        })
    }
}

impl FromColumns for (RoomId, Author) {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok((RoomId(row.value("room")?), part(row)?))
    }
}

/// Where a room and its member stand. The mentions are counted by whoever asks for them.
impl FromColumns for RoomHead {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            room: RoomId(row.value("room")?),
            last_seq: row.number("last_seq")?,
            last_rev: row.number("last_rev")?,
            read_seq: row.number("read_seq")?,
            read_turn: row.number("read_turn")?,
            mentions: 0,
            level: level(row.maybe_text("level")?)?,
            muted: row.value::<Option<bool>>("muted")?.unwrap_or(false),
        })
    }
}

impl FromColumns for Head {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            room: RoomId(row.value("head_room")?),
            last_seq: row.number("last_seq")?,
            last_rev: row.number("last_rev")?,
        })
    }
}

/// A room's head, and the reader's membership where there is one.
impl FromColumns for (Head, Option<Membership>) {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        let marker = row.value::<Option<i64>>("read_seq")?.map(unsigned);
        let membership = marker.map(|read_seq| Membership { read_seq });
        Ok((part(row)?, membership))
    }
}

impl FromColumns for Draft {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            body: row.value("body")?,
            at: Timestamp(row.value("written_at")?),
        })
    }
}
