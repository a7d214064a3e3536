//! What every cache guarantees. It may forget at any time, so a suite can only show what it must not give,
//! and that it keeps at all.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use backend::cache::Cache;
use bytes::Bytes;
use tokio::task::JoinSet;

use crate::{ends::soon, make};

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(200);

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

/// Puts `value` for [`SHORT`] and sees it there; again where the machine stood still until its time was over.
async fn put_for_short(cache: &Arc<dyn Cache>, key: &str, value: &'static str) {
    for _ in 0..50 {
        let before = Instant::now();
        cache.put(key, bytes(value), SHORT).await;
        let got = cache.get(key).await;
        if before.elapsed() < SHORT {
            assert_eq!(got, Some(bytes(value)), "{key}");
            return;
        }
    }
    panic!("no put and get within {SHORT:?}");
}

#[tokio::test]
async fn what_was_put_is_there_until_its_time_is_over() {
    let cache = make::cache().await;
    assert_eq!(cache.get("key").await, None);
    put_for_short(&cache, "key", "value").await;
    tokio::time::sleep(SHORT * 2).await;
    assert_eq!(cache.get("key").await, None);
}

#[tokio::test]
async fn the_last_put_counts_with_its_own_time() {
    let cache = make::cache().await;
    cache.put("longer", bytes("old"), SHORT).await;
    cache.put("longer", bytes("new"), LONG).await;
    cache.put("shorter", bytes("old"), LONG).await;
    put_for_short(&cache, "shorter", "new").await;
    tokio::time::sleep(SHORT * 2).await;
    assert_eq!(cache.get("longer").await, Some(bytes("new")));
    assert_eq!(cache.get("shorter").await, None);
}

#[tokio::test]
async fn what_was_forgotten_is_gone() {
    let cache = make::cache().await;
    cache.put("key", bytes("value"), LONG).await;
    cache.put("other", bytes("value"), LONG).await;
    cache.forget("key").await;
    assert_eq!(cache.get("key").await, None);
    assert_eq!(cache.get("other").await, Some(bytes("value")));
    cache.put("key", bytes("again"), LONG).await;
    assert_eq!(cache.get("key").await, Some(bytes("again")));
}

#[tokio::test]
async fn forgetting_what_is_not_there_harms_nothing() {
    let cache = make::cache().await;
    cache.forget("key").await;
    cache.put("key", bytes("value"), LONG).await;
    assert_eq!(cache.get("key").await, Some(bytes("value")));
}

#[tokio::test]
async fn keys_are_told_apart() {
    let cache = make::cache().await;
    let keys = [
        "key", "KEY", "key ", "key:1", "key:*", "*", "", "clé", "鍵", "k\u{0}ey",
    ];
    for key in keys {
        cache.put(key, Bytes::from_static(key.as_bytes()), LONG).await;
    }
    cache.forget("key:*").await;
    for key in keys {
        let expected = (key != "key:*").then(|| Bytes::from_static(key.as_bytes()));
        assert_eq!(cache.get(key).await, expected, "{key:?}");
    }
}

#[tokio::test]
async fn any_bytes_under_any_key_come_back_as_they_were() {
    let cache = make::cache().await;
    let all: Vec<u8> = (0..=u8::MAX).collect();
    let long_key = "k".repeat(1_000);
    for (key, value) in [
        ("empty", vec![]),
        ("all", all.clone()),
        (long_key.as_str(), all.repeat(1_000)),
    ] {
        cache.put(key, value.clone().into(), LONG).await;
        assert_eq!(cache.get(key).await, Some(Bytes::from(value)));
    }
}

#[tokio::test]
async fn whoever_asks_after_forgetting_does_not_get_the_old_value() {
    let cache = make::cache().await;
    let mut readers = JoinSet::new();
    for _ in 0..4 {
        let cache = Arc::clone(&cache);
        readers.spawn(async move {
            loop {
                cache.get("key").await;
                tokio::task::yield_now().await;
            }
        });
    }
    for _ in 0..500 {
        cache.put("key", bytes("old"), LONG).await;
        tokio::task::yield_now().await;
        soon(cache.forget("key")).await;
        assert_eq!(cache.get("key").await, None);
        tokio::task::yield_now().await;
        assert_eq!(cache.get("key").await, None);
    }
    readers.shutdown().await;
}
