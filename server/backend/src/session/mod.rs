//! The port that knows which browser is signed in as whom.
//!
//! A session's secret is 32 random bytes that only the cookie holds; the store keeps its SHA-256.
//! A session ends when its user signs out, when it was not used for [`IDLE_MS`], and in any case
//! [`ABSOLUTE_MS`] after it was opened.

pub mod memory;
pub mod redis;
pub mod secret;

use async_trait::async_trait;
use chat::{SessionId, User, UserId};

use crate::{
    health::Health,
    store::{SecretHash, Stored},
};

/// Unused for this long, in milliseconds, a session ends: 14 days.
pub const IDLE_MS: i64 = 14 * 24 * 60 * 60 * 1000;
/// This long after its opening, in milliseconds, a session ends in any case: 90 days.
pub const ABSOLUTE_MS: i64 = 90 * 24 * 60 * 60 * 1000;
/// A session's last use is written down at most this often, in milliseconds: 5 minutes.
pub const TOUCH_MS: i64 = 5 * 60 * 1000;

/// Who is signed in.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Which implementation it is, for logs and readiness: `memory`, `redis`.
    fn name(&self) -> &'static str;
    /// Whether it does all that it promises, as far as is known without asking.
    fn health(&self) -> Health {
        Health::Ok
    }
    /// Opens a session for `user` and gives its secret.
    async fn open(&self, user: UserId) -> Stored<(SessionId, secret::Secret)> {
        self.open_for(user, "").await
    }
    /// The same, in a browser that calls itself `agent`.
    async fn open_for(&self, user: UserId, agent: &str) -> Stored<(SessionId, secret::Secret)>;
    /// The session of this secret's hash and its user, if it has not ended; counts as a use.
    async fn find(&self, hash: &SecretHash) -> Stored<Option<(SessionId, User)>>;
    /// Ends a session, here at once and on the other instances when the event arrives.
    async fn end(&self, id: SessionId) -> Stored<()>;
    /// Forgets what is held of a session's user, here at once and on the other instances when the event arrives: the
    /// user has changed.
    async fn renew(&self, id: SessionId);
    /// Forgets what is held of a session: another instance ended it.
    async fn forget(&self, id: SessionId);
}
