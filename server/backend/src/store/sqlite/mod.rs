//! The store in one SQLite file: one writer, a few readers, nothing else running.

mod accounts;
mod attachments;
mod attention;
mod batch;
mod changing;
mod checkpoints;
mod credentials;
mod engine;
mod exports;
mod following;
mod imports;
mod markers;
mod messages;
mod posts;
mod previews;
mod rooms;
mod rows;
mod saving;
mod search;
mod statement;
mod subscriptions;
#[cfg(test)]
mod tests;
mod threads;
mod upkeep;
mod writer;

use std::{path::Path, sync::Arc, time::Duration};

use posts::Posts;
use sqlx::{
    ConnectOptions, SqliteConnection, SqlitePool,
    migrate::{Migrate, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use statement::statements;
use uuid::Uuid;
use writer::{Job, Writer};

use super::{
    StoreError, Stored,
    newer::{refuse_newer, tolerant},
    timed::timed,
};

static MIGRATOR: Migrator = sqlx::migrate!("migrations/sqlite");

/// How many reads run at once.
const READERS: u32 = 4;
/// How long a read waits for its turn.
const READ_WAIT: Duration = Duration::from_secs(2);
/// How long a statement waits for another process that holds the file, such as the version being replaced.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// Up to how many bytes of the file are read through the page cache of the system instead of copies.
const MMAP_BYTES: &str = "268435456";
/// How large the log is to be at most. The writer copies a larger one into the file itself, should nobody have kept up,
/// and after it had to be larger still it shrinks to this.
const LOG_BYTES_MAX: i64 = 64 * 1024 * 1024;
/// How large a page is, as SQLite has it by itself.
const PAGE_BYTES: i64 = 4096;

statements! {
    WRITTEN = "SELECT count(*) FROM sqlite_schema WHERE name IN ('meta', '_sqlx_migrations')";
    APPLIED = "SELECT version, description FROM _sqlx_migrations ORDER BY version";
    KEEP_EPOCH = "INSERT INTO meta (key, value) VALUES ('epoch', ?1) ON CONFLICT (key) DO NOTHING";
    EPOCH = "SELECT value FROM meta WHERE key = 'epoch'";
}

/// The store in one SQLite file.
pub struct SqliteStore {
    writer: Arc<Writer>,
    posts: Posts,
    reads: SqlitePool,
    epoch: String,
}

impl SqliteStore {
    /// Opens the database in `file`, creating file and folder where there are none, and brings its schema up to
    /// date.
    ///
    /// # Errors
    /// [`StoreError::Newer`] where a newer version of Natter wrote it; the others as they say.
    pub async fn open(file: &Path) -> Stored<Self> {
        create_folder_of(file).await?;
        let options = writing(file);
        let mut connection = options.clone().create_if_missing(true).connect().await?;
        migrate(&mut connection).await?;
        let epoch = settle_epoch(&mut connection).await?;
        Ok(Self::over(file, connection, options, epoch))
    }

    /// Opens the database in `file` as it is: its schema is neither made nor changed. For looking at it and copying
    /// it; what this version needs beyond that may be missing.
    ///
    /// # Errors
    /// Where there is no such file, or nothing in it that Natter wrote.
    pub async fn open_as_is(file: &Path) -> Stored<Self> {
        let options = writing(file);
        let mut connection = options.connect().await?;
        let written: i64 = WRITTEN.scalar().fetch_one(&mut connection).await?;
        if written == 0 {
            return Err(StoreError::failed("Natter has not written this file"));
        }
        let epoch: Option<String> = EPOCH.scalar().fetch_optional(&mut connection).await?;
        Ok(Self::over(file, connection, options, epoch.unwrap_or_default()))
    }

    fn over(file: &Path, connection: SqliteConnection, options: SqliteConnectOptions, epoch: String) -> Self {
        let pool = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(READ_WAIT)
            // A file does not go away like a server: asking before each use and reopening now and then are waste.
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None);
        let writer = Arc::new(Writer::start(connection, options));
        Self {
            posts: Posts::new(Arc::clone(&writer)),
            writer,
            reads: pool.connect_lazy_with(reading(file)),
            epoch,
        }
    }

    async fn write<J: Job>(&self, job: J) -> Stored<J::Output> {
        timed(J::OP, self.writer.run(job)).await
    }
}

/// The writer's connection. An acknowledgement means durable, hence `synchronous=FULL`.
fn writing(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_WAIT)
        .pragma("cache_size", "-32000")
        .pragma("mmap_size", MMAP_BYTES)
        .pragma("temp_store", "memory")
        .pragma("journal_size_limit", LOG_BYTES_MAX.to_string())
        .pragma("wal_autocheckpoint", (LOG_BYTES_MAX / PAGE_BYTES).to_string())
        .pragma("analysis_limit", "400")
        .thread_name(|_| "sqlite-writer".to_owned())
}

fn reading(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .busy_timeout(BUSY_WAIT)
        .pragma("cache_size", "-8000")
        .pragma("mmap_size", MMAP_BYTES)
        .pragma("temp_store", "memory")
        .thread_name(|id| format!("sqlite-reader-{id}"))
}

async fn create_folder_of(file: &Path) -> Stored<()> {
    match file.parent() {
        Some(folder) if folder != Path::new("") => {
            let created = tokio::fs::create_dir_all(folder).await;
            created
                .map_err(|error| StoreError::failed(format!("cannot create {}: {error}", folder.display())))
        }
        _ => Ok(()),
    }
}

/// Brings the schema up to date; refuses one from the future that this version cannot work with, before anything is
/// written.
async fn migrate(connection: &mut SqliteConnection) -> Stored<()> {
    connection.ensure_migrations_table(&MIGRATOR.table_name).await?;
    let applied: Vec<(i64, String)> = APPLIED.read().fetch_all(&mut *connection).await?;
    refuse_newer(&MIGRATOR, &applied)?;
    Ok(tolerant(&MIGRATOR).run(connection).await?)
}

/// A new history gets its identity here, and so does a restored backup, which carries none.
async fn settle_epoch(connection: &mut SqliteConnection) -> Stored<String> {
    KEEP_EPOCH
        .query()
        .bind(Uuid::now_v7().to_string())
        .execute(&mut *connection)
        .await?;
    Ok(EPOCH.scalar().fetch_one(connection).await?)
}
