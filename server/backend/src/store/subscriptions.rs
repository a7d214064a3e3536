//! Where browsers want to be told while no page is open.

use async_trait::async_trait;
use chat::{Notify, Quiet, RoomId, SessionId, Timestamp, UserId};

use super::Stored;

/// How many browsers of one person are told.
pub const SUBSCRIPTIONS_MAX: u64 = 20;

/// Where a browser wants to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The address to post to; it is the browser's secret.
    pub endpoint: String,
    /// Whose.
    pub user: UserId,
    /// The session that it ends with; `None`: a program's.
    pub session: Option<SessionId>,
    /// The browser's public key, a point of P-256, uncompressed.
    pub key: Vec<u8>,
    /// The browser's authentication secret.
    pub secret: Vec<u8>,
    /// When.
    pub created_at: Timestamp,
}

/// Whom a message calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Where.
    pub room: RoomId,
    /// The people whom it calls one by one.
    pub users: Vec<UserId>,
    /// Whether it concerns all members: a direct room, or a call on the room.
    pub all: bool,
}

/// Someone with a subscription whom a message may concern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// How the member wants to hear of the room.
    pub notify: Notify,
    /// When not.
    pub quiet: Quiet,
    /// Where to tell.
    pub subscription: Subscription,
}

/// Where browsers want to be told while no page is open.
#[async_trait]
pub trait Subscriptions: Send + Sync {
    /// Keeps a subscription in place of one with the same endpoint. Of those beyond [`SUBSCRIPTIONS_MAX`] a user the
    /// oldest go.
    async fn subscribe(&self, subscription: Subscription) -> Stored<()>;
    /// Ends a subscription, of `user` where one is given; false: there was none.
    async fn unsubscribe(&self, endpoint: &str, user: Option<UserId>) -> Stored<bool>;
    /// Whether anyone has a subscription.
    async fn anyone_subscribes(&self) -> Stored<bool>;
    /// Whom a message concerns of those who have subscriptions, with how they want to hear of its room; at most `limit`
    /// subscriptions.
    async fn audience(&self, sought: &Called, limit: u64) -> Stored<Vec<Listener>>;
    /// What is kept under `name`, once and for all: `proposed`, unless there is something already.
    async fn keep_once(&self, name: &str, proposed: &str) -> Stored<String>;
}
