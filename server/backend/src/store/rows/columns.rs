//! A row of either engine, asked by column.

use chat::UserId;
use sqlx::{Decode, FromRow, Postgres, Row, Sqlite, Type, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

use super::number::unsigned;

/// What both engines hold alike.
pub(in crate::store) trait Value:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl<T> Value for T where
    T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

/// What a row has in its columns. Each fails where there is no such column, or where it holds something else.
pub(in crate::store) trait Columns {
    fn value<T: Value>(&self, column: &str) -> sqlx::Result<T>;
    fn maybe_text(&self, column: &str) -> sqlx::Result<Option<&str>>;
    fn text(&self, column: &str) -> sqlx::Result<&str>;
    fn bytes(&self, column: &str) -> sqlx::Result<&[u8]>;
    /// Several ids in one column, which is where the engines differ.
    fn uuids(&self, column: &str) -> sqlx::Result<Vec<Uuid>>;

    /// A number that is never negative, of which neither engine knows.
    fn number(&self, column: &str) -> sqlx::Result<u64> {
        self.value(column).map(unsigned)
    }
}

impl Columns for SqliteRow {
    fn value<T: Value>(&self, column: &str) -> sqlx::Result<T> {
        self.try_get(column)
    }

    fn maybe_text(&self, column: &str) -> sqlx::Result<Option<&str>> {
        self.try_get(column)
    }

    fn text(&self, column: &str) -> sqlx::Result<&str> {
        self.try_get(column)
    }

    fn bytes(&self, column: &str) -> sqlx::Result<&[u8]> {
        self.try_get(column)
    }

    fn uuids(&self, column: &str) -> sqlx::Result<Vec<Uuid>> {
        self.bytes(column).map(|bytes| unpack(bytes).collect())
    }
}

impl Columns for PgRow {
    fn value<T: Value>(&self, column: &str) -> sqlx::Result<T> {
        self.try_get(column)
    }

    fn maybe_text(&self, column: &str) -> sqlx::Result<Option<&str>> {
        self.try_get(column)
    }

    fn text(&self, column: &str) -> sqlx::Result<&str> {
        self.try_get(column)
    }

    fn bytes(&self, column: &str) -> sqlx::Result<&[u8]> {
        self.try_get(column)
    }

    fn uuids(&self, column: &str) -> sqlx::Result<Vec<Uuid>> {
        self.try_get(column)
    }
}

/// What can be made of a row, or of a part of one.
pub(in crate::store) trait FromColumns: Sized {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self>;
}

/// A part of what `row` holds.
pub(super) fn part<T: FromColumns>(row: &impl Columns) -> sqlx::Result<T> {
    T::from_columns(row)
}

/// Several ids of one column.
pub(super) fn ids<T>(row: &impl Columns, column: &str, id: fn(Uuid) -> T) -> sqlx::Result<Vec<T>> {
    Ok(row.uuids(column)?.into_iter().map(id).collect())
}

/// A `T` as it was read: sqlx's rows are for sqlx's traits, and tuples and types of other crates cannot learn those.
pub(in crate::store) struct Read<T>(pub(in crate::store) T);

impl<T: FromColumns> FromRow<'_, SqliteRow> for Read<T> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        T::from_columns(row).map(Self)
    }
}

impl<T: FromColumns> FromRow<'_, PgRow> for Read<T> {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        T::from_columns(row).map(Self)
    }
}

/// Takes what was read out of its wrappers.
pub(in crate::store) fn all<T>(rows: Vec<Read<T>>) -> Vec<T> {
    rows.into_iter().map(|Read(value)| value).collect()
}

/// Ids back to back, as a column of bytes holds several.
pub(in crate::store) fn pack(ids: impl IntoIterator<Item = UserId>) -> Vec<u8> {
    ids.into_iter().flat_map(|id| id.0.into_bytes()).collect()
}

/// The ids that a column of bytes holds.
pub(in crate::store) fn unpack(bytes: &[u8]) -> impl Iterator<Item = Uuid> {
    bytes.chunks_exact(16).filter_map(|id| Uuid::from_slice(id).ok())
}
