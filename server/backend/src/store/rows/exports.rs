//! What an export is made of: rows of every kind, which say what they are.

use chat::{MessageId, RoomId, Timestamp, UserId};
use uuid::Uuid;

use super::columns::{Columns, FromColumns, part};
use crate::store::{Record, files::attachment};

impl FromColumns for Record {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        let user = || row.value("user").map(UserId);
        let room = || row.value("room").map(RoomId);
        let message = || row.value("message").map(MessageId);
        let at = |name: &str| row.value(name).map(Timestamp);
        Ok(match row.text("record")? {
            "user" => Self::User(Box::new(part(row)?)),
            "room" => Self::Room {
                room: part(row)?,
                created_at: at("created_at")?,
            },
            "member" => Self::Member {
                room: room()?,
                user: user()?,
                read_seq: row.number("read_seq")?,
                joined_at: at("joined_at")?,
            },
            "message" => Self::Message(Box::new(part(row)?)),
            "reaction" => Self::Reaction {
                message: message()?,
                emoji: row.value("emoji")?,
                user: user()?,
            },
            "version" => Self::Version {
                message: message()?,
                body: row.value("body")?,
                written_at: at("written_at")?,
            },
            "file" => Self::File {
                attachment: attachment(row.text("attachment")?)?,
                owner: row.value("owner").map(UserId)?,
                message: row.value::<Option<Uuid>>("message")?.map(MessageId),
            },
            "draft" => Self::Draft {
                user: user()?,
                room: room()?,
                thread: row.value::<Option<Uuid>>("thread")?.map(MessageId),
                body: row.value("body")?,
                written_at: at("written_at")?,
            },
            _ => Self::Saved {
                user: user()?,
                message: message()?,
                saved_at: at("saved_at")?,
            },
        })
    }
}
