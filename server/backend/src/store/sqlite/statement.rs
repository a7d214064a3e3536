//! The statements of SQLite.

use sqlx::Sqlite;

use crate::store::statement;

/// One SQL text.
pub(super) type Statement = statement::Statement<Sqlite>;

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
