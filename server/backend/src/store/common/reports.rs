//! Reports of messages.

use async_trait::async_trait;
use chat::{
    ReportId,
    report::{OPEN_MAX, Report},
};

use super::{
    Engine, Operation, Transaction,
    audit::{self, LAST},
    statement::{Statement, both, statements},
};
use crate::store::{NewEntry, NewReport, Reported, Reports, Resolved, Stored, rows::unsigned};

/// What a report `p` is shown with: its message `m` by `u` in `r`, who reported it and who settled it.
macro_rules! report_columns {
    () => {
        "p.id, p.message, p.body, p.reason, p.created_at, p.resolved_at, p.resolution, m.room, m.seq,
         r.name AS room_name, r.slug, u.id AS user_id, u.username, u.display_name, u.avatar_url,
         a.id AS reporter_id, a.username AS reporter_username, a.display_name AS reporter_display_name,
         a.avatar_url AS reporter_avatar_url,
         s.id AS resolver_id, s.username AS resolver_username, s.display_name AS resolver_display_name,
         s.avatar_url AS resolver_avatar_url"
    };
}

macro_rules! report_page {
    ($which:literal) => {
        Statement {
            sqlite: concat!(
                "SELECT ",
                report_columns!(),
                " FROM reports p CROSS JOIN messages m ON m.id = p.message CROSS JOIN rooms r ON r.id = m.room
                 CROSS JOIN users u ON u.id = m.author CROSS JOIN users a ON a.id = p.reporter
                 LEFT JOIN users s ON s.id = p.resolved_by
                 WHERE p.resolved_at ",
                $which,
                " AND p.id < $1 ORDER BY p.id DESC LIMIT $2"
            ),
            postgres: concat!(
                "SELECT ",
                report_columns!(),
                " FROM reports p CROSS JOIN LATERAL (SELECT * FROM messages WHERE id = p.message OFFSET 0) m
                 CROSS JOIN LATERAL (SELECT * FROM rooms WHERE id = m.room OFFSET 0) r
                 CROSS JOIN LATERAL (SELECT * FROM users WHERE id = m.author OFFSET 0) u
                 CROSS JOIN LATERAL (SELECT * FROM users WHERE id = p.reporter OFFSET 0) a
                 LEFT JOIN LATERAL (SELECT * FROM users WHERE id = p.resolved_by OFFSET 0) s ON TRUE
                 WHERE p.resolved_at ",
                $which,
                " AND p.id < $1 ORDER BY p.id DESC LIMIT $2"
            ),
        }
    };
}

statements! {
    COUNT_OPEN = both("SELECT count(*) FROM reports WHERE reporter = $1 AND resolved_at IS NULL");
    INSERT = both(
        "INSERT INTO reports (id, message, body, reporter, reason, created_at, resolution)
         VALUES ($1, $2, $3, $4, $5, $6, '') ON CONFLICT DO NOTHING"
    );
    WAITING = report_page!("IS NULL");
    RESOLVED = report_page!("IS NOT NULL");
    STATE = Statement {
        sqlite: "SELECT resolved_at IS NOT NULL FROM reports WHERE id = $1",
        postgres: "SELECT resolved_at IS NOT NULL FROM reports WHERE id = $1 FOR NO KEY UPDATE",
    };
    RESOLVE = both("UPDATE reports SET resolved_at = $2, resolved_by = $3, resolution = $4 WHERE id = $1");
}

#[async_trait]
impl<E: Engine> Reports for E {
    async fn insert_report(&self, report: NewReport) -> Stored<Reported> {
        self.perform(InsertReport(report)).await
    }

    async fn page_reports(
        &self,
        resolved: bool,
        before: Option<ReportId>,
        limit: u64,
    ) -> Stored<Vec<Report>> {
        let statement = if resolved { RESOLVED } else { WAITING };
        let before = before.map_or(LAST, |id| id.0);
        self.rows("page_reports", statement.bind(before).bind(limit))
            .await
    }

    async fn resolve_report(&self, id: ReportId, resolution: String, entry: NewEntry) -> Stored<Resolved> {
        let operation = ResolveReport {
            id,
            resolution,
            entry,
        };
        self.perform(operation).await
    }
}

struct InsertReport(NewReport);

impl Operation for InsertReport {
    type Output = Reported;
    const NAME: &'static str = "insert_report";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<Reported> {
        let new = &self.0;
        let open = tx.scalar(COUNT_OPEN.bind(new.reporter.0)).await?;
        if unsigned(open) >= OPEN_MAX {
            return Ok(Reported::TooMany);
        }
        let query = INSERT.bind(new.id.0).bind(new.message.0).bind(&new.body);
        let query = query.bind(new.reporter.0).bind(&new.reason);
        Ok(match tx.execute(query.bind(new.created_at.0)).await? {
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

impl Operation for ResolveReport {
    type Output = Resolved;
    const NAME: &'static str = "resolve_report";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<Resolved> {
        match tx.cell(STATE.bind(self.id.0)).await? {
            None => return Ok(Resolved::NotFound),
            Some(true) => return Ok(Resolved::Kept),
            Some(false) => {}
        }
        let query = RESOLVE.bind(self.id.0).bind(self.entry.at.0);
        let query = query.bind(self.entry.actor.0).bind(&self.resolution);
        tx.execute(query).await?;
        audit::note(&self.entry, tx).await?;
        Ok(Resolved::Done)
    }
}
