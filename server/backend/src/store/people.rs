//! What the store takes, gives and decides of people, of the rules of rooms, and of those who keep order.

use chat::{
    AuditId, Author, InviteId, MessageId, ReportId, Role, RoomId, SessionId, Timestamp, TokenId, UserId,
    audit::Deed,
    permission::{Action, Standing, may, may_deactivate, may_expel, may_set_role},
};

use super::{Appended, RoomRecord};

/// How often what many things show has changed: a part of their versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// The names and pictures of people.
    pub people: u64,
    /// The settings of rooms.
    pub rooms: u64,
}

/// What becomes of a profile; `None`: it stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileEdit {
    /// The name to read.
    pub display_name: Option<String>,
    /// What the user does here.
    pub title: Option<String>,
    /// How to speak of the user.
    pub pronouns: Option<String>,
    /// Where the user's clock is.
    pub time_zone: Option<String>,
}

/// An entry for the audit log: written in the transaction of what it tells of, and only where that does anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// The id to give.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who does it.
    pub actor: UserId,
    /// What.
    pub deed: Deed,
    /// To whom.
    pub user: Option<UserId>,
    /// In which room.
    pub room: Option<RoomId>,
    /// The particulars.
    pub detail: String,
}

/// How someone who asks for something stands at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rank {
    pub(crate) role: Role,
    pub(crate) deactivated: bool,
}

/// How the giving of a role ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleSet {
    /// The user has it now.
    Set,
    /// The user has had it before.
    Kept,
    /// There is no such user.
    NotFound,
    /// Whoever asks may not.
    Forbidden,
    /// Nobody would own the workspace.
    LastOwner,
}

/// What becomes of a request to make `whom` a `to`, with so many owners whose accounts are open; `None`: it is done.
pub(crate) fn decide_role(by: Option<Rank>, whom: Option<Rank>, to: Role, owners: u64) -> Option<RoleSet> {
    let Some(whom) = whom else {
        return Some(RoleSet::NotFound);
    };
    match by {
        Some(by) if !by.deactivated && may_set_role(by.role, whom.role, to) => {}
        _ => return Some(RoleSet::Forbidden),
    }
    if whom.role == to {
        return Some(RoleSet::Kept);
    }
    let owning = whom.role == Role::Owner && !whom.deactivated;
    (owning && owners <= 1).then_some(RoleSet::LastOwner)
}

/// How the closing or opening of an account ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActiveSet {
    /// It is so now; of an account that was closed, these sessions and tokens ended.
    Set {
        /// The sessions.
        sessions: Vec<SessionId>,
        /// The tokens.
        tokens: Vec<TokenId>,
    },
    /// It was so before.
    Kept,
    /// There is no such user.
    NotFound,
    /// Whoever asks may not.
    Forbidden,
}

/// What becomes of a request to close the account of `whom`, or to open it; `None`: it is done.
pub(crate) fn decide_active(by: Option<Rank>, whom: Option<Rank>, active: bool) -> Option<ActiveSet> {
    let Some(whom) = whom else {
        return Some(ActiveSet::NotFound);
    };
    match by {
        Some(by) if !by.deactivated && may_deactivate(by.role, whom.role) => {}
        _ => return Some(ActiveSet::Forbidden),
    }
    (whom.deactivated != active).then_some(ActiveSet::Kept)
}

/// What erased people are called.
pub const ERASED_NAME: &str = "Erased user";

/// The username of an erased account: it says nothing of who it was.
pub(crate) fn erased_username(id: UserId) -> String {
    let id = id.0.as_simple().to_string();
    format!("erased-{}", id.get(20..).unwrap_or_default())
}

/// How the erasing of an account ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erased {
    /// It is erased; with it went these.
    Erased {
        /// The sessions that ended.
        sessions: Vec<SessionId>,
        /// The tokens that ended.
        tokens: Vec<TokenId>,
        /// The channels that it is no member of any more.
        rooms: Vec<RoomId>,
    },
    /// There is no such user.
    NotFound,
    /// Whoever asks may not.
    Forbidden,
    /// Nobody would own the workspace.
    LastOwner,
}

/// What becomes of a request to erase the account of `whom`, one's `own` or another's, with so many owners whose accounts
/// are open; `None`: it is done.
pub(crate) fn decide_erase(by: Option<Rank>, whom: Option<Rank>, own: bool, owners: u64) -> Option<Erased> {
    let Some(whom) = whom else {
        return Some(Erased::NotFound);
    };
    match by {
        Some(by) if !by.deactivated && (own || may_deactivate(by.role, whom.role)) => {}
        _ => return Some(Erased::Forbidden),
    }
    let owning = whom.role == Role::Owner && !whom.deactivated;
    (owning && owners <= 1).then_some(Erased::LastOwner)
}

/// What becomes of a room; `None`: it stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomEdit {
    /// What to call it. Its address stays.
    pub name: Option<String>,
    /// What it is about.
    pub topic: Option<String>,
    /// What it is for, at length.
    pub description: Option<String>,
    /// How many seconds a person waits between two messages.
    pub slow_s: Option<u32>,
    /// Whether it is put away.
    pub archived: Option<bool>,
}

/// A change of a room.
#[derive(Clone, Debug)]
pub struct RoomChange {
    /// The room.
    pub room: RoomId,
    /// Who wants it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// To what.
    pub edit: RoomEdit,
    /// The id for the entry of the audit log.
    pub entry: AuditId,
}

/// How a change of a room ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomChanged {
    /// It is stored.
    Changed,
    /// The room is so already.
    Kept,
    /// There is no such room.
    NotFound,
    /// Whoever asks is no member.
    NotAMember,
    /// Whoever asks is a member, but may not do this.
    Forbidden,
    /// The room is archived.
    Archived,
}

/// A room, and how someone who wants to change something about it stands to it.
#[derive(Clone, Debug)]
pub(crate) struct RoomFacts {
    pub(crate) room: RoomRecord,
    pub(crate) member: bool,
    pub(crate) rank: Rank,
}

impl RoomFacts {
    fn standing(&self, by: UserId, archived: bool) -> Standing {
        Standing {
            kind: self.room.kind,
            private: self.room.private,
            archived,
            member: self.member,
            banned: false,
            creator: self.room.created_by == Some(by),
            role: self.rank.role,
            own: false,
        }
    }

    /// Why `by` may not do this; `None`: it is allowed.
    fn refusal(&self, by: UserId, action: Action, archived: bool) -> Option<RoomChanged> {
        let standing = self.standing(by, archived);
        if self.rank.deactivated {
            return Some(RoomChanged::Forbidden);
        }
        match may(action, standing) {
            true => None,
            false if !self.member => Some(RoomChanged::NotAMember),
            false if archived && may(action, self.standing(by, false)) => Some(RoomChanged::Archived),
            false => Some(RoomChanged::Forbidden),
        }
    }
}

/// What is to be done about a room.
pub(crate) enum RoomVerdict {
    /// Nothing is to be written.
    Answer(RoomChanged),
    /// The room is to be stored like this, and the log to say so.
    Write(Box<RoomRecord>, NewEntry),
}

/// What `change` makes of a room.
pub(crate) fn decide_room(facts: &RoomFacts, change: &RoomChange) -> RoomVerdict {
    let RoomEdit {
        name,
        topic,
        description,
        slow_s,
        archived,
    } = &change.edit;
    // Whoever takes a room out of the archive may do the rest in the same breath.
    let is_archived = facts.room.archived && *archived != Some(false);
    let needed = [
        (archived.is_some(), Action::Archive),
        (name.is_some() || slow_s.is_some(), Action::Configure),
        (topic.is_some() || description.is_some(), Action::Describe),
    ];
    for (_, action) in needed.into_iter().filter(|(wanted, _)| *wanted) {
        // Putting away what is put away is no use of a room that is put away.
        let archived = is_archived && action != Action::Archive;
        if let Some(refusal) = facts.refusal(change.by, action, archived) {
            return RoomVerdict::Answer(refusal);
        }
    }
    let before = &facts.room;
    let after = RoomRecord {
        name: name.clone().unwrap_or_else(|| before.name.clone()),
        topic: topic.clone().unwrap_or_else(|| before.topic.clone()),
        description: description.clone().unwrap_or_else(|| before.description.clone()),
        slow_s: slow_s.unwrap_or(before.slow_s),
        archived: archived.unwrap_or(before.archived),
        ..before.clone()
    };
    if after == *before {
        return RoomVerdict::Answer(RoomChanged::Kept);
    }
    let entry = entry_of(before, &after, change);
    RoomVerdict::Write(Box::new(after), entry)
}

fn entry_of(before: &RoomRecord, after: &RoomRecord, change: &RoomChange) -> NewEntry {
    let deed = match (before.archived, after.archived) {
        (false, true) => Deed::RoomArchived,
        (true, false) => Deed::RoomUnarchived,
        _ => Deed::RoomChanged,
    };
    let mut said = Vec::new();
    if before.name != after.name {
        said.push(format!("name: {} → {}", before.name, after.name));
    }
    if before.topic != after.topic {
        said.push(format!("topic: {}", after.topic));
    }
    if before.description != after.description {
        said.push("description".to_owned());
    }
    if before.slow_s != after.slow_s {
        said.push(format!("slow mode: {} s", after.slow_s));
    }
    NewEntry {
        id: change.entry,
        at: change.at,
        actor: change.by,
        deed,
        user: None,
        room: Some(change.room),
        detail: said.join("; "),
    }
}

/// What keeps someone from posting into a room that is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hindrance {
    pub(crate) member: bool,
    pub(crate) archived: bool,
    /// How much longer slow mode makes the author wait, in milliseconds; nothing where it has no reason to.
    pub(crate) wait_ms: Option<i64>,
}

impl Hindrance {
    /// Whether there is anything that keeps the author from posting; slow mode does not if it is `exempt` from it.
    pub(crate) fn hinders(self, exempt: bool) -> bool {
        let slow = self.wait_ms.is_some_and(|wait| wait > 0);
        !self.member || self.archived || (slow && !exempt)
    }

    /// What the author is told. Whoever may not read the room learns nothing of it.
    pub(crate) fn refusal(self) -> Appended {
        match self {
            Self { member: false, .. } => Appended::NotAMember,
            Self { archived: true, .. } => Appended::Archived,
            Self { wait_ms, .. } => Appended::Slow {
                wait_ms: u64::try_from(wait_ms.unwrap_or(0)).unwrap_or(0),
            },
        }
    }
}

/// Someone is to be sent out of a room.
#[derive(Clone, Debug)]
pub struct Expulsion {
    /// The room.
    pub room: RoomId,
    /// Who is to go.
    pub user: UserId,
    /// Who wants it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// The reason for keeping the user out from now on; `None`: he or she may come back.
    pub ban: Option<String>,
    /// The id for the entry of the audit log.
    pub entry: AuditId,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expelled {
    /// It is done.
    Done {
        /// Whether the user was a member.
        was_member: bool,
    },
    /// There is nothing to do.
    Kept,
    /// There is no such user.
    UserNotFound,
    /// The room refuses.
    Refused(RoomChanged),
}

/// What becomes of a request to send `whom` out of a room, or to let them back in; `None`: it is done.
pub(crate) fn decide_expulsion(
    facts: Option<&RoomFacts>,
    by: UserId,
    (user, whom): (UserId, Option<Rank>),
) -> Option<Expelled> {
    let Some(facts) = facts else {
        return Some(Expelled::Refused(RoomChanged::NotFound));
    };
    if let Some(refusal) = facts.refusal(by, Action::Expel, facts.room.archived) {
        return Some(Expelled::Refused(refusal));
    }
    let Some(whom) = whom else {
        return Some(Expelled::UserNotFound);
    };
    let creator = facts.room.created_by == Some(by);
    let below = user != by && may_expel(facts.rank.role, creator, whom.role);
    (!below).then_some(Expelled::Refused(RoomChanged::Forbidden))
}

impl Expulsion {
    /// The entry that tells of it.
    pub(crate) fn told(&self) -> NewEntry {
        NewEntry {
            id: self.entry,
            at: self.at,
            actor: self.by,
            deed: if self.ban.is_some() {
                Deed::Banned
            } else {
                Deed::Kicked
            },
            user: Some(self.user),
            room: Some(self.room),
            detail: self.ban.clone().unwrap_or_default(),
        }
    }
}

/// Someone who must not come into a room.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Ban {
    /// Who.
    pub user: Author,
    /// Who said so.
    pub banned_by: Author,
    /// When.
    pub banned_at: Timestamp,
    /// Why; may be empty.
    pub reason: String,
}

/// An invitation to keep.
#[derive(Clone, Debug)]
pub struct NewInvite {
    /// The id to give.
    pub id: InviteId,
    /// The code; unique.
    pub code: String,
    /// What those become who use it.
    pub role: Role,
    /// The rooms that they come into.
    pub rooms: Vec<RoomId>,
    /// Who makes it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Until when it is valid.
    pub expires_at: Option<Timestamp>,
    /// How often it can be used.
    pub uses_max: Option<u32>,
}

/// A report to keep.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// The id to give.
    pub id: ReportId,
    /// The message.
    pub message: MessageId,
    /// What it says.
    pub body: String,
    /// Who reports it.
    pub reporter: UserId,
    /// Why.
    pub reason: String,
    /// When.
    pub created_at: Timestamp,
}

/// How a report ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// It waits for somebody to look at it.
    Stored,
    /// The same person has reported the same message, and that report waits.
    Kept,
    /// The person has as many reports that wait as anyone may have.
    TooMany,
}

/// How the resolving of a report ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// It is resolved now.
    Done,
    /// It was before.
    Kept,
    /// There is no such report.
    NotFound,
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn rank(role: Role) -> Option<Rank> {
        Some(Rank {
            role,
            deactivated: false,
        })
    }

    #[test]
    fn the_last_owner_stays_and_any_other_may_step_down() {
        let step_down = |owners| decide_role(rank(Role::Owner), rank(Role::Owner), Role::Member, owners);
        assert_eq!(step_down(1), Some(RoleSet::LastOwner));
        assert_eq!(step_down(2), None);
    }

    #[test]
    fn a_closed_account_gives_no_roles() {
        let closed = Some(Rank {
            role: Role::Owner,
            deactivated: true,
        });
        assert_eq!(
            decide_role(closed, rank(Role::Member), Role::Admin, 2),
            Some(RoleSet::Forbidden)
        );
        assert_eq!(
            decide_active(closed, rank(Role::Member), false),
            Some(ActiveSet::Forbidden)
        );
        // What is so already stays.
        assert_eq!(
            decide_active(rank(Role::Owner), closed, false),
            Some(ActiveSet::Kept)
        );
        assert_eq!(decide_active(rank(Role::Owner), closed, true), None);
    }
}
