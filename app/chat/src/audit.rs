//! The log of what those with rights have done to people and rooms.

use serde::{Deserialize, Serialize};

use crate::{
    id::{AuditId, RoomId},
    time::Timestamp,
    user::Author,
};

/// The most entries of a page.
pub const PAGE_LIMIT_MAX: u64 = 100;
/// How many entries are kept: older ones go.
pub const ENTRIES_MAX: u64 = 100_000;

macro_rules! deeds {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $words:literal;)*) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Deed { $($(#[$doc])* $name,)* }

        impl Deed {
            /// Every deed.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The deed as programs and the store read it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The deed in words, to be read after who did it.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)* }
            }
        }
    };
}

deeds! {
    /// A user has another role.
    RoleChanged = "role_changed", "changed the role of";
    /// An account was closed.
    Deactivated = "user_deactivated", "deactivated";
    /// An account was opened again.
    Reactivated = "user_reactivated", "reactivated";
    /// An account was erased, with the name, and perhaps with the messages.
    Erased = "user_erased", "erased the account of";
    /// A room has another name, topic, description or pace.
    RoomChanged = "room_changed", "changed";
    /// A room was put away.
    RoomArchived = "room_archived", "archived";
    /// A room was taken out again.
    RoomUnarchived = "room_unarchived", "unarchived";
    /// A member was sent out of a room.
    Kicked = "member_kicked", "removed";
    /// A user must not come back into a room.
    Banned = "member_banned", "banned";
    /// A user may come back into a room.
    Unbanned = "member_unbanned", "lifted the ban of";
    /// An invitation was made.
    InviteCreated = "invite_created", "made an invitation";
    /// An invitation was taken back.
    InviteRevoked = "invite_revoked", "took back an invitation";
    /// A report was dealt with.
    ReportResolved = "report_resolved", "resolved a report about";
}

impl Deed {
    /// The deed of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|deed| deed.name() == name)
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// The entry's id; ids ascend with time.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Author,
    /// What was done: a [`Deed`]'s name. A text, as a newer version may have written it.
    pub action: String,
    /// To whom, if to anyone.
    pub user: Option<Author>,
    /// In which room, if in any.
    pub room: Option<AuditRoom>,
    /// The particulars: the role given, the settings changed, a reason.
    pub detail: String,
}

/// A room as the log names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRoom {
    /// The room's id.
    pub id: RoomId,
    /// What it is called now.
    pub name: String,
}

/// One page of the log, the newest entry first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// What to ask the next page with; `None`: this is the last one.
    pub next_cursor: Option<AuditId>,
}
