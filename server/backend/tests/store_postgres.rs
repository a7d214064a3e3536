//! The contract of the store, on PostgreSQL; and what only PostgreSQL has.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has found something")]

#[path = "contract/store/mod.rs"]
mod contract;

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use backend::store::{Store, postgres::PostgresStore};
use services::Postgres;
use tempfile::TempDir;

/// Where the database of one test is: on a server of its own.
pub(crate) struct Place {
    server: Postgres,
    folder: TempDir,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self {
            server: tokio::task::spawn_blocking(Postgres::start)
                .await
                .unwrap()
                .unwrap(),
            folder: TempDir::new().unwrap(),
        }
    }

    /// A file beside the database.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Opens the database, which is empty the first time.
    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        Arc::new(PostgresStore::open(&self.server.url(), None).await.unwrap())
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
