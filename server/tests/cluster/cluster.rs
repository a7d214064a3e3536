//! Three instances and what they share.

use std::thread;

use services::{Postgres, Redis, Wire};

use crate::common::{Setup, TestServer};

const INSTANCES: usize = 3;

/// Instances on one PostgreSQL and one Redis. The fields are in the order in which they have to end.
pub struct Cluster {
    pub instances: Vec<TestServer>,
    /// Between the first instance and Redis.
    pub wire: Wire,
    pub redis: Redis,
    pub postgres: Postgres,
}

impl Cluster {
    /// Without limits.
    pub fn start() -> Self {
        Self::with(|setup| setup.with("NATTER_LIMITS", "off"))
    }

    /// Instances with more settings. They start at the same time, on a database without a schema.
    pub fn with(settings: impl Fn(Setup) -> Setup) -> Self {
        let (postgres, redis) = (Postgres::start().unwrap(), Redis::start().unwrap());
        let wire = Wire::to(redis.port()).unwrap();
        let starting: Vec<_> = (0..INSTANCES)
            .map(|n| {
                let port = if n == 0 { wire.port() } else { redis.port() };
                let setup = TestServer::setup()
                    .with("DATABASE_URL", postgres.url())
                    .with("REDIS_URL", format!("redis://127.0.0.1:{port}"));
                let setup = settings(setup);
                thread::spawn(move || setup.start())
            })
            .collect();
        Self {
            instances: starting.into_iter().map(|it| it.join().unwrap()).collect(),
            wire,
            redis,
            postgres,
        }
    }

    /// Where each instance is.
    pub fn urls(&self) -> Vec<String> {
        self.instances.iter().map(|it| it.url().to_owned()).collect()
    }
}
