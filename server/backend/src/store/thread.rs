//! Which replies a page of a thread shows. A thread's numbers have gaps, so unlike a [`super::window::Window`] it
//! is told by what was found on either side of a place.

use std::cmp::Reverse;

use chat::{
    Message, MessageId, Timestamp,
    message::{Bound, Page, Thread},
};
use uuid::Uuid;

use super::{Followed, Head};

/// A page to read: at most `down` replies with a `seq` below `place` and `up` from it on, each the nearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) place: u64,
    pub(crate) down: u64,
    pub(crate) up: u64,
    limit: u64,
}

impl Span {
    /// The span for `bound`. One reply more than is shown tells whether there are more.
    pub(crate) fn new(bound: Bound, limit: u64) -> Self {
        const LAST: u64 = i64::MAX as u64;
        let limit = limit.clamp(1, LAST - 1);
        let (place, down, up) = match bound {
            Bound::Newest => (LAST, limit + 1, 0),
            Bound::Before(seq) => (seq, limit + 1, 1),
            Bound::After(seq) => (seq.saturating_add(1), 1, limit + 1),
            Bound::Around(seq) => (seq, limit + 1, limit + 1),
        };
        Self {
            place: place.min(LAST),
            down,
            up,
            limit,
        }
    }

    /// The thread that shows `found`: its root and all that the span holds, in whatever order, read in the moment
    /// of `head`. `None`: there is no root.
    pub(crate) fn thread(self, root: MessageId, mut found: Vec<Message>, head: Head) -> Option<Thread> {
        let place = found.iter().position(|message| message.id == root)?;
        let root = found.swap_remove(place);
        found.sort_unstable_by_key(|message| message.seq);
        let below = found.partition_point(|message| message.seq < self.place);
        let (from, to) = self.cut(below, found.len() - below);
        let page = Page {
            has_before: from > 0,
            has_after: to < found.len(),
            messages: found.drain(from..to).collect(),
            last_rev: head.last_rev,
        };
        Some(Thread { root, page })
    }

    /// What is shown of so many found on either side.
    fn cut(self, below: usize, above: usize) -> (usize, usize) {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        // A side that was asked for one reply only tells that there is more.
        let shown = |asked: u64, found: usize| if asked > 1 { found } else { 0 };
        let (most_below, most_above) = (shown(self.down, below), shown(self.up, above));
        // Half before; near an end the page stays full and shows less on that side.
        let before = most_below.min(limit.saturating_sub((limit - limit / 2).min(most_above)));
        let after = most_above.min(limit - before);
        (below - before, below + after)
    }
}

/// Where a followed thread stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stand {
    pub(crate) root: MessageId,
    unread: u64,
    last_at: Timestamp,
}

impl Stand {
    /// As it is read: the root's id, how many replies are unread, and when the newest was posted, if there is one.
    pub(crate) fn of((root, unread, last_at): (Uuid, u64, Option<i64>)) -> Self {
        Self {
            root: MessageId(root),
            unread,
            last_at: Timestamp(last_at.unwrap_or_default()),
        }
    }

    /// The thread, where its root is among these.
    pub(crate) fn with(self, roots: &[Message]) -> Option<Followed> {
        let root = roots.iter().find(|root| root.id == self.root)?.clone();
        Some(Followed {
            root,
            unread: self.unread,
            last_at: self.last_at,
        })
    }
}

/// Those with unread replies first, then by the newest reply.
pub(crate) fn in_order(stands: impl Iterator<Item = Stand>, limit: u64) -> Vec<Stand> {
    let mut stands: Vec<Stand> = stands.collect();
    stands.sort_unstable_by_key(|stand| (stand.unread == 0, Reverse(stand.last_at), stand.root));
    stands.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    stands
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a page shows of a thread whose replies have the numbers 2, 4, 6, … up to `last`.
    fn shown(bound: Bound, limit: u64, last: u64) -> (Vec<u64>, bool, bool) {
        let span = Span::new(bound, limit);
        let all: Vec<u64> = (2..=last).step_by(2).collect();
        let (mut below, above): (Vec<u64>, Vec<u64>) = all.iter().partition(|seq| **seq < span.place);
        below.drain(..below.len().saturating_sub(span.down as usize));
        let above = &above[..above.len().min(span.up as usize)];
        let (from, to) = span.cut(below.len(), above.len());
        let found = [&below[..], above].concat();
        (found[from..to].to_vec(), from > 0, to < found.len())
    }

    #[test]
    fn each_bound_shows_its_stretch_and_says_what_there_is_beside_it() {
        assert_eq!(shown(Bound::Newest, 3, 20), (vec![16, 18, 20], true, false));
        assert_eq!(shown(Bound::Newest, 30, 6), (vec![2, 4, 6], false, false));
        assert_eq!(shown(Bound::Before(8), 2, 20), (vec![4, 6], true, true));
        assert_eq!(shown(Bound::Before(7), 5, 6), (vec![2, 4, 6], false, false));
        assert_eq!(shown(Bound::After(4), 2, 20), (vec![6, 8], true, true));
        assert_eq!(shown(Bound::After(0), 50, 6), (vec![2, 4, 6], false, false));
        assert_eq!(shown(Bound::After(6), 5, 6), (vec![], true, false));
        assert_eq!(shown(Bound::Around(10), 4, 20), (vec![6, 8, 10, 12], true, true));
        assert_eq!(shown(Bound::Around(2), 4, 20), (vec![2, 4, 6, 8], false, true));
        assert_eq!(
            shown(Bound::Around(99), 4, 20),
            (vec![14, 16, 18, 20], true, false)
        );
    }

    #[test]
    fn pages_of_one_lead_through_the_whole_thread() {
        assert_eq!(shown(Bound::Newest, 1, 6), (vec![6], true, false));
        assert_eq!(shown(Bound::Before(6), 1, 6), (vec![4], true, true));
        assert_eq!(shown(Bound::After(2), 1, 6), (vec![4], true, true));
        assert_eq!(shown(Bound::Around(4), 1, 6), (vec![4], true, true));
    }

    #[test]
    fn no_number_overflows() {
        for seq in [0, 1, i64::MAX as u64, u64::MAX] {
            for bound in [
                Bound::Newest,
                Bound::Before(seq),
                Bound::After(seq),
                Bound::Around(seq),
            ] {
                for limit in [0, 1, u64::MAX] {
                    let span = Span::new(bound, limit);
                    let all = [span.place, span.down, span.up];
                    assert!(all.iter().all(|number| *number <= i64::MAX as u64), "{span:?}");
                }
            }
        }
    }
}
