//! The checker: what one connection sees of one room, held against the contract. Every `rev` once,
//! ascending, without gaps, from the `joined` snapshot on; every message of this run once.

mod bits;
mod missing;

use std::ops::AddAssign;

use serde::Serialize;

use self::{bits::Bits, missing::Missing};

/// Everything that must not happen, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// Acknowledged messages that a receiver never got.
    pub lost: u64,
    /// Changes or messages that a receiver got again.
    pub doubled: u64,
    /// Changes that came after a later one.
    pub out_of_order: u64,
    /// Changes that a receiver never saw, whoever made them.
    pub gaps: u64,
    /// Messages whose `seq` did not follow the one before, and snapshots that went back.
    pub misnumbered: u64,
    /// Durable frames of rooms that the connection had not opened, or of another room than was sent to.
    pub foreign: u64,
    /// Messages whose body was not the one sent.
    pub altered: u64,
    /// Frames that could not be read.
    pub malformed: u64,
}

impl AddAssign for Faults {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.out_of_order += other.out_of_order;
        self.gaps = self.gaps.saturating_add(other.gaps); // a wild rev makes a wild gap
        self.misnumbered += other.misnumbered;
        self.foreign += other.foreign;
        self.altered += other.altered;
        self.malformed += other.malformed;
    }
}

/// How a change stands to those seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The next one.
    InOrder,
    /// Later than the next one: those between are missing so far.
    Early,
    /// One that was missing.
    Late,
    /// Seen before.
    Repeated,
    /// Of a room that is not open.
    Unopened,
}

/// One room as one connection sees it.
#[derive(Debug, Default)]
pub struct Stream {
    open: bool,
    next: u64,
    last_seq: u64,
    missing: Missing,
    messages: Bits,
    /// What was found so far. `lost` and the gap at the end need the whole run: see `ledger`.
    pub faults: Faults,
}

impl Stream {
    /// The room is open: live frames go on after `last_rev`.
    pub fn start(&mut self, last_seq: u64, last_rev: u64) {
        (self.open, self.next, self.last_seq) = (true, last_rev.saturating_add(1), last_seq);
    }

    /// The connection broke: nothing may come until the next snapshot.
    pub fn interrupt(&mut self) {
        self.open = false;
    }

    /// Whether live frames are due.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// The last change seen, to resume after; none before the first `start`.
    pub fn position(&self) -> Option<u64> {
        self.next.checked_sub(1)
    }

    /// The last message seen.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Takes a snapshot after a reconnect. Changes it does not name were superseded by later ones.
    pub fn resume(&mut self, last_seq: u64, last_rev: u64, revs: impl Iterator<Item = u64>) {
        let mut seen = self.next.saturating_sub(1);
        for rev in revs {
            if rev > last_rev {
                self.faults.misnumbered += 1;
            } else if rev <= seen {
                self.faults.doubled += 1;
            }
            seen = seen.max(rev);
        }
        if last_rev.saturating_add(1) < self.next {
            // The server forgot what it had already shown.
            self.faults.misnumbered += 1;
        }
        self.start(last_seq.max(self.last_seq), last_rev);
    }

    /// Takes a live change.
    pub fn change(&mut self, rev: u64) -> Arrival {
        let arrival = self.place(rev);
        match arrival {
            Arrival::InOrder => self.next = rev.saturating_add(1),
            Arrival::Early => {
                self.missing.add(self.next..rev);
                self.next = rev.saturating_add(1);
            }
            Arrival::Late => self.faults.out_of_order += 1,
            Arrival::Repeated => self.faults.doubled += 1,
            Arrival::Unopened => self.faults.foreign += 1,
        }
        arrival
    }

    fn place(&mut self, rev: u64) -> Arrival {
        if !self.open {
            Arrival::Unopened
        } else if rev == self.next {
            Arrival::InOrder
        } else if rev > self.next {
            Arrival::Early
        } else if self.missing.remove(rev) {
            Arrival::Late
        } else {
            Arrival::Repeated
        }
    }

    /// Whether this change is the next one, without taking it.
    pub fn is_next(&self, rev: u64) -> bool {
        self.open && rev == self.next
    }

    /// Takes the number of a new message that arrived as `arrival` says.
    pub fn number(&mut self, seq: u64, arrival: Arrival) {
        if arrival == Arrival::InOrder && seq != self.last_seq.saturating_add(1) {
            self.faults.misnumbered += 1;
        }
        self.last_seq = self.last_seq.max(seq);
    }

    /// Takes a message of this run by its place among those sent to the room; false when it was here before.
    pub fn message(&mut self, ordinal: usize) -> bool {
        self.messages.insert(ordinal)
    }

    /// Whether a message of this run arrived.
    pub fn has(&self, ordinal: usize) -> bool {
        self.messages.contains(ordinal)
    }

    /// Changes never seen, when the room is known to have come to `last_rev`.
    pub fn gaps(&self, last_rev: u64) -> u64 {
        self.missing
            .count()
            .saturating_add(last_rev.saturating_add(1).saturating_sub(self.next))
    }
}

#[cfg(test)]
mod tests;
