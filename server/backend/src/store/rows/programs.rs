//! Programs that talk with rooms.

use chat::{CommandId, RoomId, Timestamp, User, UserId, WebhookId};
use uuid::Uuid;

use super::{
    columns::{Columns, FromColumns, part},
    number::small,
    text::hash,
};
use crate::store::programs::{Command, Cursor, Incoming, Outgoing, Stop};

impl FromColumns for Incoming {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            id: WebhookId(row.value("id")?),
            hash: hash(row.bytes("hash")?)?,
            room: RoomId(row.value("room")?),
            bot: UserId(row.value("poster")?),
            name: row.value("name")?,
            created_by: UserId(row.value("created_by")?),
            created_at: Timestamp(row.value("created_at")?),
        })
    }
}

impl FromColumns for Outgoing {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        let stopped_at: Option<i64> = row.value("stopped_at")?;
        let fault: Option<String> = row.value("fault")?;
        Ok(Self {
            id: WebhookId(row.value("id")?),
            room: row.value::<Option<Uuid>>("room")?.map(RoomId),
            name: row.value("name")?,
            url: row.value("url")?,
            key: hash(row.bytes("secret")?)?,
            changes: row.value("changes")?,
            created_by: UserId(row.value("created_by")?),
            created_at: Timestamp(row.value("created_at")?),
            stopped: stopped_at.map(|at| Stop {
                at: Timestamp(at),
                fault: fault.unwrap_or_default(),
            }),
        })
    }
}

impl FromColumns for (Incoming, User) {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok((part(row)?, part(row)?))
    }
}

impl FromColumns for Cursor {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            webhook: WebhookId(row.value("webhook")?),
            room: RoomId(row.value("room")?),
            rev: row.number("rev")?,
            seq: row.number("seq")?,
            attempts: small(row.value("attempts")?),
            due_at: Timestamp(row.value("due_at")?),
        })
    }
}

impl FromColumns for Command {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            id: CommandId(row.value("id")?),
            name: row.value("name")?,
            summary: row.value("summary")?,
            url: row.value("url")?,
            key: hash(row.bytes("secret")?)?,
            bot: UserId(row.value("bot")?),
            created_by: UserId(row.value("created_by")?),
            created_at: Timestamp(row.value("created_at")?),
        })
    }
}
