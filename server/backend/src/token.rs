//! Personal access tokens, with which programs act for their owner.

pub mod held;

use std::sync::Arc;

use chat::{Code, TokenId, UserId};

use crate::{
    Backend, Caller, Event, Result,
    session::secret::Secret,
    stamp::{new_id, now},
    store::TokenRecord,
};

/// The most characters of a token's name.
pub const NAME_CHARS_MAX: usize = 64;
/// The most tokens of one user.
pub const TOKENS_MAX: u64 = 100;

impl Backend {
    /// Creates a token and gives its secret, which is never shown again.
    ///
    /// # Errors
    /// `invalid` for an empty or overlong name or too many tokens, `unavailable`.
    pub async fn create_token(&self, caller: &Caller, name: &str) -> Result<(TokenRecord, Secret)> {
        self.add_token(caller.id(), name).await
    }

    /// The same for a user whom the caller may do it for.
    pub(crate) async fn add_token(&self, user: UserId, name: &str) -> Result<(TokenRecord, Secret)> {
        let name = name.trim();
        if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(chat::Problem::invalid(
                "name",
                "must have 1 to 64 characters and no control characters",
            ));
        }
        let secret = Secret::draw();
        let record = TokenRecord {
            id: TokenId(new_id()),
            hash: secret.hash(),
            user,
            name: name.to_owned(),
            created_at: now(),
        };
        if !self.store.insert_token(record.clone(), TOKENS_MAX).await? {
            return Err(chat::Problem::invalid(
                "name",
                "would be the 101st token: revoke one first",
            ));
        }
        Ok((record, secret))
    }

    /// The caller's tokens, newest first.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn list_tokens(&self, caller: &Caller) -> Result<Vec<TokenRecord>> {
        Ok(self.store.tokens(caller.id()).await?)
    }

    /// Revokes a token; its connections are closed on every instance.
    ///
    /// # Errors
    /// `token_not_found`, `unavailable`.
    pub async fn revoke_token(self: &Arc<Self>, caller: &Caller, token: TokenId) -> Result<()> {
        self.remove_token(caller.id(), token).await
    }

    /// The same for a user whom the caller may do it for.
    pub(crate) async fn remove_token(self: &Arc<Self>, user: UserId, token: TokenId) -> Result<()> {
        self.carry_through(move |backend| async move {
            if !backend.store.delete_token(user, token).await? {
                return Err(Code::TokenNotFound.into());
            }
            backend.tokens.forget();
            backend.bus.publish(Event::TokenRevoked { token }).await;
            Ok(())
        })
        .await
    }
}
