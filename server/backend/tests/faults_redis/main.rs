//! What happens while Redis is away, hangs or cannot be reached from one instance, and when it is back.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has found something"
)]

mod bus;
mod cache;
mod presence;
mod shared;

use std::{sync::Arc, time::Duration};

use backend::{
    bus::{Bus, Delivery, Subscription, redis::RedisBus},
    cache::{Cache, Cached, layered::LayeredCache},
    event::Event,
    health::Health,
    redis::Redis,
};
use chat::{RoomId, UserId};
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

async fn rule(rules: &str, admin: &mut redis::aio::MultiplexedConnection) {
    let mut command = redis::cmd("ACL");
    command
        .arg("SETUSER")
        .arg("natter")
        .arg(rules.split(' ').collect::<Vec<_>>());
    let (): () = command.query_async(admin).await.unwrap();
}
