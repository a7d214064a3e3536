//! The cache in Redis that all instances share: the second layer.

use std::{sync::Arc, time::Duration};

use bb8_redis::redis::{self, Script};
use bytes::Bytes;

use crate::redis::{
    PREFIX, Redis,
    owed::{Tombstones, millis},
};

/// How long a forgotten key takes no value: longer than [`super::typed::LOAD_MAX`], so that whoever read the
/// old value from the store before it was changed cannot keep it after; and longer than TCP goes on sending
/// what an instance that was cut off had written. Meanwhile each instance holds the new value by itself.
pub const TOMBSTONE_FOR: Duration = Duration::from_secs(120);

/// What a tombstone holds; values begin with [`VALUE`].
const TOMBSTONE: &[u8] = b"-";
const VALUE: u8 = b'+';
/// A generation's bytes: none where none was ever drawn.
const GENERATION_BYTES: usize = 16;

/// Keeps a value unless a tombstone stands there or the generation is another one by now.
const PUT: &str = "
if redis.call('GETRANGE', KEYS[1], 0, 0) == '-' then return 0 end
if (redis.call('GET', KEYS[2]) or ARGV[3]) ~= ARGV[3] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1";

/// Values under `natter:cache:`, each with the generation that it was put in.
pub(super) struct SharedCache {
    redis: Arc<Redis>,
    tombstones: Arc<Tombstones>,
    put: Script,
    generation: parking_lot::Mutex<[u8; GENERATION_BYTES]>,
}

impl SharedCache {
    pub(super) fn new(redis: &Arc<Redis>) -> Self {
        let generation_key = format!("{PREFIX}generation:cache");
        Self {
            redis: Arc::clone(redis),
            tombstones: Tombstones::new(Arc::clone(redis), TOMBSTONE, TOMBSTONE_FOR, generation_key),
            put: Script::new(PUT),
            generation: parking_lot::Mutex::default(),
        }
    }

    /// What is kept, and for how long it still may be.
    pub(super) async fn get(&self, key: &str) -> Option<(Bytes, Duration)> {
        if !self.tombstones.settled() {
            return None;
        }
        let key = place(key);
        let mut question = redis::pipe();
        question
            .cmd("GET")
            .arg(self.tombstones.generation_key())
            .cmd("GET")
            .arg(&key)
            .cmd("PTTL")
            .arg(&key);
        let (generation, found, ttl): (Option<Vec<u8>>, Option<Vec<u8>>, i64) =
            self.redis.ask(&question).await.ok()?;
        let generation = self.note(generation.as_deref().unwrap_or_default());
        let found = Bytes::from(found?);
        let (head, rest) = (found.first()?, found.get(1..=GENERATION_BYTES)?);
        let ttl = u64::try_from(ttl).ok().filter(|ttl| *ttl > 0)?;
        (*head == VALUE && rest == generation)
            .then(|| (found.slice(1 + GENERATION_BYTES..), Duration::from_millis(ttl)))
    }

    /// Remembers the generation for what is put next. Anything odd is as if there were none.
    fn note(&self, found: &[u8]) -> [u8; GENERATION_BYTES] {
        let generation = found.try_into().unwrap_or_default();
        *self.generation.lock() = generation;
        generation
    }

    pub(super) async fn put(&self, key: &str, value: &Bytes, ttl: Duration) {
        if !self.tombstones.settled() {
            return;
        }
        let generation = *self.generation.lock();
        let mut kept = Vec::with_capacity(1 + GENERATION_BYTES + value.len());
        kept.push(VALUE);
        kept.extend_from_slice(&generation);
        kept.extend_from_slice(value);
        let mut question = self.put.key(place(key));
        question
            .key(self.tombstones.generation_key())
            .arg(kept)
            .arg(millis(ttl))
            .arg(&generation[..]);
        // Where it did not work there is a miss later.
        let _ = self.redis.ask::<i64>(&question).await;
    }

    pub(super) async fn forget(&self, key: &str) {
        self.tombstones.set(place(key)).await;
    }
}

fn place(key: &str) -> String {
    format!("{PREFIX}cache:{key}")
}
