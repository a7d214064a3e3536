//! The store in a PostgreSQL database, which any number of instances share.

mod accounts;
mod attachments;
mod attention;
mod changing;
mod credentials;
mod engine;
mod exports;
mod following;
mod imports;
mod markers;
mod messages;
mod pool;
mod posts;
mod previews;
mod reach;
mod replica;
mod report;
mod rooms;
mod rows;
mod saving;
mod schema;
mod search;
mod statement;
mod subscriptions;
#[cfg(test)]
mod tests;
mod threads;
mod upkeep;

use std::sync::Arc;

use pool::Pool;
use posts::Posts;
use replica::Replica;
use sqlx::{ConnectOptions, postgres::PgConnectOptions};

use super::Stored;

/// The store in a PostgreSQL database.
pub struct PostgresStore {
    pool: Arc<Pool>,
    posts: Posts,
    replica: Option<Replica>,
    epoch: String,
    /// For programs of PostgreSQL's own.
    url: String,
}

impl PostgresStore {
    /// Opens the database that `url` names and brings its schema up to date; `replica_url` names a streaming replica
    /// of it that old messages may be read from.
    ///
    /// # Errors
    /// [`StoreError::Newer`](super::StoreError::Newer) where a newer version of Natter wrote it and this one cannot
    /// work with it; the others as they say.
    pub async fn open(url: &str, replica_url: Option<&str>) -> Stored<Self> {
        let options = pool::options(url)?;
        let replica = replica_url.map(Replica::new).transpose()?;
        let epoch = schema::settle(options.connect().await?).await?;
        let store = Self::over(url, options, replica, epoch);
        store.pool.warm();
        Ok(store)
    }

    /// Opens the database that `url` names as it is: its schema is neither made nor changed. For looking at it and
    /// copying it; what this version needs beyond that may be missing.
    ///
    /// # Errors
    /// Where the database cannot be reached.
    pub async fn open_as_is(url: &str) -> Stored<Self> {
        let options = pool::options(url)?;
        let epoch = schema::read_epoch(options.connect().await?).await?;
        Ok(Self::over(url, options, None, epoch))
    }

    fn over(url: &str, options: PgConnectOptions, replica: Option<Replica>, epoch: String) -> Self {
        let pool = Arc::new(Pool::new(options));
        Self {
            posts: Posts::new(Arc::clone(&pool)),
            pool,
            replica,
            epoch,
            url: url.to_owned(),
        }
    }
}
