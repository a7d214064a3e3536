//! Connections at hand: one that did its work well goes to whoever comes next. sqlx asks each that is given back
//! whether it still lives, which is a round trip to the server for every operation, and another connection would be
//! opened for whoever comes meanwhile.

use std::{mem, sync::Arc, time::Duration};

use parking_lot::Mutex;
use sqlx::{Postgres, pool::PoolConnection};
use tokio::time::{Instant, sleep};

/// After how long a connection that nobody needed is given back to the pool, which keeps or closes it.
const REST_MAX: Duration = Duration::from_secs(5);

/// A connection out of the pool.
pub(super) struct Held {
    pub(super) connection: PoolConnection<Postgres>,
    since: Instant,
}

impl Held {
    pub(super) fn new(connection: PoolConnection<Postgres>) -> Self {
        Self {
            connection,
            since: Instant::now(),
        }
    }

    /// For how long the pool has not seen it, and could not replace it.
    pub(super) fn age(&self) -> Duration {
        self.since.elapsed()
    }
}

/// The connections at hand, the one that was used last at the end. All clones hold the same.
#[derive(Clone, Default)]
pub(super) struct Spares(Arc<Mutex<Resting>>);

#[derive(Default)]
struct Resting {
    spares: Vec<(Instant, Held)>,
    /// Whether somebody will look for those that rest for too long.
    is_swept: bool,
    is_closed: bool,
}

impl Spares {
    /// The one that was used last, so that those that nobody needs can be given back.
    pub(super) fn take(&self) -> Option<Held> {
        self.0.lock().spares.pop().map(|(_, held)| held)
    }

    /// Keeps a connection that has nothing left to do; where all were given back for good, this one is too.
    pub(super) fn put(&self, held: Held) {
        let mut resting = self.0.lock();
        if resting.is_closed {
            return;
        }
        resting.spares.push((Instant::now(), held));
        if !mem::replace(&mut resting.is_swept, true) {
            tokio::spawn(self.clone().sweep());
        }
    }

    pub(super) fn count(&self) -> usize {
        self.0.lock().spares.len()
    }

    /// Gives all of them back to the pool, which asks each of them whether it lives.
    pub(super) fn give_back(&self) {
        self.0.lock().spares.clear();
    }

    /// The same, once and for all: from now on none is kept.
    pub(super) fn close(&self) {
        self.0.lock().is_closed = true;
        self.give_back();
    }

    /// Gives back what nobody needed for a while, until there is none left.
    async fn sweep(self) {
        loop {
            sleep(REST_MAX).await;
            let mut resting = self.0.lock();
            let used = resting.spares.partition_point(|(at, _)| at.elapsed() >= REST_MAX);
            resting.spares.drain(..used);
            if resting.spares.is_empty() {
                resting.is_swept = false;
                return;
            }
        }
    }
}
