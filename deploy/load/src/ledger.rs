//! What was sent, what became of it, and how long it took: the one book of a run.

use std::{ops::Range, time::Instant};

use serde::Serialize;

use crate::{error::Error, latency::Latency, marker::Marker, roster::Room};

/// Enough to see what goes wrong; thousands would hide it.
const MOST_NOTES: usize = 10;

/// What became of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not yet written to the socket.
    Planned,
    /// Written, unanswered.
    Sent,
    /// Answered with `sent`.
    Acknowledged,
    /// Answered with `error`.
    Refused,
}

/// One message of this run.
#[derive(Clone, Debug)]
pub struct Send {
    /// When it was to leave: latencies count from here, however late it left.
    pub due: Instant,
    /// The room, as an index into the rooms that take part.
    pub room: usize,
    /// The sender, as an index into the people.
    pub sender: usize,
    /// Its place among the messages of this run in its room.
    pub ordinal: usize,
    /// What became of it.
    pub state: State,
    /// Whether it went out again after a reconnect: then its answer may tell of the first time.
    pub again: bool,
}

/// Messages and deliveries, counted as they happen.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Counts {
    /// Messages planned.
    pub planned: u64,
    /// Messages written to a socket.
    pub sent: u64,
    /// Messages written again after a reconnect.
    pub sent_again: u64,
    /// Answered with `sent`.
    pub acknowledged: u64,
    /// Answered with `error`.
    pub refused: u64,
    /// Deliveries due: for each acknowledged message, the members of its room without its sender.
    pub expected: u64,
    /// Deliveries that came, each message and receiver once.
    pub received: u64,
}

/// The latencies of a run.
#[derive(Debug)]
pub struct Times {
    /// From the moment a message was due to its receipt, at each receiver.
    pub delivery: Latency,
    /// From the moment a message was due to its `sent`.
    pub acknowledgement: Latency,
    /// From the moment a message was due to its being handed to the socket: the generator's own part.
    pub lag: Latency,
    /// From the start of a connection attempt to `hello`.
    pub hello: Latency,
    /// From `join` to `joined`.
    pub join: Latency,
    /// From a broken connection to all of its rooms being open again.
    pub resume: Latency,
}

/// The book of a run.
#[derive(Debug)]
pub struct Ledger {
    /// The marks of this run.
    pub marker: Marker,
    /// The counts.
    pub counts: Counts,
    /// The latencies.
    pub times: Times,
    /// The first faults, in words.
    pub notes: Vec<String>,
    measured: Option<Range<Instant>>,
    receivers: Vec<u64>,
    ordinals: Vec<usize>,
    sends: Vec<Send>,
}

impl Ledger {
    /// An empty book for these rooms.
    pub fn new(rooms: &[Room], body_bytes: usize) -> Result<Self, Error> {
        let new = Latency::new;
        let times = Times {
            delivery: new()?,
            acknowledgement: new()?,
            lag: new()?,
            hello: new()?,
            join: new()?,
            resume: new()?,
        };
        Ok(Self {
            marker: Marker::new(body_bytes),
            counts: Counts::default(),
            times,
            notes: Vec::new(),
            measured: None,
            receivers: rooms
                .iter()
                .map(|room| (room.members.len() as u64).saturating_sub(1))
                .collect(),
            ordinals: vec![0; rooms.len()],
            sends: Vec::new(),
        })
    }

    /// Latencies of messages due in this time are recorded; the rest is only counted.
    pub fn measure(&mut self, window: Range<Instant>) {
        self.measured = Some(window);
    }

    /// Enters a message to come.
    pub fn plan(&mut self, room: usize, sender: usize, due: Instant) -> usize {
        let ordinal = self.ordinals[room];
        self.ordinals[room] += 1;
        self.counts.planned += 1;
        self.sends.push(Send {
            due,
            room,
            sender,
            ordinal,
            state: State::Planned,
            again: false,
        });
        self.sends.len() - 1
    }

    /// Every message of the run.
    pub fn sends(&self) -> &[Send] {
        &self.sends
    }

    /// The message with this nonce, if it is of this run.
    pub fn find(&self, nonce: &str) -> Option<(usize, &Send)> {
        let index = self.marker.index(nonce)?;
        Some((index, self.sends.get(index)?))
    }

    /// A message leaves.
    pub fn sending(&mut self, index: usize, now: Instant) {
        let send = &mut self.sends[index];
        if send.state == State::Planned {
            send.state = State::Sent;
            self.counts.sent += 1;
            let due = send.due;
            if self.is_measured(due) {
                self.times.lag.record(now.saturating_duration_since(due));
            }
        } else {
            send.again = true;
            self.counts.sent_again += 1;
        }
    }

    /// A message was acknowledged; false when it was answered before.
    pub fn acknowledge(&mut self, index: usize, now: Instant) -> bool {
        let Some(send) = self.answer(index, State::Acknowledged) else {
            return false;
        };
        self.counts.acknowledged += 1;
        self.counts.expected += self.receivers[send.room];
        if self.is_measured(send.due) {
            self.times
                .acknowledgement
                .record(now.saturating_duration_since(send.due));
        }
        true
    }

    /// A message was refused; false when it was answered before.
    pub fn refuse(&mut self, index: usize) -> bool {
        let is_first = self.answer(index, State::Refused).is_some();
        self.counts.refused += u64::from(is_first);
        is_first
    }

    fn answer(&mut self, index: usize, state: State) -> Option<Send> {
        let send = self.sends.get_mut(index)?;
        let is_open = send.state == State::Sent;
        send.state = if is_open { state } else { send.state };
        is_open.then(|| send.clone())
    }

    /// A message reached a receiver for the first time; without a time when it had to be fetched.
    pub fn deliver(&mut self, due: Instant, now: Option<Instant>) {
        self.counts.received += 1;
        if let Some(now) = now.filter(|_| self.is_measured(due)) {
            self.times.delivery.record(now.saturating_duration_since(due));
        }
    }

    /// Whether every message was answered and every acknowledged one is everywhere.
    pub fn is_settled(&self) -> bool {
        let Counts {
            sent,
            acknowledged,
            refused,
            expected,
            received,
            ..
        } = self.counts;
        sent == acknowledged + refused && received >= expected
    }

    /// Keeps one of the first faults in words.
    pub fn note(&mut self, words: impl FnOnce() -> String) {
        if self.notes.len() < MOST_NOTES {
            self.notes.push(words());
        }
    }

    fn is_measured(&self, due: Instant) -> bool {
        self.measured.as_ref().is_some_and(|window| window.contains(&due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        Ledger::new(
            &[Room {
                id: "r".into(),
                members: vec![0, 1, 2],
            }],
            120,
        )
        .unwrap()
    }

    #[test]
    fn a_message_is_settled_when_acknowledged_and_received_by_all_others() {
        let (mut ledger, now) = (ledger(), Instant::now());
        let index = ledger.plan(0, 0, now);
        ledger.sending(index, now);
        assert!(!ledger.is_settled());
        assert!(ledger.acknowledge(index, now));
        assert!(!ledger.is_settled());
        ledger.deliver(now, Some(now));
        ledger.deliver(now, Some(now));
        assert!(ledger.is_settled());
    }

    #[test]
    fn a_refused_message_is_expected_nowhere() {
        let (mut ledger, now) = (ledger(), Instant::now());
        let index = ledger.plan(0, 0, now);
        ledger.sending(index, now);
        assert!(ledger.refuse(index));
        assert!(ledger.is_settled() && ledger.counts.expected == 0);
    }

    #[test]
    fn the_first_answer_counts() {
        let (mut ledger, now) = (ledger(), Instant::now());
        let index = ledger.plan(0, 0, now);
        assert!(!ledger.acknowledge(index, now), "nothing was sent yet");
        ledger.sending(index, now);
        assert!(ledger.acknowledge(index, now));
        assert!(!ledger.acknowledge(index, now) && !ledger.refuse(index));
    }

    #[test]
    fn only_messages_due_in_the_window_are_measured() {
        let (mut ledger, start) = (ledger(), Instant::now());
        let second = std::time::Duration::from_secs(1);
        ledger.measure(start + second..start + 2 * second);
        ledger.deliver(start, Some(start + second));
        ledger.deliver(start + second, Some(start + 3 * second));
        assert_eq!(ledger.counts.received, 2);
        let percentiles = ledger.times.delivery.percentiles().unwrap();
        assert_eq!(percentiles.count, 1);
        assert!(percentiles.max > 1_999.0, "measured from when it was due");
    }
}
