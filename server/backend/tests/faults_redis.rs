//! What happens while Redis is away, hangs or cannot be reached from one instance, and when it is back.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has found something"
)]

use std::{sync::Arc, time::Duration};

use backend::{
    Signup,
    bus::{Bus, Delivery, Subscription, redis::RedisBus},
    cache::{Cache, Cached, Key, layered::LayeredCache},
    connect,
    connect::Config,
    event::Event,
    health::Health,
    limit::{Limiter, Verdict, redis::RedisLimiter},
    presence::{Presence, redis::RedisPresence},
    redis::Redis,
    session::{Sessions, memory::StoredSessions, redis::SharedSessions},
    store::{NewUser, Registered, Store, sqlite::SqliteStore},
};
use bytes::Bytes;
use chat::{ConnectionId, RoomId, Status, UserId, quota::Quota};
use futures::StreamExt;
use services::Wire;
use uuid::Uuid;

const HOUR: Duration = Duration::from_secs(3600);

/// What must happen happens within this time, or the test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(40);

async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work)
        .await
        .expect("this should not take so long")
}

/// Asks until the answer is yes.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    soon(async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

/// One instance's part in Redis.
struct Instance {
    redis: Arc<Redis>,
    bus: Arc<dyn Bus>,
    cache: Arc<LayeredCache>,
}

impl Instance {
    async fn at(url: &str) -> Self {
        let redis = Redis::open(url).unwrap();
        let bus: Arc<dyn Bus> = Arc::new(RedisBus::new(&redis));
        let cache = Arc::new(LayeredCache::new(&redis, Arc::clone(&bus)));
        let instance = Self { redis, bus, cache };
        instance.is_well().await;
        instance
    }

    /// Reaches Redis through `wire`.
    async fn through(wire: &Wire) -> Self {
        Self::at(&format!("redis://127.0.0.1:{}", wire.port())).await
    }

    async fn is_well(&self) {
        until(async || self.bus.health() == Health::Ok && self.redis.ping().await.is_ok()).await;
    }

    async fn is_degraded(&self) {
        until(async || self.bus.health() == Health::Degraded).await;
    }

    /// The typed cache, which hears what others forget.
    fn cached(&self) -> Cached {
        let cached = Cached::new(Arc::clone(&self.cache) as Arc<dyn Cache>);
        tokio::spawn(cached.follower().follow(self.bus.subscribe()));
        cached
    }
}

fn numbered(number: u64) -> Event {
    Event::MarkerMoved {
        user: UserId(Uuid::nil()),
        room: RoomId(Uuid::nil()),
        seq: number,
        turn: 7,
        back_from: Some(9),
        origin: None,
    }
}

/// Reads until this event arrives; gives whether a gap was told before it.
async fn hears(subscription: &mut Subscription, wanted: &Event) -> bool {
    let mut gap = false;
    loop {
        match soon(subscription.next()).await.expect("the bus is there") {
            Delivery::Event(event) if *event == *wanted => return gap,
            Delivery::Event(_) => {}
            Delivery::Gap => gap = true,
        }
    }
}

async fn hears_gap(subscription: &mut Subscription) {
    while !matches!(soon(subscription.next()).await.unwrap(), Delivery::Gap) {}
}

fn server() -> services::Redis {
    services::Redis::start().unwrap()
}

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

#[tokio::test]
async fn a_user_of_redis_with_few_rights_is_enough() {
    let server = server();
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let rules = "on >s3cret resetkeys resetchannels ~natter:* &natter:* -@all +@all -@dangerous";
    let mut command = redis::cmd("ACL");
    command
        .arg("SETUSER")
        .arg("natter")
        .arg(rules.split(' ').collect::<Vec<_>>());
    let (): () = command.query_async(&mut connection).await.unwrap();
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

async fn rule(rules: &str, admin: &mut redis::aio::MultiplexedConnection) {
    let mut command = redis::cmd("ACL");
    command
        .arg("SETUSER")
        .arg("natter")
        .arg(rules.split(' ').collect::<Vec<_>>());
    let (): () = command.query_async(admin).await.unwrap();
}

async fn was_denied(admin: &mut redis::aio::MultiplexedConnection) -> bool {
    let mut command = redis::cmd("ACL");
    let entries: Vec<redis::Value> = command.arg("LOG").query_async(admin).await.unwrap();
    !entries.is_empty()
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
