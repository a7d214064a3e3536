//! `natter doctor`: how is the database?

use backend::{connect::open_existing_store, store::Weight};

use super::CommandError;
use crate::config::Config;

/// Prints a line for each finding, warnings first. With warnings it ends in an error.
pub(super) async fn doctor(config: &Config) -> Result<(), CommandError> {
    let store = open_existing_store(&config.database_url).await?;
    let findings = store.report().await;
    let engine = store.engine();
    store.close().await;
    let (warnings, notes): (Vec<_>, Vec<_>) = findings?
        .into_iter()
        .partition(|finding| finding.weight == Weight::Warning);
    for finding in &warnings {
        println!("WARNING {}: {}", finding.subject, finding.text);
    }
    for finding in &notes {
        println!("note    {}: {}", finding.subject, finding.text);
    }
    if warnings.is_empty() {
        println!("The {engine} database is well.");
        return Ok(());
    }
    Err(CommandError::Warnings(warnings.len()))
}
