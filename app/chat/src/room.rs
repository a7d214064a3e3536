//! Rooms: channels and direct conversations.

use serde::{Deserialize, Serialize};

use crate::{
    id::{RoomId, UserId},
    notify::Level,
    user::{Author, is_invisible_format},
};

/// The room that everybody is in from the start.
pub const GENERAL: &str = "general";
/// The most characters of a room's name.
pub const NAME_CHARS_MAX: usize = 64;
/// The most characters of a topic.
pub const TOPIC_CHARS_MAX: usize = 250;
/// The most characters of a description.
pub const DESCRIPTION_CHARS_MAX: usize = 2_000;
/// The most seconds that slow mode keeps a person waiting: six hours.
pub const SLOW_S_MAX: u32 = 6 * 60 * 60;
/// The most characters of the reason for a ban.
pub const BAN_REASON_CHARS_MAX: usize = 250;
/// The most people in one direct room, the caller included.
pub const DIRECT_MEMBERS_MAX: usize = 9;
/// The most people that one call can invite.
pub const INVITES_MAX: usize = 100;

/// What kind of room it is. A room never changes its kind: who speaks in a direct room agreed to that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    /// A room with a name, public or private.
    Channel,
    /// A conversation between a fixed set of people.
    Direct,
}

/// A room as one user sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// The room's id.
    pub id: RoomId,
    /// Channel or direct.
    pub kind: RoomKind,
    /// Its address: `/rooms/{slug}`. A direct room's slug is its id.
    pub slug: String,
    /// What to call it. A direct room is called by the others in it.
    pub name: String,
    /// What it is about.
    pub topic: String,
    /// Whether only members can see it.
    pub private: bool,
    /// What it is for, at length: plain text of several lines.
    #[serde(default)]
    pub description: String,
    /// Whether it is put away: everyone who could read it still can, and nobody writes.
    #[serde(default)]
    pub archived: bool,
    /// How many seconds a person waits between two messages; 0: not at all.
    #[serde(default)]
    pub slow_s: u32,
    /// Who made it; nobody a direct room.
    #[serde(default)]
    pub created_by: Option<UserId>,
    /// Whether the caller is in it.
    pub member: bool,
    /// The number of its newest message; 0: none.
    pub last_seq: u64,
    /// Its newest revision; 0: none.
    pub last_rev: u64,
    /// Up to which message the caller has read.
    pub read_seq: u64,
    /// How many messages the caller has not read.
    pub unread: u64,
    /// How many of those mention the caller.
    pub mentions: u64,
    /// The turn of the caller's read marker: see [`crate::Marker`].
    #[serde(default)]
    pub read_turn: u64,
    /// Of which messages the caller is notified; `None`: as the kind of room has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Whether the caller has muted it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub muted: bool,
    /// A direct room's other people; empty for a channel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<Author>,
}

/// The address that a channel of this name gets, or `None` where no letter or digit is left of it
/// or it is too long.
#[must_use]
pub fn slug(name: &str) -> Option<String> {
    let name = name.trim().trim_start_matches('#');
    if name.chars().count() > NAME_CHARS_MAX || name.chars().any(|c| c.is_control() || is_invisible_format(c))
    {
        return None;
    }
    let mut slug = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    (!slug.is_empty()).then(|| slug.to_owned())
}

/// A description as it is stored, or `None` where it is too long or holds control characters other than line breaks.
#[must_use]
pub fn description(text: &str) -> Option<String> {
    let text = text.trim().replace("\r\n", "\n");
    let fits = text.chars().count() <= DESCRIPTION_CHARS_MAX;
    let plain = !text
        .chars()
        .any(|c| (c.is_control() && c != '\n') || is_invisible_format(c));
    (fits && plain).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_addresses() {
        assert_eq!(slug("  #Release Notes! "), Some("release-notes".into()));
        assert_eq!(slug("港の話"), Some("港の話".into()));
        for bad in ["", "###", "- -", "a\u{0}", "re\u{202e}gnah", &"x".repeat(65)] {
            assert_eq!(slug(bad), None, "{bad:?}");
        }
    }
}
