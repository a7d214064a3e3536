//! The contract of the store, on PostgreSQL; and what only PostgreSQL has.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has found something")]

#[path = "contract/store/mod.rs"]
mod contract;
#[path = "postgres/far.rs"]
mod far;
#[path = "postgres/faults.rs"]
mod faults;
#[path = "postgres/instances.rs"]
mod instances;
#[path = "postgres/operators.rs"]
mod operators;
#[path = "postgres/replica.rs"]
mod replica;

use std::{
    io,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use backend::store::{Store, postgres::PostgresStore};
use services::Postgres;
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

/// Where the database of one test is: on a server of its own.
pub(crate) struct Place {
    server: Arc<Postgres>,
    folder: TempDir,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let started = tokio::task::spawn_blocking(Postgres::start).await.unwrap();
        Self {
            server: Arc::new(started.unwrap()),
            folder: TempDir::new().unwrap(),
        }
    }

    /// The database's address.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Does something to the server, which takes a while.
    pub(crate) async fn blocking(&self, work: fn(&Postgres) -> io::Result<()>) {
        let server = Arc::clone(&self.server);
        tokio::task::spawn_blocking(move || work(&server))
            .await
            .unwrap()
            .unwrap();
    }

    /// A streaming replica that has caught up.
    pub(crate) async fn replica(&self) -> Arc<Postgres> {
        let server = Arc::clone(&self.server);
        let replica = tokio::task::spawn_blocking(move || server.replica());
        Arc::new(replica.await.unwrap().unwrap())
    }

    /// A file beside the database.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Opens the database, which is empty the first time.
    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        Arc::new(PostgresStore::open(&self.server.url(), None).await.unwrap())
    }

    /// Makes the database one whose messages were there before the index of words.
    pub(crate) async fn forget_words(&self) {
        let mut connection = PgConnection::connect(&self.url()).await.unwrap();
        let forget = "TRUNCATE message_words;
                      INSERT INTO meta (key, value) SELECT 'search_next', id::text FROM messages ORDER BY id DESC LIMIT 1";
        sqlx::raw_sql(forget).execute(&mut connection).await.unwrap();
    }

    /// A place in which `backup` has been restored.
    pub(crate) async fn restored(backup: &Path) -> Self {
        let place = Self::new().await;
        let mut restore = Command::new("pg_restore");
        restore
            .args(["--exit-on-error", "--dbname", &place.server.url()])
            .arg(backup);
        assert!(restore.status().unwrap().success());
        place
    }
}
