//! What the hub counts. Handles are looked up once: the macros hash their key on every call.

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use super::crowd::Crowd;

/// Why a connection ended that no close code of ours ended.
pub(crate) mod ended {
    /// The other side closed it.
    pub(crate) const BY_PEER: &str = "peer";
    /// It broke.
    pub(crate) const LOST: &str = "lost";
}

/// What a received frame was, for `websocket_frames_received_total`.
pub(crate) const RECEIVED: [&str; 7] = ["join", "leave", "send", "typing", "read", "presence", "faulty"];

/// The hub's metrics.
pub(crate) struct Metrics {
    /// Open sockets.
    pub(super) connections: Gauge,
    /// From the acceptance of a send to its being written to a reader, in milliseconds.
    delivery: Histogram,
    /// The same by how many had the room open, in the order of [`Crowd`].
    by_crowd: [Histogram; Crowd::NAMES.len()],
    /// Frames received, in the order of [`RECEIVED`].
    pub(crate) received: [Counter; RECEIVED.len()],
    /// Rooms opened or resumed from the tail of their log.
    pub(super) from_tail: Counter,
    /// Rooms opened or resumed from the store.
    pub(super) from_store: Counter,
    /// Rooms opened or resumed by readers too far behind.
    pub(super) limited: Counter,
    /// Rooms that could not be opened.
    pub(super) resume_failures: Counter,
    /// Holes that had to be filled from the store.
    pub(super) gaps: Counter,
    /// Readers that stopped taking what was written.
    pub(crate) slow_readers: Counter,
    /// Words about typing and presence that were dropped.
    pub(crate) ephemeral_dropped: Counter,
}

impl Metrics {
    /// Looks every handle up in the recorder, which has to be installed before.
    pub(super) fn new() -> Self {
        Self {
            connections: gauge!("websocket_active_connections"),
            delivery: histogram!("message_delivery_time_ms"),
            by_crowd: Crowd::NAMES.map(|crowd| histogram!("hub_delivery_time_ms", "readers" => crowd)),
            received: RECEIVED.map(|kind| counter!("websocket_frames_received_total", "type" => kind)),
            from_tail: counter!("hub_resumes_total", "source" => "tail"),
            from_store: counter!("hub_resumes_total", "source" => "store"),
            limited: counter!("hub_resumes_total", "source" => "limited"),
            resume_failures: counter!("hub_resume_failures_total"),
            gaps: counter!("hub_gaps_total"),
            slow_readers: counter!("websocket_slow_readers_total"),
            ephemeral_dropped: counter!("hub_ephemeral_dropped_total"),
        }
    }

    /// Notes that a message of a room with so many readers was written to one of them after so many milliseconds.
    pub(crate) fn delivered(&self, crowd: Crowd, ms: f64) {
        self.delivery.record(ms);
        self.by_crowd[crowd as usize].record(ms);
    }
}
