//! The port to everything durable.
//!
//! What every implementation guarantees:
//! - A method is one transaction. When it returns `Ok`, what it wrote survives the crash of any process.
//! - A room's `seq` and `rev` are 1, 2, 3, … without gaps, in the order in which changes were committed.
//! - The same author and nonce give the first message back, for ever.
//! - What is not there is data (`None`, or a variant of the answer), not an error.
//! - Every query runs on an index; every list is bounded and paged by key.
//!
//! `tests/contract/store/` holds every implementation to this page.

mod accounts;
mod attachments;
mod attention;
mod audit;
mod change;
mod changing;
mod common;
mod copy;
#[cfg(test)]
mod costs;
mod credentials;
mod drafts;
mod erasing;
mod exports;
mod fault;
pub(crate) mod files;
mod finding;
mod following;
mod gather;
mod imports;
mod invites;
mod load;
mod markers;
mod messages;
mod moderation;
mod newer;
pub mod postgres;
mod prefix;
mod previews;
mod profiles;
mod programs;
mod reports;
mod rooms;
mod rows;
mod saving;
mod search;
mod seen;
pub mod sqlite;
mod statement;
mod subscriptions;
mod thread;
mod threads;
mod timed;
mod upkeep;
pub(crate) mod window;

use thiserror::Error;

pub use accounts::*;
pub use attachments::*;
pub use attention::*;
pub use audit::*;
pub use changing::*;
pub use credentials::*;
pub use drafts::*;
pub use erasing::*;
pub use exports::{Exports, Record, Sink};
pub use finding::{Finding, Weight};
pub use following::*;
pub use gather::{Candidates, Span};
pub use imports::{Arrived, Foreign, ForeignChannel, ForeignMessage, ForeignUser, Imports};
pub use invites::*;
pub use load::{Load, PoolLoad};
pub use markers::*;
pub use messages::*;
pub use moderation::*;
pub use previews::*;
pub use profiles::*;
pub use programs::*;
pub use reports::*;
pub use rooms::*;
pub use saving::*;
pub use search::*;
pub use subscriptions::*;
pub use threads::*;
pub use upkeep::*;

/// Why the store could not answer. Wrong input is never the reason.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database is away or overloaded; trying again later may work.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database answered with something that should not happen.
    #[error("the database failed: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database was written by a newer version of Natter.
    #[error(
        "the database is from a newer version of Natter (schema {found}, this version knows {known}); upgrade Natter or restore a backup"
    )]
    Newer {
        /// The database's schema version.
        found: i64,
        /// The newest schema version that this binary knows.
        known: i64,
    },
}

impl From<StoreError> for chat::Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                tracing::warn!(%error, "store unavailable");
                Self::unavailable(1)
            }
            StoreError::Failed(_) | StoreError::Newer { .. } => {
                tracing::error!(%error, "store failed");
                Self::new(chat::Code::Internal)
            }
        }
    }
}

/// A store's answer.
pub type Stored<T> = Result<T, StoreError>;

/// Everything durable, by noun.
pub trait Store:
    Accounts
    + Profiles
    + Credentials
    + Rooms
    + Moderation
    + Invites
    + Reports
    + Audit
    + Messages
    + Changing
    + Threads
    + Markers
    + Attachments
    + Attention
    + Following
    + Saving
    + Drafts
    + Subscriptions
    + Search
    + Previews
    + Programs
    + Imports
    + Exports
    + Erasing
    + Upkeep
{
}

impl<T> Store for T where
    T: Accounts
        + Profiles
        + Credentials
        + Rooms
        + Moderation
        + Invites
        + Reports
        + Audit
        + Messages
        + Changing
        + Threads
        + Markers
        + Attachments
        + Attention
        + Following
        + Saving
        + Drafts
        + Subscriptions
        + Search
        + Previews
        + Programs
        + Imports
        + Exports
        + Erasing
        + Upkeep
{
}
