//! What columns hold as texts and numbers, and what it means.

use chat::{Call, Level, Nonce, Reaction, Role, RoomKind};

use crate::store::SecretHash;

/// A number for a database, whose integers end at `i64::MAX`.
pub(in crate::store) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What [`integer`] made of a number, as a number again.
pub(in crate::store) fn unsigned(integer: i64) -> u64 {
    u64::try_from(integer).unwrap_or(0)
}

/// A number of things that are few.
pub(super) fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(super) fn level(name: Option<&str>) -> sqlx::Result<Option<Level>> {
    name.map(|name| Level::of_name(name).ok_or_else(|| unknown("level", name)))
        .transpose()
}

pub(super) fn call(name: Option<&str>) -> sqlx::Result<Option<Call>> {
    name.map(|name| Call::of(name).ok_or_else(|| unknown("calls", name)))
        .transpose()
}

/// The role that a column names.
pub(super) fn role(name: &str) -> sqlx::Result<Role> {
    Role::named(name).ok_or_else(|| unknown("role", name))
}

/// Seconds of slow mode, as a column holds them: nothing where there is none.
pub(super) fn slow_s(seconds: Option<i64>) -> u32 {
    seconds
        .and_then(|seconds| u32::try_from(seconds).ok())
        .unwrap_or(0)
}

pub(in crate::store) const fn kind_name(kind: RoomKind) -> &'static str {
    match kind {
        RoomKind::Channel => "channel",
        RoomKind::Direct => "direct",
    }
}

pub(super) fn kind(name: &str) -> sqlx::Result<RoomKind> {
    match name {
        "channel" => Ok(RoomKind::Channel),
        "direct" => Ok(RoomKind::Direct),
        _ => Err(unknown("kind", name)),
    }
}

/// What is under a message, as the column holds it; nothing where there is nothing.
pub(in crate::store) fn reactions_text(reactions: &[Reaction]) -> Option<String> {
    // There is nothing in a reaction that could fail to become JSON.
    (!reactions.is_empty()).then(|| serde_json::to_string(reactions).unwrap_or_default())
}

pub(super) fn reactions(text: Option<&str>) -> sqlx::Result<Vec<Reaction>> {
    text.map_or(Ok(Vec::new()), |text| {
        serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))
    })
}

pub(super) fn nonce(text: Option<String>) -> sqlx::Result<Option<Nonce>> {
    text.map(Nonce::new)
        .transpose()
        .map_err(|error| sqlx::Error::Decode(error.into()))
}

pub(super) fn hash(bytes: &[u8]) -> sqlx::Result<SecretHash> {
    bytes.try_into().map_err(|_| unknown("hash", "of another length"))
}

pub(super) fn unknown(column: &str, value: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{column}: {value:?} is not known").into())
}
