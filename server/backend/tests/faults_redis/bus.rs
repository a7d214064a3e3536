//! The bus.

use std::time::Duration;

use backend::{
    bus::{Bus, redis::RedisBus},
    health::Health,
    redis::Redis,
};
use services::Wire;
use uuid::Uuid;

use super::{Instance, hears, hears_gap, numbered, server, until};

#[tokio::test]
async fn subscriptions_come_back_with_redis_and_tell_of_the_gap() {
    let server = server();
    let (near, far) = (
        Instance::at(&server.url()).await,
        Instance::at(&server.url()).await,
    );
    let (mut here, mut there) = (near.bus.subscribe(), far.bus.subscribe());
    near.bus.publish(numbered(1)).await;
    hears(&mut there, &numbered(1)).await;
    server.kill().unwrap();
    near.is_degraded().await;
    far.is_degraded().await;
    near.bus.publish(numbered(2)).await;
    hears(&mut here, &numbered(2)).await;
    server.start_again().unwrap();
    near.is_well().await;
    far.is_well().await;
    near.bus.publish(numbered(3)).await;
    assert!(hears(&mut there, &numbered(3)).await, "no gap was told");
}

#[tokio::test]
async fn an_instance_that_starts_without_redis_connects_when_it_comes() {
    let server = server();
    server.kill().unwrap();
    let redis = Redis::open(&server.url()).unwrap();
    let bus = RedisBus::new(&redis);
    let mut here = bus.subscribe();
    bus.publish(numbered(1)).await;
    hears(&mut here, &numbered(1)).await;
    assert_eq!(bus.health(), Health::Degraded);
    server.start_again().unwrap();
    until(async || bus.health() == Health::Ok).await;
    let far = Instance::at(&server.url()).await;
    let mut there = far.bus.subscribe();
    bus.publish(numbered(2)).await;
    hears(&mut there, &numbered(2)).await;
}

#[tokio::test]
async fn what_one_instance_could_not_send_the_others_are_told_to_compare() {
    let server = server();
    let wire = Wire::to(server.port()).unwrap();
    let (near, far) = (Instance::through(&wire).await, Instance::at(&server.url()).await);
    let mut there = far.bus.subscribe();
    near.bus.publish(numbered(1)).await;
    hears(&mut there, &numbered(1)).await;
    wire.cut();
    near.bus.publish(numbered(2)).await;
    // The other one reaches Redis, and still knows that something is wrong: a peer fell silent.
    far.is_degraded().await;
    assert!(far.redis.ping().await.is_ok());
    wire.mend();
    near.is_well().await;
    near.bus.publish(numbered(3)).await;
    assert!(hears(&mut there, &numbered(3)).await, "no gap was told");
    far.is_well().await;
}

#[tokio::test]
async fn an_instance_that_leaves_properly_is_not_missed() {
    let server = server();
    let (near, far) = (
        Instance::at(&server.url()).await,
        Instance::at(&server.url()).await,
    );
    let mut there = far.bus.subscribe();
    near.bus.publish(numbered(1)).await;
    hears(&mut there, &numbered(1)).await;
    near.bus.close().await;
    // Longer than silence is tolerated.
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(far.bus.health(), Health::Ok);
    }
}

#[tokio::test]
async fn what_another_version_sends_is_skipped_and_looked_for_in_the_store() {
    let server = server();
    let (near, far) = (
        Instance::at(&server.url()).await,
        Instance::at(&server.url()).await,
    );
    let mut there = far.bus.subscribe();
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let unknown_kind = [b"1", Uuid::new_v4().as_bytes().as_slice(), b"e{\"invented\":{}}"].concat();
    for strange in [&b"nonsense"[..], b"", &[0xff; 100], &unknown_kind] {
        let heard_by: u32 = redis::cmd("PUBLISH")
            .arg("natter:events:3")
            .arg(strange)
            .query_async(&mut connection)
            .await
            .unwrap();
        assert_eq!(heard_by, 2);
    }
    // Whatever it was, the store has what counts.
    hears_gap(&mut there).await;
    near.bus.publish(numbered(1)).await;
    hears(&mut there, &numbered(1)).await;
}
