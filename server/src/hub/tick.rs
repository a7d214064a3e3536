//! The one clock of all connections: heartbeats, and now and then a look at everything.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use chat::{close::Close, wire::HEARTBEAT_MS};
use tokio::time::MissedTickBehavior;

use super::{Hub, bell, connection::Connection};

const HEARTBEAT_S: u32 = (HEARTBEAT_MS / 1_000) as u32;
/// How often heads and credentials are compared with the store and what nobody needs is dropped, in seconds.
const ROUND_S: u32 = 30;
/// How long a log is kept that nobody reads: who reloads a page is back by then.
const UNREAD: Duration = Duration::from_secs(60);

/// Ticks once a second for as long as the process lives.
pub(super) async fn tick(hub: Arc<Hub>) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Instances that were started together must not ask the store together.
    let mut round_s = ROUND_S + rand::random_range(0..ROUND_S);
    loop {
        seconds.tick().await;
        let now_s = hub.clock_s.fetch_add(1, Ordering::Relaxed) + 1;
        hub.each_connection(|connection| beat(connection, now_s));
        if now_s >= round_s {
            round_s = now_s + ROUND_S;
            hub.sweep(Instant::now());
            let hub = Arc::clone(&hub);
            tokio::spawn(async move {
                hub.compare_heads().await;
                hub.compare_credentials().await;
            });
        }
    }
}

fn beat(connection: &Connection, now_s: u32) {
    if connection.silent_s(now_s) > 2 * HEARTBEAT_S {
        connection.end(Close::Gone);
    } else if (now_s + phase(connection)).is_multiple_of(HEARTBEAT_S) {
        connection.bell.ring(bell::PING);
    }
}

/// Connections are pinged at different seconds, or a thousand pings would go out at once.
fn phase(connection: &Connection) -> u32 {
    // The last bytes of an id are random.
    u32::from(connection.id.0.as_bytes()[15]) % HEARTBEAT_S
}

impl Hub {
    /// Drops what nobody needs.
    fn sweep(&self, now: Instant) {
        self.forget_questions();
        // Whoever holds a room got it from this map: with one owner left it is the map itself.
        self.rooms
            .retain(|_, room| !(room.sweep(now, UNREAD) && Arc::strong_count(room) == 1));
    }
}
