//! Reports of messages.

use async_trait::async_trait;
use chat::{
    ReportId,
    report::{OPEN_MAX, Report},
};
use sqlx::SqliteConnection;

use super::{
    SqliteStore,
    audit::{self, LAST},
    rows::{Read, all, integer},
    statement::statements,
    writer::Job,
};
use crate::store::{NewEntry, NewReport, Reported, Reports, Resolved, Stored, timed::timed};

macro_rules! report_page {
    ($which:literal) => {
        concat!(
            "SELECT p.id, p.message, p.body, p.reason, p.created_at, p.resolved_at, p.resolution, m.room, m.seq,
                    r.name AS room_name, r.slug, u.id AS user_id, u.username, u.display_name, u.avatar_url,
                    a.id AS reporter_id, a.username AS reporter_username, a.display_name AS reporter_display_name,
                    a.avatar_url AS reporter_avatar_url,
                    s.id AS resolver_id, s.username AS resolver_username, s.display_name AS resolver_display_name,
                    s.avatar_url AS resolver_avatar_url
             FROM reports p CROSS JOIN messages m ON m.id = p.message CROSS JOIN rooms r ON r.id = m.room
             CROSS JOIN users u ON u.id = m.author CROSS JOIN users a ON a.id = p.reporter
             LEFT JOIN users s ON s.id = p.resolved_by
             WHERE p.resolved_at ",
            $which,
            " AND p.id < ?1 ORDER BY p.id DESC LIMIT ?2"
        )
    };
}

statements! {
    COUNT_OPEN = "SELECT count(*) FROM reports WHERE reporter = ?1 AND resolved_at IS NULL";
    INSERT = "INSERT INTO reports (id, message, body, reporter, reason, created_at, resolution)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, '') ON CONFLICT DO NOTHING";
    WAITING = report_page!("IS NULL");
    RESOLVED = report_page!("IS NOT NULL");
    STATE = "SELECT resolved_at IS NOT NULL FROM reports WHERE id = ?1";
    RESOLVE = "UPDATE reports SET resolved_at = ?2, resolved_by = ?3, resolution = ?4 WHERE id = ?1";
}

#[async_trait]
impl Reports for SqliteStore {
    async fn insert_report(&self, report: NewReport) -> Stored<Reported> {
        self.write(InsertReport(report)).await
    }

    async fn page_reports(
        &self,
        resolved: bool,
        before: Option<ReportId>,
        limit: u64,
    ) -> Stored<Vec<Report>> {
        timed("page_reports", async {
            let statement = if resolved { RESOLVED } else { WAITING };
            let before = before.map_or(LAST, |id| id.0.into_bytes());
            let query = statement.read::<Read<Report>>().bind(before.to_vec());
            Ok(all(query.bind(integer(limit)).fetch_all(&self.reads).await?))
        })
        .await
    }

    async fn resolve_report(&self, id: ReportId, resolution: String, entry: NewEntry) -> Stored<Resolved> {
        self.write(ResolveReport {
            id,
            resolution,
            entry,
        })
        .await
    }
}

struct InsertReport(NewReport);

impl Job for InsertReport {
    type Output = Reported;
    const OP: &'static str = "insert_report";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Reported> {
        let new = &self.0;
        let query = COUNT_OPEN.scalar().bind(new.reporter.0);
        let open: u64 = query.fetch_one(&mut *tx).await?;
        if open >= OPEN_MAX {
            return Ok(Reported::TooMany);
        }
        let query = INSERT.query().bind(new.id.0).bind(new.message.0).bind(&new.body);
        let query = query
            .bind(new.reporter.0)
            .bind(&new.reason)
            .bind(new.created_at.0);
        Ok(match query.execute(tx).await?.rows_affected() {
            0 => Reported::Kept,
            _ => Reported::Stored,
        })
    }
}

struct ResolveReport {
    id: ReportId,
    resolution: String,
    entry: NewEntry,
}

impl Job for ResolveReport {
    type Output = Resolved;
    const OP: &'static str = "resolve_report";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Resolved> {
        let query = STATE.scalar::<bool>().bind(self.id.0);
        match query.fetch_optional(&mut *tx).await? {
            None => return Ok(Resolved::NotFound),
            Some(true) => return Ok(Resolved::Kept),
            Some(false) => {}
        }
        let query = RESOLVE.query().bind(self.id.0).bind(self.entry.at.0);
        let query = query.bind(self.entry.actor.0).bind(&self.resolution);
        query.execute(&mut *tx).await?;
        audit::note(&self.entry, tx).await?;
        Ok(Resolved::Done)
    }
}
