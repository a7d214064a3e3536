//! What keeps order: reports, bans, invitations, the audit log.

use chat::{
    AuditId, InviteId, MessageId, ReportId, RoomId, Timestamp,
    audit::{AuditEntry, AuditRoom},
    invite::Invite,
    report::Report,
};
use uuid::Uuid;

use super::{
    columns::{Columns, FromColumns, ids, part},
    number::small,
    people::{author_as, known_author_as},
    text::role,
};
use crate::store::Ban;

impl FromColumns for Report {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            id: ReportId(row.value("id")?),
            message: MessageId(row.value("message")?),
            room: RoomId(row.value("room")?),
            room_name: row.value("room_name")?,
            slug: row.value("slug")?,
            seq: row.number("seq")?,
            author: part(row)?,
            body: row.value("body")?,
            reporter: known_author_as("reporter", row)?,
            reason: row.value("reason")?,
            created_at: Timestamp(row.value("created_at")?),
            resolved_at: row.value::<Option<i64>>("resolved_at")?.map(Timestamp),
            resolved_by: author_as("resolver", row)?,
            resolution: row.value("resolution")?,
        })
    }
}

impl FromColumns for Ban {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            user: part(row)?,
            banned_by: known_author_as("banner", row)?,
            banned_at: Timestamp(row.value("banned_at")?),
            reason: row.value("reason")?,
        })
    }
}

impl FromColumns for AuditEntry {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        let room = row.value::<Option<Uuid>>("room")?.map(RoomId);
        let name: Option<String> = row.value("room_name")?;
        Ok(Self {
            id: AuditId(row.value("id")?),
            at: Timestamp(row.value("at")?),
            actor: known_author_as("actor", row)?,
            action: row.value("action")?,
            user: author_as("whom", row)?,
            room: room.map(|id| AuditRoom {
                id,
                name: name.unwrap_or_default(),
            }),
            detail: row.value("detail")?,
        })
    }
}

impl FromColumns for Invite {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            id: InviteId(row.value("id")?),
            code: row.value("code")?,
            role: role(row.text("role")?)?,
            rooms: ids(row, "rooms", RoomId)?,
            created_by: part(row)?,
            created_at: Timestamp(row.value("created_at")?),
            expires_at: row.value::<Option<i64>>("expires_at")?.map(Timestamp),
            uses: small(row.value("uses")?),
            uses_max: row.value::<Option<i64>>("uses_max")?.map(small),
        })
    }
}
