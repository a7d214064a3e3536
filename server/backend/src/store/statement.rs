//! Every SQL text of an engine as a constant of its own type. Nothing else reaches the database, so the lists that each
//! engine's `statements!` makes are complete: the tests that read the query plans see every query there is.

use std::marker::PhantomData;

use sqlx::{
    Database, FromRow, IntoArguments,
    query::{Query, QueryAs, QueryScalar},
};

/// One SQL text, for one engine.
#[derive(Debug)]
pub(super) struct Statement<DB>(&'static str, PhantomData<fn() -> DB>);

// Derived, they would ask the same of the engine.
impl<DB> Clone for Statement<DB> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<DB> Copy for Statement<DB> {}

impl<DB: Database> Statement<DB> {
    /// For `statements!`, and for those that both engines share.
    pub(super) const fn new(sql: &'static str) -> Self {
        Self(sql, PhantomData)
    }

    /// The text: for reading its plan, and for what is put into it.
    pub(super) const fn sql(self) -> &'static str {
        self.0
    }

    /// To execute.
    pub(super) fn query(self) -> Query<'static, DB, DB::Arguments> {
        note();
        sqlx::query(self.0)
    }

    /// To execute with these arguments.
    pub(super) fn query_with(self, arguments: DB::Arguments) -> Query<'static, DB, DB::Arguments>
    where
        DB::Arguments: IntoArguments<DB>,
    {
        note();
        sqlx::query_with(self.0, arguments)
    }

    /// To read rows.
    pub(super) fn read<T: for<'r> FromRow<'r, DB::Row>>(self) -> QueryAs<'static, DB, T, DB::Arguments> {
        note();
        sqlx::query_as(self.0)
    }

    /// To read rows with these arguments.
    pub(super) fn read_with<T: for<'r> FromRow<'r, DB::Row>>(
        self,
        arguments: DB::Arguments,
    ) -> QueryAs<'static, DB, T, DB::Arguments>
    where
        DB::Arguments: IntoArguments<DB>,
    {
        note();
        sqlx::query_as_with(self.0, arguments)
    }

    /// To read one column.
    pub(super) fn scalar<T>(self) -> QueryScalar<'static, DB, T, DB::Arguments>
    where
        (T,): for<'r> FromRow<'r, DB::Row>,
    {
        note();
        sqlx::query_scalar(self.0)
    }
}

#[cfg(not(test))]
pub(super) const fn note() {}

/// A statement is about to be executed.
#[cfg(test)]
pub(super) fn note() {
    COUNT.try_with(|count| count.set(count.get() + 1)).ok();
}

#[cfg(test)]
tokio::task_local! {
    static COUNT: std::cell::Cell<u64>;
}

/// What `work` gives, and how many statements it executed in its own task.
#[cfg(test)]
pub(super) async fn counted<T>(work: impl Future<Output = T>) -> (T, u64) {
    COUNT
        .scope(std::cell::Cell::new(0), async {
            let result = work.await;
            (result, COUNT.with(std::cell::Cell::get))
        })
        .await
}
