//! Invitations.

use async_trait::async_trait;
use chat::{InviteId, Role, RoomId, Timestamp, UserId, invite::Invite};

use super::{NewEntry, NewUser, Registered, Stored};

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

/// Invitations.
#[async_trait]
pub trait Invites: Send + Sync {
    /// Keeps a new invitation unless there are `most` already; false: so it is.
    async fn insert_invite(&self, invite: NewInvite, most: u64, entry: NewEntry) -> Stored<bool>;
    /// The invitations, newest first, at most [`chat::invite::INVITES_MAX`].
    async fn invites(&self) -> Stored<Vec<Invite>>;
    /// The invitation of this code, valid or not.
    async fn invite_by_code(&self, code: &str) -> Stored<Option<Invite>>;
    /// Takes an invitation back; false: there is none of this id.
    async fn delete_invite(&self, id: InviteId, entry: NewEntry) -> Stored<bool>;
    /// Creates a user who comes with an invitation, which counts one use more: a member also becomes a member of the
    /// room for everybody, a guest only of the invitation's rooms.
    async fn create_invited(&self, user: NewUser, code: &str) -> Stored<Registered>;
    /// Brings a user who is here already into an invitation's rooms, which counts one use more where there is one to
    /// come into. Gives the rooms that are new to the user; `None`: the invitation is not valid.
    async fn accept_invite(&self, code: &str, user: UserId, at: Timestamp) -> Stored<Option<Vec<RoomId>>>;
}
