//! The bus over Redis' publish and subscribe.
//!
//! This process hears its own events at once and without Redis. The others hear them through one of
//! [`CHANNELS`] channels; all instances subscribe to all, so that coming back is one command. Redis
//! keeps nothing for who is away: whoever was cut off says [`Delivery::Gap`] when it hears again, and
//! whoever could not send tells the others so.

mod clock;
mod hear;
mod send;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use tokio::{
    sync::{Mutex, Notify, mpsc},
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use super::{
    Bus, Delivery, Subscription,
    frame::{self, Frame},
    memory::MemoryBus,
};
use crate::{
    event::Event,
    health::Health,
    redis::{PREFIX, Redis},
};
use send::Outgoing;

/// How many channels there are. What is about the same room takes the same one.
pub const CHANNELS: u128 = 16;
/// How long closing may take.
pub const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// The bus of one of several instances.
pub struct RedisBus {
    local: Arc<MemoryBus>,
    redis: Arc<Redis>,
    outgoing: mpsc::Sender<Outgoing>,
    standing: Arc<Standing>,
    closing: Arc<Notify>,
    /// Goes on after the bus until it has sent what is left and said good-bye.
    sending: Mutex<Option<JoinHandle<()>>>,
    /// Ends with the bus.
    _hearing: JoinSet<()>,
}

/// What is known without asking.
#[derive(Default)]
struct Standing {
    /// This instance hears the others.
    subscribed: AtomicBool,
    /// Another instance, heard of lately, is silent: it is gone or cut off, and cannot tell.
    faulty: AtomicBool,
    /// The same, and for longer: it is most likely gone, but may be at work.
    doubtful: AtomicBool,
    /// When the last beat went out, until it comes back.
    beat_sent: parking_lot::Mutex<Option<Instant>>,
    /// A write failed, and the others do not know yet.
    unsent: AtomicBool,
    /// The queue was full, and nothing in it says so yet.
    overflowed: AtomicBool,
}

impl Standing {
    fn beat_sent(&self) {
        *self.beat_sent.lock() = Some(Instant::now());
    }

    /// Notes how long a word takes through Redis and back, on one clock.
    fn beat_returned(&self) {
        if let Some(sent) = self.beat_sent.lock().take() {
            metrics::histogram!("bus_round_trip_seconds").record(sent.elapsed());
        }
    }
}

impl RedisBus {
    /// The bus of this instance. Returns at once; [`Bus::health`] tells when it is connected.
    #[must_use]
    pub fn new(redis: &Arc<Redis>) -> Self {
        let (local, standing) = (Arc::new(MemoryBus::new()), Arc::new(Standing::default()));
        let (outgoing, queue) = mpsc::channel(send::QUEUE_MAX);
        let closing = Arc::new(Notify::new());
        let sending = send::send(
            Arc::clone(redis),
            queue,
            Arc::clone(&standing),
            Arc::clone(&closing),
        );
        let sending = Mutex::new(Some(tokio::spawn(sending)));
        let mut hearing = JoinSet::new();
        hearing.spawn(hear::hear(
            Arc::clone(redis),
            Arc::clone(&local),
            Arc::clone(&standing),
        ));
        hearing.spawn(clock::follow(Arc::clone(redis)));
        Self {
            local,
            redis: Arc::clone(redis),
            outgoing,
            standing,
            closing,
            sending,
            _hearing: hearing,
        }
    }
}

#[async_trait]
impl Bus for RedisBus {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn health(&self) -> Health {
        let standing = &self.standing;
        let well = standing.subscribed.load(Ordering::Acquire)
            && !standing.faulty.load(Ordering::Acquire)
            && !standing.unsent.load(Ordering::Acquire)
            && !standing.overflowed.load(Ordering::Acquire);
        if well { Health::Ok } else { Health::Degraded }
    }

    fn may_miss(&self) -> bool {
        self.health() == Health::Degraded || self.standing.doubtful.load(Ordering::Acquire)
    }

    async fn publish(&self, event: Event) {
        let channel = channel_of(&event);
        let frame = frame::encode_event(self.redis.instance(), &event);
        self.local.tell(Delivery::Event(Arc::new(event)));
        let Some(frame) = frame else { return };
        let outgoing = Outgoing {
            channel,
            frame,
            after_gap: self.standing.overflowed.swap(false, Ordering::AcqRel),
        };
        if self.outgoing.try_send(outgoing).is_err() {
            self.standing.overflowed.store(true, Ordering::Release);
            send::count_unsent(1);
        }
    }

    async fn close(&self) {
        self.closing.notify_one();
        if let Some(sending) = self.sending.lock().await.take()
            && timeout(CLOSE_WITHIN, sending).await.is_err()
        {
            tracing::warn!("other instances were not told all before the end");
        }
    }

    fn subscribe(&self) -> Subscription {
        self.local.subscribe()
    }
}

/// The channel of what is about the same as `event`. Ids are random in their last bytes.
fn channel_of(event: &Event) -> usize {
    usize::try_from(event.topic().as_u128() % CHANNELS).unwrap_or(0)
}

/// The name of a channel.
fn channel_name(number: usize) -> String {
    format!("{PREFIX}events:{number}")
}
