//! How long each operation takes.

use std::{future::Future, time::Instant};

use metrics::histogram;
use tracing::Instrument as _;

use super::Stored;

/// Does `work`, the operation `op`, and notes how long it took as its caller saw it, waiting included.
pub(crate) async fn timed<T>(op: &'static str, work: impl Future<Output = Stored<T>>) -> Stored<T> {
    let started = Instant::now();
    let result = work.instrument(tracing::debug_span!("store", op)).await;
    histogram!("database_query_duration_seconds", "op" => op).record(started.elapsed());
    result
}
