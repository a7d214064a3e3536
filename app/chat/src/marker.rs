//! Read markers: up to where someone has read a room.

use crate::time::Timestamp;

/// A read marker. It moves forwards by reading, and back when its owner marks messages as unread; that, like joining
/// the room, begins a new turn. Of two words about one marker the greater is the newer one, in whatever order they come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marker {
    /// When it began to count from where it was put, in milliseconds since the Unix epoch; 0: not told.
    pub turn: u64,
    /// The newest message that is read.
    pub seq: u64,
}

impl Marker {
    /// The marker after its owner has read up to `seq` in whatever turn it is.
    #[must_use]
    pub fn reading(self, seq: u64) -> Self {
        Self {
            seq: self.seq.max(seq),
            ..self
        }
    }

    /// Whether it began to count no later than `time`: what its owner posted then moved it.
    #[must_use]
    pub fn precedes(self, time: Timestamp) -> bool {
        i64::try_from(self.turn).is_ok_and(|turn| turn <= time.0)
    }

    /// The marker after it was heard to be at `to`. Where one of the two turns is not told, nothing goes back.
    #[must_use]
    pub fn heard(self, to: Self) -> Self {
        match (self.turn, to.turn) {
            (_, 0) => self.reading(to.seq),
            (0, turn) => Self {
                turn,
                seq: self.seq.max(to.seq),
            },
            _ => self.max(to),
        }
    }

    /// The marker after it was heard that it was put to `to`, when `last_seq` was the room's newest message. Who has
    /// read beyond that message did so afterwards, though it was heard before.
    #[must_use]
    pub fn put(self, to: Self, last_seq: u64) -> Self {
        match to.turn > self.turn && self.seq > last_seq {
            true => Self {
                turn: to.turn,
                seq: self.seq,
            },
            false => self.heard(to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_that_went_back_is_newer_and_then_moves_on() {
        let read = Marker { turn: 1, seq: 9 };
        let back = Marker { turn: 2, seq: 4 };
        assert_eq!(read.max(back), back);
        assert_eq!(back.reading(6), Marker { turn: 2, seq: 6 });
        assert_eq!(back.reading(3), back);
    }

    #[test]
    fn what_was_read_after_it_went_back_stays_read_in_whatever_order_it_is_heard() {
        let back = Marker { turn: 2, seq: 4 };
        let before = Marker { turn: 1, seq: 9 };
        assert_eq!(before.put(back, 9), back);
        // A message of one's own, number 10, was heard of first.
        let posted = before.reading(10);
        assert_eq!(posted.put(back, 9), Marker { turn: 2, seq: 10 });
        assert_eq!(before.put(back, 9).reading(10), posted.put(back, 9));
        assert_eq!(back.put(before, 9), back);
    }
}
