//! The connections, and how anything is done on one: bounded in time, and once more where that is safe.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, future::join_all};
use metrics::histogram;
use parking_lot::Mutex;
use sqlx::{
    ConnectOptions, Connection, FromRow, PgConnection, PgPool, Postgres,
    pool::{PoolConnection, PoolConnectionMetadata},
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow},
    query::QueryAs,
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, timeout, timeout_at},
};

use self::spares::{Held, Spares};
use crate::{
    breaker::{Breaker, Interrupted},
    store::{PoolLoad, StoreError, Stored},
};

mod spares;

/// How many connections are kept open, so that a burst after a quiet time does not wait for new ones.
const CONNECTIONS_MIN: u32 = 10;
/// The most connections of one instance. All instances together must stay below the server's `max_connections`.
const CONNECTIONS_MAX: u32 = 50;
/// How many of them may read at once. A database has fewer cores than that, so that more would wait there instead of
/// here.
const READERS_MAX: usize = 24;
/// How many of them may write at once, beside those who read. What is left is for work that takes long.
pub(super) const WRITERS_MAX: usize = 12;
/// How long an operation waits for a connection.
const ACQUIRE_WAIT: Duration = Duration::from_secs(2);
/// After how long an idle connection is closed, down to the least.
const IDLE_MAX: Duration = Duration::from_secs(5 * 60);
/// After how long a connection is replaced: a server's process grows with what it caches, and after a failover
/// connections spread over the servers again.
const LIFE_MAX: Duration = Duration::from_secs(30 * 60);
/// How long an operation may take, waiting and trying again included. Whoever asked has other things to do.
pub(super) const OPERATION_MAX: Duration = Duration::from_secs(3);
/// The same for what writes thousands of rows.
pub(super) const BULK_MAX: Duration = Duration::from_secs(60);
/// How long the closing waits for those who still hold a connection. Posts are written by then; what is left, such as
/// the renewal of statistics, loses nothing.
const CLOSE_MAX: Duration = Duration::from_secs(5);
/// The breaker's own limit: none that matters, as each operation has its own.
const BREAKER_MAX: Duration = Duration::from_secs(15 * 60);
/// For how long a database that is away is not asked.
const BREAKER_PAUSE: Duration = Duration::from_secs(1);
/// Statements that take longer are logged.
const SLOW: Duration = Duration::from_millis(200);
/// How often an operation is tried. One more try finds a live connection; the others are for deadlocks, of which
/// the server picks the victim.
const TRIES_MAX: u32 = 4;

/// What holds for every connection. The server's own limits are the second fence: they end what goes on there after
/// this side has given up.
const SETTINGS: [(&str, &str); 8] = [
    // Longer than an operation may take, so that the server never ends what someone still waits for.
    ("statement_timeout", "5s"),
    ("lock_timeout", "2s"),
    // A transaction whose instance stopped in the middle must not hold a room's lock for ever.
    ("idle_in_transaction_session_timeout", "10s"),
    // An acknowledgement means durable.
    ("synchronous_commit", "on"),
    // Whoever takes a room's lock reads afterwards what was committed until then. In any stricter level, which a
    // database or a user may be set to, it would be refused instead.
    ("default_transaction_isolation", "read committed"),
    // Compiling a plan takes longer than any statement here runs.
    ("jit", "off"),
    // Times and texts do not depend on how the server was set up.
    ("client_encoding", "UTF8"),
    // Work that is given up while it begins is rolled back before it began, of which the server warns. What it has to say
    // of itself is in its own log.
    ("client_min_messages", "error"),
];

/// The options of a connection to the server that `url` names.
pub(super) fn options(url: &str) -> Stored<PgConnectOptions> {
    let options: PgConnectOptions = url.parse().map_err(StoreError::from)?;
    let options = options.application_name("natter").options(SETTINGS);
    Ok(match ("debug".parse(), "warn".parse()) {
        (Ok(debug), Ok(warn)) => options.log_statements(debug).log_slow_statements(warn, SLOW),
        _ => options,
    })
}

/// Something to do on a connection: a value that can be tried again.
pub(super) trait Work: Send + Sync {
    /// What the caller is told, refusals included.
    type Output: Send;
    /// Whether doing it twice is as good as doing it once. What is not runs in a transaction, and again only where
    /// it is certain that nothing of it was kept.
    const REPEATABLE: bool;
    /// How long it may take.
    const MAX: Duration = OPERATION_MAX;
    /// Among whom it waits for its turn: what is as good when done twice is reading, nearly all of it.
    const TURN: Turn = Turn::of(Self::REPEATABLE, Self::MAX);

    /// Does it. An error means that the transaction, if it is one, cannot be kept.
    fn apply(&self, connection: &mut PgConnection) -> impl Future<Output = Stored<Self::Output>> + Send;
}

/// Whom work shares its part of the connections with, so that neither readers nor writers wait for the others.
#[derive(Clone, Copy)]
pub(super) enum Turn {
    /// One of [`READERS_MAX`].
    Reads,
    /// One of [`WRITERS_MAX`].
    Writes,
    /// Nobody: there is little work that takes long, and it would hold a turn for as long.
    Lengthy,
}

impl Turn {
    const fn of(is_repeatable: bool, most: Duration) -> Self {
        if most.as_nanos() > OPERATION_MAX.as_nanos() {
            Self::Lengthy
        } else if is_repeatable {
            Self::Reads
        } else {
            Self::Writes
        }
    }
}

/// The connections to one server.
pub(super) struct Pool {
    pool: PgPool,
    spares: Spares,
    readers: Semaphore,
    writers: Semaphore,
    lost: Arc<Lost>,
    breaker: Breaker,
    /// How long anything may take here, whatever it asks for.
    patience: Duration,
}

/// When a connection was last found dead. Others that were idle at that time may be as dead, as after a restart of
/// the server; each of them is asked once before it is used. So one try more is enough, and no operation pays for
/// asking otherwise.
#[derive(Default)]
struct Lost(Mutex<Option<Instant>>);

impl Lost {
    fn note(&self) {
        *self.0.lock() = Some(Instant::now());
    }

    fn suspects(&self, idle_for: Duration) -> bool {
        self.0.lock().is_some_and(|at| at.elapsed() <= idle_for)
    }
}

/// Why a try did not succeed.
pub(super) struct Failure {
    pub(super) error: StoreError,
    /// Whether the server may have kept what was to be done.
    pub(super) begun: bool,
}

impl Failure {
    /// Whether another try may succeed, for work that can be repeated.
    pub(super) fn passes(&self) -> bool {
        self.error.is_lost_connection() || self.error.is_rolled_back()
    }

    /// Whether another try may succeed and cannot do anything twice.
    fn passes_unkept(&self) -> bool {
        self.error.is_rolled_back() || (self.error.is_lost_connection() && !self.begun)
    }
}

impl Pool {
    pub(super) fn new(options: PgConnectOptions) -> Self {
        Self::with(
            "database",
            PgPoolOptions::new().min_connections(CONNECTIONS_MIN),
            options,
            Duration::MAX,
        )
    }

    /// A pool whose breaker is called `name`, and on which nothing takes longer than `patience`.
    pub(super) fn with(
        name: &'static str,
        sizes: PgPoolOptions,
        options: PgConnectOptions,
        patience: Duration,
    ) -> Self {
        let lost = Arc::new(Lost::default());
        let seen = Arc::clone(&lost);
        let pool = sizes
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_WAIT)
            .idle_timeout(IDLE_MAX)
            .max_lifetime(LIFE_MAX)
            // That would be one more round trip each time. Instead: see `Lost`.
            .test_before_acquire(false)
            .before_acquire(move |connection, meta: PoolConnectionMetadata| {
                if seen.suspects(meta.idle_for) {
                    async move { connection.ping().await.map(|()| true) }.boxed()
                } else {
                    async { Ok(true) }.boxed()
                }
            })
            .connect_lazy_with(options);
        Self {
            pool,
            spares: Spares::default(),
            readers: Semaphore::new(READERS_MAX),
            writers: Semaphore::new(WRITERS_MAX),
            lost,
            breaker: Breaker::new(name, BREAKER_MAX, BREAKER_PAUSE),
            patience,
        }
    }

    /// Opens the connections that are to be kept: the pool itself only replaces those that it closes.
    pub(super) fn warm(&self) {
        let pool = self.pool.clone();
        tokio::spawn(async move {
            // None is given back before all are there, or the next one would be the same again.
            let opened = join_all((0..CONNECTIONS_MIN).map(|_| pool.acquire())).await;
            drop(opened);
        });
    }

    /// How busy it is, under the name of what it leads to.
    pub(super) fn load(&self, name: &'static str) -> PoolLoad {
        let load = PoolLoad::of(name, &self.pool);
        let spares = self.spares.count().min(load.busy);
        PoolLoad {
            idle: load.idle + spares,
            busy: load.busy - spares,
            ..load
        }
    }

    /// Waits until all connections are back, but not for ever, and closes them.
    pub(super) async fn close(&self) {
        self.spares.close();
        if timeout(CLOSE_MAX, self.pool.close()).await.is_err() {
            tracing::info!("the database is still busy with something that nobody waits for");
        }
    }

    /// What `work` gives; tried again where that is safe and may help.
    pub(super) async fn run<W: Work>(&self, work: &W) -> Stored<W::Output> {
        if W::MAX > OPERATION_MAX {
            // As the breaker's trial it would keep everyone else out for as long as it takes.
            return self.tried(work).await;
        }
        self.guarded(self.tried(work)).await
    }

    /// Does `work`, unless the database was away a moment ago. What is tried again counts once, with its last result.
    pub(super) async fn guarded<T>(&self, work: impl Future<Output = Stored<T>>) -> Stored<T> {
        self.breaker
            .call(work)
            .await
            .map_err(|interrupted| match interrupted {
                Interrupted::Failed(error) => error,
                refused => StoreError::Unavailable(refused.to_string().into()),
            })
    }

    async fn tried<W: Work>(&self, work: &W) -> Stored<W::Output> {
        let deadline = Instant::now() + W::MAX.min(self.patience);
        let mut tries = 1;
        loop {
            match self.once(work, deadline).await {
                Err(failure)
                    if tries < TRIES_MAX
                        && (failure.passes_unkept() || (W::REPEATABLE && failure.passes())) =>
                {
                    tracing::debug!(error = %failure.error, "an operation is tried again");
                    tries += 1;
                }
                result => return result.map_err(|failure| failure.error),
            }
        }
    }

    /// What `work` gives at the first try, by the deadline.
    pub(super) async fn once<W: Work>(&self, work: &W, deadline: Instant) -> Result<W::Output, Failure> {
        let mut begun = false;
        let result = self.attempt(work, deadline, &mut begun).await;
        result.map_err(|error| Failure { error, begun })
    }

    async fn attempt<W: Work>(&self, work: &W, deadline: Instant, begun: &mut bool) -> Stored<W::Output> {
        let (mut held, _turn) = self.acquire::<W>(deadline).await?;
        let doing = async {
            if W::REPEATABLE {
                *begun = true;
                return work.apply(&mut held.connection).await;
            }
            let mut tx = held.connection.begin().await?;
            *begun = true;
            let output = work.apply(&mut tx).await?;
            tx.commit().await?;
            Ok(output)
        };
        let result = timeout_at(deadline, doing).await;
        match result {
            Ok(Ok(output)) => {
                self.keep(held);
                Ok(output)
            }
            Ok(Err(error)) if error.is_lost_connection() => {
                self.lost.note();
                self.spares.give_back();
                discard(held.connection);
                Err(error)
            }
            // What is left to roll back is rolled back while the pool asks whether it lives.
            Ok(Err(error)) => Err(error),
            Err(_) => {
                // It may never answer. Back in the pool, it would take a place for as long.
                discard(held.connection);
                Err(StoreError::unavailable("the database takes too long"))
            }
        }
    }

    /// Has a connection that did its work ready for whoever comes next, before the turn for it is free: so there are
    /// never more connections than turns.
    fn keep(&self, mut held: Held) {
        if held.age() < LIFE_MAX {
            self.spares.put(held);
        } else {
            held.connection.close_on_drop();
        }
    }

    /// A connection, and with it the turn to use one.
    async fn acquire<W: Work>(&self, deadline: Instant) -> Stored<(Held, Option<SemaphorePermit<'_>>)> {
        let started = Instant::now();
        let acquiring = async {
            let turn = match W::TURN {
                Turn::Reads => self.readers.acquire().await.ok(),
                Turn::Writes => self.writers.acquire().await.ok(),
                Turn::Lengthy => None,
            };
            let held = match self.spares.take() {
                Some(spare) => spare,
                None => Held::new(self.pool.acquire().await?),
            };
            Ok((held, turn))
        };
        let acquired = timeout_at(deadline.min(started + ACQUIRE_WAIT), acquiring).await;
        histogram!("database_pool_wait_seconds").record(started.elapsed());
        let acquired = acquired.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        if matches!(acquired, Err(sqlx::Error::PoolTimedOut)) {
            metrics::counter!("database_pool_timeouts_total").increment(1);
        }
        Ok(acquired?)
    }

    /// All rows that a query gives.
    pub(super) async fn rows<'q, R: FromPgRow>(
        &self,
        query: impl Fn() -> Query<'q, R> + Send + Sync,
    ) -> Stored<Vec<R>> {
        self.run(&Rows(query)).await
    }

    /// The row that a query gives, if it gives one.
    pub(super) async fn optional<'q, R: FromPgRow>(
        &self,
        query: impl Fn() -> Query<'q, R> + Send + Sync,
    ) -> Stored<Option<R>> {
        self.run(&Optional(query)).await
    }
}

/// A query with its arguments.
type Query<'q, R> = QueryAs<'q, Postgres, R, PgArguments>;

/// What a row becomes.
pub(super) trait FromPgRow: for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<R: for<'r> FromRow<'r, PgRow> + Send + Unpin> FromPgRow for R {}

/// A question that is answered with rows. It makes its query anew for each try.
struct Rows<F>(F);

impl<'q, R: FromPgRow, F: Fn() -> Query<'q, R> + Send + Sync> Work for Rows<F> {
    type Output = Vec<R>;
    const REPEATABLE: bool = true;

    async fn apply(&self, connection: &mut PgConnection) -> Stored<Vec<R>> {
        Ok((self.0)().fetch_all(connection).await?)
    }
}

/// A question that is answered with a row or none.
struct Optional<F>(F);

impl<'q, R: FromPgRow, F: Fn() -> Query<'q, R> + Send + Sync> Work for Optional<F> {
    type Output = Option<R>;
    const REPEATABLE: bool = true;

    async fn apply(&self, connection: &mut PgConnection) -> Stored<Option<R>> {
        Ok((self.0)().fetch_optional(connection).await?)
    }
}

/// Closes a connection without a word, and makes room for another one.
fn discard(connection: PoolConnection<Postgres>) {
    drop(connection.detach());
}

#[cfg(test)]
mod tests;
