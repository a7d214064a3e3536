//! Reports of messages.

use async_trait::async_trait;
use chat::{
    ReportId,
    report::{OPEN_MAX, Report},
};
use sqlx::PgConnection;

use super::{
    PostgresStore,
    audit::{self, LAST},
    pool::Work,
    rows::{Read, all, integer, unsigned},
    statement::statements,
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
             FROM reports p CROSS JOIN LATERAL (SELECT * FROM messages WHERE id = p.message OFFSET 0) m
             CROSS JOIN LATERAL (SELECT * FROM rooms WHERE id = m.room OFFSET 0) r
             CROSS JOIN LATERAL (SELECT * FROM users WHERE id = m.author OFFSET 0) u
             CROSS JOIN LATERAL (SELECT * FROM users WHERE id = p.reporter OFFSET 0) a
             LEFT JOIN LATERAL (SELECT * FROM users WHERE id = p.resolved_by OFFSET 0) s ON TRUE
             WHERE p.resolved_at ",
            $which,
            " AND p.id < $1 ORDER BY p.id DESC LIMIT $2"
        )
    };
}

statements! {
    COUNT_OPEN = "SELECT count(*) FROM reports WHERE reporter = $1 AND resolved_at IS NULL";
    INSERT = "INSERT INTO reports (id, message, body, reporter, reason, created_at, resolution)
              VALUES ($1, $2, $3, $4, $5, $6, '') ON CONFLICT DO NOTHING";
    WAITING = report_page!("IS NULL");
    RESOLVED = report_page!("IS NOT NULL");
    STATE = "SELECT resolved_at IS NOT NULL FROM reports WHERE id = $1 FOR NO KEY UPDATE";
    RESOLVE = "UPDATE reports SET resolved_at = $2, resolved_by = $3, resolution = $4 WHERE id = $1";
}

#[async_trait]
impl Reports for PostgresStore {
    async fn insert_report(&self, report: NewReport) -> Stored<Reported> {
        timed("insert_report", self.pool.run(&InsertReport(report))).await
    }

    async fn page_reports(
        &self,
        resolved: bool,
        before: Option<ReportId>,
        limit: u64,
    ) -> Stored<Vec<Report>> {
        timed("page_reports", async {
            let statement = if resolved { RESOLVED } else { WAITING };
            let before = before.map_or(LAST, |id| id.0);
            let query = || statement.read::<Read<Report>>().bind(before).bind(integer(limit));
            Ok(all(self.pool.rows(query).await?))
        })
        .await
    }

    async fn resolve_report(&self, id: ReportId, resolution: String, entry: NewEntry) -> Stored<Resolved> {
        timed(
            "resolve_report",
            self.pool.run(&ResolveReport {
                id,
                resolution,
                entry,
            }),
        )
        .await
    }
}

struct InsertReport(NewReport);

impl Work for InsertReport {
    type Output = Reported;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<Reported> {
        let new = &self.0;
        let query = COUNT_OPEN.scalar().bind(new.reporter.0);
        let open: i64 = query.fetch_one(&mut *tx).await?;
        if unsigned(open) >= OPEN_MAX {
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

impl Work for ResolveReport {
    type Output = Resolved;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<Resolved> {
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
