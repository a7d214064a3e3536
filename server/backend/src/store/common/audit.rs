//! The log of what those with rights have done.

use async_trait::async_trait;
use chat::{
    AuditId,
    audit::{AuditEntry, ENTRIES_MAX},
    report::RESOLVED_MAX,
};
use uuid::Uuid;

use super::{
    Engine, Operation, Transaction,
    statement::{Statement, both, statements},
};
use crate::store::{Audit, NewEntry, Stored};

/// The most rows that one round removes.
const PRUNED_AT_ONCE: i64 = 1_000;

/// What an entry is shown with.
macro_rules! entry_columns {
    () => {
        "e.id, e.at, e.action, e.detail, e.room, r.name AS room_name,
         a.id AS actor_id, a.username AS actor_username, a.display_name AS actor_display_name,
         a.avatar_url AS actor_avatar_url,
         u.id AS whom_id, u.username AS whom_username, u.display_name AS whom_display_name,
         u.avatar_url AS whom_avatar_url"
    };
}

statements! {
    NOTE = both("INSERT INTO audit (id, at, actor, action, \"user\", room, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)");
    /// Ids ascend with time, so the next page is what is below the last one.
    PAGE = Statement {
        sqlite: concat!(
            "SELECT ", entry_columns!(), " FROM audit e CROSS JOIN users a ON a.id = e.actor
             LEFT JOIN users u ON u.id = e.user LEFT JOIN rooms r ON r.id = e.room
             WHERE e.id < $1 ORDER BY e.id DESC LIMIT $2"
        ),
        postgres: concat!(
            "WITH e AS MATERIALIZED (SELECT * FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2)
             SELECT ", entry_columns!(), " FROM e CROSS JOIN LATERAL (SELECT * FROM users WHERE id = e.actor OFFSET 0) a
             LEFT JOIN LATERAL (SELECT * FROM users WHERE id = e.\"user\" OFFSET 0) u ON TRUE
             LEFT JOIN LATERAL (SELECT * FROM rooms WHERE id = e.room OFFSET 0) r ON TRUE
             ORDER BY e.id DESC"
        ),
    };
    PRUNE_AUDIT = both(
        "DELETE FROM audit WHERE id IN (
             SELECT id FROM audit WHERE id <= (SELECT id FROM audit ORDER BY id DESC LIMIT 1 OFFSET $1)
             ORDER BY id LIMIT $2)"
    );
    PRUNE_REPORTS = both(
        "DELETE FROM reports WHERE id IN (
             SELECT id FROM reports WHERE resolved_at IS NOT NULL AND id <=
                 (SELECT id FROM reports WHERE resolved_at IS NOT NULL ORDER BY id DESC LIMIT 1 OFFSET $1)
             ORDER BY id LIMIT $2)"
    );
}

/// Beyond every id.
pub(super) const LAST: Uuid = Uuid::max();

#[async_trait]
impl<E: Engine> Audit for E {
    async fn page_audit(&self, before: Option<AuditId>, limit: u64) -> Stored<Vec<AuditEntry>> {
        let before = before.map_or(LAST, |id| id.0);
        self.rows("page_audit", PAGE.bind(before).bind(limit)).await
    }

    async fn prune_audit(&self) -> Stored<u64> {
        self.perform(Prune).await
    }
}

/// Writes an entry, in the transaction of what it tells of.
pub(super) async fn note(entry: &NewEntry, tx: &mut impl Transaction) -> Stored<()> {
    let query = NOTE.bind(entry.id.0).bind(entry.at.0).bind(entry.actor.0);
    let query = query
        .bind(entry.deed.name())
        .bind(entry.user.map(|user| user.0))
        .bind(entry.room.map(|room| room.0));
    tx.execute(query.bind(&entry.detail)).await?;
    Ok(())
}

struct Prune;

impl Operation for Prune {
    type Output = u64;
    const NAME: &'static str = "prune_audit";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<u64> {
        let mut gone = 0;
        for (statement, kept) in [(PRUNE_AUDIT, ENTRIES_MAX), (PRUNE_REPORTS, RESOLVED_MAX)] {
            gone += tx.execute(statement.bind(kept).bind(PRUNED_AT_ONCE)).await?;
        }
        Ok(gone)
    }
}
