use std::{
    collections::HashMap,
    sync::{
        Mutex as Lock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use metrics::{Counter, Gauge, Histogram, KeyName, Metadata, Recorder, SharedString, Unit};
use tokio::{
    sync::{Semaphore, oneshot},
    task::JoinSet,
};

use super::*;
use crate::cache::memory::MemoryCache;

struct Number(u32);

impl Key for Number {
    type Value = String;
    const NAME: &'static str = "number";
    const TTL: Duration = Duration::from_secs(60);

    fn key(&self) -> String {
        format!("number:{}", self.0)
    }
}

/// Another kind of key that, by mistake, has the same text.
struct Twin;

impl Key for Twin {
    type Value = u64;
    const NAME: &'static str = "twin";
    const TTL: Duration = Duration::from_secs(60);

    fn key(&self) -> String {
        Number(1).key()
    }
}

fn cached() -> Cached {
    Cached::new(Arc::new(MemoryCache::new()))
}

type Loaded = Result<Option<String>, &'static str>;

fn value(text: &str) -> Loaded {
    Ok(Some(text.to_owned()))
}

/// What is in the cache for the key; loads nothing.
async fn peek(cached: &Cached) -> Option<String> {
    cached.load(&Number(1), async || Loaded::Ok(None)).await.unwrap()
}

/// A loader that says when it began and waits to be told what to give.
struct Loader {
    begun: oneshot::Receiver<()>,
    give: oneshot::Sender<Loaded>,
}

fn loader() -> (Loader, impl Future<Output = Loaded> + Send) {
    let ((begin, begun), (give, given)) = (oneshot::channel(), oneshot::channel());
    let load = async move {
        begin.send(()).unwrap();
        given.await.unwrap()
    };
    (Loader { begun, give }, load)
}

#[tokio::test]
async fn what_was_loaded_is_kept_and_what_is_not_there_is_not() {
    let cached = cached();
    assert_eq!(cached.load(&Number(1), async || Loaded::Ok(None)).await, Ok(None));
    assert_eq!(cached.load(&Number(1), async || value("one")).await, value("one"));
    assert_eq!(
        cached.load(&Number(1), async || value("other")).await,
        value("one")
    );
    assert_eq!(cached.load(&Number(2), async || value("two")).await, value("two"));
}

#[tokio::test]
async fn forgetting_lets_the_next_one_load_again() {
    let cached = cached();
    cached.load(&Number(1), async || value("old")).await.unwrap();
    cached.forget(&Number(1)).await;
    assert_eq!(cached.load(&Number(1), async || value("new")).await, value("new"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn identical_loads_at_the_same_time_are_one() {
    let (cached, loads) = (cached(), Arc::new(AtomicUsize::new(0)));
    let mut callers = JoinSet::new();
    for _ in 0..200 {
        let (cached, loads) = (cached.clone(), Arc::clone(&loads));
        callers.spawn(async move {
            let load = async || {
                loads.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                value("one")
            };
            cached.load(&Number(1), load).await
        });
    }
    for answer in callers.join_all().await {
        assert_eq!(answer, value("one"));
    }
    assert_eq!(loads.load(Ordering::SeqCst), 1);
    assert!(cached.flights.is_empty());
}

#[tokio::test]
async fn loads_of_different_keys_do_not_wait_for_each_other() {
    let cached = cached();
    let (first, load) = loader();
    let slow = tokio::spawn({
        let cached = cached.clone();
        async move { cached.load(&Number(1), || load).await }
    });
    first.begun.await.unwrap();
    assert_eq!(cached.load(&Number(2), async || value("two")).await, value("two"));
    first.give.send(value("one")).unwrap();
    assert_eq!(slow.await.unwrap(), value("one"));
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_the_load_to_the_next() {
    let cached = cached();
    let (first, load) = loader();
    let gone = tokio::spawn({
        let cached = cached.clone();
        async move { cached.load(&Number(1), || load).await }
    });
    first.begun.await.unwrap();
    let waiting = cached.load(&Number(1), async || value("second"));
    tokio::pin!(waiting);
    assert!(futures::poll!(&mut waiting).is_pending());
    gone.abort();
    assert_eq!(waiting.await, value("second"));
    assert!(cached.flights.is_empty());
}

#[tokio::test]
async fn a_caller_that_goes_away_alone_leaves_nothing_behind() {
    let cached = cached();
    let (first, load) = loader();
    let gone = tokio::spawn({
        let cached = cached.clone();
        async move { cached.load(&Number(1), || load).await }
    });
    first.begun.await.unwrap();
    gone.abort();
    assert!(gone.await.is_err());
    assert!(cached.flights.is_empty());
}

#[tokio::test]
async fn a_failure_reaches_its_caller_and_nobody_after() {
    let cached = cached();
    let (first, load) = loader();
    let failing = tokio::spawn({
        let cached = cached.clone();
        async move { cached.load(&Number(1), || load).await }
    });
    first.begun.await.unwrap();
    let waiting = cached.load(&Number(1), async || value("second"));
    tokio::pin!(waiting);
    assert!(futures::poll!(&mut waiting).is_pending());
    first.give.send(Err("away")).unwrap();
    assert_eq!(failing.await.unwrap(), Err("away"));
    assert_eq!(waiting.await, value("second"));
    assert_eq!(
        cached.load(&Number(1), async || value("third")).await,
        value("third")
    );
}

#[tokio::test]
async fn a_load_that_began_before_forgetting_and_ends_after_it_is_not_kept() {
    let cached = cached();
    let (old, load) = loader();
    let slow = tokio::spawn({
        let cached = cached.clone();
        async move { cached.load(&Number(1), || load).await }
    });
    old.begun.await.unwrap();
    cached.forget(&Number(1)).await;
    // Whoever asks now does not wait for the old load either.
    assert_eq!(cached.load(&Number(1), async || value("new")).await, value("new"));
    old.give.send(value("old")).unwrap();
    assert_eq!(slow.await.unwrap(), value("old"));
    assert_eq!(peek(&cached).await.as_deref(), Some("new"));
}

/// A cache whose operations can be stopped on their way, as over a network.
struct GatedCache {
    kept: Lock<HashMap<String, Bytes>>,
    get: Gate,
    put: Gate,
    forget: Gate,
}

/// Lets through while it is open; closed, it keeps who comes waiting.
struct Gate {
    arrived: Semaphore,
    open: Semaphore,
}

impl Gate {
    fn new() -> Self {
        Self {
            arrived: Semaphore::new(0),
            open: Semaphore::new(1),
        }
    }

    fn close(&self) {
        self.open.forget_permits(1);
    }

    fn open(&self) {
        self.open.add_permits(1);
    }

    async fn pass(&self) {
        self.arrived.add_permits(1);
        drop(self.open.acquire().await.unwrap());
    }

    /// Waits for so many to have come since this was last asked.
    async fn arrived(&self, count: u32) {
        self.arrived.acquire_many(count).await.unwrap().forget();
    }
}

fn gated() -> (Cached, Arc<GatedCache>) {
    let (get, put, forget) = (Gate::new(), Gate::new(), Gate::new());
    let cache = Arc::new(GatedCache {
        kept: Lock::default(),
        get,
        put,
        forget,
    });
    (Cached::new(Arc::clone(&cache) as Arc<dyn Cache>), cache)
}

#[async_trait]
impl Cache for GatedCache {
    fn name(&self) -> &'static str {
        "gated"
    }

    async fn get(&self, key: &str) -> Option<Bytes> {
        let found = self.kept.lock().unwrap().get(key).cloned();
        self.get.pass().await;
        found
    }

    async fn put(&self, key: &str, value: Bytes, _: Duration) {
        self.put.pass().await;
        self.kept.lock().unwrap().insert(key.to_owned(), value);
    }

    async fn forget(&self, key: &str) {
        self.forget.pass().await;
        self.kept.lock().unwrap().remove(key);
    }

    async fn forget_all_here(&self) {
        self.kept.lock().unwrap().clear();
    }
}

#[tokio::test]
async fn forgetting_waits_for_a_write_on_its_way_and_has_the_last_word() {
    let (cached, cache) = gated();
    cache.put.close();
    let load = tokio::spawn({
        let cached = cached.clone();
        async move { cached.load(&Number(1), async || value("old")).await }
    });
    cache.put.arrived(1).await;
    // Who loaded it goes away; the write is on its way all the same.
    load.abort();
    assert!(load.await.is_err());
    let forget = cached.forget(&Number(1));
    tokio::pin!(forget);
    assert!(futures::poll!(&mut forget).is_pending());
    cache.put.open();
    forget.await;
    assert_eq!(peek(&cached).await, None);
    assert!(cached.flights.is_empty());
}

#[tokio::test]
async fn nobody_joins_a_read_that_saw_the_old_value_while_it_was_being_forgotten() {
    let (cached, cache) = gated();
    cached.load(&Number(1), async || value("old")).await.unwrap();
    cache.get.arrived(1).await;
    cache.forget.close();
    cache.get.close();
    let forget = cached.forget(&Number(1));
    tokio::pin!(forget);
    assert!(futures::poll!(&mut forget).is_pending());
    let reading = cached.load(&Number(1), async || value("not reached"));
    tokio::pin!(reading);
    assert!(futures::poll!(&mut reading).is_pending());
    cache.forget.open();
    forget.await;
    let asking = cached.load(&Number(1), async || value("new"));
    tokio::pin!(asking);
    assert!(futures::poll!(&mut asking).is_pending());
    cache.get.open();
    assert_eq!(reading.await, value("old"));
    assert_eq!(asking.await, value("new"));
    assert_eq!(peek(&cached).await.as_deref(), Some("new"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_asks_after_forgetting_never_sees_what_was_before() {
    let (cached, database) = (cached(), Arc::new(AtomicU64::new(0)));
    let read = |cached: Cached, database: Arc<AtomicU64>| async move {
        let load = async || {
            let version = database.load(Ordering::SeqCst);
            tokio::task::yield_now().await;
            value(&version.to_string())
        };
        cached
            .load(&Number(1), load)
            .await
            .unwrap()
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    let mut readers = JoinSet::new();
    for _ in 0..8 {
        let (cached, database) = (cached.clone(), Arc::clone(&database));
        readers.spawn(async move {
            loop {
                read(cached.clone(), Arc::clone(&database)).await;
                tokio::task::yield_now().await;
            }
        });
    }
    for version in 1..=2_000 {
        database.store(version, Ordering::SeqCst);
        cached.forget(&Number(1)).await;
        let seen = read(cached.clone(), Arc::clone(&database)).await;
        assert_eq!(seen, version);
    }
    readers.shutdown().await;
    assert!(cached.flights.is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_is_loaded_again() {
    let cache = Arc::new(MemoryCache::new());
    cache
        .put(
            "number:1",
            Bytes::from_static(b"{\"shape\":\"of another version\"}"),
            Duration::from_secs(60),
        )
        .await;
    let cached = Cached::new(cache);
    assert_eq!(cached.load(&Number(1), async || value("one")).await, value("one"));
    assert_eq!(peek(&cached).await.as_deref(), Some("one"));
}

#[tokio::test]
async fn a_key_of_another_kind_with_the_same_text_gets_no_value_of_the_wrong_type() {
    let cached = cached();
    let (first, load) = loader();
    let slow = tokio::spawn({
        let cached = cached.clone();
        async move { cached.load(&Number(1), || load).await }
    });
    first.begun.await.unwrap();
    let twin = cached.load(&Twin, async || Ok::<_, &str>(Some(7)));
    tokio::pin!(twin);
    assert!(futures::poll!(&mut twin).is_pending());
    first.give.send(value("one")).unwrap();
    assert_eq!(slow.await.unwrap(), value("one"));
    assert_eq!(twin.await, Ok(Some(7)));
}

#[tokio::test]
async fn hits_and_misses_are_counted_by_kind() {
    let counts = Counts::default();
    let _guard = metrics::set_default_local_recorder(&counts);
    let cached = cached();
    for _ in 0..3 {
        cached.load(&Number(1), async || value("one")).await.unwrap();
    }
    cached
        .load(&Number(2), async || Loaded::Err("away"))
        .await
        .unwrap_err();
    assert_eq!(counts.of("cache_hits_total{cache=number,layer=all}"), 2);
    assert_eq!(counts.of("cache_misses_total{cache=number,layer=all}"), 2);
}

/// Remembers counters.
#[derive(Default)]
struct Counts(Lock<HashMap<String, Arc<AtomicU64>>>);

impl Counts {
    fn of(&self, name: &str) -> u64 {
        self.0
            .lock()
            .unwrap()
            .get(name)
            .map_or(0, |count| count.load(Ordering::SeqCst))
    }
}

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &metrics::Key, _: &Metadata<'_>) -> Counter {
        let labels: Vec<_> = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()))
            .collect();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        Counter::from_arc(Arc::clone(self.0.lock().unwrap().entry(name).or_default()))
    }

    fn register_gauge(&self, _: &metrics::Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &metrics::Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
