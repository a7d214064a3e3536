//! The log of what those with rights have done.

use chat::{
    AuditId, RoomId, UserId,
    audit::{AuditPage, Deed, PAGE_LIMIT_MAX},
    permission::Service,
};

use crate::{
    Backend, Caller, Result,
    room::serve,
    stamp::{new_id, now},
    store::NewEntry,
};

impl Backend {
    /// A page of the log, the newest entry first.
    ///
    /// # Errors
    /// `forbidden`, `unavailable`.
    pub async fn page_audit(
        &self,
        caller: &Caller,
        limit: u64,
        before: Option<AuditId>,
    ) -> Result<AuditPage> {
        serve(caller, Service::Audit)?;
        let limit = limit.clamp(1, PAGE_LIMIT_MAX);
        let mut entries = self.store.page_audit(before, limit + 1).await?;
        let more = entries.len() as u64 > limit;
        entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let last = entries.last().map(|entry| entry.id);
        Ok(AuditPage {
            entries,
            next_cursor: last.filter(|_| more),
        })
    }
}

/// The entry for what the caller does now.
pub(crate) fn entry(
    caller: &Caller,
    deed: Deed,
    user: Option<UserId>,
    room: Option<RoomId>,
    detail: impl Into<String>,
) -> NewEntry {
    NewEntry {
        id: AuditId(new_id()),
        at: now(),
        actor: caller.id(),
        deed,
        user,
        room,
        detail: detail.into(),
    }
}
