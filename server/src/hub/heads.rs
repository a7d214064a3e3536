//! Heads: where a room stands, told to members that do not have it open, a few times a second at most.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chat::wire::HEAD_INTERVAL_MS;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{Hub, room::Room};

/// The shortest time between two heads of one room: a little longer than promised, so that a receiver
/// that counts per second never counts one too many.
const HEAD_INTERVAL: Duration = Duration::from_millis(HEAD_INTERVAL_MS + 10);
/// How often rooms that owe a head are looked at.
const ROUND: Duration = Duration::from_millis(HEAD_INTERVAL_MS / 4);

/// When a room's members were last told its head, and whether they have to be told again.
#[derive(Default)]
pub(super) struct Throttle {
    paid: Option<Instant>,
    owed: bool,
}

/// What is to be done for a new head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owed {
    /// Send it.
    Now,
    /// Send it once it is time: somebody has to see to it.
    Later,
    /// It goes out with the one that is already owed.
    Already,
}

impl Throttle {
    /// There is a new head.
    pub(super) fn owe(&mut self, now: Instant) -> Owed {
        if self.is_time(now) {
            (self.paid, self.owed) = (Some(now), false);
            return Owed::Now;
        }
        match std::mem::replace(&mut self.owed, true) {
            true => Owed::Already,
            false => Owed::Later,
        }
    }

    /// Whether the head that is owed is to be sent now.
    pub(super) fn pay(&mut self, now: Instant) -> bool {
        self.owed && self.is_time(now) && {
            (self.paid, self.owed) = (Some(now), false);
            true
        }
    }

    /// Whether a head is owed.
    pub(super) const fn is_owed(&self) -> bool {
        self.owed
    }

    fn is_time(&self, now: Instant) -> bool {
        self.paid
            .is_none_or(|paid| now.duration_since(paid) >= HEAD_INTERVAL)
    }
}

/// The rooms that owe a head.
#[derive(Default)]
pub(super) struct Debts {
    rooms: Mutex<Vec<Arc<Room>>>,
    news: Notify,
}

impl Debts {
    /// Puts a room down.
    pub(super) fn add(&self, room: &Arc<Room>) {
        self.rooms.lock().push(Arc::clone(room));
        self.news.notify_one();
    }
}

/// Pays what is owed; idle while nothing is.
pub(super) async fn pay(hub: Arc<Hub>) {
    loop {
        hub.debts.news.notified().await;
        while !hub.debts.rooms.lock().is_empty() {
            tokio::time::sleep(ROUND).await;
            let due = std::mem::take(&mut *hub.debts.rooms.lock());
            let now = Instant::now();
            let still: Vec<_> = due.into_iter().filter(|room| room.pay_heads(now)).collect();
            hub.debts.rooms.lock().extend(still);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn the_first_head_goes_at_once_and_a_burst_becomes_one_more() {
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        assert_eq!(throttle.owe(start), Owed::Now);
        assert_eq!(throttle.owe(after(start, 10)), Owed::Later);
        assert_eq!(throttle.owe(after(start, 20)), Owed::Already);
        assert!(!throttle.pay(after(start, 200)) && throttle.is_owed());
        assert!(throttle.pay(after(start, 260)));
        assert!(
            !throttle.pay(after(start, 900)),
            "one head pays for the whole burst"
        );
    }

    #[test]
    fn no_second_ever_has_more_than_four_heads() {
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        let sent: Vec<u64> = (0..10_000)
            .filter(|ms| {
                let now = after(start, *ms);
                throttle.owe(now) == Owed::Now || ms % 62 == 0 && throttle.pay(now)
            })
            .collect();
        for from in &sent {
            assert!(
                sent.iter()
                    .filter(|ms| (*from..from + 1_000).contains(ms))
                    .count()
                    <= 4
            );
        }
        assert!(sent.len() > 30, "and it does not fall silent: {}", sent.len());
    }
}
