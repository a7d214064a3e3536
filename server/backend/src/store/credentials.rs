//! Sessions and tokens.

use async_trait::async_trait;
use chat::{SessionId, Timestamp, TokenId, User, UserId};

use super::Stored;

/// The SHA-256 of a session's or token's secret.
pub type SecretHash = [u8; 32];

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// The id.
    pub id: SessionId,
    /// The hash of the cookie's secret.
    pub hash: SecretHash,
    /// Whose.
    pub user: UserId,
    /// When it was opened.
    pub created_at: Timestamp,
    /// What the browser called itself when it was opened; may be empty.
    pub agent: String,
    /// When it was last used, to within [`crate::session::TOUCH_MS`].
    pub seen_at: Timestamp,
}

/// A personal access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRecord {
    /// The id.
    pub id: TokenId,
    /// The hash of the secret.
    pub hash: SecretHash,
    /// Whose.
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
}

/// Sessions and tokens. Only hashes of their secrets are known here.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// Keeps a new session.
    async fn insert_session(&self, session: SessionRecord) -> Stored<()>;
    /// The session with this secret's hash, and its user.
    async fn session_by_hash(&self, hash: &SecretHash) -> Stored<Option<(SessionRecord, User)>>;
    /// Notes that a session was used.
    async fn touch_session(&self, id: SessionId, seen_at: Timestamp) -> Stored<()>;
    /// Ends a session; false: there was none.
    async fn delete_session(&self, id: SessionId) -> Stored<bool>;
    /// A user's sessions, the one used last first, at most 100.
    async fn sessions_of(&self, user: UserId) -> Stored<Vec<SessionRecord>>;
    /// Ends a user's sessions, all but one if one is named; gives those that ended.
    async fn delete_sessions_of(&self, user: UserId, except: Option<SessionId>) -> Stored<Vec<SessionId>>;
    /// Ends sessions that were created before `created_before` or last used before `seen_before`, at most `limit` of
    /// either kind. Gives how many: none are left when there were none.
    async fn delete_stale_sessions(
        &self,
        created_before: Timestamp,
        seen_before: Timestamp,
        limit: u64,
    ) -> Stored<u64>;
    /// Those of the sessions that are there, were created after `created_after` and used after `seen_after`.
    async fn standing_sessions(
        &self,
        ids: &[SessionId],
        created_after: Timestamp,
        seen_after: Timestamp,
    ) -> Stored<Vec<SessionId>>;
    /// Those of the tokens that are there.
    async fn standing_tokens(&self, ids: &[TokenId]) -> Stored<Vec<TokenId>>;
    /// Keeps new tokens; all or nothing.
    async fn insert_tokens(&self, tokens: Vec<TokenRecord>) -> Stored<()>;
    /// Keeps a new token unless its user has `most` already; false: so it is.
    async fn insert_token(&self, token: TokenRecord, most: u64) -> Stored<bool>;
    /// A user's tokens, newest first, at most 100.
    async fn tokens(&self, user: UserId) -> Stored<Vec<TokenRecord>>;
    /// The token with this secret's hash, and its user.
    async fn token_by_hash(&self, hash: &SecretHash) -> Stored<Option<(TokenRecord, User)>>;
    /// Revokes a user's token; false: the user has none of this id.
    async fn delete_token(&self, user: UserId, id: TokenId) -> Stored<bool>;
}
