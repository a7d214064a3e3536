//! Connections of the pool, and which of them must not go back to it.
//!
//! `bb8-redis` never calls a connection broken, so one that died would stay in the pool for ever.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bb8_redis::{RedisConnectionManager, bb8, redis};
use redis::{Client, ErrorKind, RedisError, ServerErrorKind, aio::MultiplexedConnection};

use super::LIMIT;
use crate::breaker;

/// Makes connections.
pub(crate) struct Connector {
    manager: RedisConnectionManager,
    breaks: Arc<AtomicU64>,
}

/// A connection with what is known of it.
pub(crate) struct Link {
    pub(super) connection: MultiplexedConnection,
    /// Something was asked and no answer came.
    pub(super) asked: bool,
    /// How many breaks there had been when it was made.
    made_after: u64,
    breaks: Arc<AtomicU64>,
}

impl Connector {
    pub(super) fn new(client: Client, breaks: Arc<AtomicU64>) -> Result<Self, RedisError> {
        let manager = RedisConnectionManager::new(client.get_connection_info().clone())?;
        Ok(Self { manager, breaks })
    }
}

impl Link {
    pub(super) fn breaks(&self) -> u64 {
        self.made_after
    }
}

impl bb8::ManageConnection for Connector {
    type Connection = Link;
    type Error = RedisError;

    async fn connect(&self) -> Result<Link, RedisError> {
        let made_after = self.breaks.load(Ordering::Acquire);
        let mut connection = self.manager.connect().await?;
        connection.set_response_timeout(LIMIT);
        Ok(Link {
            connection,
            asked: false,
            made_after,
            breaks: Arc::clone(&self.breaks),
        })
    }

    async fn is_valid(&self, link: &mut Link) -> Result<(), RedisError> {
        self.manager.is_valid(&mut link.connection).await
    }

    fn has_broken(&self, link: &mut Link) -> bool {
        link.asked || link.made_after != link.breaks.load(Ordering::Acquire)
    }
}

/// Why a question has no answer.
#[derive(Debug)]
pub(super) enum Fault {
    /// No connection came free or could be made in time.
    Pool(bb8::RunError<RedisError>),
    /// It was asked.
    Redis(RedisError),
}

impl Fault {
    /// Whether a connection that gave this error is to be replaced.
    pub(super) fn breaks(error: &RedisError) -> bool {
        error.is_unrecoverable_error() || is_outage(error)
    }

    /// What the breaker does not count would otherwise be seen nowhere.
    pub(super) fn tell(&self) {
        match self {
            Self::Redis(error) if !is_outage(error) => tracing::warn!(%error, "Redis refused a command"),
            Self::Redis(error) => tracing::debug!(%error, "Redis"),
            Self::Pool(error) => tracing::debug!(%error, "Redis"),
        }
    }
}

impl From<bb8::RunError<RedisError>> for Fault {
    fn from(error: bb8::RunError<RedisError>) -> Self {
        Self::Pool(error)
    }
}

impl From<RedisError> for Fault {
    fn from(error: RedisError) -> Self {
        Self::Redis(error)
    }
}

impl breaker::Fault for Fault {
    fn is_outage(&self) -> bool {
        match self {
            Self::Pool(_) => true,
            Self::Redis(error) => is_outage(error),
        }
    }
}

/// Whether Redis cannot be reached or does not serve us now: it loads, is a replica, is full, knows us not.
fn is_outage(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::Io | ErrorKind::AuthenticationFailed => true,
        ErrorKind::Server(
            ServerErrorKind::BusyLoading
            | ServerErrorKind::MasterDown
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::ReadOnly
            | ServerErrorKind::TryAgain
            | ServerErrorKind::NoPerm,
        ) => true,
        _ => matches!(
            error.code(),
            Some("OOM" | "MISCONF" | "NOAUTH" | "BUSY" | "NOREPLICAS")
        ),
    }
}
