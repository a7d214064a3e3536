//! Tombstones: marks that something held in Redis must not be used any more, and those that Redis has
//! not taken yet.

use std::{
    collections::HashSet,
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bb8_redis::redis;
use parking_lot::Mutex;
use uuid::Uuid;

use super::{Away, Redis};

/// The most tombstones that are owed. Beyond, everything that is held under the namespace is given up instead.
const OWED_MAX: usize = 1_000;
/// How often what is owed is tried again.
const RETRY_EVERY: Duration = Duration::from_millis(250);
/// How long a namespace's generation is kept: far longer than anything held under it.
const GENERATION_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// The tombstones of one namespace.
///
/// While any is owed, nothing under the namespace is to be read or written here ([`Tombstones::settled`]):
/// it may be what should be gone.
pub(crate) struct Tombstones {
    redis: Arc<Redis>,
    /// The value of the tombstone.
    mark: &'static [u8],
    /// How long one stands.
    ttl: Duration,
    /// Where the generation of the namespace is. What was written in another one is not used.
    generation_key: String,
    owed: Mutex<Owed>,
    count: AtomicUsize,
}

/// What Redis has not taken.
#[derive(Default)]
struct Owed {
    keys: HashSet<String>,
    /// There were more.
    overflow: bool,
}

impl Owed {
    fn len(&self) -> usize {
        self.keys.len() + usize::from(self.overflow)
    }
}

impl Tombstones {
    pub(crate) fn new(
        redis: Arc<Redis>,
        mark: &'static [u8],
        ttl: Duration,
        generation_key: String,
    ) -> Arc<Self> {
        let tombstones = Arc::new(Self {
            redis,
            mark,
            ttl,
            generation_key,
            owed: Mutex::default(),
            count: AtomicUsize::new(0),
        });
        tokio::spawn(pay(Arc::downgrade(&tombstones)));
        tombstones
    }

    pub(crate) fn generation_key(&self) -> &str {
        &self.generation_key
    }

    /// Whether Redis has taken every tombstone.
    pub(crate) fn settled(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    /// Puts one in the place of `key`, now or as soon as Redis is back.
    pub(crate) async fn set(&self, key: String) {
        // Owed first: if the caller goes away meanwhile, it is not forgotten.
        self.owe(key.clone());
        if self.put([key.as_str()].into_iter()).await.is_ok() {
            self.paid(&[key]);
        }
    }

    fn owe(&self, key: String) {
        self.change(|owed| {
            if owed.keys.len() < OWED_MAX {
                owed.keys.insert(key);
            } else {
                owed.overflow = true;
            }
        });
    }

    fn paid(&self, keys: &[String]) {
        self.change(|owed| {
            for key in keys {
                owed.keys.remove(key);
            }
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut Owed) -> T) -> T {
        let mut owed = self.owed.lock();
        let result = change(&mut owed);
        self.count.store(owed.len(), Ordering::Release);
        result
    }

    async fn put(&self, keys: impl Iterator<Item = &str>) -> Result<(), Away> {
        let mut pipeline = redis::pipe();
        for key in keys {
            pipeline
                .cmd("SET")
                .arg(key)
                .arg(self.mark)
                .arg("PX")
                .arg(millis(self.ttl))
                .ignore();
        }
        self.redis.ask(&pipeline).await
    }

    async fn renew_generation(&self) -> Result<(), Away> {
        let mut set = redis::cmd("SET");
        set.arg(&self.generation_key)
            .arg(Uuid::new_v4().as_bytes())
            .arg("PX")
            .arg(millis(GENERATION_FOR));
        self.redis.ask(&set).await
    }

    async fn pay_all(&self) {
        if self.settled() {
            return;
        }
        let (keys, overflow) = {
            let mut owed = self.owed.lock();
            // Whatever overflows from here on overflows anew; the count keeps this one until it is done.
            (
                owed.keys.iter().cloned().collect::<Vec<_>>(),
                std::mem::take(&mut owed.overflow),
            )
        };
        let done = if overflow {
            self.renew_generation().await
        } else {
            self.put(keys.iter().map(String::as_str)).await
        };
        match done {
            Ok(()) => {
                self.paid(&keys);
                tracing::info!(
                    count = keys.len(),
                    overflow,
                    "Redis has taken what was to be forgotten"
                );
            }
            Err(Away) => self.change(|owed| owed.overflow |= overflow),
        }
    }
}

/// Tries for as long as there is someone who owes.
async fn pay(tombstones: Weak<Tombstones>) {
    loop {
        tokio::time::sleep(RETRY_EVERY).await;
        let Some(tombstones) = tombstones.upgrade() else {
            return;
        };
        tombstones.pay_all().await;
    }
}

/// A time as Redis takes it.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}
