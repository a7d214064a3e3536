//! Where use cases take the time and new ids from. Pure parts get both as arguments.

use std::time::{SystemTime, UNIX_EPOCH};

use chat::Timestamp;
use uuid::Uuid;

/// The present moment.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp(i64::try_from(since_epoch().as_millis()).unwrap_or(i64::MAX))
}

/// The present moment in microseconds since the Unix epoch, for measuring delivery.
#[must_use]
pub fn now_us() -> u64 {
    u64::try_from(since_epoch().as_micros()).unwrap_or(u64::MAX)
}

/// A new UUIDv7: ids sort by the time of their making.
#[must_use]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

fn since_epoch() -> std::time::Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
