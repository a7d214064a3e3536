//! The log of what those with rights have done.

use async_trait::async_trait;
use chat::{
    AuditId,
    audit::{AuditEntry, ENTRIES_MAX},
    report::RESOLVED_MAX,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore,
    pool::Work,
    rows::{Read, all, integer},
    statement::statements,
};
use crate::store::{Audit, NewEntry, Stored, timed::timed};

/// The most rows that one round removes.
const PRUNED_AT_ONCE: i64 = 1_000;

statements! {
    NOTE = "INSERT INTO audit (id, at, actor, action, \"user\", room, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// Ids ascend with time, so the next page is what is below the last one.
    PAGE = "WITH e AS MATERIALIZED (SELECT * FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2)
            SELECT e.id, e.at, e.action, e.detail, e.room, r.name AS room_name,
                   a.id AS actor_id, a.username AS actor_username, a.display_name AS actor_display_name,
                   a.avatar_url AS actor_avatar_url,
                   u.id AS whom_id, u.username AS whom_username, u.display_name AS whom_display_name,
                   u.avatar_url AS whom_avatar_url
            FROM e CROSS JOIN LATERAL (SELECT * FROM users WHERE id = e.actor OFFSET 0) a
            LEFT JOIN LATERAL (SELECT * FROM users WHERE id = e.\"user\" OFFSET 0) u ON TRUE
            LEFT JOIN LATERAL (SELECT * FROM rooms WHERE id = e.room OFFSET 0) r ON TRUE
            ORDER BY e.id DESC";
    PRUNE_AUDIT = "DELETE FROM audit WHERE id IN (
                       SELECT id FROM audit WHERE id <= (SELECT id FROM audit ORDER BY id DESC LIMIT 1 OFFSET $1)
                       ORDER BY id LIMIT $2)";
    PRUNE_REPORTS = "DELETE FROM reports WHERE id IN (
                         SELECT id FROM reports WHERE resolved_at IS NOT NULL AND id <=
                             (SELECT id FROM reports WHERE resolved_at IS NOT NULL ORDER BY id DESC LIMIT 1 OFFSET $1)
                         ORDER BY id LIMIT $2)";
}

/// Beyond every id.
pub(super) const LAST: Uuid = Uuid::max();

#[async_trait]
impl Audit for PostgresStore {
    async fn page_audit(&self, before: Option<AuditId>, limit: u64) -> Stored<Vec<AuditEntry>> {
        timed("page_audit", async {
            let before = before.map_or(LAST, |id| id.0);
            let query = || PAGE.read::<Read<AuditEntry>>().bind(before).bind(integer(limit));
            Ok(all(self.pool.rows(query).await?))
        })
        .await
    }

    async fn prune_audit(&self) -> Stored<u64> {
        timed("prune_audit", self.pool.run(&Prune)).await
    }
}

/// Writes an entry, in the transaction of what it tells of.
pub(super) async fn note(entry: &NewEntry, tx: &mut PgConnection) -> Stored<()> {
    let query = NOTE.query().bind(entry.id.0).bind(entry.at.0).bind(entry.actor.0);
    let query = query
        .bind(entry.deed.name())
        .bind(entry.user.map(|user| user.0))
        .bind(entry.room.map(|room| room.0));
    query.bind(&entry.detail).execute(tx).await?;
    Ok(())
}

struct Prune;

impl Work for Prune {
    type Output = u64;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<u64> {
        let mut gone = 0;
        for (statement, kept) in [(PRUNE_AUDIT, ENTRIES_MAX), (PRUNE_REPORTS, RESOLVED_MAX)] {
            let query = statement.query().bind(integer(kept)).bind(PRUNED_AT_ONCE);
            gone += query.execute(&mut *tx).await?.rows_affected();
        }
        Ok(gone)
    }
}
