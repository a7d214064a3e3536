//! What other sites say of their pages.

use async_trait::async_trait;
use chat::Timestamp;

use super::Stored;

/// What another site's page says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewRecord {
    /// The SHA-256 of its address.
    pub key: [u8; 32],
    /// What it is called; `None`: there is nothing to show.
    pub title: Option<String>,
    /// What it is about.
    pub description: String,
    /// Whose it is.
    pub site: String,
    /// When it was asked.
    pub fetched_at: Timestamp,
}

/// What other sites' pages say of themselves: a cache that outlives the process.
#[async_trait]
pub trait Previews: Send + Sync {
    /// What is known of the address with this SHA-256.
    async fn preview(&self, key: &[u8; 32]) -> Stored<Option<PreviewRecord>>;
    /// Keeps what was found, in place of what was known.
    async fn keep_preview(&self, preview: PreviewRecord) -> Stored<()>;
    /// Forgets what was found before this time; gives how many.
    async fn delete_stale_previews(&self, fetched_before: Timestamp) -> Stored<u64>;
}
