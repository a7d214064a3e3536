//! The contract of the store, on SQLite; and what only SQLite has.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has found something")]

#[path = "contract/store/mod.rs"]
mod contract;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use backend::store::{Store, StoreError, Upkeep, sqlite::SqliteStore};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

/// Where the database of one test is.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    /// A file beside the database.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Opens the database, which is empty the first time.
    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.file("natter.db")).await.unwrap())
    }

    /// Makes the database one whose messages were there before the index of words.
    pub(crate) async fn forget_words(&self) {
        let options = SqliteConnectOptions::new().filename(self.file("natter.db"));
        let mut connection = options.connect().await.unwrap();
        let forget = "INSERT INTO message_words (message_words) VALUES ('delete-all');
                      INSERT INTO meta (key, value) SELECT 'search_next', max(rowid) FROM messages";
        sqlx::raw_sql(forget).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// A place in which `backup` has been restored.
    pub(crate) async fn restored(backup: &Path) -> Self {
        let place = Self::new().await;
        std::fs::copy(backup, place.file("natter.db")).unwrap();
        place
    }
}

#[tokio::test]
async fn the_folder_of_the_database_is_made() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("deep/er/natter.db");
    SqliteStore::open(&file).await.unwrap().close().await;
    assert!(file.exists());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = TempDir::new().unwrap();
    let blocker = folder.path().join("file");
    std::fs::write(&blocker, "").unwrap();
    let error = refusal(&blocker.join("natter.db")).await;
    assert!(error.to_string().contains(blocker.to_str().unwrap()), "{error}");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_left_alone() {
    let place = Place::new().await;
    place.open().await.close().await;
    let file = place.file("natter.db");
    let mut connection = SqliteConnectOptions::new()
        .filename(&file)
        .connect()
        .await
        .unwrap();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9999, 'from the future', 1, x'00', 0)";
    sqlx::query(newer).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let before = std::fs::read(&file).unwrap();
    let error = refusal(&file).await;
    assert!(
        matches!(error, StoreError::Newer { found: 9999, known } if known < 9999),
        "{error}"
    );
    assert!(error.to_string().contains("upgrade Natter"), "{error}");
    assert!(std::fs::read(&file).unwrap() == before, "the file was changed");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("natter.db");
    std::fs::write(&file, "Dear diary, today I became a file. ".repeat(100)).unwrap();
    let error = refusal(&file).await;
    assert!(matches!(error, StoreError::Failed(_)), "{error}");
}

#[tokio::test]
async fn closing_leaves_one_file() {
    let place = Place::new().await;
    let store = place.open().await;
    contract::registered(&store, "rosa").await;
    store.user_by_username("rosa").await.unwrap();
    store.close().await;
    assert!(!place.file("natter.db-wal").exists(), "the log is left behind");
}

async fn refusal(file: &Path) -> StoreError {
    match SqliteStore::open(file).await {
        Ok(_) => panic!("{} was opened", file.display()),
        Err(error) => error,
    }
}
