//! The contracts of bus, cache, presence, limits and sessions, on a real Redis that two instances share.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has found something"
)]

#[path = "contract/bus.rs"]
mod bus;
#[path = "contract/cache.rs"]
mod cache;
#[path = "contract/ends.rs"]
mod ends;
#[path = "contract/limit.rs"]
mod limit;
#[path = "contract/presence.rs"]
mod presence;
#[path = "contract/sessions.rs"]
mod sessions;

/// Makes what the suites ask for, new and empty each time.
mod make {
    use std::{path::Path, sync::Arc, time::Duration};

    use backend::{
        bus::{Bus, redis::RedisBus},
        cache::{Cache, layered::LayeredCache},
        health::Health,
        limit::{Limiter, redis::RedisLimiter},
        presence::{Presence, redis::RedisPresence},
        redis::Redis,
        session::{Sessions, memory::StoredSessions, redis::SharedSessions},
        store::{Store, sqlite::SqliteStore},
    };
    use chat::Timestamp;

    use crate::ends::{Ends, soon};

    thread_local! {
        /// Each test runs on a thread of its own and has its own Redis.
        static SERVER: services::Redis = services::Redis::start().expect("Redis should start");
    }

    fn redis() -> Arc<Redis> {
        SERVER.with(|server| Redis::open(&server.url()).unwrap())
    }

    async fn connected(redis: &Arc<Redis>) -> Arc<RedisBus> {
        let bus = Arc::new(RedisBus::new(redis));
        let ok = async {
            while bus.health() != Health::Ok {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        soon(ok).await;
        bus
    }

    pub(crate) async fn bus() -> Ends<dyn Bus> {
        Ends {
            near: connected(&redis()).await,
            far: connected(&redis()).await,
        }
    }

    pub(crate) async fn cache() -> Arc<dyn Cache> {
        let redis = redis();
        let bus = connected(&redis).await;
        Arc::new(LayeredCache::new(&redis, bus))
    }

    pub(crate) async fn presence() -> Ends<dyn Presence> {
        let (near, far) = (redis(), redis());
        Ends {
            near: RedisPresence::new(&near, connected(&near).await),
            far: RedisPresence::new(&far, connected(&far).await),
        }
    }

    /// With these rates, written as in `NATTER_LIMITS`.
    pub(crate) async fn limiter(limits: &str) -> Ends<dyn Limiter> {
        let instance = || Arc::new(RedisLimiter::new(&redis(), limits.parse().unwrap()));
        Ends {
            near: instance(),
            far: instance(),
        }
    }

    /// The store beneath the sessions.
    pub(crate) async fn store(folder: &Path) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&folder.join("natter.db")).await.unwrap())
    }

    /// Two instances over one store.
    pub(crate) async fn sessions(store: &Arc<dyn Store>, clock: fn() -> Timestamp) -> Ends<dyn Sessions> {
        let instance = || {
            let stored = StoredSessions::new(Arc::clone(store), clock);
            Arc::new(stored.with_shared(SharedSessions::new(&redis())))
        };
        Ends {
            near: instance(),
            far: instance(),
        }
    }
}
