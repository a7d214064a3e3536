//! What all instances hold of sessions together, between what each holds and the store.
//!
//! An entry is under the secret's hash and begins with the session's id. A tombstone is under the id and
//! stands longer than any entry that was written before it, so an ended session is not found here,
//! whoever wrote it back.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bb8_redis::redis::Script;
use chat::{SessionId, Timestamp, User};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::memory::HELD_FOR;
use crate::{
    health::Health,
    redis::{
        PREFIX, Redis,
        owed::{Tombstones, millis},
    },
    store::SecretHash,
};

/// How long a session is held for the other instances.
pub const SHARED_FOR: Duration = HELD_FOR;
/// How long it is remembered that a session ended: longer than an entry that was being read then lives.
pub const TOMBSTONE_FOR: Duration = Duration::from_secs(300);

/// An entry unless its session ended. An entry is the generation, the session's id, then JSON.
const GET: &str = "
local entry = redis.call('GET', KEYS[1])
if not entry then return false end
local generation = redis.call('GET', KEYS[2]) or ARGV[2]
if string.sub(entry, 1, 16) ~= generation then return false end
if redis.call('EXISTS', ARGV[1] .. string.sub(entry, 17, 52)) == 1 then return false end
return string.sub(entry, 53)";
/// Keeps an entry for ARGV[2] milliseconds, in the generation that is; ARGV[3] stands for none.
const PUT: &str = "
redis.call('SET', KEYS[1], (redis.call('GET', KEYS[2]) or ARGV[3]) .. ARGV[1], 'PX', ARGV[2])";
/// What a generation is where none was drawn.
const NO_GENERATION: &[u8] = &[0; 16];

/// Sessions in Redis.
pub struct SharedSessions {
    redis: Arc<Redis>,
    tombstones: Arc<Tombstones>,
    get: Script,
    put: Script,
}

/// A session as it is held.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) session: SessionId,
    pub(super) user: User,
    pub(super) created_at: Timestamp,
    pub(super) seen_at: Timestamp,
}

impl SharedSessions {
    /// What Redis holds.
    #[must_use]
    pub fn new(redis: &Arc<Redis>) -> Self {
        let generation_key = format!("{PREFIX}generation:session");
        Self {
            redis: Arc::clone(redis),
            tombstones: Tombstones::new(Arc::clone(redis), b"-", TOMBSTONE_FOR, generation_key),
            get: Script::new(GET),
            put: Script::new(PUT),
        }
    }

    pub(super) fn health(&self) -> Health {
        self.redis.health()
    }

    /// The session, if it is held and did not end; nothing where Redis is away.
    pub(super) async fn get(&self, hash: &SecretHash) -> Option<Entry> {
        if !self.tombstones.settled() {
            return None;
        }
        let mut question = self.get.key(place(hash));
        question
            .key(self.tombstones.generation_key())
            .arg(ended_prefix())
            .arg(NO_GENERATION);
        let json: Option<Vec<u8>> = self.redis.ask(&question).await.ok()?;
        serde_json::from_slice(&json?)
            .inspect_err(|error| tracing::debug!(%error, "an unreadable session in Redis"))
            .ok()
    }

    pub(super) async fn put(&self, hash: &SecretHash, entry: &Entry) {
        let Ok(json) = serde_json::to_vec(entry) else {
            return;
        };
        if !self.tombstones.settled() {
            return;
        }
        let mut body = entry.session.0.hyphenated().to_string().into_bytes();
        body.extend_from_slice(&json);
        let mut question = self.put.key(place(hash));
        question
            .key(self.tombstones.generation_key())
            .arg(body)
            .arg(millis(SHARED_FOR))
            .arg(NO_GENERATION);
        // Where it did not work, the store is asked later.
        let _ = self.redis.ask::<()>(&question).await;
    }

    /// The session is over, also for whoever writes it back; now or as soon as Redis is there.
    pub(super) async fn end(&self, id: SessionId) {
        let key = format!("{}{}", ended_prefix(), id.0.hyphenated());
        self.tombstones.set(key).await;
    }
}

/// Hashed once more: whoever reads keys learns nothing that the store compares with.
fn place(hash: &SecretHash) -> String {
    format!("{PREFIX}session:{}", URL_SAFE_NO_PAD.encode(Sha256::digest(hash)))
}

fn ended_prefix() -> String {
    format!("{PREFIX}session-ended:")
}
