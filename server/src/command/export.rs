//! `natter export`: everything, for whoever wants to go elsewhere, or to look into it with other tools.

use std::path::Path;

use backend::{
    connect::{open_existing_store, open_files},
    export::export_to,
    store::Record,
};

use super::CommandError;
use crate::config::Config;

/// Writes everything into a new folder and prints what it was.
pub(super) async fn export(config: &Config, folder: &Path) -> Result<(), CommandError> {
    let files = open_files(&config.files)?;
    let store = open_existing_store(&config.database_url).await?;
    let written = export_to(store.as_ref(), files.as_ref(), folder).await;
    store.close().await;
    let written = written?;
    for kind in Record::KINDS {
        let count = written.lines.get(kind).copied().unwrap_or_default();
        println!("{kind}.jsonl: {count}");
    }
    println!("files: {}", written.files);
    if written.files_missing > 0 {
        println!("{} files were gone when their turn came", written.files_missing);
    }
    println!("Wrote {}.", folder.display());
    Ok(())
}
