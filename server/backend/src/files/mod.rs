//! The port to the bytes of files, by path.
//!
//! What every implementation guarantees:
//! - What was put is there as a whole or not at all, for every reader, and survives the crash of any process.
//! - Nothing is held in memory but a few pieces of what is read or written.
//! - What is not there is data (`None`, an empty list), not an error.
//!
//! What files there are, and whose, the store knows; `tests/contract/files.rs` holds every implementation to this page.

pub mod object;

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use thiserror::Error;

/// Why bytes could not be read or written.
#[derive(Debug, Error)]
#[error("the files are not available: {0}")]
pub struct FilesError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

impl From<FilesError> for chat::Problem {
    fn from(error: FilesError) -> Self {
        tracing::warn!(%error, "files unavailable");
        Self::unavailable(1)
    }
}

/// The answer of whoever keeps files.
pub type Kept<T> = Result<T, FilesError>;

/// Bytes as they come.
pub type Pieces = BoxStream<'static, Kept<Bytes>>;

/// Where bytes are kept, under paths such as `files/{id}/whole`.
#[async_trait]
pub trait Files: Send + Sync {
    /// Which implementation it is, for logs: `folder`, `s3`.
    fn name(&self) -> &'static str;
    /// Puts a few bytes where there may be others, which they replace.
    async fn put(&self, path: &str, bytes: Bytes) -> Kept<()>;
    /// Puts any number of bytes as they come; gives how many there were. Where they end with an error, nothing is kept.
    async fn put_pieces(&self, path: &str, pieces: Pieces) -> Kept<u64>;
    /// These bytes of what is there, as far as it has them; `None`: there is nothing.
    async fn get(&self, path: &str, range: Range<u64>) -> Kept<Option<Pieces>>;
    /// The names in a folder, with how many bytes each has.
    async fn list(&self, folder: &str) -> Kept<Vec<(String, u64)>>;
    /// Removes a folder with all that is in it; there need be none.
    async fn remove(&self, folder: &str) -> Kept<()>;
    /// Asks for a sign of life.
    async fn ping(&self) -> Kept<()>;
}
