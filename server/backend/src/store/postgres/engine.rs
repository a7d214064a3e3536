//! How PostgreSQL does what both engines do alike: see [`common`](crate::store::common).

use std::{marker::PhantomData, time::Duration};

use chat::Role;
use sqlx::{Arguments as _, PgConnection, postgres::PgArguments};

use super::{
    PostgresStore, accounts, imports,
    pool::{BULK_MAX, OPERATION_MAX, Work},
    rows::sought,
    statement::Statement,
};
use crate::store::{
    Head, NewUser, Stored,
    common::{
        Engine, Operation, Row, Transaction,
        statement::{Argument, Query},
    },
    imports::{ForeignMessage, Numbered},
    timed::timed,
};

impl<O: Operation> Work for O {
    type Output = O::Output;
    const REPEATABLE: bool = O::REPEATABLE;
    const MAX: Duration = if O::BULK { BULK_MAX } else { OPERATION_MAX };

    async fn apply(&self, connection: &mut PgConnection) -> Stored<Self::Output> {
        Operation::apply(self, connection).await
    }
}

impl Engine for PostgresStore {
    async fn perform<O: Operation>(&self, operation: O) -> Stored<O::Output> {
        timed(O::NAME, self.pool.run(&operation)).await
    }

    async fn ask_all<R: Row>(&self, query: Query) -> Stored<Vec<R>> {
        self.pool.run(&AskAll(query, PhantomData)).await
    }

    async fn ask_optional<R: Row>(&self, query: Query) -> Stored<Option<R>> {
        self.pool.run(&AskOptional(query, PhantomData)).await
    }
}

/// A question that is answered with rows.
struct AskAll<R>(Query, PhantomData<fn() -> R>);

impl<R: Row> Work for AskAll<R> {
    type Output = Vec<R>;
    const REPEATABLE: bool = true;

    async fn apply(&self, connection: &mut PgConnection) -> Stored<Vec<R>> {
        connection.fetch_all(self.0.clone()).await
    }
}

/// A question that is answered with a row or none.
struct AskOptional<R>(Query, PhantomData<fn() -> R>);

impl<R: Row> Work for AskOptional<R> {
    type Output = Option<R>;
    const REPEATABLE: bool = true;

    async fn apply(&self, connection: &mut PgConnection) -> Stored<Option<R>> {
        connection.fetch_optional(self.0.clone()).await
    }
}

impl Transaction for PgConnection {
    async fn execute(&mut self, query: impl Into<Query> + Send) -> Stored<u64> {
        let Query { statement, arguments } = query.into();
        let query = Statement::new(statement.postgres).query_with(self::arguments(arguments)?);
        Ok(query.execute(self).await?.rows_affected())
    }

    async fn fetch_all<R: Row>(&mut self, query: impl Into<Query> + Send) -> Stored<Vec<R>> {
        let Query { statement, arguments } = query.into();
        let query = Statement::new(statement.postgres).read_with(self::arguments(arguments)?);
        Ok(query.fetch_all(self).await?)
    }

    async fn fetch_optional<R: Row>(&mut self, query: impl Into<Query> + Send) -> Stored<Option<R>> {
        let Query { statement, arguments } = query.into();
        let query = Statement::new(statement.postgres).read_with(self::arguments(arguments)?);
        Ok(query.fetch_optional(self).await?)
    }

    async fn insert_users(&mut self, users: &[NewUser], role: Role) -> Stored<()> {
        accounts::insert(users, role, self).await
    }

    async fn insert_imported(
        &mut self,
        before: Head,
        new: &[&ForeignMessage],
        numbered: &Numbered,
    ) -> Stored<()> {
        imports::insert(before, new, numbered, self).await
    }
}

fn arguments(given: Vec<Argument>) -> sqlx::Result<PgArguments> {
    let mut arguments = PgArguments::default();
    for argument in given {
        let added = match argument {
            Argument::Id(id) => arguments.add(id),
            Argument::Text(text) => arguments.add(text),
            Argument::Number(number) => arguments.add(number),
            Argument::Flag(flag) => arguments.add(flag),
            Argument::Bytes(bytes) => arguments.add(bytes),
            Argument::Sought(text) => arguments.add(sought(&text)),
            Argument::Ids(ids) | Argument::Column(ids) => arguments.add(ids),
            Argument::Texts(texts) => arguments.add(texts),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}
