//! From Redis to the bus: a connection of its own that comes back for ever.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bb8_redis::redis;
use futures::{Stream, StreamExt};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use uuid::Uuid;

use super::{CHANNELS, Delivery, Frame, MemoryBus, Standing, channel_name, send::BEAT_EVERY};
use crate::redis::Redis;

/// The longest that connecting and subscribing may take.
const SUBSCRIBE_WITHIN: Duration = Duration::from_secs(1);
/// Without anything heard for this long, one's own beat included, the connection is given up: three beats.
const SILENCE: Duration = Duration::from_secs(3);
/// The first pause before another attempt.
const RETRY_FIRST: Duration = Duration::from_millis(100);
/// The longest pause: the return of Redis is to be noticed within a second.
const RETRY_MAX: Duration = Duration::from_millis(800);
/// How long an instance that fell silent counts as a fault; after that it is most likely gone.
const FAULT_FOR: Duration = Duration::from_secs(30);
/// How long it may still be at work, cut off from Redis alone. To look into the store meanwhile costs a query a second.
const DOUBT_FOR: Duration = Duration::from_secs(10 * 60);

/// Hears Redis for as long as the bus is there.
pub(super) async fn hear(redis: Arc<Redis>, local: Arc<MemoryBus>, standing: Arc<Standing>) {
    let mut pause = RETRY_FIRST;
    loop {
        match timeout(SUBSCRIBE_WITHIN, subscribe(&redis)).await {
            Ok(Ok(messages)) => {
                tracing::info!("subscribed to the events of other instances");
                standing.subscribed.store(true, Ordering::Release);
                // Whatever they told before this moment was not heard.
                local.tell(Delivery::Gap);
                pause = RETRY_FIRST;
                listen(messages, redis.instance(), &local, &standing).await;
                standing.subscribed.store(false, Ordering::Release);
                metrics::counter!("bus_reconnects_total").increment(1);
                tracing::warn!("cut off from the events of other instances");
            }
            Ok(Err(error)) => tracing::debug!(%error, "subscribing failed"),
            Err(_) => tracing::debug!("subscribing took too long"),
        }
        sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
        pause = (pause * 2).min(RETRY_MAX);
    }
}

async fn subscribe(redis: &Redis) -> redis::RedisResult<impl Stream<Item = redis::Msg> + use<>> {
    let mut connection = redis.client().get_async_pubsub().await?;
    let channels: Vec<_> = (0..CHANNELS as usize).map(channel_name).collect();
    connection.subscribe(channels).await?;
    Ok(connection.into_on_message())
}

/// Passes on what is heard until there is silence. What waits in between is read at once and without
/// waiting for anyone, so that Redis never has a backlog for this instance.
async fn listen(messages: impl Stream<Item = redis::Msg>, me: Uuid, local: &MemoryBus, standing: &Standing) {
    let mut messages = std::pin::pin!(messages);
    let mut check = interval(BEAT_EVERY);
    check.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut peers = Peers::default();
    let mut heard_at = Instant::now();
    loop {
        tokio::select! {
            biased;
            message = messages.next() => {
                let Some(message) = message else { return };
                heard_at = Instant::now();
                receive(message.get_payload_bytes(), me, local, standing, &mut peers);
            }
            _ = check.tick() => {
                if heard_at.elapsed() >= SILENCE {
                    return;
                }
                standing.faulty.store(peers.are_silent(FAULT_FOR), Ordering::Release);
                standing.doubtful.store(peers.are_silent(DOUBT_FOR), Ordering::Release);
                // Once a second at most, however much of it another version may say.
                if std::mem::take(&mut peers.misunderstood) {
                    local.tell(Delivery::Gap);
                }
            }
        }
    }
}

fn receive(payload: &[u8], me: Uuid, local: &MemoryBus, standing: &Standing, peers: &mut Peers) {
    let Some((from, frame)) = Frame::decode(payload) else {
        metrics::counter!("bus_skipped_total").increment(1);
        peers.misunderstood = true;
        return;
    };
    if from == me {
        if frame == Frame::Beat {
            standing.beat_returned();
        }
        return;
    }
    peers.heard(from);
    match frame {
        Frame::Event(event) => local.tell(Delivery::Event(event)),
        Frame::Gap => local.tell(Delivery::Gap),
        Frame::Beat => {}
        Frame::Leave => peers.left(from),
    }
}

/// The other instances.
#[derive(Default)]
struct Peers {
    /// When each was last heard.
    heard: HashMap<Uuid, Instant>,
    /// One of them said something that cannot be read here: whatever it was is to be found in the store.
    misunderstood: bool,
}

impl Peers {
    fn heard(&mut self, from: Uuid) {
        self.heard.insert(from, Instant::now());
    }

    fn left(&mut self, from: Uuid) {
        self.heard.remove(&from);
    }

    /// Whether one is silent, and has not been so for longer than this.
    fn are_silent(&mut self, at_most: Duration) -> bool {
        self.heard.retain(|_, heard_at| heard_at.elapsed() < DOUBT_FOR);
        let mut silent_for = self.heard.values().map(Instant::elapsed);
        silent_for.any(|time| time >= SILENCE && time < at_most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_peer_is_a_fault_for_half_a_minute_and_looked_after_for_ten_minutes() {
        let silent_for = |seconds| {
            let mut peers = Peers::default();
            let heard_at = Instant::now() - Duration::from_secs(seconds);
            peers.heard.insert(Uuid::from_u128(1), heard_at);
            peers.heard(Uuid::from_u128(2));
            (peers.are_silent(FAULT_FOR), peers.are_silent(DOUBT_FOR))
        };
        assert_eq!(silent_for(1), (false, false));
        assert_eq!(silent_for(10), (true, true));
        assert_eq!(silent_for(100), (false, true));
        assert_eq!(silent_for(1_000), (false, false));
    }

    #[test]
    fn a_peer_that_took_leave_is_not_missed() {
        let mut peers = Peers::default();
        let gone = Uuid::from_u128(1);
        peers.heard.insert(gone, Instant::now() - Duration::from_secs(10));
        peers.left(gone);
        assert!(!peers.are_silent(DOUBT_FOR));
    }
}
