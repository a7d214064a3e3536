//! The schema, and how several instances that start at once bring it up to date.

use std::time::Duration;

use sqlx::{
    Connection, PgConnection,
    migrate::{Migrate, Migrator},
};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::statement::statements;
use crate::store::{
    Finding, StoreError, Stored,
    newer::{self, refuse_newer, tolerant},
};

static MIGRATOR: Migrator = sqlx::migrate!("migrations/postgres");

/// How long an instance waits for another one that migrates.
const MIGRATION_WAIT: Duration = Duration::from_secs(10 * 60);
/// How often it looks.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

statements! {
    /// Asks and does not wait: a statement that waits holds a snapshot, and `CREATE INDEX CONCURRENTLY` in the other
    /// instance would wait for that for ever. The number is the lock's name within this database.
    TRY_LOCK = "SELECT pg_try_advisory_lock(7310579621300)";
    UNLOCK = "SELECT pg_advisory_unlock(7310579621300)";
    /// A migration has no time limit of its own; how long it may wait for a lock stays limited, as everyone else
    /// queues behind it.
    NO_TIME_LIMIT = "SET statement_timeout = 0";
    APPLIED = "SELECT version, description FROM _sqlx_migrations ORDER BY version";
    HAS_SCHEMA = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL AND to_regclass('meta') IS NOT NULL";
    KEEP_EPOCH = "INSERT INTO meta (key, value) VALUES ('epoch', $1) ON CONFLICT (key) DO NOTHING";
    /// A copy carries nothing of `meta`, so neither how far the index of words had come when it was made: what is
    /// in it already is passed over.
    INDEX_AGAIN = "INSERT INTO meta (key, value)
                   SELECT 'search_next', m.id::text FROM messages m ORDER BY m.id DESC LIMIT 1
                   ON CONFLICT (key) DO NOTHING";
    EPOCH = "SELECT value FROM meta WHERE key = 'epoch'";
}

/// Brings the schema up to date; refuses one from the future that this version cannot work with, before anything is
/// written. Gives the identity of the history.
pub(super) async fn settle(mut connection: PgConnection) -> Stored<String> {
    lock(&mut connection).await?;
    let settled = async {
        migrate(&mut connection).await?;
        settle_epoch(&mut connection).await
    };
    let settled = settled.await;
    // The lock would end with the connection too, but whoever waits need not wait for that.
    if UNLOCK.query().execute(&mut connection).await.is_ok() {
        connection.close().await.ok();
    }
    settled
}

/// The identity of the history as it is; empty where there is none yet.
pub(super) async fn read_epoch(mut connection: PgConnection) -> Stored<String> {
    let mut epoch = None;
    if HAS_SCHEMA.scalar::<bool>().fetch_one(&mut connection).await? {
        epoch = EPOCH.scalar().fetch_optional(&mut connection).await?;
    }
    connection.close().await.ok();
    Ok(epoch.unwrap_or_default())
}

/// How the schema stands to what this version knows.
pub(super) async fn finding(connection: &mut PgConnection) -> Stored<Finding> {
    let mut applied: Vec<(i64, String)> = Vec::new();
    if HAS_SCHEMA.scalar::<bool>().fetch_one(&mut *connection).await? {
        applied = APPLIED.read().fetch_all(connection).await?;
    }
    Ok(newer::finding(&MIGRATOR, &applied))
}

async fn lock(connection: &mut PgConnection) -> Stored<()> {
    let deadline = Instant::now() + MIGRATION_WAIT;
    let mut told = false;
    while !TRY_LOCK.scalar::<bool>().fetch_one(&mut *connection).await? {
        if Instant::now() >= deadline {
            return Err(StoreError::unavailable("another instance migrates the database"));
        }
        if !told {
            tracing::info!("another instance migrates the database, waiting for it");
            told = true;
        }
        sleep(LOOK_AGAIN).await;
    }
    Ok(())
}

async fn migrate(connection: &mut PgConnection) -> Stored<()> {
    connection.ensure_migrations_table(&MIGRATOR.table_name).await?;
    let applied: Vec<(i64, String)> = APPLIED.read().fetch_all(&mut *connection).await?;
    refuse_newer(&MIGRATOR, &applied)?;
    NO_TIME_LIMIT.query().execute(&mut *connection).await?;
    // The lock is held already.
    let mut migrator = tolerant(&MIGRATOR);
    migrator.set_locking(false);
    Ok(migrator.run_direct(None, connection, false).await?)
}

/// A new history gets its identity here, and so does a restored backup, which carries none.
async fn settle_epoch(connection: &mut PgConnection) -> Stored<String> {
    let kept = KEEP_EPOCH
        .query()
        .bind(Uuid::now_v7().to_string())
        .execute(&mut *connection)
        .await?;
    if kept.rows_affected() > 0 {
        INDEX_AGAIN.query().execute(&mut *connection).await?;
    }
    Ok(EPOCH.scalar().fetch_one(connection).await?)
}
