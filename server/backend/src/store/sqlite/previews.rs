//! What other sites' pages say of themselves.

use async_trait::async_trait;
use chat::Timestamp;
use sqlx::SqliteConnection;

use super::{SqliteStore, statement::statements, writer::Job};
use crate::store::{PreviewRecord, Previews, Stored, timed::timed};

statements! {
    PREVIEW = "SELECT title, description, site, fetched_at FROM previews WHERE key = ?1";
    KEEP = "INSERT INTO previews (key, title, description, site, fetched_at) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (key) DO UPDATE SET title = excluded.title, description = excluded.description,
                site = excluded.site, fetched_at = excluded.fetched_at";
    DELETE_STALE = "DELETE FROM previews WHERE fetched_at < ?1";
}

#[async_trait]
impl Previews for SqliteStore {
    async fn preview(&self, key: &[u8; 32]) -> Stored<Option<PreviewRecord>> {
        timed("preview", async {
            let query = PREVIEW.read::<(Option<String>, String, String, i64)>();
            let row = query.bind(&key[..]).fetch_optional(&self.reads).await?;
            Ok(row.map(|(title, description, site, fetched_at)| PreviewRecord {
                key: *key,
                title,
                description,
                site,
                fetched_at: Timestamp(fetched_at),
            }))
        })
        .await
    }

    async fn keep_preview(&self, preview: PreviewRecord) -> Stored<()> {
        self.write(preview).await
    }

    async fn delete_stale_previews(&self, fetched_before: Timestamp) -> Stored<u64> {
        self.write(DeleteStale(fetched_before)).await
    }
}

impl Job for PreviewRecord {
    type Output = ();
    const OP: &'static str = "keep_preview";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<()> {
        let query = KEEP.query().bind(&self.key[..]).bind(&self.title);
        let query = query
            .bind(&self.description)
            .bind(&self.site)
            .bind(self.fetched_at.0);
        query.execute(tx).await?;
        Ok(())
    }
}

struct DeleteStale(Timestamp);

impl Job for DeleteStale {
    type Output = u64;
    const OP: &'static str = "delete_stale_previews";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<u64> {
        Ok(DELETE_STALE
            .query()
            .bind(self.0.0)
            .execute(tx)
            .await?
            .rows_affected())
    }
}
