//! Forgetting people.

use async_trait::async_trait;
use chat::{Role, RoomId, SessionId, TokenId, UserId, permission::may_deactivate};

use super::{NewEntry, Rank, Stored};

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

/// Forgetting people.
#[async_trait]
pub trait Erasing: Send + Sync {
    /// Takes from an account the names, the picture, the profile, the password, sessions, tokens, subscriptions, drafts,
    /// saved messages and memberships of channels, and closes it, if `entry.actor` may do so at that moment: the user
    /// alone, or who may close the account. With `messages` it is noted that they are to follow. Raises
    /// [`super::Looks::people`].
    async fn erase_user(&self, id: UserId, messages: bool, entry: NewEntry) -> Stored<Erased>;
    /// The erased users of whom there are messages to take away yet; at most 100.
    async fn erasing(&self) -> Stored<Vec<UserId>>;
    /// There are none any more.
    async fn end_erasing(&self, id: UserId) -> Stored<()>;
}
