//! Every SQL text as a constant of its own type. Nothing else reaches the database, so the lists that
//! [`statements!`] makes are complete: the test that reads the query plans sees every query there is.

use sqlx::{
    AssertSqlSafe, FromRow, Postgres,
    postgres::{PgArguments, PgRow},
    query::{Query, QueryAs, QueryScalar},
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
    pub(super) fn query(self) -> Query<'static, Postgres, PgArguments> {
        note();
        sqlx::query(self.0)
    }

    /// To execute with a name in place of `{}`, as the server quotes it: names take no parameters.
    pub(super) fn about(self, quoted: &str) -> Query<'static, Postgres, PgArguments> {
        note();
        sqlx::query(AssertSqlSafe(self.0.replace("{}", quoted)))
    }

    /// To execute with these arguments.
    pub(super) fn query_with(self, arguments: PgArguments) -> Query<'static, Postgres, PgArguments> {
        note();
        sqlx::query_with(self.0, arguments)
    }

    /// To read rows.
    pub(super) fn read<T: for<'r> FromRow<'r, PgRow>>(self) -> QueryAs<'static, Postgres, T, PgArguments> {
        note();
        sqlx::query_as(self.0)
    }

    /// To read rows with these arguments.
    pub(super) fn read_with<T: for<'r> FromRow<'r, PgRow>>(
        self,
        arguments: PgArguments,
    ) -> QueryAs<'static, Postgres, T, PgArguments> {
        note();
        sqlx::query_as_with(self.0, arguments)
    }

    /// To read one column.
    pub(super) fn scalar<T>(self) -> QueryScalar<'static, Postgres, T, PgArguments>
    where
        (T,): for<'r> FromRow<'r, PgRow>,
    {
        note();
        sqlx::query_scalar(self.0)
    }
}

/// Declares statements, and for tests their list.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* const $name: $crate::store::postgres::statement::Statement =
            $crate::store::postgres::statement::Statement::new($sql);)*

        #[cfg(test)]
        pub(in $crate::store::postgres) const STATEMENTS: &[(&str, $crate::store::postgres::statement::Statement)] =
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
