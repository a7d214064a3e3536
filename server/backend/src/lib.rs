//! Natter's use cases, the ports that they need, and what implements the ports.
//!
//! A use case checks limits and rights, writes in one transaction, then publishes the fact. Three
//! doors call it (server functions, REST, WebSocket); it knows of none of them. [`connect`] is the
//! only place that chooses implementations.

pub mod account;
pub mod attachment;
pub mod attention;
pub mod audit;
pub mod avatar;
mod block;
pub mod bot;
pub mod breaker;
pub mod bus;
pub mod cache;
pub mod caller;
mod calling;
mod carry;
pub mod change;
pub mod command;
pub mod connect;
pub mod credential;
mod drafting;
pub mod erase;
pub mod event;
pub mod export;
pub mod files;
pub mod following;
#[cfg(feature = "fuzzed")]
pub mod fuzzed;
pub mod health;
pub mod import;
pub mod invite;
pub mod limit;
pub mod live;
pub mod markdown;
pub mod marker;
pub mod message;
pub mod moderation;
mod mrkdwn;
pub mod near;
pub mod outside;
pub mod password;
mod picture;
#[cfg(feature = "planted")]
pub mod planted;
pub mod presence;
pub mod preview;
pub mod profile;
pub mod push;
mod receiving;
pub mod redis;
pub mod report;
pub mod room;
pub mod saving;
pub mod search;
pub mod seed;
pub mod session;
mod sniff;
pub mod staff;
pub mod stamp;
pub mod store;
pub mod thread;
pub mod token;
pub mod upkeep;
pub mod user;
pub mod version;
pub mod webhook;

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
    /// Anyone; an invitation says as what, and into which rooms.
    Open,
    /// The first account, and whoever has an invitation.
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
    /// Which programs act for whom.
    pub tokens: token::held::HeldTokens,
    /// Who did too much lately.
    pub limiter: Arc<dyn limit::Limiter>,
    /// Where the bytes of files are.
    pub files: Arc<dyn files::Files>,
    /// Draws pictures anew, a few at a time.
    pub pictures: picture::queue::Pictures,
    /// Who is uploading right now.
    pub receiving: receiving::Receiving,
    /// How an import stands.
    pub importing: import::Importing,
    /// Who exports right now.
    pub exporting: export::Exporting,
    /// Hashes and checks passwords, a few at a time.
    pub passwords: password::Passwords,
    /// Who may create an account.
    pub signup: Signup,
    /// Where people find this site, if it is known.
    pub site: Option<markdown::Site>,
    /// Tells browsers while no page is open.
    pub push: push::Push,
    /// What everyone is called.
    pub names: near::Names,
    /// What links lead to.
    pub previews: preview::Previews,
    /// The way to the programs that are told of things.
    pub targets: webhook::target::Targets,
    /// Says that an outgoing webhook was made, or is to go on.
    pub webhooks_changed: tokio::sync::Notify,
}
