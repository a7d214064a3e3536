//! Presence.

use std::sync::Arc;

use backend::{
    Signup, connect,
    connect::Config,
    event::Event,
    health::Health,
    presence::{Presence, redis::RedisPresence},
    redis::Redis,
};
use chat::{ConnectionId, Status, UserId};
use services::Wire;
use uuid::Uuid;

use super::{Instance, hears, rule, server, soon, until};

#[tokio::test]
async fn the_users_of_an_instance_that_died_are_told_to_be_offline() {
    let server = server();
    let (near, far) = (
        Instance::at(&server.url()).await,
        Instance::at(&server.url()).await,
    );
    let here = RedisPresence::new(&near.redis, Arc::clone(&near.bus));
    let there = RedisPresence::new(&far.redis, Arc::clone(&far.bus));
    let (rosa, mei) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
    here.set(rosa, ConnectionId(Uuid::from_u128(3)), Status::Online)
        .await;
    here.set(mei, ConnectionId(Uuid::from_u128(4)), Status::Online)
        .await;
    there
        .set(mei, ConnectionId(Uuid::from_u128(5)), Status::Away)
        .await;
    assert_eq!(
        there.statuses(&[rosa, mei]).await,
        [Some(Status::Online), Some(Status::Online)]
    );
    let mut events = far.bus.subscribe();
    // Nothing is cleared: it beats no more.
    drop(here);
    let offline = Event::PresenceChanged {
        user: rosa,
        status: Status::Offline,
    };
    hears(&mut events, &offline).await;
    assert_eq!(
        there.statuses(&[rosa, mei]).await,
        [Some(Status::Offline), Some(Status::Away)]
    );
}

#[tokio::test]
async fn without_redis_ones_own_users_are_known_and_the_others_unknown_and_after_it_all_are_known() {
    let server = server();
    let (near, far) = (
        Instance::at(&server.url()).await,
        Instance::at(&server.url()).await,
    );
    let here = RedisPresence::new(&near.redis, Arc::clone(&near.bus));
    let there = RedisPresence::new(&far.redis, Arc::clone(&far.bus));
    let (rosa, mei, ana) = (
        UserId(Uuid::from_u128(1)),
        UserId(Uuid::from_u128(2)),
        UserId(Uuid::from_u128(3)),
    );
    let connection = |number| ConnectionId(Uuid::from_u128(number));
    here.set(rosa, connection(1), Status::Online).await;
    there.set(mei, connection(2), Status::Online).await;
    here.set(ana, connection(3), Status::Online).await;
    let mut events = far.bus.subscribe();
    server.kill().unwrap();
    assert_eq!(
        soon(here.statuses(&[rosa, mei])).await,
        [Some(Status::Online), None]
    );
    // Whether she is anywhere else, nobody knows.
    assert_eq!(soon(here.clear(ana, connection(3))).await, None);
    server.start_again().unwrap();
    far.is_well().await;
    // What could not be told is told, also if Redis has forgotten that she was ever there.
    let offline = Event::PresenceChanged {
        user: ana,
        status: Status::Offline,
    };
    hears(&mut events, &offline).await;
    let all = [Some(Status::Online), Some(Status::Online), Some(Status::Offline)];
    until(async || here.statuses(&[rosa, mei, ana]).await == all).await;
    until(async || there.statuses(&[rosa, mei, ana]).await == all).await;
}

#[tokio::test]
async fn who_is_to_be_told_of_once_more_is_so_when_redis_fails_at_that_very_moment() {
    let server = server();
    let client = redis::Client::open(server.url()).unwrap();
    let mut admin = client.get_multiplexed_async_connection().await.unwrap();
    rule("on >s3cret ~* &* +@all", &mut admin).await;
    let wire = Wire::to(server.port()).unwrap();
    // The bus goes on; what presence asks for goes through a wire, as a user whose rights change.
    let told = Instance::at(&server.url()).await;
    let redis = Redis::open(&format!("redis://natter:s3cret@127.0.0.1:{}", wire.port())).unwrap();
    let presence = RedisPresence::new(&redis, Arc::clone(&told.bus));
    let (rosa, connection) = (UserId(Uuid::from_u128(1)), ConnectionId(Uuid::from_u128(2)));
    until(async || presence.statuses(&[rosa]).await == [Some(Status::Offline)]).await;
    presence.set(rosa, connection, Status::Online).await;
    wire.cut();
    assert_eq!(soon(presence.clear(rosa, connection)).await, None);
    let mut events = told.bus.subscribe();
    let offline = Event::PresenceChanged {
        user: rosa,
        status: Status::Offline,
    };
    // What was under way would arrive late, and nothing would be left to change.
    wire.sever();
    wire.mend();
    // As a change, and as one that could not be told.
    hears(&mut events, &offline).await;
    hears(&mut events, &offline).await;
    // A beat says that it is alive, and cannot ask how she stands.
    rule("-hget", &mut admin).await;
    until(async || was_denied(&mut admin).await).await;
    rule("+hget", &mut admin).await;
    hears(&mut events, &offline).await;
}

async fn was_denied(admin: &mut redis::aio::MultiplexedConnection) -> bool {
    let mut command = redis::cmd("ACL");
    let entries: Vec<redis::Value> = command.arg("LOG").query_async(admin).await.unwrap();
    !entries.is_empty()
}

#[tokio::test]
async fn whoever_leaves_as_their_instance_stops_is_offline_for_the_others() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let instance = async |name: &str| {
        let config = Config {
            database_url: format!("sqlite://{}", folder.path().join(name).display()),
            database_replica_url: None,
            files: folder.path().join("files").display().to_string(),
            redis_url: Some(server.url()),
            limits: "off".parse().unwrap(),
            signup: Signup::Open,
            site: None,
            previews: false,
            outside: Vec::new(),
        };
        let backend = connect(&config).await.unwrap();
        until(async || backend.bus.health() == Health::Ok).await;
        backend
    };
    let (near, far) = (instance("near.db").await, instance("far.db").await);
    let mut there = far.bus.subscribe();
    let (rosa, connection) = (UserId(Uuid::from_u128(1)), ConnectionId(Uuid::from_u128(2)));
    let told = |status| Event::PresenceChanged { user: rosa, status };
    near.set_presence(rosa, connection, Status::Online).await;
    hears(&mut there, &told(Status::Online)).await;
    let leaving = Arc::clone(&near);
    let leaving = tokio::spawn(async move { leaving.clear_presence(rosa, connection).await });
    tokio::task::yield_now().await;
    near.close().await;
    leaving.abort();
    drop(near);
    hears(&mut there, &told(Status::Offline)).await;
    assert_eq!(far.presence.statuses(&[rosa]).await, [Some(Status::Offline)]);
}
