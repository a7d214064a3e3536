//! Where pictures wait for their turn: decoding takes much memory and a whole core.

use std::sync::Arc;

use chat::{Code, Problem};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Result;

/// How many pictures are drawn at a time.
const AT_ONCE: usize = 2;
/// The most pictures that wait.
const WAITING_MAX: usize = 64;

/// The queue before the drawing of pictures; one a process.
#[derive(Clone)]
pub struct Pictures {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// The right to read one picture into memory and to draw it.
pub(crate) struct Turn {
    _place: OwnedSemaphorePermit,
    _turn: OwnedSemaphorePermit,
}

impl Pictures {
    /// An empty queue.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE + WAITING_MAX)),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// `unavailable` where too many wait.
    pub(crate) async fn turn(&self) -> Result<Turn> {
        let busy = |_| Problem::unavailable(2);
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        Ok(Turn {
            _place: place,
            _turn: turn.map_err(|_| Problem::unavailable(2))?,
        })
    }
}

impl Turn {
    /// Does `work` on a thread for what blocks, to its end, even if nobody waits for it any longer: only then is it
    /// somebody else's turn.
    ///
    /// # Errors
    /// `internal` where it panics.
    pub(crate) async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let done = tokio::task::spawn_blocking(move || {
            let _turn = self;
            work()
        });
        done.await.map_err(|error| {
            tracing::error!(%error, "the drawing of a picture failed");
            Problem::new(Code::Internal)
        })
    }
}
