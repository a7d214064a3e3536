//! How SQLite does what both engines do alike: see [`common`](crate::store::common).

use chat::Role;
use sqlx::{Arguments as _, SqliteConnection, sqlite::SqliteArguments};

use super::{
    SqliteStore, accounts, imports,
    rows::{json, json_ids, pack_ids},
    statement::Statement,
    writer::Job,
};
use crate::store::{
    Head, NewUser, Stored,
    common::{
        Engine, Operation, Row, Transaction,
        statement::{Argument, Query},
    },
    imports::{ForeignMessage, Numbered},
};

impl<O: Operation> Job for O {
    type Output = O::Output;
    const OP: &'static str = O::NAME;

    fn writes(&self) -> usize {
        Operation::writes(self)
    }

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Self::Output> {
        Operation::apply(self, tx).await
    }
}

impl Engine for SqliteStore {
    async fn perform<O: Operation>(&self, operation: O) -> Stored<O::Output> {
        self.write(operation).await
    }

    async fn ask_all<R: Row>(&self, query: Query) -> Stored<Vec<R>> {
        let arguments = arguments(query.arguments)?;
        let query = Statement::new(query.statement.sqlite).read_with(arguments);
        Ok(query.fetch_all(&self.reads).await?)
    }

    async fn ask_optional<R: Row>(&self, query: Query) -> Stored<Option<R>> {
        let arguments = arguments(query.arguments)?;
        let query = Statement::new(query.statement.sqlite).read_with(arguments);
        Ok(query.fetch_optional(&self.reads).await?)
    }
}

impl Transaction for SqliteConnection {
    async fn execute(&mut self, query: impl Into<Query> + Send) -> Stored<u64> {
        let Query { statement, arguments } = query.into();
        if statement.sqlite.is_empty() {
            return Ok(0);
        }
        let query = Statement::new(statement.sqlite).query_with(self::arguments(arguments)?);
        Ok(query.execute(self).await?.rows_affected())
    }

    async fn fetch_all<R: Row>(&mut self, query: impl Into<Query> + Send) -> Stored<Vec<R>> {
        let Query { statement, arguments } = query.into();
        let query = Statement::new(statement.sqlite).read_with(self::arguments(arguments)?);
        Ok(query.fetch_all(self).await?)
    }

    async fn fetch_optional<R: Row>(&mut self, query: impl Into<Query> + Send) -> Stored<Option<R>> {
        let Query { statement, arguments } = query.into();
        let query = Statement::new(statement.sqlite).read_with(self::arguments(arguments)?);
        Ok(query.fetch_optional(self).await?)
    }

    async fn insert_users(&mut self, users: &[NewUser], role: Role) -> Stored<()> {
        accounts::insert(users, role, self).await
    }

    async fn insert_imported(
        &mut self,
        _before: Head,
        new: &[&ForeignMessage],
        numbered: &Numbered,
    ) -> Stored<()> {
        imports::insert(new, numbered, self).await
    }
}

fn arguments(given: Vec<Argument>) -> sqlx::Result<SqliteArguments> {
    let mut arguments = SqliteArguments::default();
    for argument in given {
        let added = match argument {
            Argument::Id(id) => arguments.add(id),
            Argument::Text(text) => arguments.add(text),
            Argument::Number(number) => arguments.add(number),
            Argument::Flag(flag) => arguments.add(flag),
            Argument::Bytes(bytes) => arguments.add(bytes),
            Argument::Sought(text) => arguments.add(text),
            Argument::Ids(ids) => arguments.add(json_ids(ids)),
            Argument::Texts(texts) => arguments.add(json(&texts)),
            Argument::Column(ids) => arguments.add(pack_ids(ids)),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}
