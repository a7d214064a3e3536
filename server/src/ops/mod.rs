//! What the operator needs: logs, draining, whether the database answers, a word to systemd, traces.

pub mod drain;
pub mod log;
pub mod notify;
pub mod probe;
pub mod trace;

pub use drain::Drain;
pub use probe::Probe;
