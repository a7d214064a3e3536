//! The layers before the store, and limits over Redis.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use backend::{
    bus::{Bus, redis::RedisBus},
    cache::{Cache, Cached, Encoded, Key, layered::LayeredCache, memory::MemoryCache},
    health::Health,
    limit::{Limiter, redis::RedisLimiter},
    redis::Redis,
    session::{Sessions, memory::StoredSessions, redis::SharedSessions},
    stamp,
};
use chat::{
    message::{Bound, PAGE_LIMIT},
    quota::Quota,
};
use criterion::Criterion;
use tokio::runtime::Runtime;

use crate::{
    measure::Bench,
    place::{Outcome, Place},
    table::Figure,
};

/// How long one connects before something is wrong.
const CONNECT: Duration = Duration::from_secs(10);

/// A page as it is kept.
struct PageKey;

impl Key for PageKey {
    type Value = Encoded;
    const NAME: &'static str = "bench";
    const TTL: Duration = Duration::from_secs(3600);

    fn key(&self) -> String {
        "bench:page".to_owned()
    }
}

const fn figure(what: &'static str, place: &'static str, target: &'static str) -> Figure {
    Figure {
        what,
        place,
        unit: "ms",
        target,
    }
}

pub(crate) fn measure(
    criterion: &mut Criterion,
    bench: &mut Bench,
    runtime: &Runtime,
    place: &Place,
    url: &str,
) -> Outcome<()> {
    let redis = Redis::open(url)?;
    let bus = runtime.block_on(connected(&redis))?;
    let page = runtime.block_on(place.store.page(place.long, Bound::Newest, PAGE_LIMIT))?;
    let page = Encoded(serde_json::to_vec(&page)?.into());
    read(criterion, bench, runtime, &redis, bus, &page)?;
    sign_in(criterion, bench, runtime, place, &redis)?;
    let limiter = RedisLimiter::new(&redis, "post=1000000000/1s".parse()?);
    bench.one(criterion, figure("one more of a quota taken", "Redis", ""), |b| {
        b.to_async(runtime)
            .iter(|| async { limiter.take(Quota::Post, "somebody").await.allowed().unwrap() });
    })
}

/// A page of 50 from each layer of the cache.
fn read(
    criterion: &mut Criterion,
    bench: &mut Bench,
    runtime: &Runtime,
    redis: &Arc<Redis>,
    bus: Arc<dyn Bus>,
    page: &Encoded,
) -> Outcome<()> {
    let layered = Arc::new(LayeredCache::new(redis, bus));
    let caches: [(_, _, Arc<dyn Cache>); 2] = [
        ("memory", "< 0.5", Arc::new(MemoryCache::new())),
        ("memory before Redis", "< 0.5", Arc::clone(&layered) as _),
    ];
    for (name, target, cache) in caches {
        let cached = Cached::new(cache);
        let load = || async { Ok::<_, Infallible>(Some(page.clone())) };
        runtime.block_on(cached.load(&PageKey, load))?;
        bench.one(criterion, figure("a kept page of 50", name, target), |b| {
            b.to_async(runtime)
                .iter(|| async { cached.load(&PageKey, load).await.unwrap().unwrap() });
        })?;
    }
    let kept = runtime.block_on(layered.get(&PageKey.key()));
    assert_eq!(kept.as_ref(), Some(&page.0));
    bench.one(criterion, figure("a kept page of 50", "Redis", "< 1"), |b| {
        b.to_async(runtime).iter_custom(|times| {
            let layered = &layered;
            async move {
                let mut took = Duration::ZERO;
                for _ in 0..times {
                    layered.forget_here(&PageKey.key()).await;
                    let begun = Instant::now();
                    let found = layered.get(&PageKey.key()).await;
                    took += begun.elapsed();
                    assert!(found.is_some(), "Redis has forgotten the page");
                }
                took
            }
        });
    })
}

/// A session from each layer before the store.
fn sign_in(
    criterion: &mut Criterion,
    bench: &mut Bench,
    runtime: &Runtime,
    place: &Place,
    redis: &Arc<Redis>,
) -> Outcome<()> {
    let stored = StoredSessions::new(Arc::clone(&place.store), stamp::now);
    let sessions = stored.with_shared(SharedSessions::new(redis));
    let (id, secret) = runtime.block_on(sessions.open(place.members[0].author.id))?;
    let hash = secret.hash();
    runtime.block_on(sessions.find(&hash))?.ok_or("no session")?;
    bench.one(criterion, figure("a session looked up", "memory", ""), |b| {
        b.to_async(runtime)
            .iter(|| async { sessions.find(&hash).await.unwrap().unwrap() });
    })?;
    bench.one(criterion, figure("a session looked up", "Redis", ""), |b| {
        b.to_async(runtime).iter_custom(|times| {
            let sessions = &sessions;
            async move {
                let mut took = Duration::ZERO;
                for _ in 0..times {
                    sessions.forget(id).await;
                    let begun = Instant::now();
                    let found = sessions.find(&hash).await;
                    took += begun.elapsed();
                    assert!(matches!(found, Ok(Some(_))), "the session is gone");
                }
                took
            }
        });
    })
}

async fn connected(redis: &Arc<Redis>) -> Outcome<Arc<dyn Bus>> {
    let bus = Arc::new(RedisBus::new(redis));
    let begun = Instant::now();
    while bus.health() != Health::Ok {
        if begun.elapsed() > CONNECT {
            return Err("no connection to Redis".into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(bus)
}
