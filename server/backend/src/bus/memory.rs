//! The bus within one process.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream;
use tokio::sync::broadcast::{self, error::RecvError};

use super::{Bus, Delivery, Subscription};
use crate::event::Event;

/// How many events a subscriber may lie behind before it loses the oldest and gets a [`Delivery::Gap`].
///
/// At the load that the product promises (100,000 messages a minute) this is five seconds.
pub const CAPACITY: usize = 8_192;

/// One ring that all subscribers of this process read. Dropping the bus closes it.
#[derive(Debug)]
pub struct MemoryBus {
    ring: broadcast::Sender<Delivery>,
}

impl MemoryBus {
    /// A bus that keeps [`CAPACITY`] events for slow subscribers.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    /// A bus that keeps at least this many events for slow subscribers.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            ring: broadcast::Sender::new(capacity),
        }
    }

    /// Tells every subscriber of this process.
    pub(super) fn tell(&self, delivery: Delivery) {
        // The ring refuses what nobody listens to; then there is nobody to tell.
        let _ = self.ring.send(delivery);
    }
}

impl Default for MemoryBus {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Bus for MemoryBus {
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn publish(&self, event: Event) {
        self.tell(Delivery::Event(Arc::new(event)));
    }

    fn subscribe(&self) -> Subscription {
        Box::pin(stream::unfold(self.ring.subscribe(), |mut end| async move {
            match end.recv().await {
                Ok(delivery) => Some((delivery, end)),
                Err(RecvError::Lagged(_)) => Some((Delivery::Gap, end)),
                Err(RecvError::Closed) => None,
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use chat::{ConnectionId, RoomId, UserId};
    use futures::StreamExt;
    use uuid::Uuid;

    use super::*;

    fn typed(number: u128) -> Event {
        let origin = Some(ConnectionId(Uuid::from_u128(number)));
        Event::Typed {
            room: RoomId(Uuid::nil()),
            user: UserId(Uuid::nil()),
            thread: None,
            origin,
        }
    }

    #[tokio::test]
    async fn a_subscriber_that_lags_is_told_of_a_gap_and_goes_on_with_the_newest() {
        let bus = MemoryBus::with_capacity(4);
        let mut subscription = bus.subscribe();
        for number in 0..10 {
            bus.publish(typed(number)).await;
        }
        assert!(matches!(subscription.next().await, Some(Delivery::Gap)));
        for number in 6..10 {
            let Some(Delivery::Event(event)) = subscription.next().await else {
                panic!("an event is missing")
            };
            assert_eq!(*event, typed(number));
        }
    }

    #[tokio::test]
    async fn subscriptions_end_with_the_bus_after_what_was_published() {
        let bus = MemoryBus::new();
        let mut subscription = bus.subscribe();
        bus.publish(typed(1)).await;
        drop(bus);
        assert!(matches!(subscription.next().await, Some(Delivery::Event(_))));
        assert!(subscription.next().await.is_none());
    }
}
