//! The port that carries events to every instance.
//!
//! Delivery is at most once and, per publisher, in order. An implementation that may have lost
//! something says so with [`Delivery::Gap`]; whoever listens then compares heads with the store.
//! Nothing durable depends on the bus: a message that it loses is found by its `rev`.

mod frame;
pub mod memory;
pub mod redis;

use std::{pin::Pin, sync::Arc};

use async_trait::async_trait;
use futures::Stream;

use crate::{event::Event, health::Health};

/// What a subscriber gets.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// Something happened.
    Event(Arc<Event>),
    /// Something may have happened that is not told: compare with the store.
    Gap,
}

/// A subscriber's end; ends only when the bus is closed.
pub type Subscription = Pin<Box<dyn Stream<Item = Delivery> + Send>>;

/// Carries events to every instance, this one included.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Which implementation it is, for logs and readiness: `memory`, `redis`.
    fn name(&self) -> &'static str;
    /// Whether it does all that it promises, as far as is known without asking.
    fn health(&self) -> Health {
        Health::Ok
    }
    /// Whether what other instances do may fail to reach this one, so that it has to be looked for in the store. That
    /// is so for longer than [`Bus::health`] is degraded: an instance that fell silent is most likely gone, but it may
    /// be cut off and at work.
    fn may_miss(&self) -> bool {
        self.health() == Health::Degraded
    }
    /// Tells every subscriber. Never fails: where the bus is away, local subscribers are still told.
    async fn publish(&self, event: Event);
    /// Passes on what still waits and takes leave of the other instances, within a few seconds. What is
    /// published after that is told here only.
    async fn close(&self) {}
    /// All that is published from now on.
    fn subscribe(&self) -> Subscription;
}
