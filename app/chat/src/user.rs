//! People and bots.

use serde::{Deserialize, Serialize};

use crate::{id::UserId, notify::Custom, time::Timestamp};

/// What a user may do in the workspace at large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The first account, and whom an owner makes one: may do everything.
    Owner,
    /// Sees to people, invitations and the log of what was done.
    Admin,
    /// Keeps order in the channels that he or she is in.
    Moderator,
    /// Everyone else.
    Member,
    /// Sees only the rooms that others brought him or her into.
    Guest,
}

impl Role {
    /// Every role, the highest first.
    pub const ALL: [Self; 5] = [
        Self::Owner,
        Self::Admin,
        Self::Moderator,
        Self::Member,
        Self::Guest,
    ];

    /// The role as programs and the store read it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Moderator => "moderator",
            Self::Member => "member",
            Self::Guest => "guest",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Whether a user is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Connected and active.
    Online,
    /// Connected, but not looking.
    Away,
    /// Not connected.
    Offline,
}

/// A user as every message shows its author. Nothing in it depends on who reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The user's id.
    pub id: UserId,
    /// The name to mention and find the user by.
    pub username: String,
    /// The name to read.
    pub display_name: String,
    /// Where the picture is; `None`: show initials.
    pub avatar_url: Option<String>,
}

/// A user as lists and the user's own profile show them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Id, names and picture.
    #[serde(flatten)]
    pub author: Author,
    /// What the user may do.
    pub role: Role,
    /// Whether the account is closed for now: nobody can sign in with it.
    #[serde(default)]
    pub deactivated: bool,
    /// Whether the user is there; `None`: not known, which is not the same as offline.
    pub status: Option<Status>,
    /// What the user says of himself or herself; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<Custom>,
    /// Whether it is a program and nobody who could sign in.
    #[serde(default)]
    pub bot: bool,
}

/// A user with what he or she tells of himself or herself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The user as lists show people.
    #[serde(flatten)]
    pub user: User,
    /// What the user does here; may be empty.
    pub title: String,
    /// How to speak of the user; may be empty.
    pub pronouns: String,
    /// Where the user's clock is, such as `Europe/Oslo`; may be empty.
    pub time_zone: String,
    /// Since when there is the account.
    pub created_at: Timestamp,
}

/// The most characters of a title.
pub const TITLE_CHARS_MAX: usize = 120;
/// The most characters of pronouns.
pub const PRONOUNS_CHARS_MAX: usize = 40;
/// The most characters of a time zone's name.
pub const TIME_ZONE_CHARS_MAX: usize = 64;

/// The most characters of a display name.
pub const DISPLAY_NAME_CHARS_MAX: usize = 64;

/// The fewest characters of a password.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// The most bytes of a password: hashing must not be made expensive by sending more.
pub const PASSWORD_BYTES_MAX: usize = 256;

/// The display name as it is stored, or `None` where it is empty, too long or holds control or
/// direction-changing characters, with which one person could dress up as another.
#[must_use]
pub fn display_name(text: &str) -> Option<String> {
    let name = text.trim();
    let fits = (1..=DISPLAY_NAME_CHARS_MAX).contains(&name.chars().count());
    let plain = !name.chars().any(|c| c.is_control() || is_invisible_format(c));
    (fits && plain).then(|| name.to_owned())
}

/// One line of text that may be empty, as it is stored, or `None` where it is too long or holds what a display name
/// must not hold either.
#[must_use]
pub fn line(text: &str, chars_max: usize) -> Option<String> {
    let text = text.trim();
    let fits = text.chars().count() <= chars_max;
    let plain = !text.chars().any(|c| c.is_control() || is_invisible_format(c));
    (fits && plain).then(|| text.to_owned())
}

/// A time zone's name as it is stored, or `None` where it cannot be one: `Area/Place`, as browsers name them.
#[must_use]
pub fn time_zone(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = text.len() <= TIME_ZONE_CHARS_MAX;
    let plain = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+'));
    (fits && plain).then(|| text.to_owned())
}

/// Characters that are not seen but change what is seen: zero width, direction overrides, tags. The two joiners
/// (U+200C, U+200D) are not among them: scripts and emoji need them.
#[must_use]
pub fn is_invisible_format(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_script_are_kept_and_tricks_refused() {
        assert_eq!(display_name("  Tomasz Wójcik "), Some("Tomasz Wójcik".into()));
        assert_eq!(display_name("田中 芽衣"), Some("田中 芽衣".into()));
        assert_eq!(display_name("Ada 👩‍💻"), Some("Ada 👩‍💻".into()));
        for bad in [
            "",
            "   ",
            "a\u{0}b",
            "evil\u{202E}eno",
            "zero\u{200B}width",
            &"x".repeat(65),
        ] {
            assert_eq!(display_name(bad), None, "{bad:?}");
        }
    }
}
