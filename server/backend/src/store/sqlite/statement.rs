//! Every SQL text as a constant of its own type. Nothing else reaches the database, so the lists that
//! [`statements!`] makes are complete: the test that reads the query plans sees every query there is.

use sqlx::{
    FromRow, Sqlite,
    query::{Query, QueryAs, QueryScalar},
    sqlite::{SqliteArguments, SqliteRow},
};

/// One SQL text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement(&'static str);

impl Statement {
    /// For [`statements!`], and for those that both engines share.
    pub(super) const fn new(sql: &'static str) -> Self {
        Self(sql)
    }

    /// The text, for reading its plan.
    #[cfg(test)]
    pub(super) const fn sql(self) -> &'static str {
        self.0
    }

    /// To execute.
    pub(super) fn query(self) -> Query<'static, Sqlite, SqliteArguments> {
        note();
        sqlx::query(self.0)
    }

    /// To execute with these arguments.
    pub(super) fn query_with(self, arguments: SqliteArguments) -> Query<'static, Sqlite, SqliteArguments> {
        note();
        sqlx::query_with(self.0, arguments)
    }

    /// To read rows.
    pub(super) fn read<T: for<'r> FromRow<'r, SqliteRow>>(
        self,
    ) -> QueryAs<'static, Sqlite, T, SqliteArguments> {
        note();
        sqlx::query_as(self.0)
    }

    /// To read rows with these arguments.
    pub(super) fn read_with<T: for<'r> FromRow<'r, SqliteRow>>(
        self,
        arguments: SqliteArguments,
    ) -> QueryAs<'static, Sqlite, T, SqliteArguments> {
        note();
        sqlx::query_as_with(self.0, arguments)
    }

    /// To read one column.
    pub(super) fn scalar<T>(self) -> QueryScalar<'static, Sqlite, T, SqliteArguments>
    where
        (T,): for<'r> FromRow<'r, SqliteRow>,
    {
        note();
        sqlx::query_scalar(self.0)
    }
}

/// Declares statements, and for tests their list.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* const $name: $crate::store::sqlite::statement::Statement =
            $crate::store::sqlite::statement::Statement::new($sql);)*

        #[cfg(test)]
        pub(in $crate::store::sqlite) const STATEMENTS: &[(&str, $crate::store::sqlite::statement::Statement)] =
            &[$((stringify!($name), $name)),*];
    };
}
pub(super) use statements;

#[cfg(not(test))]
const fn note() {}

#[cfg(test)]
fn note() {
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
