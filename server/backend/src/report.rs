//! Reports: messages that somebody asks those who keep order to look at.

use std::sync::Arc;

use chat::{
    Code, MessageId, Problem, ReportId,
    audit::Deed,
    permission::Service,
    quota::Quota,
    report::{PAGE_LIMIT_MAX, REASON_CHARS_MAX, ReportPage},
    user::line,
};

use crate::{
    Backend, Caller, Result,
    audit::entry,
    room::serve,
    stamp::{new_id, now},
    store::{NewReport, Reported, Resolved},
};

const TEXT_RULE: &str = "must have at most 500 characters and no control characters";

impl Backend {
    /// Reports a message that the caller may read. What it says now is shown with the report, whoever may read it.
    /// Gives the report's id; `None`: the caller has reported it already, and that waits.
    ///
    /// # Errors
    /// `invalid` for the reason, `message_not_found`, `message_deleted`, `not_a_member`, `too_many`, `too_fast`,
    /// `unavailable`.
    pub async fn report_message(
        &self,
        caller: &Caller,
        message: MessageId,
        reason: &str,
    ) -> Result<Option<ReportId>> {
        let reason = line(reason, REASON_CHARS_MAX).filter(|reason| !reason.is_empty());
        let reason = reason.ok_or_else(|| {
            Problem::invalid(
                "reason",
                "must have 1 to 500 characters and no control characters",
            )
        })?;
        let message = self.find_message(caller, message).await?;
        if message.deleted {
            return Err(Code::MessageDeleted.into());
        }
        self.limiter
            .take(Quota::Report, &caller.id().to_string())
            .await
            .allowed()?;
        let id = ReportId(new_id());
        let new = NewReport {
            id,
            message: message.id,
            body: message.body,
            reporter: caller.id(),
            reason,
            created_at: now(),
        };
        match self.store.insert_report(new).await? {
            Reported::Stored => Ok(Some(id)),
            Reported::Kept => Ok(None),
            Reported::TooMany => Err(Code::TooMany.into()),
        }
    }

    /// A page of the reports that wait, or of those that were resolved.
    ///
    /// # Errors
    /// `forbidden`, `unavailable`.
    pub async fn page_reports(
        &self,
        caller: &Caller,
        resolved: bool,
        limit: u64,
        before: Option<ReportId>,
    ) -> Result<ReportPage> {
        serve(caller, Service::Reports)?;
        let limit = limit.clamp(1, PAGE_LIMIT_MAX);
        let mut reports = self.store.page_reports(resolved, before, limit + 1).await?;
        let more = reports.len() as u64 > limit;
        reports.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let last = reports.last().map(|report| report.id);
        Ok(ReportPage {
            reports,
            next_cursor: last.filter(|_| more),
        })
    }

    /// Notes what was decided about a report; resolving it twice is resolving it once.
    ///
    /// # Errors
    /// `forbidden`, `invalid` for the words, `report_not_found`, `unavailable`.
    pub async fn resolve_report(
        self: &Arc<Self>,
        caller: &Caller,
        report: ReportId,
        resolution: &str,
    ) -> Result<()> {
        serve(caller, Service::Reports)?;
        let resolution = line(resolution, REASON_CHARS_MAX);
        let resolution = resolution.ok_or_else(|| Problem::invalid("resolution", TEXT_RULE))?;
        let entry = entry(caller, Deed::ReportResolved, None, None, resolution.clone());
        match self.store.resolve_report(report, resolution, entry).await? {
            Resolved::Done | Resolved::Kept => Ok(()),
            Resolved::NotFound => Err(Code::ReportNotFound.into()),
        }
    }
}
