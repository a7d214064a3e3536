//! What the operator needs: logs, draining.

pub mod drain;
pub mod log;

pub use drain::Drain;
