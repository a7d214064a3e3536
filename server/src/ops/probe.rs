//! Whether the database answers, asked once for all who want to know.

use std::{sync::Arc, time::Duration};

use backend::store::Store;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

/// How long the database may take for a sign of life.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long an answer holds. Balancers ask every few seconds; whoever asks more often gets no more questions through.
const FRESH: Duration = Duration::from_secs(1);

/// The last answer, and whose turn it is to ask again.
#[derive(Clone, Debug, Default)]
pub struct Probe(Arc<Mutex<Option<(Instant, bool)>>>);

impl Probe {
    /// Whether the database answers, or did within the last second. Takes no longer than two seconds.
    pub async fn database(&self, store: &dyn Store) -> bool {
        let mut last = self.0.lock().await;
        if let Some((at, up)) = *last
            && at.elapsed() < FRESH
        {
            return up;
        }
        let up = matches!(timeout(PATIENCE, store.ping()).await, Ok(Ok(())));
        *last = Some((Instant::now(), up));
        up
    }
}
