//! Who may do what, as one pure function over facts.

use crate::{room::RoomKind, user::Role};

/// What someone wants to do with a room or with a message in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// See that it exists, read it, open it live.
    Read,
    /// Become a member by oneself.
    Join,
    /// Post, reply, type, move one's read marker.
    Write,
    /// Bring others in.
    Invite,
    /// Stop being a member.
    Leave,
    /// Change what a message says.
    Edit,
    /// Take a message away.
    Delete,
    /// Put an emoji under a message, or take one's own away.
    React,
    /// Pin a message to the room, or unpin it.
    Pin,
    /// Let programs post in it, or be told what is posted in it.
    Integrate,
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
    /// What the one who asks may do in the workspace at large.
    pub role: Role,
    /// Whether the one who asks wrote the message that it is about; false where it is about none.
    pub own: bool,
}

/// Whether someone of this standing may do `action`.
#[must_use]
pub const fn may(action: Action, standing: Standing) -> bool {
    let Standing {
        kind,
        private,
        member,
        role,
        own,
    } = standing;
    match (action, kind) {
        (Action::Read | Action::Join, _) => member || !private,
        // What is under a message and what is pinned belongs to all who talk there.
        (Action::Write | Action::React | Action::Pin, _) => member,
        // Leaving a public channel twice is leaving it once.
        (Action::Leave, RoomKind::Channel) => member || !private,
        // The people of a direct room are fixed: who spoke there spoke to them alone.
        (Action::Invite, RoomKind::Channel) => member,
        (Action::Invite | Action::Leave, RoomKind::Direct) => false,
        (Action::Edit | Action::Delete, RoomKind::Channel) => member && (own || moderates(role)),
        (Action::Integrate, RoomKind::Channel) => member && moderates(role),
        (Action::Integrate, RoomKind::Direct) => false,
        // Nobody is above the others in a direct room.
        (Action::Edit | Action::Delete, RoomKind::Direct) => member && own,
    }
}

/// Whether someone of this role may make bots, and have programs told of, or answer, what is written in the workspace.
#[must_use]
pub const fn may_run_programs(role: Role) -> bool {
    match role {
        Role::Owner => true,
        Role::Member => false,
    }
}

/// Whether someone of this role keeps order in the channels that he or she is in.
const fn moderates(role: Role) -> bool {
    match role {
        Role::Owner => true,
        Role::Member => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNEL: RoomKind = RoomKind::Channel;
    const DIRECT: RoomKind = RoomKind::Direct;

    #[test]
    fn the_table_of_rights_in_rooms_is_this() {
        use Action::{Invite, Join, Leave, Pin, React, Read, Write};
        let allowed = |(kind, private, member), role| {
            let standing = Standing {
                kind,
                private,
                member,
                role,
                own: false,
            };
            [Read, Join, Write, Invite, Leave, React, Pin].map(|action| may(action, standing))
        };
        for role in [Role::Owner, Role::Member] {
            assert_eq!(allowed((CHANNEL, false, true), role), [true; 7]);
            assert_eq!(
                allowed((CHANNEL, false, false), role),
                [true, true, false, false, true, false, false]
            );
            assert_eq!(allowed((CHANNEL, true, true), role), [true; 7]);
            assert_eq!(allowed((CHANNEL, true, false), role), [false; 7]);
            assert_eq!(
                allowed((DIRECT, true, true), role),
                [true, true, true, false, false, true, true]
            );
            assert_eq!(allowed((DIRECT, true, false), role), [false; 7]);
        }
    }

    #[test]
    fn who_keeps_order_in_a_channel_lets_programs_in() {
        for (role, kind, member, expected) in [
            (Role::Owner, CHANNEL, true, true),
            (Role::Owner, CHANNEL, false, false),
            (Role::Member, CHANNEL, true, false),
            (Role::Owner, DIRECT, true, false),
            (Role::Member, DIRECT, true, false),
        ] {
            let standing = Standing {
                kind,
                private: kind == DIRECT,
                member,
                role,
                own: false,
            };
            assert_eq!(
                may(Action::Integrate, standing),
                expected,
                "{role:?} {kind:?} {member}"
            );
        }
    }

    #[test]
    fn the_table_of_who_may_edit_and_delete_is_this() {
        // Of one's own message and of another's, as a member and as none.
        let table = [
            (Role::Owner, CHANNEL, false, [true, true, false, false]),
            (Role::Owner, CHANNEL, true, [true, true, false, false]),
            (Role::Owner, DIRECT, true, [true, false, false, false]),
            (Role::Member, CHANNEL, false, [true, false, false, false]),
            (Role::Member, CHANNEL, true, [true, false, false, false]),
            (Role::Member, DIRECT, true, [true, false, false, false]),
        ];
        for (role, kind, private, expected) in table {
            for action in [Action::Edit, Action::Delete] {
                let cases = [(true, true), (false, true), (true, false), (false, false)];
                let allowed = cases.map(|(own, member)| {
                    may(
                        action,
                        Standing {
                            kind,
                            private,
                            member,
                            role,
                            own,
                        },
                    )
                });
                assert_eq!(allowed, expected, "{action:?} {role:?} {kind:?} {private}");
            }
        }
    }
}
