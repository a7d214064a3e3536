//! Users: who there is.

use async_trait::async_trait;
use chat::{Author, RoomId, Timestamp, User, UserId};

use super::Stored;

/// A user to create.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The id to give.
    pub id: UserId,
    /// As typed; its skeleton (see [`chat::username::skeleton`]) is unique.
    pub username: String,
    /// The name to read.
    pub display_name: String,
    /// The password's hash in PHC format.
    pub password_hash: String,
    /// When.
    pub created_at: Timestamp,
    /// The id for [`chat::room::GENERAL`], should this be the first user.
    pub general: RoomId,
}

/// How a registration ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registered {
    /// The user exists now and is a member of these rooms.
    Created {
        /// The user.
        user: User,
        /// The rooms.
        rooms: Vec<RoomId>,
    },
    /// The username, or one that looks like it, is taken.
    Taken,
    /// Only the first account may be created, and there is one.
    Closed,
    /// The invitation is not valid.
    NotInvited,
}

/// Users.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Creates a user. The first one becomes the owner and gets the channel [`chat::room::GENERAL`]; every
    /// later one becomes a member of it. With `only_first`, anyone but the first is refused.
    async fn create_user(&self, user: NewUser, only_first: bool) -> Stored<Registered>;
    /// Creates many users at once who are members of no room yet, for seeding and imports; all or nothing.
    async fn create_users(&self, users: Vec<NewUser>) -> Stored<()>;
    /// The user of this id.
    async fn user(&self, id: UserId) -> Stored<Option<User>>;
    /// The user of this username, in any case.
    async fn user_by_username(&self, username: &str) -> Stored<Option<User>>;
    /// Those of the usernames (in any case) that exist; at most [`chat::mention::MENTIONS_MAX`] are asked for.
    async fn users_by_usernames(&self, usernames: &[&str]) -> Stored<Vec<Author>>;
    /// Those of the ids that exist, in no special order; at most 1,000 are asked for.
    async fn users_by_ids(&self, ids: &[UserId]) -> Stored<Vec<Author>>;
    /// The user of this username, in any case, with the password's hash.
    async fn password_hash(&self, username: &str) -> Stored<Option<(User, String)>>;
    /// Users by username, ascending, after the username `after` (in any case); with a `query`, only those whose
    /// username or display name begins with it, in any case.
    async fn page_users(&self, query: &str, after: Option<&str>, limit: u64) -> Stored<Vec<User>>;
}
