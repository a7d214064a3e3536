//! What has to be done now and then, whoever is there.

use std::{sync::Arc, time::Duration};

use chat::{Timestamp, room::GENERAL};

use crate::{
    Backend,
    session::{ABSOLUTE_MS, IDLE_MS},
    stamp::now,
};

/// How often.
pub const INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Up to how much later, so that instances that started together do not go on together.
const JITTER_MAX: Duration = Duration::from_secs(10 * 60);

/// How many sessions that ended by themselves are forgotten in one go: others write meanwhile.
const STALE_MAX: u64 = 1_000;
/// How long the database is left alone between two such goes.
const STALE_PAUSE: Duration = Duration::from_millis(50);
/// How long the database is left alone between two batches of older messages.
const INDEX_PAUSE: Duration = Duration::from_millis(50);
/// How long it is left alone between two stretches of old entries.
const PRUNE_PAUSE: Duration = Duration::from_millis(50);
/// How long it is left alone after an error.
const INDEX_AGAIN: Duration = Duration::from_secs(10);

impl Backend {
    /// Begins to tell browsers of messages, tidies up at once and then every [`INTERVAL`] or a little later, for as long as the process runs.
    pub async fn keep_up(self: Arc<Self>) {
        crate::push::start(&self);
        self.warm_up().await;
        tokio::join!(
            self.index_older(),
            self.keep_tidy(),
            Arc::clone(&self).tell_webhooks()
        );
    }

    async fn keep_tidy(&self) {
        loop {
            self.tidy_up(now()).await;
            self.forget_previews(now()).await;
            if let Err(problem) = self.expire_uploads().await {
                tracing::warn!(%problem, "clearing files away failed; the next round tries again");
            }
            self.go_on_erasing().await;
            tokio::time::sleep(INTERVAL + rand::random_range(Duration::ZERO..JITTER_MAX)).await;
            self.tune().await;
        }
    }

    /// Adds the messages to the index of words that were there before it was, a few at a time and with pauses, so
    /// that nobody has to wait for it.
    pub async fn index_older(&self) {
        loop {
            match self.store.index_older().await {
                Ok(true) => tokio::time::sleep(INDEX_PAUSE).await,
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, "indexing older messages failed; it is tried again");
                    tokio::time::sleep(INDEX_AGAIN).await;
                }
            }
        }
    }

    /// Keeps the database quick, unless another instance is at it.
    pub async fn tune(&self) {
        match self.store.tune().await {
            Ok(done) => tracing::debug!(done, "the database was tuned"),
            Err(error) => tracing::warn!(%error, "tuning the database failed; the next round tries again"),
        }
    }

    /// Loads what everyone who comes needs at once, so that nobody has to wait for it: the room that all are
    /// members of.
    pub async fn warm_up(&self) {
        match self.store.room_by_slug(GENERAL).await {
            // Whoever asks for it finds out what is wrong.
            Ok(Some(room)) => drop(self.room_record(room.id).await),
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, "the cache was not warmed"),
        }
    }

    /// Removes what is beyond the limits of the audit log and of resolved reports, a stretch at a time.
    async fn prune_audit(&self) {
        loop {
            match self.store.prune_audit().await {
                Ok(0) => return,
                Ok(_) => tokio::time::sleep(PRUNE_PAUSE).await,
                Err(error) => return tracing::warn!(%error, "the audit log could not be pruned"),
            }
        }
    }

    /// Forgets the sessions that have ended by themselves.
    pub async fn tidy_up(&self, now: Timestamp) {
        let (created, seen) = (now.plus_ms(-ABSOLUTE_MS), now.plus_ms(-IDLE_MS));
        let mut sessions = 0;
        loop {
            match self.store.delete_stale_sessions(created, seen, STALE_MAX).await {
                Ok(0) => break,
                Ok(some) => sessions += some,
                Err(error) => {
                    tracing::warn!(%error, "tidying up failed; the next round tries again");
                    break;
                }
            }
            tokio::time::sleep(STALE_PAUSE).await;
        }
        if sessions > 0 {
            tracing::info!(sessions, "forgot sessions that have ended");
        }
        self.prune_audit().await;
    }
}
