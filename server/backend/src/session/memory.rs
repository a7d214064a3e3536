//! Sessions in the store, with those used lately held in memory, and by all instances in Redis where there is one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chat::{SessionId, Timestamp, User, UserId};
use moka::{future::Cache, policy::EvictionPolicy};

use super::{
    ABSOLUTE_MS, IDLE_MS, Sessions, TOUCH_MS,
    redis::{Entry, SharedSessions},
    secret::Secret,
};
use crate::{
    health::Health,
    stamp::new_id,
    store::{SecretHash, SessionRecord, Store, Stored},
};

/// How long an answer of the store is held.
pub const HELD_FOR: Duration = Duration::from_secs(30);
/// The most sessions that are held.
pub const HELD_MAX: u64 = 100_000;
/// How long it is remembered that a session was forgotten: longer than anything read before it can be held.
const FORGOTTEN_FOR: Duration = HELD_FOR.saturating_mul(4);
/// The most characters that are kept of what a browser calls itself.
const AGENT_CHARS_MAX: usize = 250;
/// The most sessions of which that is remembered. Each stands for a sign-in, which costs far more.
const FORGOTTEN_MAX: u64 = 1_000_000;

/// Sessions as one instance has them.
///
/// What is held counts only if it was read after the session was last forgotten. So it does not matter
/// whether a read that began before arrives after: nothing has to be found and removed.
pub struct StoredSessions {
    store: Arc<dyn Store>,
    clock: fn() -> Timestamp,
    shared: Option<SharedSessions>,
    held: Cache<SecretHash, Arc<Held>>,
    /// When each session was forgotten, in ticks.
    forgotten: Cache<SessionId, u64>,
    /// Counts the times that any session was forgotten.
    ticks: AtomicU64,
}

/// A session as the store gave it.
struct Held {
    session: SessionId,
    user: User,
    created_at: Timestamp,
    /// When it was last used, as far as the store knows.
    seen_ms: AtomicI64,
    /// Before the read began.
    read_at_tick: u64,
}

impl StoredSessions {
    /// Sessions of `store`, by this clock.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: fn() -> Timestamp) -> Self {
        let forgotten = Cache::builder()
            .max_capacity(FORGOTTEN_MAX)
            .time_to_live(FORGOTTEN_FOR);
        Self {
            store,
            clock,
            shared: None,
            held: Cache::builder()
                .max_capacity(HELD_MAX)
                .time_to_live(HELD_FOR)
                .build(),
            // Least recently used: the newest must never be the one that is turned away.
            forgotten: forgotten.eviction_policy(EvictionPolicy::lru()).build(),
            ticks: AtomicU64::new(0),
        }
    }

    /// The same, with what the instances hold together before the store.
    #[must_use]
    pub fn with_shared(self, shared: SharedSessions) -> Self {
        Self {
            shared: Some(shared),
            ..self
        }
    }

    async fn look_up(&self, hash: &SecretHash) -> Stored<Option<Arc<Held>>> {
        if let Some(held) = self.held.get(hash).await {
            let forgotten = self.forgotten.get(&held.session).await;
            if forgotten.is_none_or(|tick| tick <= held.read_at_tick) {
                return Ok(Some(held));
            }
        }
        let read_at_tick = self.ticks.load(Ordering::SeqCst);
        let Some(entry) = self.read(hash).await? else {
            return Ok(None);
        };
        let held = Arc::new(Held {
            session: entry.session,
            user: entry.user,
            created_at: entry.created_at,
            seen_ms: AtomicI64::new(entry.seen_at.0),
            read_at_tick,
        });
        self.held.insert(*hash, Arc::clone(&held)).await;
        Ok(Some(held))
    }

    /// What the instances hold together, else what the store has.
    async fn read(&self, hash: &SecretHash) -> Stored<Option<Entry>> {
        if let Some(shared) = &self.shared
            && let Some(entry) = shared.get(hash).await
            && !is_over(entry.created_at, entry.seen_at.0, (self.clock)())
        {
            return Ok(Some(entry));
        }
        let Some((record, user)) = self.store.session_by_hash(hash).await? else {
            return Ok(None);
        };
        let entry = Entry {
            session: record.id,
            user,
            created_at: record.created_at,
            seen_at: record.seen_at,
        };
        if let Some(shared) = &self.shared {
            shared.put(hash, &entry).await;
        }
        Ok(Some(entry))
    }

    /// Writes the use down where the last one that was is old enough. Of those who come at once, one does.
    async fn touch(&self, held: &Held, now: Timestamp) {
        let seen = held.seen_ms.load(Ordering::Relaxed);
        let mine = || {
            held.seen_ms
                .compare_exchange(seen, now.0, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        };
        if now.0 - seen < TOUCH_MS || !mine() {
            return;
        }
        if let Err(error) = self.store.touch_session(held.session, now).await {
            // Who is signed in stays so while the store cannot write; the next use tries again.
            tracing::warn!(%error, "a session's use was not written down");
            held.seen_ms.store(seen, Ordering::Relaxed);
        }
    }
}

impl Held {
    fn is_over(&self, now: Timestamp) -> bool {
        is_over(self.created_at, self.seen_ms.load(Ordering::Relaxed), now)
    }
}

fn is_over(created_at: Timestamp, seen_ms: i64, now: Timestamp) -> bool {
    now.0 - seen_ms >= IDLE_MS || now.0 - created_at.0 >= ABSOLUTE_MS
}

#[async_trait]
impl Sessions for StoredSessions {
    fn name(&self) -> &'static str {
        if self.shared.is_some() { "redis" } else { "memory" }
    }

    fn health(&self) -> Health {
        self.shared.as_ref().map_or(Health::Ok, SharedSessions::health)
    }

    async fn open_for(&self, user: UserId, agent: &str) -> Stored<(SessionId, Secret)> {
        let (id, secret, now) = (SessionId(new_id()), Secret::draw(), (self.clock)());
        let record = SessionRecord {
            id,
            hash: secret.hash(),
            user,
            created_at: now,
            agent: agent.chars().take(AGENT_CHARS_MAX).collect(),
            seen_at: now,
        };
        self.store.insert_session(record).await?;
        Ok((id, secret))
    }

    async fn find(&self, hash: &SecretHash) -> Stored<Option<(SessionId, User)>> {
        let now = (self.clock)();
        let Some(held) = self.look_up(hash).await?.filter(|held| !held.is_over(now)) else {
            return Ok(None);
        };
        self.touch(&held, now).await;
        Ok(Some((held.session, held.user.clone())))
    }

    async fn end(&self, id: SessionId) -> Stored<()> {
        let deleted = self.store.delete_session(id).await;
        // After the deletion: what is read from now on does not find it. Also where it failed, as it may have
        // worked.
        self.forget(id).await;
        if let Some(shared) = &self.shared {
            shared.end(id).await;
            // Whoever read it there just before.
            self.forget(id).await;
        }
        deleted.map(drop)
    }

    async fn renew(&self, id: SessionId) {
        self.forget(id).await;
        if let Some(shared) = &self.shared {
            // What is held together is not found any more while the tombstone stands; the store is asked instead.
            shared.end(id).await;
            self.forget(id).await;
        }
    }

    async fn forget(&self, id: SessionId) {
        let tick = self.ticks.fetch_add(1, Ordering::SeqCst) + 1;
        self.forgotten.insert(id, tick).await;
    }
}
