//! What statements of SQLite take, and what its rows give: see `store/rows`.

use std::collections::BTreeMap;

use uuid::Uuid;

pub(super) use crate::store::rows::{
    Read, all, integer, message_columns, pack, reactions_text, room_columns, unpack, user_columns, with_head,
};

/// Ids as a JSON array, which is how a statement takes many; `unhex` makes them bytes again.
pub(super) fn json_ids(ids: impl IntoIterator<Item = Uuid>) -> String {
    json(&ids.into_iter().map(hex).collect::<Vec<_>>())
}

/// Ids back to back, as a column of bytes holds several.
pub(super) fn pack_ids(ids: Vec<Uuid>) -> Vec<u8> {
    ids.into_iter().flat_map(Uuid::into_bytes).collect()
}

/// An id in hexadecimal digits.
pub(super) fn hex(id: Uuid) -> String {
    id.as_simple().to_string()
}

/// `rows` as a JSON array, one parameter for a whole batch.
pub(super) fn json<T: serde::Serialize>(rows: &[T]) -> String {
    // Rows are flat structs of texts and numbers: there is nothing that could fail to become JSON.
    serde_json::to_string(rows).unwrap_or_default()
}

/// `rows` as a JSON object, each under its key.
pub(super) fn json_object<T: serde::Serialize>(rows: &BTreeMap<String, T>) -> String {
    serde_json::to_string(rows).unwrap_or_default()
}
