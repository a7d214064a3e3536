//! What both engines do in the same steps, written once: each port here is implemented for every [`Engine`], and what
//! it writes is an [`Operation`] on a [`Transaction`] of whichever engine.
//!
//! A statement is one text where both engines understand it and need no hint about its plan; otherwise it has two,
//! side by side. What is asked at every message, and what looks different in the two engines for the sake of speed,
//! is not here but in their own folders.

pub(super) mod accounts;
pub(super) mod attachments;
mod audit;
pub(super) mod credentials;
mod drafts;
mod erasing;
mod imports;
mod invites;
mod moderation;
mod outgoing;
mod profiles;
mod programs;
mod reports;
pub(super) mod rooms;
pub(super) mod statement;

use std::future::Future;

use chat::Role;
use sqlx::{FromRow, postgres::PgRow, sqlite::SqliteRow};
use statement::Query;

use super::{
    Head, NewUser, StoreError, Stored,
    imports::{ForeignMessage, Numbered},
    rows::{FromColumns, Read, Value, all},
    timed::timed,
};

/// What a row of either engine can become.
pub(super) trait Row:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<R> Row for R where R: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// A transaction of one of the engines.
pub(super) trait Transaction: Send {
    /// Gives how many rows there are that changed.
    fn execute(&mut self, query: impl Into<Query> + Send) -> impl Future<Output = Stored<u64>> + Send;

    fn fetch_all<R: Row>(
        &mut self,
        query: impl Into<Query> + Send,
    ) -> impl Future<Output = Stored<Vec<R>>> + Send;

    fn fetch_optional<R: Row>(
        &mut self,
        query: impl Into<Query> + Send,
    ) -> impl Future<Output = Stored<Option<R>>> + Send;

    /// Inserts users whose names are free; how a batch of rows becomes one statement is each engine's own.
    fn insert_users(&mut self, users: &[NewUser], role: Role) -> impl Future<Output = Stored<()>> + Send;

    /// Inserts messages that come from elsewhere and follow `before`, with all that is beside them, and answers roots
    /// that were there. Each of `new` is what became the message of the same place.
    fn insert_imported(
        &mut self,
        before: Head,
        new: &[&ForeignMessage],
        numbered: &Numbered,
    ) -> impl Future<Output = Stored<()>> + Send;

    /// What each row is.
    fn rows<T: FromColumns + Send + Unpin>(
        &mut self,
        query: impl Into<Query> + Send,
    ) -> impl Future<Output = Stored<Vec<T>>> + Send {
        async { Ok(all(self.fetch_all::<Read<T>>(query).await?)) }
    }

    /// What the row is, if there is one.
    fn row<T: FromColumns + Send + Unpin>(
        &mut self,
        query: impl Into<Query> + Send,
    ) -> impl Future<Output = Stored<Option<T>>> + Send {
        async { Ok(self.fetch_optional::<Read<T>>(query).await?.map(|Read(row)| row)) }
    }

    /// The only column of each row.
    fn column<T: Value + Send + Unpin>(
        &mut self,
        query: impl Into<Query> + Send,
    ) -> impl Future<Output = Stored<Vec<T>>> + Send {
        async { Ok(firsts(self.fetch_all::<(T,)>(query).await?)) }
    }

    /// The only column of the row, if there is one.
    fn cell<T: Value + Send + Unpin>(
        &mut self,
        query: impl Into<Query> + Send,
    ) -> impl Future<Output = Stored<Option<T>>> + Send {
        async { Ok(self.fetch_optional::<(T,)>(query).await?.map(|(value,)| value)) }
    }

    /// The only column of the row that there always is.
    fn scalar<T: Value + Send + Unpin>(
        &mut self,
        query: impl Into<Query> + Send,
    ) -> impl Future<Output = Stored<T>> + Send {
        async { self.cell(query).await?.ok_or_else(no_row) }
    }
}

/// Something to write: a value that can be applied again, should its transaction be rolled back. It decides before it
/// writes: a refusal is an answer, not an error, and leaves nothing behind.
pub(super) trait Operation: Send + Sync + 'static {
    /// What the caller is told, refusals included.
    type Output: Send + Sync + 'static;
    /// Its name in metrics.
    const NAME: &'static str;
    /// Whether doing it twice is as good as doing it once.
    const REPEATABLE: bool = false;
    /// Whether it writes thousands of rows.
    const BULK: bool = false;

    /// How many writes it stands for, where writes are counted.
    fn writes(&self) -> usize {
        1
    }

    /// Does it. An error means that the transaction cannot be kept.
    fn apply(&self, tx: &mut impl Transaction) -> impl Future<Output = Stored<Self::Output>> + Send;
}

/// One of the engines.
pub(super) trait Engine: Send + Sync {
    /// What `operation` gives, once it is durable.
    fn perform<O: Operation>(&self, operation: O) -> impl Future<Output = Stored<O::Output>> + Send;

    /// What a question finds that is no part of a transaction.
    fn ask_all<R: Row>(&self, query: Query) -> impl Future<Output = Stored<Vec<R>>> + Send;

    /// The same where there is a row at most.
    fn ask_optional<R: Row>(&self, query: Query) -> impl Future<Output = Stored<Option<R>>> + Send;

    /// What each row is. As below, `name` is the question's in metrics.
    fn rows<T: FromColumns + Send + Unpin>(
        &self,
        name: &'static str,
        query: impl Into<Query> + Send,
    ) -> impl Future<Output = Stored<Vec<T>>> + Send {
        let query = query.into();
        timed(name, async { Ok(all(self.ask_all::<Read<T>>(query).await?)) })
    }

    /// What the row is, if there is one.
    fn row<T: FromColumns + Send + Unpin>(
        &self,
        name: &'static str,
        query: impl Into<Query> + Send,
    ) -> impl Future<Output = Stored<Option<T>>> + Send {
        let query = query.into();
        timed(name, async {
            Ok(self.ask_optional::<Read<T>>(query).await?.map(|Read(row)| row))
        })
    }

    /// The only column of each row.
    fn column<T: Value + Send + Unpin>(
        &self,
        name: &'static str,
        query: impl Into<Query> + Send,
    ) -> impl Future<Output = Stored<Vec<T>>> + Send {
        let query = query.into();
        timed(name, async { Ok(firsts(self.ask_all::<(T,)>(query).await?)) })
    }

    /// The only column of the row that there always is.
    fn scalar<T: Value + Send + Unpin>(
        &self,
        name: &'static str,
        query: impl Into<Query> + Send,
    ) -> impl Future<Output = Stored<T>> + Send {
        let query = query.into();
        timed(name, async {
            let row = self.ask_optional::<(T,)>(query).await?;
            row.map(|(value,)| value).ok_or_else(no_row)
        })
    }
}

fn firsts<T>(rows: Vec<(T,)>) -> Vec<T> {
    rows.into_iter().map(|(value,)| value).collect()
}

fn no_row() -> StoreError {
    sqlx::Error::RowNotFound.into()
}

#[cfg(test)]
pub(super) use tests::statements;

#[cfg(test)]
mod tests;
