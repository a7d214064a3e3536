//! The statements of PostgreSQL.

use sqlx::{AssertSqlSafe, Postgres, postgres::PgArguments, query::Query};

use crate::store::statement;

/// One SQL text.
pub(super) type Statement = statement::Statement<Postgres>;

impl statement::Statement<Postgres> {
    /// To execute with a name in place of `{}`, as the server quotes it: names take no parameters.
    pub(super) fn about(self, quoted: &str) -> Query<'static, Postgres, PgArguments> {
        statement::note();
        sqlx::query(AssertSqlSafe(self.sql().replace("{}", quoted)))
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
