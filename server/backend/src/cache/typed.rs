//! The cache as use cases see it: values by typed keys, loaded once however many ask.

use std::{
    any::Any,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use bytes::Bytes;
use dashmap::DashMap;
use futures::StreamExt;
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::Mutex;

use super::Cache;
use crate::{
    bus::{Delivery, Subscription},
    event::Event,
    health::Health,
};

/// What took longer to load than this is given but not kept: it may have been changed and forgotten meanwhile
/// on another instance, and everyone has forgotten that by now.
pub const LOAD_MAX: Duration = Duration::from_secs(10);
/// The layer that a reader's own view is counted under: whatever layer had the answer.
const LAYER: &str = "all";

/// What a value is kept under.
pub trait Key: Send + Sync {
    /// The value.
    type Value: Storable;
    /// What such values are called in metrics.
    const NAME: &'static str;
    /// How long a value is kept at most.
    const TTL: Duration;
    /// The key as text. No two kinds of keys share one, so it begins with the kind's name.
    fn key(&self) -> String;
}

/// A value that bytes can stand for.
pub trait Storable: Clone + Send + Sync + 'static {
    /// The bytes; `None`: it cannot be kept.
    fn encode(&self) -> Option<Bytes>;
    /// The value of these bytes; `None`: another version of Natter kept it in another shape.
    fn decode(bytes: Bytes) -> Option<Self>;
}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Storable for T {
    fn encode(&self) -> Option<Bytes> {
        serde_json::to_vec(self).ok().map(Bytes::from)
    }

    fn decode(bytes: Bytes) -> Option<Self> {
        serde_json::from_slice(&bytes).ok()
    }
}

/// What is encoded already and kept as it is: a hit copies nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded(pub Bytes);

impl Storable for Encoded {
    fn encode(&self) -> Option<Bytes> {
        Some(self.0.clone())
    }

    fn decode(bytes: Bytes) -> Option<Self> {
        Some(Self(bytes))
    }
}

/// A typed front of a [`Cache`].
///
/// - Identical reads at the same time are one read of the cache and, where that holds nothing, one load.
/// - After [`Cached::forget`] returned, nobody who asks gets what was loaded before it was called.
/// - A value that is not there (`None`) and a failure are not kept.
#[derive(Clone)]
pub struct Cached {
    cache: Arc<dyn Cache>,
    flights: Flights,
}

impl Cached {
    /// A front of `cache`.
    #[must_use]
    pub fn new(cache: Arc<dyn Cache>) -> Self {
        Self {
            cache,
            flights: Flights::default(),
        }
    }

    /// Which implementation is behind it, for logs and readiness.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.cache.name()
    }

    /// How the cache behind it is doing.
    #[must_use]
    pub fn health(&self) -> Health {
        self.cache.health()
    }

    /// What hears of the forgettings of other instances in this cache's place.
    #[must_use]
    pub fn follower(&self) -> Follower {
        Follower {
            cache: Arc::downgrade(&self.cache),
            flights: Arc::clone(&self.flights),
        }
    }

    /// The value of `key`: as it is kept, else as `loader` gives it.
    ///
    /// Counts a miss where the loader ran for this caller, else a hit.
    ///
    /// # Errors
    /// Those of `loader`. Whoever waited for a loader that failed runs its own: errors are not shared.
    pub async fn load<K, E, F, Fut>(&self, key: &K, loader: F) -> Result<Option<K::Value>, E>
    where
        K: Key,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Option<K::Value>, E>>,
    {
        let seat = Seat::take(&self.flights, key.key().into());
        // The first to come does the work, in its own task. The others wait; if it leaves, the next does it.
        let mut stage = seat.flight.stage.lock().await;
        if let Some(value) = self.answer::<K>(&seat, &mut stage).await {
            metrics::counter!("cache_hits_total", "cache" => K::NAME, "layer" => LAYER).increment(1);
            return Ok(value);
        }
        metrics::counter!("cache_misses_total", "cache" => K::NAME, "layer" => LAYER).increment(1);
        if !matches!(*stage, Stage::UnderWay) {
            // It failed for another caller. The rest try all at once: in turn, their waiting would add up.
            drop(stage);
            return loader().await;
        }
        let begun = Instant::now();
        let loaded = loader().await;
        *stage = match &loaded {
            Ok(value) => {
                if begun.elapsed() < LOAD_MAX {
                    self.keep::<K>(&seat, value.as_ref()).await;
                }
                Stage::Landed(Box::new(value.clone()))
            }
            Err(_) => Stage::Failed,
        };
        seat.close();
        loaded
    }

    /// What needs no loader: the answer that another caller got, or what the cache holds.
    async fn answer<K: Key>(&self, seat: &Seat, stage: &mut Stage) -> Option<Option<K::Value>> {
        match stage {
            Stage::UnderWay => {
                let value = Some(self.kept::<K>(&seat.key).await?);
                *stage = Stage::Landed(Box::new(value.clone()));
                seat.close();
                Some(value)
            }
            Stage::Landed(value) => value.downcast_ref::<Option<K::Value>>().cloned(),
            Stage::Failed => None,
        }
    }

    /// Forgets what is kept for `key`, and what is being loaded at this moment. To be called after the write.
    pub async fn forget<K: Key>(&self, key: &K) {
        let key = key.key();
        // What began before may go on, but keeps nothing and takes no more callers.
        disown(&self.flights, &key).await;
        self.cache.forget(&key).await;
        // Whatever began in between may have read the old value from the cache.
        disown(&self.flights, &key).await;
    }

    async fn kept<K: Key>(&self, key: &str) -> Option<K::Value> {
        let bytes = self.cache.get(key).await?;
        // What cannot be read is as if it were not there.
        let value = K::Value::decode(bytes);
        if value.is_none() {
            tracing::debug!(key, "unreadable in cache");
        }
        value
    }

    async fn keep<K: Key>(&self, seat: &Seat, value: Option<&K::Value>) {
        let Some(bytes) = value.and_then(Storable::encode) else {
            return;
        };
        let (cache, seat) = (Arc::clone(&self.cache), seat.clone());
        // A task of its own: if the caller went away meanwhile, nothing would wait for the write to arrive.
        let write = tokio::spawn(async move {
            let disowned = seat.flight.disowned.lock().await;
            if !*disowned {
                cache.put(&seat.key, bytes, K::TTL).await;
            }
        });
        if let Err(error) = write.await {
            tracing::error!(%error, "keeping a value failed");
        }
    }
}

/// Keeps a cache true to what other instances do. Keeps neither it nor the bus alive.
pub struct Follower {
    cache: Weak<dyn Cache>,
    flights: Flights,
}

impl Follower {
    /// Hears for as long as there is a bus and a cache.
    pub async fn follow(self, mut events: Subscription) {
        while let Some(delivery) = events.next().await {
            let Some(cache) = self.cache.upgrade() else {
                return;
            };
            match delivery {
                Delivery::Event(event) => {
                    if let Event::Forgotten { key } = &*event {
                        disown(&self.flights, key).await;
                        cache.forget_here(key).await;
                        disown(&self.flights, key).await;
                    }
                }
                Delivery::Gap => {
                    disown_all(&self.flights).await;
                    cache.forget_all_here().await;
                    disown_all(&self.flights).await;
                }
            }
        }
    }
}

async fn disown(flights: &Flights, key: &str) {
    let Some(flight) = flights.get(key).map(|flight| Arc::clone(&flight)) else {
        return;
    };
    *flight.disowned.lock().await = true;
    flights.remove_if(key, |_, present| Arc::ptr_eq(present, &flight));
}

async fn disown_all(flights: &Flights) {
    let keys: Vec<_> = flights.iter().map(|flight| Arc::clone(flight.key())).collect();
    for key in keys {
        disown(flights, &key).await;
    }
}

/// The reads under way, by key.
type Flights = Arc<DashMap<Arc<str>, Arc<Flight>>>;

/// One read that any number of callers share.
#[derive(Default)]
struct Flight {
    /// Locked by the caller that does the work.
    stage: Mutex<Stage>,
    /// Whether the key was forgotten since the read began. Locked while the value is being kept, so that
    /// forgetting waits for that and has the last word.
    disowned: Mutex<bool>,
}

/// How far a read is.
#[derive(Default)]
enum Stage {
    /// Nobody has an answer yet.
    #[default]
    UnderWay,
    /// The answer: an `Option<Value>`, type-erased because one map holds the reads of all keys.
    Landed(Box<dyn Any + Send>),
    /// The loader failed.
    Failed,
}

/// A caller's part in a read. The read is listed while someone has a part in it and it has no answer.
#[derive(Clone)]
struct Seat {
    flights: Flights,
    key: Arc<str>,
    flight: Arc<Flight>,
}

impl Seat {
    fn take(flights: &Flights, key: Arc<str>) -> Self {
        let flight = Arc::clone(flights.entry(Arc::clone(&key)).or_default().value());
        Self {
            flights: Arc::clone(flights),
            key,
            flight,
        }
    }

    /// There is an answer: whoever comes now starts anew.
    fn close(&self) {
        self.flights
            .remove_if(&self.key, |_, present| Arc::ptr_eq(present, &self.flight));
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Two owners: the list and this seat. Seats are taken under the list's lock, as this is.
        let last =
            |present: &Arc<Flight>| Arc::ptr_eq(present, &self.flight) && Arc::strong_count(present) <= 2;
        self.flights.remove_if(&self.key, |_, present| last(present));
    }
}

#[cfg(test)]
mod tests;
