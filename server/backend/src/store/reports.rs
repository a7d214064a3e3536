//! Reports of messages.

use async_trait::async_trait;
use chat::{MessageId, ReportId, Timestamp, UserId, report::Report};

use super::{NewEntry, Stored};

/// A report to keep.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// The id to give.
    pub id: ReportId,
    /// The message.
    pub message: MessageId,
    /// What it says.
    pub body: String,
    /// Who reports it.
    pub reporter: UserId,
    /// Why.
    pub reason: String,
    /// When.
    pub created_at: Timestamp,
}

/// How a report ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// It waits for somebody to look at it.
    Stored,
    /// The same person has reported the same message, and that report waits.
    Kept,
    /// The person has as many reports that wait as anyone may have.
    TooMany,
}

/// How the resolving of a report ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// It is resolved now.
    Done,
    /// It was before.
    Kept,
    /// There is no such report.
    NotFound,
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
