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

/// Makes the file under its other name: empty, in place of what an interrupted backup left, and for nobody else to read,
/// as everything is in it, the hashes of passwords too.
pub(crate) async fn begin(part: &Path) -> Stored<()> {
    discard(part).await?;
    let mut options = tokio::fs::OpenOptions::new();
    let begun = options.write(true).create_new(true).mode(0o600).open(part).await;
    begun.map(drop).map_err(StoreError::failed)
}

/// Removes what was not completed.
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
