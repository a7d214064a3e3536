//! The rules of rooms, and who must stay out.

use async_trait::async_trait;
use chat::{
    AuditId, Author, RoomId, Timestamp, UserId,
    audit::Deed,
    permission::{Action, Standing, may, may_expel},
};

use super::{NewEntry, Rank, RoomRecord, Stored};

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

/// The rules of rooms, and who must stay out.
#[async_trait]
pub trait Moderation: Send + Sync {
    /// Changes a room's settings, if `change.by` may do so at that moment. Raises [`Looks::rooms`].
    async fn change_room(&self, change: RoomChange) -> Stored<RoomChanged>;
    /// Ends a membership against the member's will, and with a ban keeps the user out, if `expulsion.by` may do so at
    /// that moment.
    async fn expel(&self, expulsion: Expulsion) -> Stored<Expelled>;
    /// Lets a user come back into a room, under the same condition; `entry.room` and `entry.user` say which.
    async fn lift_ban(&self, room: RoomId, user: UserId, entry: NewEntry) -> Stored<Expelled>;
    /// Whether a user must stay out of a room.
    async fn is_banned(&self, room: RoomId, user: UserId) -> Stored<bool>;
    /// Those of the users who must stay out of a room.
    async fn banned(&self, room: RoomId, users: &[UserId]) -> Stored<Vec<UserId>>;
    /// Who must stay out of a room, by id, after the user `after`.
    async fn page_bans(&self, room: RoomId, after: Option<UserId>, limit: u64) -> Stored<Vec<Ban>>;
    /// The rooms whose settings changed after this version ([`Looks::rooms`]), in that order, at most 1,000.
    async fn rooms_changed_after(&self, version: u64) -> Stored<Vec<RoomId>>;
}
