//! The contracts of bus, cache, presence, limits and sessions, on what serves them within one process.
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
    use std::{path::Path, sync::Arc};

    use backend::{
        bus::{Bus, memory::MemoryBus},
        cache::{Cache, memory::MemoryCache},
        limit::{Limiter, memory::MemoryLimiter},
        presence::{Presence, memory::MemoryPresence},
        session::{Sessions, memory::StoredSessions},
        store::{Store, sqlite::SqliteStore},
    };
    use chat::Timestamp;

    use crate::ends::Ends;

    /// Both ends are this one.
    fn same<T: ?Sized>(only: Arc<T>) -> Ends<T> {
        Ends {
            near: Arc::clone(&only),
            far: only,
        }
    }

    pub(crate) async fn bus() -> Ends<dyn Bus> {
        same(Arc::new(MemoryBus::new()))
    }

    pub(crate) async fn cache() -> Arc<dyn Cache> {
        Arc::new(MemoryCache::new())
    }

    pub(crate) async fn presence() -> Ends<dyn Presence> {
        same(Arc::new(MemoryPresence::new()))
    }

    /// With these rates, written as in `NATTER_LIMITS`.
    pub(crate) async fn limiter(limits: &str) -> Ends<dyn Limiter> {
        same(Arc::new(MemoryLimiter::new(&limits.parse().unwrap())))
    }

    /// The store beneath the sessions.
    pub(crate) async fn store(folder: &Path) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&folder.join("natter.db")).await.unwrap())
    }

    /// Two instances over one store.
    pub(crate) async fn sessions(store: &Arc<dyn Store>, clock: fn() -> Timestamp) -> Ends<dyn Sessions> {
        let instance = || Arc::new(StoredSessions::new(Arc::clone(store), clock));
        Ends {
            near: instance(),
            far: instance(),
        }
    }
}
