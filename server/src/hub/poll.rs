//! While the bus is away: what other instances do is found in the store.
//!
//! Nothing is told by anyone then, so this instance looks: at the heads of rooms about once a second, at what changes
//! more rarely less often. Each kind of question is asked one at a time, so that a slow database is not asked
//! more the slower it gets. What the bus says once it is back ([`backend::bus::Delivery::Gap`]) ends it.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use chat::RoomId;

use super::Hub;

/// How long at most between two looks at heads. Instances do not look at the same moment.
const HEADS_EVERY: Duration = Duration::from_secs(1);
/// How long at most between two looks at memberships, read markers and credentials.
const PEOPLE_EVERY: Duration = Duration::from_secs(5);
/// The most rooms looked at in one go. Those that somebody reads come first; the others take turns.
const ROOMS_MAX: usize = 2_000;

/// Looks for as long as the process lives; idle while the bus does its part.
pub(super) async fn poll(hub: Arc<Hub>) {
    futures::join!(poll_heads(&hub), poll_people(&hub));
}

async fn poll_heads(hub: &Hub) {
    let mut turns = VecDeque::new();
    loop {
        pause(HEADS_EVERY).await;
        if hub.is_deaf() {
            hub.compare_heads_of(&next(hub, &mut turns)).await;
        }
    }
}

async fn poll_people(hub: &Hub) {
    loop {
        pause(PEOPLE_EVERY).await;
        if hub.is_deaf() {
            hub.compare_memberships().await;
            hub.compare_rooms().await;
            hub.compare_credentials().await;
        }
    }
}

async fn pause(at_most: Duration) {
    tokio::time::sleep(at_most.mul_f64(rand::random_range(0.7..1.0))).await;
}

/// The rooms that are looked at next; `turns` are the unread ones that wait.
fn next(hub: &Hub, turns: &mut VecDeque<RoomId>) -> Vec<RoomId> {
    let (mut next, mut unread) = (Vec::new(), Vec::new());
    for room in &hub.rooms {
        match room.is_read() {
            true => next.push(room.id),
            false => unread.push(room.id),
        }
    }
    if turns.is_empty() {
        turns.extend(unread);
    }
    let space = ROOMS_MAX.saturating_sub(next.len()).min(turns.len());
    next.extend(turns.drain(..space));
    next
}

impl Hub {
    /// Whether what other instances do does not reach this one.
    fn is_deaf(&self) -> bool {
        self.backend.bus.may_miss()
    }
}
