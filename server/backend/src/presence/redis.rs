//! Presence of several instances.
//!
//! Each instance keeps one hash in Redis: its users and their status by its own connections. A sorted set
//! says until when each instance counts as alive; an instance that is not heard of for [`ALIVE_FOR`] has no
//! users, and one of the others tells who is offline now. So staying there costs one small write per
//! instance, however many connections it has.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chat::{ConnectionId, Status, UserId};
use tokio::sync::{Mutex, Notify};

use super::{Presence, memory::MemoryPresence, script::Scripts};
use crate::{
    bus::Bus,
    event::Event,
    health::Health,
    redis::{Away, Redis},
};

/// How long an instance counts as alive after it was last heard of.
pub const ALIVE_FOR: Duration = Duration::from_secs(15);
/// How often an instance is heard of.
pub const BEAT_EVERY: Duration = Duration::from_secs(4);
/// After a beat that failed the next one comes sooner.
const RETRY_EVERY: Duration = Duration::from_millis(500);
/// Beats are never closer together than this.
const REST: Duration = Duration::from_millis(50);
/// The most users in one write.
const BATCH_MAX: usize = 500;
/// The most users of whom it is remembered that Redis was not told.
const MISSED_MAX: usize = 100_000;
/// Users share this many locks, so that what is written of one is written in order.
const LOCKS: usize = 64;

/// Each instance's own users, and in Redis everyone's.
pub struct RedisPresence {
    own: MemoryPresence,
    redis: Arc<Redis>,
    bus: Arc<dyn Bus>,
    scripts: Scripts,
    locks: Vec<Mutex<()>>,
    hasher: RandomState,
    /// What Redis has of this instance may not be true.
    unsettled: AtomicBool,
    /// Whose status changed here without Redis knowing, so that it may have to be told later.
    missed: parking_lot::Mutex<HashSet<UserId>>,
    /// Of whom it was told as soon as Redis was back. Another instance may have come back to it later and not have heard,
    /// so the next beat tells of them again.
    repeat: parking_lot::Mutex<Vec<UserId>>,
    hurry: Arc<Notify>,
    /// This instance is about to end, and Redis keeps what it has of it.
    closed: AtomicBool,
}

impl RedisPresence {
    /// Nobody is here; who is there, Redis knows. `bus` carries what changes by itself.
    #[must_use]
    pub fn new(redis: &Arc<Redis>, bus: Arc<dyn Bus>) -> Arc<Self> {
        let presence = Arc::new(Self {
            own: MemoryPresence::new(),
            redis: Arc::clone(redis),
            bus,
            scripts: Scripts::new(redis.instance()),
            locks: (0..LOCKS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            unsettled: AtomicBool::new(true),
            missed: parking_lot::Mutex::default(),
            repeat: parking_lot::Mutex::default(),
            hurry: Arc::default(),
            closed: AtomicBool::new(false),
        });
        tokio::spawn(keep_alive(Arc::downgrade(&presence)));
        presence
    }

    fn lock_number(&self, user: UserId) -> usize {
        usize::try_from(self.hasher.hash_one(user) % LOCKS as u64).unwrap_or(0)
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Changes the user's own connections and tells Redis; gives the status where that changed it.
    async fn change(&self, user: UserId, change: impl Future<Output = Option<Status>>) -> Option<Status> {
        let _in_order = self.locks[self.lock_number(user)].lock().await;
        let own = change.await?;
        if self.is_closed() {
            return None;
        }
        let mut missed = Missed {
            of: self,
            user,
            is: true,
        };
        match self.write(&[(user, own)]).await {
            Ok(changed) => {
                missed.is = false;
                changed.into_iter().next().map(|(_, status)| status)
            }
            // That someone is online is certain; that someone is not, only all instances together know.
            Err(Away) => (own == Status::Online).then_some(own),
        }
    }

    /// Writes users' statuses by this instance's connections; gives those whose status changed.
    async fn write(&self, users: &[(UserId, Status)]) -> Result<Vec<(UserId, Status)>, Away> {
        let (known, changed) = self.scripts.write(&self.redis, users).await?;
        if !known {
            // Redis was restarted or this instance was taken for dead: everyone has to be written again.
            self.unsettled.store(true, Ordering::Release);
            self.hurry.notify_one();
        }
        Ok(changed)
    }

    /// One beat: stay alive, write what Redis does not know, and tell of instances that died.
    async fn beat(&self) -> Result<(), Away> {
        self.write(&[]).await?;
        let again = self.repeat.lock().clone();
        self.tell_of(&again).await?;
        // Only now: it stays due until it has succeeded.
        self.repeat.lock().clear();
        if self.unsettled.swap(false, Ordering::AcqRel)
            && let Err(away) = self.settle().await
        {
            self.unsettled.store(true, Ordering::Release);
            return Err(away);
        }
        let gone = self.scripts.bury(&self.redis).await?;
        if !gone.is_empty() {
            tracing::warn!(users = gone.len(), "an instance died and its users went with it");
        }
        self.tell(gone).await;
        Ok(())
    }

    /// Makes what Redis has of this instance true, and tells what could not be told.
    async fn settle(&self) -> Result<(), Away> {
        let missed: Vec<_> = self.missed.lock().drain().collect();
        match self.settle_all(&missed).await {
            Ok(told) => {
                self.repeat.lock().extend(told.into_iter().chain(missed));
                Ok(())
            }
            Err(away) => {
                self.missed.lock().extend(missed);
                Err(away)
            }
        }
    }

    /// Gives whom it has told of, besides those who were missed.
    async fn settle_all(&self, missed: &[UserId]) -> Result<Vec<UserId>, Away> {
        let mut told = Vec::new();
        let listed = self.scripts.listed(&self.redis).await?;
        let mut users: Vec<_> = listed.into_iter().chain(self.own.users()).collect();
        users.sort_unstable_by_key(|user| (self.lock_number(*user), user.0));
        users.dedup();
        for together in users.chunk_by(|a, b| self.lock_number(*a) == self.lock_number(*b)) {
            let _in_order = self.locks[self.lock_number(together[0])].lock().await;
            for batch in together.chunks(BATCH_MAX) {
                let statuses: Vec<_> = batch.iter().map(|user| (*user, self.own.status(*user))).collect();
                let changed = self.write(&statuses).await?;
                told.extend(changed.iter().map(|(user, _)| *user));
                self.tell(changed).await;
            }
        }
        self.tell_of(missed).await?;
        Ok(told)
    }

    /// Tells how these users stand.
    async fn tell_of(&self, users: &[UserId]) -> Result<(), Away> {
        for batch in users.chunks(BATCH_MAX) {
            let statuses = self.scripts.statuses(&self.redis, batch).await?;
            self.tell(batch.iter().copied().zip(statuses).collect()).await;
        }
        Ok(())
    }

    async fn tell(&self, changed: Vec<(UserId, Status)>) {
        for (user, status) in changed {
            self.bus.publish(Event::PresenceChanged { user, status }).await;
        }
    }
}

/// Notes that Redis was not told, also where the caller went away while it was being told.
struct Missed<'a> {
    of: &'a RedisPresence,
    user: UserId,
    is: bool,
}

impl Drop for Missed<'_> {
    fn drop(&mut self) {
        if self.is {
            let mut missed = self.of.missed.lock();
            if missed.len() < MISSED_MAX {
                missed.insert(self.user);
            }
            self.of.unsettled.store(true, Ordering::Release);
        }
    }
}

/// Beats for as long as there is a presence.
async fn keep_alive(presence: Weak<RedisPresence>) {
    while let Some(this) = presence.upgrade().filter(|this| !this.is_closed()) {
        let pause = match this.beat().await {
            Ok(()) => BEAT_EVERY,
            Err(Away) => RETRY_EVERY,
        };
        let hurry = Arc::clone(&this.hurry);
        drop(this);
        tokio::time::sleep(REST).await;
        let _ = tokio::time::timeout(pause, hurry.notified()).await;
    }
}

#[async_trait]
impl Presence for RedisPresence {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn health(&self) -> Health {
        self.redis.health()
    }

    async fn set(&self, user: UserId, connection: ConnectionId, status: Status) -> Option<Status> {
        self.change(user, self.own.set(user, connection, status)).await
    }

    async fn clear(&self, user: UserId, connection: ConnectionId) -> Option<Status> {
        self.change(user, self.own.clear(user, connection)).await
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        // Where Redis does not answer, the beats that do not come say the same later.
        let _ = self.scripts.leave(&self.redis).await;
    }

    async fn statuses(&self, users: &[UserId]) -> Vec<Option<Status>> {
        if users.is_empty() {
            return Vec::new();
        }
        match self.scripts.statuses(&self.redis, users).await {
            Ok(statuses) => statuses.into_iter().map(Some).collect(),
            Err(Away) => {
                let own = users.iter().map(|user| self.own.status(*user));
                own.map(|status| (status != Status::Offline).then_some(status))
                    .collect()
            }
        }
    }

    async fn present(&self) -> Option<Vec<(UserId, Status)>> {
        self.scripts.present(&self.redis).await.ok()
    }
}
