//! From the bus to Redis: in order, many at a time, and nobody waits.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bb8_redis::redis;
use tokio::{
    sync::{Notify, mpsc::Receiver},
    time::{MissedTickBehavior, interval},
};

use super::{Frame, Standing, channel_name};
use crate::redis::Redis;

/// The most events that wait to be sent. What comes then is not sent, and the others are told to compare.
pub(super) const QUEUE_MAX: usize = 4_096;
/// The most events in one write.
const BATCH_MAX: usize = 128;
/// The most bytes in one write, roughly: a batch ends with the event that exceeds it.
const BATCH_BYTES: usize = 256 * 1024;
/// How often an instance says that it is there.
pub(super) const BEAT_EVERY: Duration = Duration::from_secs(1);

/// One event on its way.
pub(super) struct Outgoing {
    pub(super) channel: usize,
    pub(super) frame: Vec<u8>,
    /// Others before it found no place in the queue.
    pub(super) after_gap: bool,
}

/// Sends what is queued until the bus is closed or gone. While one write is under way the next batch collects.
pub(super) async fn send(
    redis: Arc<Redis>,
    mut queue: Receiver<Outgoing>,
    standing: Arc<Standing>,
    closing: Arc<Notify>,
) {
    let mut beat = interval(BEAT_EVERY);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut batch = Vec::with_capacity(BATCH_MAX);
    let mut open = true;
    while open {
        tokio::select! {
            count = queue.recv_many(&mut batch, BATCH_MAX) => open = count > 0,
            () = closing.notified() => queue.close(),
            _ = beat.tick() => {
                measure(&redis, queue.len());
                standing.beat_sent();
                batch.extend(frame(&redis, &Frame::Beat));
                if queue.is_empty() && standing.overflowed.swap(false, Ordering::AcqRel) {
                    standing.unsent.store(true, Ordering::Release);
                }
            }
        }
        if !open {
            batch.extend(frame(&redis, &Frame::Leave));
        }
        let mut rest = batch.drain(..).peekable();
        while rest.peek().is_some() {
            let mut bytes = 0;
            let write: Vec<_> = std::iter::from_fn(|| {
                let outgoing = rest.next_if(|_| bytes < BATCH_BYTES)?;
                bytes += outgoing.frame.len();
                Some(outgoing)
            })
            .collect();
            put(&redis, &standing, &write).await;
        }
    }
}

fn frame(redis: &Redis, frame: &Frame) -> Option<Outgoing> {
    Some(Outgoing {
        channel: 0,
        frame: frame.encode(redis.instance())?,
        after_gap: false,
    })
}

/// Writes once. What fails is not tried again: Redis may have sent some of it on. The others are told to
/// compare with the next write that succeeds, which a beat sees to if nothing else does.
async fn put(redis: &Redis, standing: &Standing, write: &[Outgoing]) {
    let mut gap = standing.unsent.swap(false, Ordering::AcqRel);
    let mut pipeline = redis::pipe();
    for outgoing in write {
        if gap || outgoing.after_gap {
            publish(&mut pipeline, frame(redis, &Frame::Gap).iter());
        }
        gap = false;
        publish(&mut pipeline, std::iter::once(outgoing));
    }
    if redis.ask::<()>(&pipeline).await.is_err() {
        standing.unsent.store(true, Ordering::Release);
        count_unsent(write.len() as u64);
    }
}

fn publish<'a>(pipeline: &mut redis::Pipeline, outgoing: impl Iterator<Item = &'a Outgoing>) {
    for Outgoing { channel, frame, .. } in outgoing {
        pipeline
            .cmd("PUBLISH")
            .arg(channel_name(*channel))
            .arg(frame)
            .ignore();
    }
}

/// Shows what waits here and what is open to Redis.
fn measure(redis: &Redis, queued: usize) {
    metrics::gauge!("bus_queue_length").set(queued as f64);
    redis.measure();
}

/// Counts events that the other instances did not get.
pub(super) fn count_unsent(events: u64) {
    metrics::counter!("bus_unsent_total").increment(events);
}
