//! What the store as a whole can do.

use std::path::Path;

use async_trait::async_trait;
use chat::Timestamp;
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{
    APPLIED, LOG_BYTES_MAX, MIGRATOR, SqliteStore,
    statement::{Statement, statements},
    writer::Job,
};
use crate::{
    stamp,
    store::{
        Finding, Load, PoolLoad, StoreError, Stored, Upkeep,
        copy::{begin, part_of, refuse_existing, warn_unnoted},
        finding::mebibytes,
        newer,
        timed::timed,
    },
};

/// Free space in a file as small as this is not worth a word.
const FILE_BYTES_SMALL: i64 = 256 * 1024 * 1024;

statements! {
    PING = "SELECT 1";
    TUNE = "PRAGMA optimize";
    QUICK_CHECK = "PRAGMA quick_check(1)";
    PAGES = "PRAGMA page_count";
    FREE_PAGES = "PRAGMA freelist_count";
    PAGE_BYTES = "PRAGMA page_size";
    STATISTICS = "PRAGMA table_info(sqlite_stat1)";
    COPY = "VACUUM INTO ?1";
    FORGET = "DELETE FROM meta WHERE key IN ('epoch', 'backup')";
    NOTE_BACKUP = "INSERT INTO meta (key, value) VALUES ('backup', ?1)
                   ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    LAST_BACKUP = "SELECT value FROM meta WHERE key = 'backup'";
}

#[async_trait]
impl Upkeep for SqliteStore {
    fn engine(&self) -> &'static str {
        "sqlite"
    }

    async fn epoch(&self) -> Stored<String> {
        Ok(self.epoch.clone())
    }

    fn load(&self) -> Load {
        Load {
            pools: vec![PoolLoad::of("file", &self.reads)],
            waiting: self.writer.waiting(),
        }
    }

    async fn last_backup(&self) -> Stored<Option<Timestamp>> {
        let noted: Option<String> = LAST_BACKUP.scalar().fetch_optional(&self.reads).await?;
        Ok(noted.and_then(|ms| ms.parse().ok()).map(Timestamp))
    }

    async fn ping(&self) -> Stored<()> {
        if !self.writer.is_open() {
            return Err(StoreError::unavailable("the store is closed"));
        }
        timed("ping", async {
            PING.query().execute(&self.reads).await?;
            Ok(())
        })
        .await
    }

    async fn backup(&self, file: &Path) -> Stored<()> {
        timed("backup", async {
            refuse_existing(file).await?;
            // Under another name until it is complete: nobody takes half a copy for a backup.
            let part = part_of(file);
            begin(&part).await?;
            self.copy_to(&part).await?;
            refuse_existing(file).await?;
            tokio::fs::rename(&part, file).await.map_err(StoreError::failed)?;
            let noted = self.write(NoteBackup(stamp::now())).await;
            warn_unnoted(noted);
            Ok(())
        })
        .await
    }

    async fn tune(&self) -> Stored<bool> {
        self.write(Tune).await?;
        Ok(true)
    }

    async fn report(&self) -> Stored<Vec<Finding>> {
        timed("report", self.look()).await
    }

    async fn close(&self) {
        self.reads.close().await;
        self.writer.close().await;
    }
}

/// For whoever watches over backups. The copy itself knows of none.
struct NoteBackup(Timestamp);

impl Job for NoteBackup {
    type Output = ();
    const OP: &'static str = "note_backup";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<()> {
        NOTE_BACKUP.query().bind(self.0.0.to_string()).execute(tx).await?;
        Ok(())
    }
}

struct Tune;

impl Job for Tune {
    type Output = ();
    const OP: &'static str = "tune";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<()> {
        TUNE.query().execute(tx).await?;
        Ok(())
    }
}

impl SqliteStore {
    /// Reads the whole file once.
    async fn look(&self) -> Stored<Vec<Finding>> {
        let number = async |statement: Statement| -> Stored<i64> {
            Ok(statement.scalar().fetch_one(&self.reads).await?)
        };
        let (pages, free, bytes) = (
            number(PAGES).await?,
            number(FREE_PAGES).await?,
            number(PAGE_BYTES).await?,
        );
        let size = format!(
            "{}, of which {} are free",
            mebibytes(pages * bytes),
            mebibytes(free * bytes)
        );
        let applied: Vec<(i64, String)> = APPLIED.read().fetch_all(&self.reads).await?;
        let mut findings = vec![newer::finding(&MIGRATOR, &applied)];
        findings.push(if free > pages / 2 && pages * bytes > FILE_BYTES_SMALL {
            Finding::warning(
                "file",
                format!("{size}: put a backup in its place to make it smaller"),
            )
        } else {
            Finding::note("file", size)
        });
        let checked: String = QUICK_CHECK.scalar().fetch_one(&self.reads).await?;
        if checked != "ok" {
            let text = format!("damaged ({checked}): restore a backup");
            findings.push(Finding::warning("file", text));
        }
        if STATISTICS.query().fetch_optional(&self.reads).await?.is_none() {
            let text = "none yet: they come with an hour of running, or when the server ends";
            findings.push(Finding::note("statistics", text));
        }
        findings.extend(self.look_at_log().await);
        Ok(findings)
    }

    /// A log that stays long has a reader that never ends, or a process that was killed.
    async fn look_at_log(&self) -> Option<Finding> {
        let mut log = self
            .reads
            .connect_options()
            .get_filename()
            .to_owned()
            .into_os_string();
        log.push("-wal");
        let bytes = i64::try_from(tokio::fs::metadata(log).await.ok()?.len()).ok()?;
        let size = mebibytes(bytes);
        (bytes > 2 * LOG_BYTES_MAX).then(|| {
            Finding::warning(
                "log",
                format!("{size}: something reads without an end; restart Natter"),
            )
        })
    }

    /// Copies on a connection of its own, so that a long copy takes no reader away.
    async fn copy_to(&self, part: &Path) -> Stored<()> {
        let name = part
            .to_str()
            .ok_or_else(|| StoreError::failed("the file's name is not UTF-8"))?;
        let mut source = self.reads.connect_options().connect().await?;
        COPY.query().bind(name).execute(&mut source).await?;
        source.close().await?;
        // Whoever restores the copy starts a history of its own: see `settle_epoch`.
        let mut copy = SqliteConnectOptions::new().filename(part).connect().await?;
        FORGET.query().execute(&mut copy).await?;
        copy.close().await?;
        let written = tokio::fs::File::open(part).await.map_err(StoreError::failed)?;
        written.sync_all().await.map_err(StoreError::failed)
    }
}
