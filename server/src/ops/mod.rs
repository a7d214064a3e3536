//! What the operator needs: logs, draining, whether the database answers, a word to systemd.

pub mod drain;
pub mod log;
pub mod notify;
pub mod probe;

pub use drain::Drain;
pub use probe::Probe;
