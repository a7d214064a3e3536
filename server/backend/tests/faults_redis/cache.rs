//! The cache.

use std::{sync::Arc, time::Duration};

use backend::{
    cache::{Cache, Cached, Key},
    event::Event,
};
use bytes::Bytes;
use services::Wire;

use super::{HOUR, Instance, hears, server, soon, until};

struct Room;

impl Key for Room {
    type Value = String;
    const NAME: &'static str = "room";
    const TTL: Duration = HOUR;

    fn key(&self) -> String {
        "room:1".to_owned()
    }
}

async fn load(cached: &Cached, stored: &str) -> String {
    let loaded = cached.load(&Room, async || Ok::<_, ()>(Some(stored.to_owned())));
    soon(loaded).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_one_instance_loaded_another_finds_and_what_one_forgets_all_forget() {
    let server = server();
    let (near, far) = (
        Instance::at(&server.url()).await,
        Instance::at(&server.url()).await,
    );
    let (near, far) = (near.cached(), far.cached());
    assert_eq!(load(&near, "old").await, "old");
    assert_eq!(load(&far, "new").await, "old");
    near.forget(&Room).await;
    assert_eq!(load(&near, "new").await, "new");
    until(async || load(&far, "new").await == "new").await;
}

#[tokio::test]
async fn a_load_that_began_before_another_instance_forgot_is_not_kept() {
    let server = server();
    let (near, far) = (
        Instance::at(&server.url()).await,
        Instance::at(&server.url()).await,
    );
    let third = Instance::at(&server.url()).await.cached();
    let (near, far_bus, far) = (near.cached(), Arc::clone(&far.bus), far.cached());
    let mut events = far_bus.subscribe();
    let loaded = far.load(&Room, async || {
        // Read, and then changed and forgotten elsewhere before it gets any further.
        near.forget(&Room).await;
        hears(&mut events, &Event::Forgotten { key: "room:1".into() }).await;
        Ok::<_, ()>(Some("old".to_owned()))
    });
    assert_eq!(soon(loaded).await.unwrap().unwrap(), "old");
    until(async || load(&far, "new").await == "new").await;
    assert_eq!(load(&third, "new").await, "new");
    assert_eq!(load(&near, "new").await, "new");
}

#[tokio::test]
async fn a_value_put_after_its_key_was_forgotten_reaches_nobody_else() {
    let server = server();
    let (near, far) = (
        Instance::at(&server.url()).await,
        Instance::at(&server.url()).await,
    );
    near.cache.put("room:1", Bytes::from_static(b"old"), HOUR).await;
    assert_eq!(far.cache.get("room:1").await, Some(Bytes::from_static(b"old")));
    near.cache.forget("room:1").await;
    // Loaded before, kept after.
    far.cache.put("room:1", Bytes::from_static(b"old"), HOUR).await;
    assert_eq!(near.cache.get("room:1").await, None);
    assert_eq!(Instance::at(&server.url()).await.cache.get("room:1").await, None);
}

#[tokio::test]
async fn what_was_forgotten_while_redis_was_away_is_forgotten_when_it_is_back() {
    let server = server();
    let wire = Wire::to(server.port()).unwrap();
    let (near, far) = (Instance::through(&wire).await, Instance::at(&server.url()).await);
    near.cache.put("room:1", Bytes::from_static(b"old"), HOUR).await;
    wire.cut();
    soon(near.cache.forget("room:1")).await;
    assert_eq!(near.cache.get("room:1").await, None);
    wire.mend();
    near.is_well().await;
    assert_eq!(near.cache.get("room:1").await, None);
    until(async || far.cache.get("room:1").await.is_none()).await;
}

#[tokio::test]
async fn when_more_was_forgotten_than_can_be_owed_all_of_it_is_gone() {
    let server = server();
    let wire = Wire::to(server.port()).unwrap();
    let (near, far) = (Instance::through(&wire).await, Instance::at(&server.url()).await);
    near.cache
        .put("room:last", Bytes::from_static(b"old"), HOUR)
        .await;
    wire.cut();
    for number in 0..2_000 {
        soon(near.cache.forget(&format!("room:{number}"))).await;
    }
    soon(near.cache.forget("room:last")).await;
    wire.mend();
    near.is_well().await;
    until(async || far.cache.get("room:last").await.is_none()).await;
    // And there is life after that.
    assert_eq!(near.cache.get("room:other").await, None);
    near.cache
        .put("room:other", Bytes::from_static(b"new"), HOUR)
        .await;
    assert_eq!(
        far.cache.get("room:other").await,
        Some(Bytes::from_static(b"new"))
    );
}

#[tokio::test]
async fn bytes_that_nobody_wrote_are_a_miss() {
    let server = server();
    let instance = Instance::at(&server.url()).await;
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    for strange in [&b""[..], b"+", b"?????????????????????????", &[b'+'; 40]] {
        let (): () = redis::cmd("SET")
            .arg("natter:cache:room:1")
            .arg(strange)
            .arg("EX")
            .arg(60)
            .query_async(&mut connection)
            .await
            .unwrap();
        assert_eq!(instance.cache.get("room:1").await, None);
    }
    let (): () = redis::cmd("DEL")
        .arg("natter:cache:room:1")
        .query_async(&mut connection)
        .await
        .unwrap();
    let (): () = redis::cmd("RPUSH")
        .arg("natter:cache:room:1")
        .arg("x")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(instance.cache.get("room:1").await, None);
}
