//! The subcommands.

mod check;
mod doctor;
mod export;
mod import;
mod password;
mod seed;

use std::path::Path;

use backend::connect::{ConnectError, open_existing_store, open_store};
use thiserror::Error;

use crate::{
    config::{Cli, Command, Config, ImportFrom},
    serve::{self, ServeError},
};

/// Why a command did not succeed; its text is all that the operator sees.
#[derive(Debug, Error)]
pub enum CommandError {
    /// A dependency is missing.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] backend::store::StoreError),
    /// The server could not start or stop.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A file could not be written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// An archive could not be imported.
    #[error(transparent)]
    Import(#[from] backend::import::ImportError),
    /// The import is done, but for what could not be read and has been printed.
    #[error("{0} part(s) of the archive could not be read")]
    ImportFaults(u64),
    /// Not everything could be written out.
    #[error(transparent)]
    Export(#[from] backend::export::ExportError),
    /// There is nobody of this name.
    #[error("there is no {0} who could have a password")]
    Nobody(String),
    /// A use case refused.
    #[error("{0}")]
    Refused(#[from] chat::Problem),
    /// `doctor` found something to do and has printed it.
    #[error("the doctor has {0} warning(s)")]
    Warnings(usize),
    /// `check` found faults and has printed them.
    #[error("the checks found {0} problem(s)")]
    Checks(usize),
}

/// Does what the command line asks for.
///
/// # Errors
/// [`CommandError`] in words for the operator.
pub async fn run(cli: Cli) -> Result<(), CommandError> {
    let config = cli.config;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => Ok(serve::serve(&config).await?),
        Command::Migrate => migrate(&config).await,
        Command::Seed(args) => seed::seed(&config, &args).await,
        Command::Check => check::check(&config).await,
        Command::Doctor => doctor::doctor(&config).await,
        Command::Backup { file } => backup(&config, &file).await,
        Command::Import {
            from: ImportFrom::Slack(args),
        } => import::slack(&config, &args).await,
        Command::Export { folder } => export::export(&config, &folder).await,
        Command::Password { username } => password::password(&config, &username).await,
    }
}

async fn migrate(config: &Config) -> Result<(), CommandError> {
    let store = open_store(&config.database_url, None).await?;
    store.close().await;
    println!("The database is up to date.");
    Ok(())
}

async fn backup(config: &Config, file: &Path) -> Result<(), CommandError> {
    let store = open_existing_store(&config.database_url).await?;
    let written = store.backup(file).await;
    store.close().await;
    written?;
    println!("Wrote {}.", file.display());
    Ok(())
}
