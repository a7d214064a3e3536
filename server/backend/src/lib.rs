//! Natter's use cases, the ports that they need, and what implements the ports.
//!
//! A use case checks limits and rights, writes in one transaction, then publishes the fact. Three
//! doors call it (server functions, REST, WebSocket); it knows of none of them. [`connect`] is the
//! only place that chooses implementations.

pub mod account;
pub mod attachment;
mod block;
pub mod breaker;
pub mod bus;
pub mod cache;
pub mod caller;
mod carry;
pub mod change;
pub mod connect;
pub mod event;
pub mod files;
pub mod health;
pub mod limit;
pub mod live;
pub mod markdown;
pub mod marker;
pub mod message;
pub mod password;
mod picture;
#[cfg(feature = "planted")]
pub mod planted;
pub mod presence;
mod receiving;
pub mod redis;
pub mod room;
pub mod search;
pub mod seed;
pub mod session;
mod sniff;
pub mod stamp;
pub mod store;
pub mod thread;
pub mod token;
pub mod upkeep;
pub mod user;
pub mod version;

use std::sync::Arc;

pub use caller::{Caller, Credential};
pub use chat::{Code, Problem};
pub use connect::connect;
pub use event::Event;

/// What every use case answers with: its result, or a refusal that any door can show.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

/// Who may create an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signup {
    /// Anyone.
    Open,
    /// Only the first account, until invites exist to carry others.
    Invite,
    /// Only the first account.
    Closed,
}

/// The use cases with all that they need; one a process, shared by all doors.
pub struct Backend {
    /// Where everything durable is.
    pub store: Arc<dyn store::Store>,
    /// How facts reach every instance.
    pub bus: Arc<dyn bus::Bus>,
    /// What was read lately.
    pub cache: cache::Cached,
    /// Who is there.
    pub presence: Arc<dyn presence::Presence>,
    /// Who is signed in.
    pub sessions: Arc<dyn session::Sessions>,
    /// Who did too much lately.
    pub limiter: Arc<dyn limit::Limiter>,
    /// Where the bytes of files are.
    pub files: Arc<dyn files::Files>,
    /// Draws pictures anew, a few at a time.
    pub pictures: picture::queue::Pictures,
    /// Who is uploading right now.
    pub receiving: receiving::Receiving,
    /// Hashes and checks passwords, a few at a time.
    pub passwords: password::Passwords,
    /// Who may create an account.
    pub signup: Signup,
}
