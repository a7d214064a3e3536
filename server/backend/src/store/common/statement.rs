//! SQL that both engines execute, and what it is given.

use uuid::Uuid;

use crate::store::{SecretHash, rows::integer};

/// One SQL text, or one for each engine where the dialects differ.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Statement {
    /// For SQLite; empty where it has nothing to do.
    pub(in crate::store) sqlite: &'static str,
    /// For PostgreSQL.
    pub(in crate::store) postgres: &'static str,
}

/// A text that both engines understand: parameters are `$1`, and `"user"` has its quotes.
pub(super) const fn both(sql: &'static str) -> Statement {
    Statement {
        sqlite: sql,
        postgres: sql,
    }
}

/// What makes others wait until the transaction ends. SQLite has one writer: there, everyone does so already.
pub(super) const fn lock(postgres: &'static str) -> Statement {
    Statement { sqlite: "", postgres }
}

impl Statement {
    /// With its first parameter.
    pub(super) fn bind(self, argument: impl Into<Argument>) -> Query {
        Query::from(self).bind(argument)
    }
}

/// A statement with its arguments.
#[derive(Clone, Debug)]
pub(in crate::store) struct Query {
    pub(in crate::store) statement: Statement,
    pub(in crate::store) arguments: Vec<Argument>,
}

impl Query {
    /// With one parameter more.
    pub(super) fn bind(mut self, argument: impl Into<Argument>) -> Self {
        self.arguments.push(argument.into());
        self
    }
}

impl From<Statement> for Query {
    fn from(statement: Statement) -> Self {
        Self {
            statement,
            arguments: Vec::new(),
        }
    }
}

/// What a statement is given. Absent values have a type, which PostgreSQL asks for.
#[derive(Clone, Debug)]
pub(in crate::store) enum Argument {
    Id(Option<Uuid>),
    Text(Option<String>),
    Number(Option<i64>),
    Flag(Option<bool>),
    Bytes(Option<Vec<u8>>),
    /// A text to look for, which may hold what no stored text does.
    Sought(String),
    /// Several ids to look for: an array, or JSON whose values are hexadecimal.
    Ids(Vec<Uuid>),
    /// Several texts: an array, or JSON.
    Texts(Vec<String>),
    /// Several ids for one column: an array, or the bytes of each after the other.
    Column(Vec<Uuid>),
}

/// A text to look for.
pub(super) fn sought(text: &str) -> Argument {
    Argument::Sought(text.to_owned())
}

/// Ids to look for.
pub(super) fn ids(ids: impl IntoIterator<Item = Uuid>) -> Argument {
    Argument::Ids(ids.into_iter().collect())
}

impl From<Uuid> for Argument {
    fn from(id: Uuid) -> Self {
        Self::Id(Some(id))
    }
}

impl From<Option<Uuid>> for Argument {
    fn from(id: Option<Uuid>) -> Self {
        Self::Id(id)
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<&String> for Argument {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<&str>> for Argument {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<i64> for Argument {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Argument {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<u64> for Argument {
    fn from(number: u64) -> Self {
        Self::Number(Some(integer(number)))
    }
}

impl From<bool> for Argument {
    fn from(flag: bool) -> Self {
        Self::Flag(Some(flag))
    }
}

impl From<Option<bool>> for Argument {
    fn from(flag: Option<bool>) -> Self {
        Self::Flag(flag)
    }
}

impl From<&SecretHash> for Argument {
    fn from(hash: &SecretHash) -> Self {
        Self::Bytes(Some(hash.to_vec()))
    }
}

impl From<Option<Vec<u8>>> for Argument {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        Self::Bytes(bytes)
    }
}

/// Declares statements, and for tests their list.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $statement:expr;)*) => {
        $($(#[$doc])* const $name: $crate::store::common::statement::Statement = $statement;)*

        #[cfg(test)]
        pub(in $crate::store) const STATEMENTS: &[(&str, $crate::store::common::statement::Statement)] =
            &[$((stringify!($name), $name)),*];
    };
}
pub(super) use statements;
