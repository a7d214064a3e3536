//! What columns hold as texts and bytes, and what it means.

use chat::{Call, Level, Nonce, Reaction, Role, RoomKind};

use crate::store::SecretHash;

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
