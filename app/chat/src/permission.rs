//! Who may do what, as pure functions over facts: [`may`] for what is done in a room, [`may_serve`] for what is done for
//! the workspace at large, [`may_set_role`] and [`may_deactivate`] for what is done to people.

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
    /// Say what the room is about: topic and description.
    Describe,
    /// Call it otherwise, set its pace.
    Configure,
    /// Put it away, or take it out again.
    Archive,
    /// Send others out, ban them, let them come back. Whom: see [`may_expel`].
    Expel,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 14] = [
        Self::Read,
        Self::Join,
        Self::Write,
        Self::Invite,
        Self::Leave,
        Self::Edit,
        Self::Delete,
        Self::React,
        Self::Pin,
        Self::Integrate,
        Self::Describe,
        Self::Configure,
        Self::Archive,
        Self::Expel,
    ];
}

/// What has to be known of a room and of someone in it to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Channel or direct.
    pub kind: RoomKind,
    /// Whether only members can see it.
    pub private: bool,
    /// Whether it is put away.
    pub archived: bool,
    /// Whether the one who asks is a member.
    pub member: bool,
    /// Whether the one who asks was banned from it. Nobody is that and a member.
    pub banned: bool,
    /// Whether the one who asks made the room.
    pub creator: bool,
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
        archived,
        member,
        banned,
        creator,
        role,
        own,
    } = standing;
    let guest = matches!(role, Role::Guest);
    let sees = member || !(private || banned || guest);
    let active = member && !archived;
    match (action, kind) {
        (Action::Read, _) => sees,
        (Action::Join, _) => sees && !archived,
        // What is under a message and what is pinned belongs to all who talk there.
        (Action::Write | Action::React | Action::Pin, _) => active,
        // Leaving a public channel twice is leaving it once.
        (Action::Leave, RoomKind::Channel) => sees,
        (Action::Invite | Action::Describe, RoomKind::Channel) => active && !guest,
        (Action::Integrate, RoomKind::Channel) => active && moderates(role),
        (Action::Configure | Action::Expel, RoomKind::Channel) => active && runs(role, creator),
        (Action::Archive, RoomKind::Channel) => member && runs(role, creator),
        (Action::Edit | Action::Delete, RoomKind::Channel) => active && (own || moderates(role)),
        // The people of a direct room are fixed: who spoke there spoke to them alone. Nobody is above the others.
        (
            Action::Invite
            | Action::Leave
            | Action::Integrate
            | Action::Describe
            | Action::Configure
            | Action::Archive
            | Action::Expel,
            RoomKind::Direct,
        ) => false,
        (Action::Edit | Action::Delete, RoomKind::Direct) => active && own,
    }
}

/// Whether someone who may [`Action::Expel`] may do so to someone of the role `whom`: only to those below.
#[must_use]
pub const fn may_expel(role: Role, creator: bool, whom: Role) -> bool {
    let by = if creator && rank(role) < rank(Role::Moderator) {
        Role::Moderator
    } else {
        role
    };
    rank(by) > rank(whom)
}

/// Whether slow mode does not hold for someone of this role.
#[must_use]
pub const fn may_hurry(role: Role) -> bool {
    moderates(role)
}

/// What someone wants to do for the workspace at large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Make channels.
    CreateChannel,
    /// Begin conversations.
    BeginDirect,
    /// Look at what was reported, and resolve it.
    Reports,
    /// Make invitations and take them back.
    Invites,
    /// Give roles; close accounts and open them again. To whom: see [`may_set_role`], [`may_deactivate`].
    Staff,
    /// Make bots, and have programs told of, or answer, what is written in the workspace.
    Programs,
    /// Read the log of what was done.
    Audit,
    /// Take everything out, what was said in private included.
    Export,
    /// Bring in what other programs have written out.
    Import,
}

/// Whether someone of this role may do `service`.
#[must_use]
pub const fn may_serve(service: Service, role: Role) -> bool {
    let needed = match service {
        Service::CreateChannel | Service::BeginDirect => Role::Member,
        Service::Reports => Role::Moderator,
        Service::Invites | Service::Staff | Service::Programs | Service::Audit => Role::Admin,
        Service::Export | Service::Import => Role::Owner,
    };
    rank(role) >= rank(needed)
}

/// Whether someone of the role `by` may make someone of the role `from` one of the role `to`: nobody hands out, or
/// takes away, what is above them.
#[must_use]
pub const fn may_set_role(by: Role, from: Role, to: Role) -> bool {
    may_serve(Service::Staff, by) && rank(from) <= rank(by) && rank(to) <= rank(by)
}

/// Whether someone of the role `by` may close, or open again, the account of someone of the role `whom`: only of those
/// below, and owners those of other owners.
#[must_use]
pub const fn may_deactivate(by: Role, whom: Role) -> bool {
    may_serve(Service::Staff, by) && (rank(by) > rank(whom) || matches!(by, Role::Owner))
}

/// Whether someone of this role keeps order in the channels that he or she is in.
const fn moderates(role: Role) -> bool {
    rank(role) >= rank(Role::Moderator)
}

/// Whether someone decides how a channel is: who keeps order, and who made it.
const fn runs(role: Role, creator: bool) -> bool {
    moderates(role) || (creator && rank(role) >= rank(Role::Member))
}

const fn rank(role: Role) -> u8 {
    match role {
        Role::Guest => 0,
        Role::Member => 1,
        Role::Moderator => 2,
        Role::Admin => 3,
        Role::Owner => 4,
    }
}

#[cfg(test)]
mod tests;
