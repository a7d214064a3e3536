//! The one writer.
//!
//! SQLite has one writer at a time, so there is one here, with a connection of its own. Callers queue jobs. While
//! one commit is in flight the next batch collects; a batch is one transaction, and only when it is on the disk
//! does anyone get an answer. So the one sync that durability costs is shared by as many as there are, and nobody
//! waits for a timer.
//!
//! A job decides before it writes: a refusal is an answer, not an error, and leaves nothing behind. A real error
//! rolls the whole batch back; then each of its jobs runs again in a transaction of its own, so that a job that
//! cannot succeed harms nobody else.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration, time::Instant};

use async_trait::async_trait;
use futures::FutureExt;
use metrics::histogram;
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::{checkpoints::Checkpoints, statement::statements};
use crate::store::{StoreError, Stored};

/// The most jobs of one transaction.
const BATCH_JOBS_MAX: usize = 256;
/// The most jobs that wait for the writer.
const QUEUE_JOBS_MAX: usize = 1024;
/// How long a caller waits for a place in the queue.
const QUEUE_WAIT: Duration = Duration::from_secs(2);

statements! {
    BEGIN = "BEGIN IMMEDIATE";
    COMMIT = "COMMIT";
    ROLLBACK = "ROLLBACK";
    OPTIMIZE = "PRAGMA optimize";
    CHECKPOINT = "PRAGMA wal_checkpoint(TRUNCATE)";
}

/// Something to write: a value that can be applied again, should its batch be rolled back.
pub(super) trait Job: Send + Sync + 'static {
    /// What the caller is told, refusals included.
    type Output: Send + Sync + 'static;
    /// The operation's name in metrics.
    const OP: &'static str;

    /// How many writes it stands for, as its batch is counted.
    fn writes(&self) -> usize {
        1
    }

    /// Decides, then writes. An error means that the transaction cannot be kept.
    fn apply(&self, tx: &mut SqliteConnection) -> impl Future<Output = Stored<Self::Output>> + Send;
}

/// Where jobs go.
pub(super) struct Writer {
    queue: mpsc::Sender<Box<dyn Pending>>,
    closing: Arc<Notify>,
    ended: watch::Receiver<()>,
}

impl Writer {
    /// Starts the writer on `connection`; `options` open another one should this one be lost.
    pub(super) fn start(connection: SqliteConnection, options: SqliteConnectOptions) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE_JOBS_MAX);
        let (ending, ended) = watch::channel(());
        let closing = Arc::new(Notify::new());
        let desk = Desk {
            connection,
            checkpoints: Checkpoints::start(options.clone()),
            options,
            jobs,
        };
        let close = Arc::clone(&closing);
        tokio::spawn(async move {
            desk.run(&close).await;
            drop(ending);
        });
        Self {
            queue,
            closing,
            ended,
        }
    }

    /// What `job` gives, once it is durable. A caller who stops waiting does not undo it.
    pub(super) async fn run<J: Job>(&self, job: J) -> Stored<J::Output> {
        let (reply, answer) = oneshot::channel();
        let pending = Box::new(Slot {
            job,
            output: None,
            reply,
        });
        match self.queue.send_timeout(pending, QUEUE_WAIT).await {
            Ok(()) => answer
                .await
                .unwrap_or_else(|_| Err(StoreError::unavailable("the writer has ended"))),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => {
                Err(StoreError::unavailable("too many writes wait"))
            }
            Err(mpsc::error::SendTimeoutError::Closed(_)) => {
                Err(StoreError::unavailable("the store is closed"))
            }
        }
    }

    /// How many jobs wait.
    pub(super) fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Whether jobs are still taken.
    pub(super) fn is_open(&self) -> bool {
        !self.queue.is_closed()
    }

    /// Takes no more jobs, finishes those that were accepted, and closes the connection.
    pub(super) async fn close(&self) {
        self.closing.notify_one();
        // The writer sends nothing: it lets go of its end when it is done.
        self.ended.clone().changed().await.ok();
    }
}

/// The writer's side: its connection and the queue.
struct Desk {
    connection: SqliteConnection,
    checkpoints: Checkpoints,
    options: SqliteConnectOptions,
    jobs: mpsc::Receiver<Box<dyn Pending>>,
}

impl Desk {
    async fn run(mut self, closing: &Notify) {
        loop {
            tokio::select! {
                biased;
                job = self.jobs.recv() => match job {
                    Some(first) => self.batch(first).await,
                    None => break,
                },
                () = closing.notified() => self.jobs.close(),
            }
        }
        self.finish().await;
    }

    /// Runs `first` and whatever else comes meanwhile; everyone is answered.
    async fn batch(&mut self, first: Box<dyn Pending>) {
        if let Err(error) = BEGIN.query().execute(&mut self.connection).await {
            first.answer(Err(error.into()));
            return self.refuse_waiting().await;
        }
        let mut jobs = vec![first];
        let Err(error) = self.attempt(&mut jobs, BATCH_JOBS_MAX).await else {
            let writes: usize = jobs.iter().map(|job| job.writes()).sum();
            histogram!("database_batch_size").record(writes as f64);
            return jobs.into_iter().for_each(|job| job.answer(Ok(())));
        };
        self.recover().await;
        if jobs.len() == 1 {
            return jobs.remove(0).answer(Err(error));
        }
        tracing::warn!(%error, jobs = jobs.len(), "a batch was rolled back, its jobs run one by one");
        for job in jobs {
            self.alone(job).await;
        }
    }

    /// Another process holds the file, or the connection is lost. Whoever waits is told now, not after as many
    /// waits for the file as there are jobs.
    async fn refuse_waiting(&mut self) {
        self.recover().await;
        while let Ok(job) = self.jobs.try_recv() {
            job.answer(Err(StoreError::unavailable("no transaction could begin")));
        }
    }

    async fn alone(&mut self, job: Box<dyn Pending>) {
        let mut jobs = vec![job];
        let result = match BEGIN.query().execute(&mut self.connection).await {
            Ok(_) => self.attempt(&mut jobs, 1).await,
            Err(error) => Err(error.into()),
        };
        if result.is_err() {
            self.recover().await;
        }
        // There is exactly one, so the result is its own.
        let job = jobs.remove(0);
        histogram!("database_batch_size").record(job.writes() as f64);
        job.answer(result);
    }

    /// The rest of a transaction: `jobs` and those that come while they run, up to `most`, and the commit.
    async fn attempt(&mut self, jobs: &mut Vec<Box<dyn Pending>>, most: usize) -> Stored<()> {
        let mut next = 0;
        while let Some(job) = jobs.get_mut(next) {
            // A panic is caught here: without the writer, nothing could be written any more.
            let applied = AssertUnwindSafe(job.apply(&mut self.connection))
                .catch_unwind()
                .await;
            applied.unwrap_or_else(|_| Err(StoreError::failed("a job panicked")))?;
            next += 1;
            if next == jobs.len() && next < most {
                jobs.extend(self.jobs.try_recv().ok());
            }
        }
        let started = Instant::now();
        COMMIT.query().execute(&mut self.connection).await?;
        histogram!("database_commit_duration_seconds").record(started.elapsed());
        self.checkpoints.note();
        Ok(())
    }

    /// Ends the transaction that failed. Statements of our own and not sqlx's transactions: those count how deep
    /// they are, and lose count when SQLite has rolled back by itself, as it does when the disk is full.
    async fn recover(&mut self) {
        // “No transaction is active” is the answer where SQLite did so; a dead connection fails the ping too.
        ROLLBACK.query().execute(&mut self.connection).await.ok();
        if self.connection.ping().await.is_err() {
            match self.options.connect().await {
                Ok(connection) => self.connection = connection,
                Err(error) => {
                    tracing::error!(%error, "the writer has no connection; the next write tries again")
                }
            }
        }
    }

    async fn finish(mut self) {
        // While one copies the log, the other could not cut it short.
        self.checkpoints.end().await;
        for upkeep in [OPTIMIZE, CHECKPOINT] {
            if let Err(error) = upkeep.query().execute(&mut self.connection).await {
                tracing::warn!(%error, "upkeep at closing failed");
            }
        }
        if let Err(error) = self.connection.close().await {
            tracing::warn!(%error, "closing the database failed");
        }
    }
}

/// A job with a place for its output and the way back to its caller.
struct Slot<J: Job> {
    job: J,
    output: Option<J::Output>,
    reply: oneshot::Sender<Stored<J::Output>>,
}

/// A [`Slot`] of any job.
#[async_trait]
trait Pending: Send {
    async fn apply(&mut self, tx: &mut SqliteConnection) -> Stored<()>;
    fn writes(&self) -> usize;
    fn answer(self: Box<Self>, result: Stored<()>);
}

#[async_trait]
impl<J: Job> Pending for Slot<J> {
    async fn apply(&mut self, tx: &mut SqliteConnection) -> Stored<()> {
        self.output = Some(self.job.apply(tx).await?);
        Ok(())
    }

    fn writes(&self) -> usize {
        self.job.writes()
    }

    fn answer(self: Box<Self>, result: Stored<()>) {
        let Self { output, reply, .. } = *self;
        let missing = || StoreError::failed("a job ended without an answer");
        // Whoever no longer waits is not told; what was written stays.
        reply.send(result.and_then(|()| output.ok_or_else(missing))).ok();
    }
}

#[cfg(test)]
mod tests;
