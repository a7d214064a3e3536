//! The store in a PostgreSQL database, which any number of instances share.

mod accounts;
mod attachments;
mod changing;
mod credentials;
mod markers;
mod messages;
mod pool;
mod posts;
mod replica;
mod report;
mod rooms;
mod rows;
mod schema;
mod search;
mod statement;
#[cfg(test)]
mod tests;
mod threads;
mod upkeep;

use std::sync::Arc;

use pool::Pool;
use posts::Posts;
use replica::Replica;
use sqlx::ConnectOptions;

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
        let pool = Arc::new(Pool::new(options));
        pool.warm();
        Ok(Self {
            posts: Posts::new(Arc::clone(&pool)),
            pool,
            replica,
            epoch,
            url: url.to_owned(),
        })
    }
}
