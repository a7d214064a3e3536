//! What the store as a whole can do.

use std::path::Path;

use async_trait::async_trait;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::{SqliteStore, statement::statements};
use crate::store::{
    StoreError, Stored, Upkeep,
    copy::{discard, part_of, refuse_existing},
    timed::timed,
};

statements! {
    PING = "SELECT 1";
    COPY = "VACUUM INTO ?1";
    FORGET_EPOCH = "DELETE FROM meta WHERE key = 'epoch'";
}

#[async_trait]
impl Upkeep for SqliteStore {
    fn engine(&self) -> &'static str {
        "sqlite"
    }

    async fn epoch(&self) -> Stored<String> {
        Ok(self.epoch.clone())
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
            discard(&part).await?;
            self.copy_to(&part).await?;
            refuse_existing(file).await?;
            tokio::fs::rename(&part, file).await.map_err(StoreError::failed)
        })
        .await
    }

    async fn close(&self) {
        self.reads.close().await;
        self.writer.close().await;
    }
}

impl SqliteStore {
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
        FORGET_EPOCH.query().execute(&mut copy).await?;
        copy.close().await?;
        let written = tokio::fs::File::open(part).await.map_err(StoreError::failed)?;
        written.sync_all().await.map_err(StoreError::failed)
    }
}
