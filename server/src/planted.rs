//! A fault built in on purpose, like those in `backend/src/planted.rs`: compiled with the feature `planted` only.

use std::sync::atomic::{AtomicU64, Ordering};

/// Every so manieth frame is dropped.
const DROPPED: u64 = 10;

static FRAMES: AtomicU64 = AtomicU64::new(0);

/// `drop-frames`: whether this message is not written to a connection, though it counts as read.
pub(crate) fn drops_frame() -> bool {
    backend::planted::is("drop-frames") && (FRAMES.fetch_add(1, Ordering::SeqCst) + 1).is_multiple_of(DROPPED)
}
