//! Reports: messages that somebody asks those who keep order to look at.

use serde::{Deserialize, Serialize};

use crate::{
    id::{MessageId, ReportId, RoomId},
    time::Timestamp,
    user::Author,
};

/// The most characters of a reason, and of what was decided.
pub const REASON_CHARS_MAX: usize = 500;
/// The most reports of a page.
pub const PAGE_LIMIT_MAX: u64 = 100;
/// The most reports of one person that wait at a time.
pub const OPEN_MAX: u64 = 100;
/// How many reports are kept that were resolved: older ones go.
pub const RESOLVED_MAX: u64 = 10_000;

/// A report. What the message said when it was reported is kept with it: whoever reports shows it, also out of a room
/// that the reader is not in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The report's id; ids ascend with time.
    pub id: ReportId,
    /// The message.
    pub message: MessageId,
    /// The message's room.
    pub room: RoomId,
    /// What the room is called; empty for a direct room.
    pub room_name: String,
    /// The room's address.
    pub slug: String,
    /// The message's number.
    pub seq: u64,
    /// Who wrote it.
    pub author: Author,
    /// What it said.
    pub body: String,
    /// Who reports it.
    pub reporter: Author,
    /// Why.
    pub reason: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was dealt with; `None`: it waits.
    pub resolved_at: Option<Timestamp>,
    /// Who dealt with it.
    pub resolved_by: Option<Author>,
    /// What was decided.
    pub resolution: String,
}

/// One page of reports, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportPage {
    /// The reports.
    pub reports: Vec<Report>,
    /// What to ask the next page with; `None`: this is the last one.
    pub next_cursor: Option<ReportId>,
}
