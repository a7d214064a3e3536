//! What the operator needs: logs, draining, whether the database answers.

pub mod drain;
pub mod log;
pub mod probe;

pub use drain::Drain;
pub use probe::Probe;
