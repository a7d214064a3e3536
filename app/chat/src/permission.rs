//! Who may do what, as one pure function over facts.

use crate::room::RoomKind;

/// What someone wants to do with a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// See that it exists, read it, open it live.
    Read,
    /// Become a member by oneself.
    Join,
    /// Post, type, move one's read marker.
    Write,
    /// Bring others in.
    Invite,
    /// Stop being a member.
    Leave,
}

/// What has to be known of a room and of someone in it to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Channel or direct.
    pub kind: RoomKind,
    /// Whether only members can see it.
    pub private: bool,
    /// Whether the one who asks is a member.
    pub member: bool,
}

/// Whether someone of this standing may do `action`.
#[must_use]
pub const fn may(action: Action, standing: Standing) -> bool {
    let Standing {
        kind,
        private,
        member,
    } = standing;
    match (action, kind) {
        (Action::Read | Action::Join, _) => member || !private,
        (Action::Write, _) => member,
        // Leaving a public channel twice is leaving it once.
        (Action::Leave, RoomKind::Channel) => member || !private,
        // The people of a direct room are fixed: who spoke there spoke to them alone.
        (Action::Invite, RoomKind::Channel) => member,
        (Action::Invite | Action::Leave, RoomKind::Direct) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_rights_is_this() {
        use Action::{Invite, Join, Leave, Read, Write};
        let room = |kind, private, member| Standing {
            kind,
            private,
            member,
        };
        let allowed = |standing| [Read, Join, Write, Invite, Leave].map(|action| may(action, standing));
        assert_eq!(allowed(room(RoomKind::Channel, false, true)), [true; 5]);
        assert_eq!(
            allowed(room(RoomKind::Channel, false, false)),
            [true, true, false, false, true]
        );
        assert_eq!(allowed(room(RoomKind::Channel, true, true)), [true; 5]);
        assert_eq!(allowed(room(RoomKind::Channel, true, false)), [false; 5]);
        assert_eq!(
            allowed(room(RoomKind::Direct, true, true)),
            [true, true, true, false, false]
        );
        assert_eq!(allowed(room(RoomKind::Direct, true, false)), [false; 5]);
    }
}
