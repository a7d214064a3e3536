//! The port that says when someone does too much. Rates are those of [`chat::quota`].

pub mod memory;
pub mod redis;

use std::time::Duration;

use async_trait::async_trait;
use chat::{Problem, quota::Quota};

use crate::health::Health;

/// Whether something may be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may, and is counted.
    Allowed,
    /// It may not, and is not counted: not before this time has passed.
    Denied(Duration),
}

impl Verdict {
    /// The verdict as a use case needs it.
    ///
    /// # Errors
    /// `too_fast` with the waiting time, rounded up to whole seconds.
    pub fn allowed(self) -> Result<(), Problem> {
        match self {
            Self::Allowed => Ok(()),
            Self::Denied(wait) => Err(Problem::too_fast(
                wait.as_secs() + u64::from(wait.subsec_nanos() > 0),
            )),
        }
    }
}

/// Counts what subjects do (GCRA: the burst is earned again evenly over the period).
#[async_trait]
pub trait Limiter: Send + Sync {
    /// Which implementation it is, for logs and readiness: `memory`, `redis`.
    fn name(&self) -> &'static str;
    /// Whether it does all that it promises, as far as is known without asking.
    fn health(&self) -> Health {
        Health::Ok
    }
    /// Asks for one more of `quota` by `subject`: a user's id or an address.
    async fn take(&self, quota: Quota, subject: &str) -> Verdict;
    /// Gives back one that was allowed and turned out not to count.
    async fn give_back(&self, quota: Quota, subject: &str);
}
