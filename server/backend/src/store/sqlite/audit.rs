//! The log of what those with rights have done.

use async_trait::async_trait;
use chat::{
    AuditId,
    audit::{AuditEntry, ENTRIES_MAX},
    report::RESOLVED_MAX,
};
use sqlx::SqliteConnection;

use super::{
    SqliteStore,
    rows::{Read, all, integer},
    statement::statements,
    writer::Job,
};
use crate::store::{Audit, NewEntry, Stored, timed::timed};

/// The most rows that one round removes.
const PRUNED_AT_ONCE: i64 = 1_000;

statements! {
    NOTE = "INSERT INTO audit (id, at, actor, action, user, room, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    /// Ids ascend with time, so the next page is what is below the last one.
    PAGE = "SELECT e.id, e.at, e.action, e.detail, e.room, r.name AS room_name,
                   a.id AS actor_id, a.username AS actor_username, a.display_name AS actor_display_name,
                   a.avatar_url AS actor_avatar_url,
                   u.id AS whom_id, u.username AS whom_username, u.display_name AS whom_display_name,
                   u.avatar_url AS whom_avatar_url
            FROM audit e CROSS JOIN users a ON a.id = e.actor
            LEFT JOIN users u ON u.id = e.user LEFT JOIN rooms r ON r.id = e.room
            WHERE e.id < ?1 ORDER BY e.id DESC LIMIT ?2";
    PRUNE_AUDIT = "DELETE FROM audit WHERE id IN (
                       SELECT id FROM audit WHERE id <= (SELECT id FROM audit ORDER BY id DESC LIMIT 1 OFFSET ?1)
                       ORDER BY id LIMIT ?2)";
    PRUNE_REPORTS = "DELETE FROM reports WHERE id IN (
                         SELECT id FROM reports WHERE resolved_at IS NOT NULL AND id <=
                             (SELECT id FROM reports WHERE resolved_at IS NOT NULL ORDER BY id DESC LIMIT 1 OFFSET ?1)
                         ORDER BY id LIMIT ?2)";
}

/// Beyond every id.
pub(super) const LAST: [u8; 16] = [0xff; 16];

#[async_trait]
impl Audit for SqliteStore {
    async fn page_audit(&self, before: Option<AuditId>, limit: u64) -> Stored<Vec<AuditEntry>> {
        timed("page_audit", async {
            let before = before.map_or(LAST, |id| id.0.into_bytes());
            let query = PAGE.read::<Read<AuditEntry>>().bind(before.to_vec());
            Ok(all(query.bind(integer(limit)).fetch_all(&self.reads).await?))
        })
        .await
    }

    async fn prune_audit(&self) -> Stored<u64> {
        self.write(Prune).await
    }
}

/// Writes an entry, in the transaction of what it tells of.
pub(super) async fn note(entry: &NewEntry, tx: &mut SqliteConnection) -> Stored<()> {
    let query = NOTE.query().bind(entry.id.0).bind(entry.at.0).bind(entry.actor.0);
    let query = query
        .bind(entry.deed.name())
        .bind(entry.user.map(|user| user.0))
        .bind(entry.room.map(|room| room.0));
    query.bind(&entry.detail).execute(tx).await?;
    Ok(())
}

struct Prune;

impl Job for Prune {
    type Output = u64;
    const OP: &'static str = "prune_audit";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<u64> {
        let mut gone = 0;
        for (statement, kept) in [(PRUNE_AUDIT, ENTRIES_MAX), (PRUNE_REPORTS, RESOLVED_MAX)] {
            let query = statement.query().bind(integer(kept)).bind(PRUNED_AT_ONCE);
            gone += query.execute(&mut *tx).await?.rows_affected();
        }
        Ok(gone)
    }
}
