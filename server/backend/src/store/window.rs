//! Which stretch of a room's log a page shows: arithmetic on gapless numbers, the same for every engine.

use chat::{
    Message, RoomId,
    message::{Bound, Page},
};

use super::Head;

/// A page to read: the messages with `seq` above `max(above, min(upto, last_seq) − limit)` and up to `upto`.
///
/// A query can say just this in one statement that reads the head too, so that page and head are one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) above: u64,
    pub(crate) upto: u64,
    pub(crate) limit: u64,
}

impl Window {
    /// The window for `bound`. Numbers beyond what a database's integer holds mean “the end”.
    pub(crate) fn new(bound: Bound, limit: u64) -> Self {
        const LAST: u64 = i64::MAX as u64;
        let limit = limit.clamp(1, LAST);
        let (above, upto) = match bound {
            Bound::Newest => (0, LAST),
            Bound::Before(seq) => (0, seq.saturating_sub(1)),
            Bound::After(seq) => (seq, seq.saturating_add(limit)),
            // Half before; near an end the window stays full and shows less on that side.
            Bound::Around(seq) => (0, seq.saturating_sub(limit / 2).max(1).saturating_add(limit - 1)),
        };
        Self {
            above: above.min(LAST),
            upto: upto.min(LAST),
            limit,
        }
    }

    /// The first and the last number that it shows of a room with messages up to `last_seq`; the first is the greater
    /// one where it shows nothing.
    pub(crate) fn ends(self, last_seq: u64) -> (u64, u64) {
        let last = self.upto.min(last_seq);
        (self.above.max(last.saturating_sub(self.limit)) + 1, last)
    }

    /// The page that shows what was `found`; an unknown room gives an empty one.
    pub(crate) fn page_of(self, room: RoomId, found: Option<(Head, Vec<Message>)>) -> Page {
        let nothing = Head {
            room,
            last_seq: 0,
            last_rev: 0,
        };
        let (head, messages) = found.unwrap_or((nothing, Vec::new()));
        self.page(messages, head)
    }

    /// The page that shows `messages`, all that the window holds of a room whose head is `head`.
    fn page(self, messages: Vec<Message>, head: Head) -> Page {
        let (has_before, has_after) = match (messages.first(), messages.last()) {
            (Some(first), Some(last)) => (first.seq > 1, last.seq < head.last_seq),
            // Nothing in the window: either it ends before the first message or begins after the last.
            _ => (
                self.above > 0 && head.last_seq > 0,
                self.above == 0 && head.last_seq > 0,
            ),
        };
        Page {
            messages,
            has_before,
            has_after,
            last_rev: head.last_rev,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a query finds for a window in a room of `last` messages.
    fn numbers(bound: Bound, limit: u64, last: u64) -> Vec<u64> {
        let (first, last) = Window::new(bound, limit).ends(last);
        (first..=last).collect()
    }

    #[test]
    fn each_bound_shows_its_stretch() {
        assert_eq!(numbers(Bound::Newest, 3, 10), [8, 9, 10]);
        assert_eq!(numbers(Bound::Before(4), 2, 10), [2, 3]);
        assert_eq!(numbers(Bound::Before(2), 5, 10), [1]);
        assert_eq!(numbers(Bound::After(4), 2, 10), [5, 6]);
        assert_eq!(numbers(Bound::After(9), 5, 10), [10]);
        assert_eq!(numbers(Bound::Around(5), 4, 10), [3, 4, 5, 6]);
        assert_eq!(numbers(Bound::Around(5), 1, 10), [5]);
    }

    #[test]
    fn near_an_end_the_surroundings_stay_a_full_page() {
        assert_eq!(numbers(Bound::Around(1), 4, 10), [1, 2, 3, 4]);
        assert_eq!(numbers(Bound::Around(10), 4, 10), [7, 8, 9, 10]);
        assert_eq!(numbers(Bound::Around(99), 4, 10), [7, 8, 9, 10]);
        assert_eq!(numbers(Bound::Around(2), 50, 3), [1, 2, 3]);
    }

    #[test]
    fn no_number_overflows() {
        for seq in [0, 1, i64::MAX as u64, u64::MAX] {
            for bound in [Bound::Before(seq), Bound::After(seq), Bound::Around(seq)] {
                for limit in [0, 1, u64::MAX] {
                    let window = Window::new(bound, limit);
                    assert!(
                        window.upto <= i64::MAX as u64 && window.above <= i64::MAX as u64,
                        "{bound:?} {limit}"
                    );
                    assert!(window.limit >= 1);
                }
            }
        }
        assert_eq!(numbers(Bound::After(u64::MAX), 5, 10), [0_u64; 0]);
        assert_eq!(numbers(Bound::Before(u64::MAX), 2, 10), [9, 10]);
    }
}
