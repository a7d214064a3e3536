//! The tables of rights. Each row is a kind of room and how someone stands to it; each column is a role.

use super::*;

const CHANNEL: RoomKind = RoomKind::Channel;
const DIRECT: RoomKind = RoomKind::Direct;

fn standing(kind: RoomKind, private: bool, member: bool, role: Role) -> Standing {
    Standing {
        kind,
        private,
        archived: false,
        member,
        banned: false,
        creator: false,
        role,
        own: false,
    }
}

/// Which roles may do it, as letters: owner, admin, moderator, member, guest.
fn who(action: Action, of: impl Fn(Role) -> Standing) -> String {
    let letters = ["o", "a", "m", "p", "g"];
    let allowed = Role::ALL.into_iter().zip(letters);
    allowed
        .filter(|(role, _)| may(action, of(*role)))
        .map(|(_, letter)| letter)
        .collect()
}

#[test]
fn the_table_of_role_action_and_room_is_this() {
    use Action::{
        Archive, Configure, Delete, Describe, Edit, Expel, Integrate, Invite, Join, Leave, Pin, React, Read,
        Write,
    };
    let rooms = [
        ("public, in", CHANNEL, false, true),
        ("public, out", CHANNEL, false, false),
        ("private, in", CHANNEL, true, true),
        ("private, out", CHANNEL, true, false),
        ("direct, in", DIRECT, true, true),
        ("direct, out", DIRECT, true, false),
    ];
    let table = [
        (Read, ["oampg", "oamp", "oampg", "", "oampg", ""]),
        (Join, ["oampg", "oamp", "oampg", "", "oampg", ""]),
        (Write, ["oampg", "", "oampg", "", "oampg", ""]),
        (Invite, ["oamp", "", "oamp", "", "", ""]),
        (Leave, ["oampg", "oamp", "oampg", "", "", ""]),
        (Edit, ["oam", "", "oam", "", "", ""]),
        (Delete, ["oam", "", "oam", "", "", ""]),
        (React, ["oampg", "", "oampg", "", "oampg", ""]),
        (Pin, ["oampg", "", "oampg", "", "oampg", ""]),
        (Integrate, ["oam", "", "oam", "", "", ""]),
        (Describe, ["oamp", "", "oamp", "", "", ""]),
        (Configure, ["oam", "", "oam", "", "", ""]),
        (Archive, ["oam", "", "oam", "", "", ""]),
        (Expel, ["oam", "", "oam", "", "", ""]),
    ];
    assert_eq!(
        table.map(|(action, _)| action),
        Action::ALL,
        "every action has its row"
    );
    for (action, expected) in table {
        for ((room, kind, private, member), expected) in rooms.into_iter().zip(expected) {
            let found = who(action, |role| standing(kind, private, member, role));
            assert_eq!(found, expected, "{action:?} {room}");
        }
    }
}

#[test]
fn of_an_archived_room_only_this_is_left() {
    for (action, expected) in [
        (Action::Read, "oampg"),
        (Action::Leave, "oampg"),
        (Action::Archive, "oam"),
    ] {
        let archived = |role| Standing {
            archived: true,
            own: true,
            ..standing(CHANNEL, false, true, role)
        };
        assert_eq!(who(action, archived), expected, "{action:?}");
        for other in Action::ALL {
            if ![Action::Read, Action::Leave, Action::Archive].contains(&other) {
                assert_eq!(who(other, archived), "", "{other:?}");
            }
        }
    }
}

#[test]
fn who_was_banned_from_a_public_channel_stands_before_it_as_before_a_private_one() {
    for action in Action::ALL {
        let banned = |role| Standing {
            banned: true,
            ..standing(CHANNEL, false, false, role)
        };
        let outside = |role| standing(CHANNEL, true, false, role);
        assert_eq!(who(action, banned), who(action, outside), "{action:?}");
    }
}

#[test]
fn who_made_a_channel_runs_it_while_in_it_and_no_guest() {
    let made = |role| Standing {
        creator: true,
        ..standing(CHANNEL, false, true, role)
    };
    for action in [Action::Configure, Action::Archive, Action::Expel] {
        assert_eq!(who(action, made), "oamp", "{action:?}");
    }
    // What others wrote is not theirs.
    assert_eq!(who(Action::Delete, made), "oam");
    let left = |role| Standing {
        member: false,
        ..made(role)
    };
    assert_eq!(who(Action::Archive, left), "");
}

#[test]
fn one_s_own_messages_are_one_s_own_wherever_one_is_in() {
    for action in [Action::Edit, Action::Delete] {
        for (kind, private) in [(CHANNEL, false), (CHANNEL, true), (DIRECT, true)] {
            let own = |role| Standing {
                own: true,
                ..standing(kind, private, true, role)
            };
            assert_eq!(who(action, own), "oampg");
            let left = |role| Standing {
                member: false,
                ..own(role)
            };
            assert_eq!(who(action, left), "");
        }
    }
}

#[test]
fn only_those_below_are_sent_out() {
    let expelled = |role, creator| Role::ALL.map(|whom| may_expel(role, creator, whom));
    assert_eq!(expelled(Role::Owner, false), [false, true, true, true, true]);
    assert_eq!(expelled(Role::Admin, false), [false, false, true, true, true]);
    assert_eq!(
        expelled(Role::Moderator, false),
        [false, false, false, true, true]
    );
    assert_eq!(expelled(Role::Member, true), [false, false, false, true, true]);
    assert_eq!(expelled(Role::Owner, true), expelled(Role::Owner, false));
}

#[test]
fn the_table_of_services_is_this() {
    let table = [
        (Service::CreateChannel, [true, true, true, true, false]),
        (Service::BeginDirect, [true, true, true, true, false]),
        (Service::Reports, [true, true, true, false, false]),
        (Service::Invites, [true, true, false, false, false]),
        (Service::Staff, [true, true, false, false, false]),
        (Service::Audit, [true, true, false, false, false]),
        (Service::Export, [true, false, false, false, false]),
        (Service::Import, [true, false, false, false, false]),
    ];
    for (service, expected) in table {
        assert_eq!(
            Role::ALL.map(|role| may_serve(service, role)),
            expected,
            "{service:?}"
        );
    }
}

#[test]
fn nobody_hands_out_or_takes_away_a_role_above_their_own() {
    for from in Role::ALL {
        for to in Role::ALL {
            assert!(may_set_role(Role::Owner, from, to));
            let owner = from == Role::Owner || to == Role::Owner;
            assert_eq!(may_set_role(Role::Admin, from, to), !owner, "{from:?} {to:?}");
            for by in [Role::Moderator, Role::Member, Role::Guest] {
                assert!(!may_set_role(by, from, to));
            }
        }
    }
    assert_eq!(
        Role::ALL.map(|whom| may_deactivate(Role::Admin, whom)),
        [false, false, true, true, true]
    );
    assert_eq!(Role::ALL.map(|whom| may_deactivate(Role::Owner, whom)), [true; 5]);
    assert_eq!(
        Role::ALL.map(|whom| may_deactivate(Role::Moderator, whom)),
        [false; 5]
    );
}

#[test]
fn slow_mode_holds_for_everyone_who_does_not_keep_order() {
    assert_eq!(Role::ALL.map(may_hurry), [true, true, true, false, false]);
}
