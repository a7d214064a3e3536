//! From rows to types, for both engines: what a query gives has the same columns in either.

mod columns;
mod exports;
mod messages;
mod moderation;
mod number;
mod people;
mod programs;
mod rooms;
mod text;

pub(in crate::store) use columns::{Columns, FromColumns, Read, Value, all, pack, unpack};
pub(in crate::store) use messages::with_head;
pub(in crate::store) use number::{integer, unsigned};
pub(in crate::store) use text::{kind_name, reactions_text};

/// The columns of a user `u`.
macro_rules! user_columns {
    () => {
        "u.id AS user_id, u.username, u.display_name, u.avatar_url, u.role, u.maker IS NOT NULL AS bot, \
         u.deactivated_at IS NOT NULL AS deactivated, u.status_text, u.status_emoji, u.status_until"
    };
}

/// The columns of a room `r`.
macro_rules! room_columns {
    () => {
        "r.id, r.kind, r.slug, r.name, r.topic, r.private, r.description, r.archived_at IS NOT NULL AS archived, \
         r.slow_s, r.created_by"
    };
}

/// The columns of a message `m`, and with them its author's as a user `u`.
macro_rules! message_columns {
    () => {
        "m.id, m.room, m.seq, m.rev, m.body, m.html, m.nonce, m.thread, m.reply_count, m.created_at, m.edited_at, \
         m.deleted, m.pinned, m.mentions, m.reactions, m.calls, m.attachments, u.id AS user_id, u.username, \
         u.display_name, u.avatar_url"
    };
}

pub(in crate::store) use {message_columns, room_columns, user_columns};
