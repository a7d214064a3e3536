//! Saved messages.

use async_trait::async_trait;
use chat::{MessageId, Timestamp, UserId};

use super::Stored;

/// How many messages someone can save.
pub const SAVED_MAX: u64 = 1_000;

/// How the saving of a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is saved now.
    Saved,
    /// It was saved already.
    Kept,
    /// There are as many as there may be.
    TooMany,
}

/// Saved messages.
#[async_trait]
pub trait Saving: Send + Sync {
    /// Saves a message for `user`, who may have [`SAVED_MAX`] of them.
    async fn save(&self, user: UserId, message: MessageId, at: Timestamp) -> Stored<Saved>;
    /// Takes it off again; false: it was not saved.
    async fn unsave(&self, user: UserId, message: MessageId) -> Stored<bool>;
    /// The messages that `user` saved and may read, the last saved first, before this one; with the time of saving.
    async fn saved(
        &self,
        user: UserId,
        before: Option<(Timestamp, MessageId)>,
        limit: u64,
    ) -> Stored<Vec<(Timestamp, chat::Message)>>;
    /// Those of the messages that `user` saved.
    async fn saved_among(&self, user: UserId, messages: &[MessageId]) -> Stored<Vec<MessageId>>;
}
