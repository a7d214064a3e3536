//! Where use cases take the time and new ids from. Pure parts get both as arguments.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use chat::Timestamp;
use uuid::Uuid;

/// The present moment.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp(i64::try_from(since_epoch().as_millis()).unwrap_or(i64::MAX))
}

/// By how much the clock that all instances follow is ahead of this machine's, in microseconds.
static AHEAD_US: AtomicI64 = AtomicI64::new(0);

/// The present moment in microseconds since the Unix epoch, by the clock that all instances follow; for measuring
/// delivery and nothing else.
#[must_use]
pub fn now_us() -> u64 {
    own_us().saturating_add_signed(AHEAD_US.load(Ordering::Relaxed))
}

/// The same by this machine's own clock.
pub(crate) fn own_us() -> u64 {
    u64::try_from(since_epoch().as_micros()).unwrap_or(u64::MAX)
}

/// From now on [`now_us`] follows a clock that is so many microseconds ahead of this machine's.
pub(crate) fn follow_clock(ahead_us: i64) {
    AHEAD_US.store(ahead_us, Ordering::Relaxed);
}

/// A new UUIDv7: ids sort by the time of their making.
#[must_use]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

fn since_epoch() -> std::time::Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
