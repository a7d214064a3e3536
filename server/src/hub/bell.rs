//! How a connection's task is told that there is something to do.

use std::{
    future::poll_fn,
    sync::atomic::{AtomicU64, Ordering},
    task::{Context, Poll},
};

use futures::task::AtomicWaker;

/// The bell's bits that stand for open rooms. With more rooms open than bits, rooms share one.
pub(crate) const ROOM_BITS: u32 = 60;
/// Something lies in the slots.
pub(crate) const SLOTS: u64 = 1 << 60;
/// It is time for a ping.
pub(crate) const PING: u64 = 1 << 61;
/// The connection is to end.
pub(crate) const END: u64 = 1 << 62;

/// One bit for each thing that may wait. Ringing costs one atomic operation; the task is woken only
/// by the first ring since it last looked, so a burst of messages wakes it once.
#[derive(Default)]
pub(crate) struct Bell {
    rung: AtomicU64,
    waker: AtomicWaker,
}

impl Bell {
    /// Says that the things behind `bits` wait.
    pub(crate) fn ring(&self, bits: u64) {
        // Who waits for the end alone lets the others wait, and has to be woken although something is rung already.
        if self.rung.fetch_or(bits, Ordering::AcqRel) == 0 || bits & END != 0 {
            self.waker.wake();
        }
    }

    /// Waits for the next ring and gives all bits rung since the last.
    pub(crate) async fn rung(&self) -> u64 {
        poll_fn(|cx| self.poll_rung(cx)).await
    }

    /// Waits until the connection is to end; whatever else is rung meanwhile stays rung.
    pub(crate) async fn rung_to_end(&self) {
        poll_fn(|cx| self.poll_rung_to_end(cx)).await;
    }

    fn poll_rung_to_end(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.waker.register(cx.waker());
        match self.rung.load(Ordering::Acquire) & END {
            0 => Poll::Pending,
            _ => Poll::Ready(()),
        }
    }

    fn poll_rung(&self, cx: &mut Context<'_>) -> Poll<u64> {
        let look = || match self.rung.swap(0, Ordering::AcqRel) {
            0 => Poll::Pending,
            bits => Poll::Ready(bits),
        };
        if let Poll::Ready(bits) = look() {
            return Poll::Ready(bits);
        }
        self.waker.register(cx.waker());
        // A ring between the look and the registration woke nobody.
        look()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn rings_before_the_look_are_heard_together() {
        let bell = Bell::default();
        bell.ring(1);
        bell.ring(PING);
        assert_eq!(bell.rung().await, 1 | PING);
    }

    #[tokio::test]
    async fn the_end_is_heard_beside_what_is_rung_already_and_nothing_is_taken() {
        let bell = Arc::new(Bell::default());
        let waiting = Arc::clone(&bell);
        bell.ring(1);
        let waiting = tokio::spawn(async move { waiting.rung_to_end().await });
        tokio::task::yield_now().await;
        bell.ring(SLOTS);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        bell.ring(END);
        waiting.await.unwrap();
        assert_eq!(bell.rung().await, 1 | SLOTS | END);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_ring_is_lost_between_two_threads() {
        let bell = Arc::new(Bell::default());
        let ringer = Arc::clone(&bell);
        let ringing = tokio::spawn(async move {
            for round in 0..10_000_u64 {
                ringer.ring(1 << (round % 60));
                if round % 7 == 0 {
                    tokio::task::yield_now().await;
                }
            }
            ringer.ring(END);
        });
        while bell.rung().await & END == 0 {}
        ringing.await.unwrap();
    }
}
