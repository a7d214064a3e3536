//! Redis as this instance reaches it: a few pooled connections for commands, behind a breaker and a time
//! limit. Who asks gets an answer or [`Away`], never an error that has to be understood: every port has a
//! way to go on without Redis.

mod link;
pub(crate) mod owed;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bb8_redis::{bb8, redis};
use redis::{Client, Cmd, FromRedisValue, IntoConnectionInfo, Pipeline, ScriptInvocation};
use thiserror::Error;
use uuid::Uuid;

use crate::{
    breaker::{Breaker, Interrupted, State},
    health::Health,
};
use link::{Connector, Fault};

/// What every key and channel of Natter begins with.
pub const PREFIX: &str = "natter:";
/// The longest that anyone waits for Redis: connecting, queueing for a connection and the answer together.
pub const LIMIT: Duration = Duration::from_millis(500);
/// How long Redis is not asked after it failed.
pub const PAUSE: Duration = Duration::from_millis(500);
/// The most connections for commands. A command takes a fraction of a millisecond, so a few are many.
pub const CONNECTIONS_MAX: u32 = 8;

/// Redis has no answer: it is away, slow, or refuses. The breaker counted and told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("Redis has no answer")]
pub struct Away;

/// Why an address of Redis cannot be used. Does not repeat the address, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("expected redis://[user:password@]host[:port][/database], or rediss:// for TLS: {0}")]
pub struct BadUrl(String);

/// One instance's way to Redis.
pub struct Redis {
    pool: bb8::Pool<Connector>,
    client: Client,
    breaker: Breaker,
    instance: Uuid,
    /// Raised when a connection broke: those made before are not used any more.
    breaks: Arc<AtomicU64>,
}

impl Redis {
    /// Redis at `url`. Connects when it is first asked, so this works while Redis is away.
    ///
    /// # Errors
    /// [`BadUrl`] where the address is none.
    pub fn open(url: &str) -> Result<Arc<Self>, BadUrl> {
        let bad = |error: redis::RedisError| BadUrl(error.category().to_owned());
        let client = Client::open(url.into_connection_info().map_err(bad)?).map_err(bad)?;
        let breaks = Arc::new(AtomicU64::new(0));
        let connector = Connector::new(client.clone(), Arc::clone(&breaks)).map_err(bad)?;
        let pool = bb8::Pool::builder()
            .max_size(CONNECTIONS_MAX)
            .connection_timeout(LIMIT)
            // It would be a round trip more for each command. A broken one is found by using it.
            .test_on_check_out(false)
            .retry_connection(false)
            .build_unchecked(connector);
        Ok(Arc::new(Self {
            pool,
            client,
            breaker: Breaker::new("redis", LIMIT, PAUSE),
            instance: Uuid::new_v4(),
            breaks,
        }))
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// [`Away`] where it does not.
    pub async fn ping(&self) -> Result<(), Away> {
        self.ask::<String>(&redis::cmd("PING")).await.map(drop)
    }

    /// As the breaker knows it, without asking.
    #[must_use]
    pub fn health(&self) -> Health {
        match self.breaker.state() {
            State::Closed => Health::Ok,
            State::HalfOpen | State::Open => Health::Degraded,
        }
    }

    /// What tells this instance from the others; another one after each start.
    pub(crate) fn instance(&self) -> Uuid {
        self.instance
    }

    /// For connections of one's own: the subscriber's.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Asks one question within [`LIMIT`].
    pub(crate) async fn ask<T: FromRedisValue + Send>(&self, question: &impl Question) -> Result<T, Away> {
        self.breaker
            .call(self.ask_now(question))
            .await
            .map_err(|interrupted| {
                if let Interrupted::Failed(fault) = interrupted {
                    fault.tell();
                }
                Away
            })
    }

    /// Shows how many connections for commands are open, and how many of them are used.
    pub(crate) fn measure(&self) {
        let bb8::State {
            connections,
            idle_connections,
            ..
        } = self.pool.state();
        let busy = connections.saturating_sub(idle_connections);
        for (state, count) in [("idle", idle_connections), ("busy", busy)] {
            metrics::gauge!("redis_pool_connections", "state" => state).set(f64::from(count));
        }
    }

    async fn ask_now<T: FromRedisValue + Send>(&self, question: &impl Question) -> Result<T, Fault> {
        let mut link = loop {
            let link = self.pool.get().await?;
            // Dropped with its mark, it leaves the pool; at most as often as there are connections.
            if link.breaks() == self.breaks.load(Ordering::Acquire) {
                break link;
            }
        };
        // Until the answer is here: if the caller goes away or time is over, this connection is not used again.
        link.asked = true;
        let asked = Instant::now();
        let answer = question.put(&mut link.connection).await;
        metrics::histogram!("redis_command_duration_seconds").record(asked.elapsed());
        link.asked = answer.as_ref().is_err_and(Fault::breaks);
        if answer
            .as_ref()
            .is_err_and(redis::RedisError::is_connection_dropped)
        {
            // The others of this age are most likely broken as well, and each would cost somebody an answer.
            self.breaks.fetch_max(link.breaks() + 1, Ordering::AcqRel);
        }
        Ok(answer?)
    }
}

/// What can be asked in one round trip.
pub(crate) trait Question: Sync {
    /// Asks it and waits for the answer.
    fn put<T: FromRedisValue + Send>(
        &self,
        connection: &mut redis::aio::MultiplexedConnection,
    ) -> impl Future<Output = redis::RedisResult<T>> + Send;
}

impl Question for Cmd {
    async fn put<T: FromRedisValue + Send>(
        &self,
        connection: &mut redis::aio::MultiplexedConnection,
    ) -> redis::RedisResult<T> {
        self.query_async(connection).await
    }
}

impl Question for Pipeline {
    async fn put<T: FromRedisValue + Send>(
        &self,
        connection: &mut redis::aio::MultiplexedConnection,
    ) -> redis::RedisResult<T> {
        self.query_async(connection).await
    }
}

/// One round trip where Redis knows the script, three where it was restarted.
impl Question for ScriptInvocation<'_> {
    async fn put<T: FromRedisValue + Send>(
        &self,
        connection: &mut redis::aio::MultiplexedConnection,
    ) -> redis::RedisResult<T> {
        self.invoke_async(connection).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_is_none_is_refused_without_repeating_it() {
        for url in [
            "http://me:secret@host",
            "redis://me:secret@",
            "secret",
            "redis://me:secret@host:port",
            "redis://me:secret@host/nine",
        ] {
            let error = Redis::open(url).err().map(|error| error.to_string());
            assert!(
                error.as_ref().is_some_and(|error| !error.contains("secret")),
                "{url}: {error:?}"
            );
        }
    }

    #[tokio::test]
    async fn redis_may_be_away_when_it_is_opened() {
        let redis = Redis::open("redis://127.0.0.1:1").unwrap();
        for _ in 0..10 {
            assert_eq!(redis.ping().await, Err(Away));
        }
        assert_eq!(redis.health(), Health::Degraded);
    }
}
