//! What statements of PostgreSQL take, and what its rows give: see `store/rows`.

use chat::UserId;
use uuid::Uuid;

pub(super) use crate::store::rows::{
    Columns, Read, all, integer, message_columns, reactions_text, room_columns, unsigned, user_columns,
    with_head,
};

/// The ids of users, as an array holds them.
pub(super) fn users(ids: Vec<Uuid>) -> Vec<UserId> {
    ids.into_iter().map(UserId).collect()
}

/// A text to look for. Postgres can hold every character but U+0000, which it refuses even in a question. No name,
/// address or query that is stored holds a control character, so its neighbour finds the same: nothing.
pub(super) fn sought(text: &str) -> String {
    text.replace('\0', "\u{1}")
}

/// A text to look for among lowercase keys.
pub(super) fn sought_key(text: &str) -> String {
    sought(text).to_lowercase()
}
