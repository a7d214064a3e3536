//! Who people are and what they may do.

use async_trait::async_trait;
use chat::{
    Profile, Role, SessionId, TokenId, UserId,
    permission::{may_deactivate, may_set_role},
};

use super::{NewEntry, Stored};

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

/// Who people are and what they may do.
#[async_trait]
pub trait Profiles: Send + Sync {
    /// The user of this id, with what he or she tells of himself or herself.
    async fn profile(&self, id: UserId) -> Stored<Option<Profile>>;
    /// Changes a profile and gives it as it is then; `None`: no such user. Another name raises [`Looks::people`].
    async fn edit_profile(&self, id: UserId, edit: ProfileEdit) -> Stored<Option<Profile>>;
    /// Gives a user another picture, or none; false: no such user. Raises [`Looks::people`].
    async fn set_avatar(&self, id: UserId, url: Option<String>) -> Stored<bool>;
    /// Gives a user another password in place of the one with the hash `from`; false: it is another one by now.
    async fn set_password(&self, id: UserId, from: String, to: String) -> Stored<bool>;
    /// Makes a user one of the role `to`, if `entry.actor` may do so at that moment.
    async fn set_role(&self, id: UserId, to: Role, entry: NewEntry) -> Stored<RoleSet>;
    /// Closes an account or opens it again, if `entry.actor` may do so at that moment. Closing it ends all of its
    /// sessions and tokens; no secret of a closed account is found.
    async fn set_active(&self, id: UserId, active: bool, entry: NewEntry) -> Stored<ActiveSet>;
    /// How often what many things show has changed.
    async fn looks(&self) -> Stored<Looks>;
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
