//! Finding the first message of a day: the room is sorted by time, and one message after the other can be asked for.

use chat::Timestamp;

/// A search for the first message that was written at a time or later. It looks where it would be if people wrote
/// evenly, and every other time in the middle, so that a quiet year cannot make it slow.
#[derive(Clone, Debug)]
pub struct Find {
    time: Timestamp,
    /// The newest message known to be earlier, and its time; 0: none.
    early: (u64, Timestamp),
    /// The oldest known not to be.
    late: (u64, Timestamp),
    halve: bool,
}

impl Find {
    /// Looks in a room with messages 1 to `last_seq`, of which the first and the last were written then.
    #[must_use]
    pub const fn new(time: Timestamp, first: Timestamp, last_seq: u64, last: Timestamp) -> Self {
        Self {
            time,
            // As if there were one more before the first, at the same time.
            early: (0, first),
            late: (last_seq, last),
            halve: false,
        }
    }

    /// Which message to look at next; `None`: it is found.
    pub fn step(&mut self) -> Option<u64> {
        let (low, high) = (self.early.0, self.late.0);
        if high <= low + 1 {
            return None;
        }
        self.halve = !self.halve;
        let span = (self.late.1.0 - self.early.1.0).max(1) as f64;
        let way = (self.time.0 - self.early.1.0).max(0) as f64;
        let guess = low + ((high - low) as f64 * way / span) as u64;
        let middle = low + (high - low) / 2;
        Some(if self.halve { guess } else { middle }.clamp(low + 1, high - 1))
    }

    /// This message was written then.
    pub const fn heard(&mut self, seq: u64, at: Timestamp) {
        if at.0 < self.time.0 {
            self.early = (seq, at);
        } else {
            self.late = (seq, at);
        }
    }

    /// The message that was looked for; the newest, where all are earlier.
    #[must_use]
    pub const fn found(&self) -> u64 {
        self.late.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_first_message_of_a_time_is_found_in_few_steps(
            pauses in prop::collection::vec(prop_oneof![0_i64..3, 0..100_000_000_i64], 1..3_000),
            time in 0_i64..200_000_000_000,
        ) {
            let mut at = 0;
            let times: Vec<_> = pauses.iter().map(|pause| { at += pause; Timestamp(at) }).collect();
            let last = times.len() as u64;
            let mut find = Find::new(Timestamp(time), times[0], last, times[times.len() - 1]);
            let mut steps = 0;
            while let Some(seq) = find.step() {
                find.heard(seq, times[usize::try_from(seq).unwrap() - 1]);
                steps += 1;
                prop_assert!(steps <= 2 * 12 + 2, "{} steps among {}", steps, last);
            }
            let first = times.iter().position(|at| at.0 >= time).map_or(last, |place| place as u64 + 1);
            prop_assert_eq!(find.found(), first);
        }
    }
}
