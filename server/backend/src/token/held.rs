//! Tokens used lately, held in memory: a program proves who it is with every request.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chat::{TokenId, User};
use moka::sync::Cache;

use crate::store::{SecretHash, Store, Stored};

/// How long an answer of the store is held.
const HELD_FOR: Duration = Duration::from_secs(30);
/// The most tokens that are held.
const HELD_MAX: u64 = 100_000;

/// What the store said of tokens.
///
/// Whatever changes any token or its owner forgets all of them. That is rare, costs each token in use one question,
/// and needs no way from a token's id to its secret. What is held counts only if the question was asked after that.
pub struct HeldTokens {
    held: Cache<SecretHash, Arc<Held>>,
    /// Counts the times that all were forgotten.
    age: AtomicU64,
}

struct Held {
    token: TokenId,
    owner: User,
    /// Before the store was asked.
    age: u64,
}

impl Default for HeldTokens {
    fn default() -> Self {
        let held = Cache::builder().max_capacity(HELD_MAX).time_to_live(HELD_FOR);
        Self {
            held: held.build(),
            age: AtomicU64::new(0),
        }
    }
}

impl HeldTokens {
    /// The token of this secret's hash and its owner, as held, else as the store says.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn find(&self, hash: &SecretHash, store: &dyn Store) -> Stored<Option<(TokenId, User)>> {
        let age = self.age.load(Ordering::SeqCst);
        if let Some(held) = self.held.get(hash).filter(|held| held.age == age) {
            return Ok(Some((held.token, held.owner.clone())));
        }
        let Some((token, owner)) = store.token_by_hash(hash).await? else {
            return Ok(None);
        };
        let held = Held {
            token: token.id,
            owner: owner.clone(),
            age,
        };
        self.held.insert(*hash, Arc::new(held));
        Ok(Some((token.id, owner)))
    }

    /// Forgets all of them; to be called after the change.
    pub fn forget(&self) {
        self.age.fetch_add(1, Ordering::SeqCst);
    }
}
