//! Files that copies of the database are written to: new ones, under another name until they are complete.

use std::path::{Path, PathBuf};

use super::{StoreError, Stored};

/// The name of the file until it is complete.
pub(crate) fn part_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// A copy never replaces a file.
pub(crate) async fn refuse_existing(file: &Path) -> Stored<()> {
    match tokio::fs::try_exists(file).await {
        Ok(false) => Ok(()),
        Ok(true) => Err(StoreError::failed(format!("{} exists already", file.display()))),
        Err(error) => Err(StoreError::failed(error)),
    }
}

/// Removes what an interrupted backup left.
pub(crate) async fn discard(part: &Path) -> Stored<()> {
    match tokio::fs::remove_file(part).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::failed(error)),
        _ => Ok(()),
    }
}

/// The copy is there, whether or not the database could be told so.
pub(crate) fn warn_unnoted(noted: Stored<()>) {
    if let Err(error) = noted {
        tracing::warn!(%error, "the time of the backup could not be noted in the database");
    }
}
