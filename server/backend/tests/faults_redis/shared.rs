//! Limits, sessions and connections.

use std::{sync::Arc, time::Duration};

use backend::{
    cache::Cache,
    health::Health,
    limit::{Limiter, Verdict, redis::RedisLimiter},
    presence::{Presence, redis::RedisPresence},
    redis::Redis,
    session::{Sessions, memory::StoredSessions, redis::SharedSessions},
    store::{NewUser, Registered, Store, sqlite::SqliteStore},
};
use bytes::Bytes;
use chat::{ConnectionId, RoomId, Status, UserId, quota::Quota};
use services::Wire;
use uuid::Uuid;

use super::{HOUR, Instance, hears, hears_gap, numbered, rule, server, soon, until};

#[tokio::test]
async fn connections_that_died_unused_cost_nobody_an_answer() {
    let server = server();
    let redis = Redis::open(&server.url()).unwrap();
    // All that the pool may have.
    let asked = futures::future::join_all((0..32).map(|_| redis.ping())).await;
    assert!(asked.iter().all(Result::is_ok));
    server.kill().unwrap();
    server.start_again().unwrap();
    let mut failed = 0;
    for _ in 0..32 {
        failed += u32::from(redis.ping().await.is_err());
    }
    assert!(failed <= 1, "{failed} of 32 failed after Redis was back");
    assert_eq!(redis.health(), Health::Ok);
}

#[tokio::test]
async fn while_redis_hangs_nobody_waits_for_it() {
    let server = server();
    let instance = Instance::at(&server.url()).await;
    let limiter = RedisLimiter::new(&instance.redis, "post=1000/1h".parse().unwrap());
    let presence = RedisPresence::new(&instance.redis, Arc::clone(&instance.bus));
    let rosa = UserId(Uuid::from_u128(1));
    presence
        .set(rosa, ConnectionId(Uuid::from_u128(2)), Status::Online)
        .await;
    let mut here = instance.bus.subscribe();
    server.pause().unwrap();
    // Each would take half a second if everyone waited.
    for number in 0..200 {
        soon(instance.bus.publish(numbered(number))).await;
        assert_eq!(soon(limiter.take(Quota::Post, "rosa")).await, Verdict::Allowed);
        assert_eq!(soon(instance.cache.get("room:1")).await, None);
        assert_eq!(soon(presence.statuses(&[rosa])).await, [Some(Status::Online)]);
        hears(&mut here, &numbered(number)).await;
    }
    instance.is_degraded().await;
    // Longer than silence is tolerated: the connection is given up, though it still stands.
    tokio::time::sleep(Duration::from_secs(6)).await;
    server.resume().unwrap();
    instance.is_well().await;
    hears_gap(&mut here).await;
}

#[tokio::test]
async fn a_user_of_redis_with_few_rights_is_enough() {
    let server = server();
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let rules = "on >s3cret resetkeys resetchannels ~natter:* &natter:* -@all +@all -@dangerous";
    rule(rules, &mut connection).await;
    let url = server.url().replace("redis://", "redis://natter:s3cret@");
    let (near, far) = (Instance::at(&url).await, Instance::at(&url).await);
    let mut there = far.bus.subscribe();
    near.bus.publish(numbered(1)).await;
    hears(&mut there, &numbered(1)).await;
    let limiter = || RedisLimiter::new(&near.redis, "post=1/1h".parse().unwrap());
    assert_eq!(limiter().take(Quota::Post, "rosa").await, Verdict::Allowed);
    assert_ne!(limiter().take(Quota::Post, "rosa").await, Verdict::Allowed);
    let presence = |instance: &Instance| RedisPresence::new(&instance.redis, Arc::clone(&instance.bus));
    let (here, elsewhere) = (presence(&near), presence(&far));
    let rosa = UserId(Uuid::from_u128(1));
    here.set(rosa, ConnectionId(Uuid::from_u128(2)), Status::Online)
        .await;
    assert_eq!(elsewhere.statuses(&[rosa]).await, [Some(Status::Online)]);
    near.cache.put("room:1", Bytes::from_static(b"new"), HOUR).await;
    assert_eq!(far.cache.get("room:1").await, Some(Bytes::from_static(b"new")));
    near.cache.forget("room:1").await;
    assert_eq!(near.redis.health(), Health::Ok);
}

#[tokio::test]
async fn limits_go_on_without_redis_and_forgive_nothing() {
    let server = server();
    let redis = Redis::open(&server.url()).unwrap();
    let limiter = RedisLimiter::new(&redis, "post=5/1h".parse().unwrap());
    for _ in 0..3 {
        assert_eq!(limiter.take(Quota::Post, "rosa").await, Verdict::Allowed);
    }
    server.kill().unwrap();
    for _ in 0..2 {
        assert_eq!(soon(limiter.take(Quota::Post, "rosa")).await, Verdict::Allowed);
    }
    assert_ne!(soon(limiter.take(Quota::Post, "rosa")).await, Verdict::Allowed);
    assert_eq!(soon(limiter.take(Quota::Post, "mei")).await, Verdict::Allowed);
    server.start_again().unwrap();
    until(async || redis.ping().await.is_ok()).await;
    // A new script has to be loaded first.
    assert_eq!(limiter.take(Quota::Post, "rosa").await, Verdict::Allowed);
}

#[tokio::test]
async fn sessions_go_on_without_redis_and_one_that_ended_meanwhile_is_over_when_it_is_back() {
    let server = server();
    let wire = Wire::to(server.port()).unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&folder.path().join("natter.db")).await.unwrap());
    let user = NewUser {
        id: UserId(Uuid::now_v7()),
        username: "rosa".into(),
        display_name: "Rosa".into(),
        password_hash: "none".into(),
        created_at: backend::stamp::now(),
        general: RoomId(Uuid::now_v7()),
    };
    let Registered::Created { user, .. } = store.create_user(user, false).await.unwrap() else {
        panic!("taken")
    };
    let sessions = |url: &str| {
        let redis = Redis::open(url).unwrap();
        let stored = StoredSessions::new(Arc::clone(&store), backend::stamp::now);
        (stored.with_shared(SharedSessions::new(&redis)), redis)
    };
    let (near, near_redis) = sessions(&format!("redis://127.0.0.1:{}", wire.port()));
    let (far, _) = sessions(&server.url());
    let (id, secret) = near.open(user.author.id).await.unwrap();
    let (hash, (_, other_secret)) = (secret.hash(), near.open(user.author.id).await.unwrap());
    assert!(near.find(&hash).await.unwrap().is_some());
    wire.cut();
    assert!(soon(near.find(&other_secret.hash())).await.unwrap().is_some());
    soon(near.end(id)).await.unwrap();
    assert!(soon(near.find(&hash)).await.unwrap().is_none());
    wire.mend();
    until(async || near_redis.ping().await.is_ok()).await;
    // Redis held it for all; this instance never asked before.
    until(async || {
        let (fresh, _) = sessions(&server.url());
        fresh.find(&hash).await.unwrap().is_none()
    })
    .await;
    far.forget(id).await;
    assert!(far.find(&hash).await.unwrap().is_none());
    assert!(far.find(&other_secret.hash()).await.unwrap().is_some());
}
