//! A room's log: the newest of its changes, in order of `rev`, for all who read the room.
//!
//! There is no queue per reader. Frames lie in small linked segments; a reader holds a [`Cursor`]
//! into them and reads on without a lock. The log itself keeps only its newest segments; a reader
//! that lags keeps the older ones alive by holding the first of them. Where revisions cannot be had
//! any more one by one (the store holds present states only) the log *jumps*: a new chain begins
//! beyond the gap, and a reader that meets the gap knows that it has to ask the store.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, OnceLock},
};

use super::frame::Frame;

/// Frames of one segment.
const SEGMENT_FRAMES: usize = 32;
/// A segment that holds more bytes takes no further frame.
const SEGMENT_BYTES: usize = 64 * 1024;
/// The frames that the log keeps for those who come back.
const TAIL_FRAMES: usize = 256;
/// The bytes that the log keeps for those who come back.
const TAIL_BYTES: usize = 256 * 1024;
/// Frames kept that came before their predecessors. What is beyond this the store has.
const HELD_MAX: usize = 64;

struct Segment {
    /// The `rev` of the first slot; each further slot holds the next.
    base: u64,
    slots: [OnceLock<Arc<Frame>>; SEGMENT_FRAMES],
    /// Set once this segment takes no further frame.
    next: OnceLock<Arc<Segment>>,
}

impl Segment {
    fn new(base: u64) -> Arc<Self> {
        Arc::new(Self {
            base,
            slots: [const { OnceLock::new() }; SEGMENT_FRAMES],
            next: OnceLock::new(),
        })
    }

    fn frame(&self, rev: u64) -> Option<&Arc<Frame>> {
        let index = usize::try_from(rev.checked_sub(self.base)?).ok()?;
        self.slots.get(index)?.get()
    }
}

impl Drop for Segment {
    /// Takes a chain apart link by link: dropping it by recursion could exhaust the stack.
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(mut segment) = next.and_then(Arc::into_inner) {
            next = segment.next.take();
        }
    }
}

/// A reader's place in a log: everything up to `rev` is read.
pub(crate) struct Cursor {
    /// `None`: let go, the place has to be looked up again.
    segment: Option<Arc<Segment>>,
    rev: u64,
}

/// Why lending ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lent {
    /// Nothing more is there.
    All,
    /// The reader wanted no more.
    More,
    /// The next revision is not to be had here: the store has it.
    Behind,
}

impl Cursor {
    /// The last revision read.
    pub(crate) const fn rev(&self) -> u64 {
        self.rev
    }

    /// Whether the place has to be looked up again with [`Log::cursor`].
    pub(crate) const fn is_adrift(&self) -> bool {
        self.segment.is_none()
    }

    /// Gives up the hold on the log's memory; a reader that is stuck must not keep what all others have read.
    pub(crate) fn let_go(&mut self) {
        self.segment = None;
    }

    /// Shows the frames after this place, ascending, until `take` wants no more. The place moves
    /// behind each frame for which `take` says that it was taken.
    pub(crate) fn lend(&mut self, mut take: impl FnMut(&Frame) -> bool) -> Lent {
        loop {
            let Some(segment) = &self.segment else {
                return Lent::Behind;
            };
            let wanted = self.rev + 1;
            if wanted < segment.base {
                return Lent::Behind;
            }
            if let Some(frame) = segment.frame(wanted) {
                if !take(frame) {
                    return Lent::More;
                }
                self.rev = wanted;
                continue;
            }
            let Some(next) = segment.next.get() else {
                return Lent::All;
            };
            // The slot may have been filled just before the segment was closed.
            if segment.frame(wanted).is_none() {
                let next = Arc::clone(next);
                self.segment = Some(next);
            }
        }
    }
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Appended {
    /// It is in the log, and perhaps others that waited for it.
    Grown,
    /// It was there already.
    Known,
    /// Frames before it are missing.
    Held,
}

/// What became of a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mended {
    /// Every missing revision was there.
    Filled,
    /// Some are superseded: the log goes on behind them.
    Jumped,
}

struct Kept {
    segment: Arc<Segment>,
    frames: usize,
    bytes: usize,
}

/// The newest changes of a room.
pub(crate) struct Log {
    /// Oldest first; never empty.
    tail: VecDeque<Kept>,
    frames: usize,
    bytes: usize,
    last_seq: u64,
    last_rev: u64,
    /// The newest revision heard of, in the log or not.
    known_rev: u64,
    held: BTreeMap<u64, Arc<Frame>>,
}

impl Log {
    /// A log of a room that stands at this head.
    pub(crate) fn new(last_seq: u64, last_rev: u64) -> Self {
        let first = Kept {
            segment: Segment::new(last_rev + 1),
            frames: 0,
            bytes: 0,
        };
        Self {
            tail: VecDeque::from([first]),
            frames: 0,
            bytes: 0,
            last_seq,
            last_rev,
            known_rev: last_rev,
            held: BTreeMap::new(),
        }
    }

    /// The number of the newest message in the log.
    pub(crate) const fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// The newest revision in the log.
    pub(crate) const fn last_rev(&self) -> u64 {
        self.last_rev
    }

    /// Whether a revision was heard of that is not in the log.
    pub(crate) const fn has_hole(&self) -> bool {
        self.known_rev > self.last_rev
    }

    /// Notes that `rev` exists.
    pub(crate) fn expect(&mut self, rev: u64) {
        self.known_rev = self.known_rev.max(rev);
    }

    /// Takes a frame, in whatever order frames come.
    pub(crate) fn append(&mut self, frame: Frame) -> Appended {
        self.expect(frame.rev);
        if frame.rev <= self.last_rev {
            return Appended::Known;
        }
        if frame.rev > self.last_rev + 1 {
            self.held.insert(frame.rev, Arc::new(frame));
            if self.held.len() > HELD_MAX {
                self.held.pop_last();
            }
            return Appended::Held;
        }
        self.push(Arc::new(frame));
        self.release();
        Appended::Grown
    }

    /// The place of a reader that has read up to `rev`; `None` where the tail does not reach back that far.
    pub(crate) fn cursor(&self, rev: u64) -> Option<Cursor> {
        // A reader may know more than the log: the store is asked beside it. It waits in the newest segment.
        let kept = self.tail.iter().rev().find(|kept| kept.segment.base <= rev + 1)?;
        Some(Cursor {
            segment: Some(Arc::clone(&kept.segment)),
            rev,
        })
    }

    /// For each message changed after `rev` its newest frame, ascending; `None` where the tail does not reach back.
    pub(crate) fn changes(&self, rev: u64) -> Option<Vec<Arc<Frame>>> {
        self.cursor(rev)?;
        let frames: Vec<_> = (rev + 1..=self.last_rev)
            .filter_map(|rev| self.frame(rev))
            .collect();
        let newest: HashMap<_, _> = frames.iter().map(|frame| (frame.message, frame.rev)).collect();
        let present = frames
            .into_iter()
            .filter(|frame| newest.get(&frame.message) == Some(&frame.rev));
        Some(present.cloned().collect())
    }

    /// Fills a hole with what the store has: the messages changed after [`Self::last_rev`], ascending by
    /// `rev`, each in its present state, the first of them if they are many.
    ///
    /// # Errors
    /// `internal` where a message cannot be encoded.
    pub(crate) fn mend(&mut self, changes: &backend::store::Changes) -> backend::Result<Mended> {
        let head = changes.head;
        self.expect(head.last_rev);
        for message in &changes.messages {
            if message.rev == self.last_rev + 1 {
                self.append(Frame::of_message(message, message.seq > self.last_seq)?);
            }
        }
        // The log may have moved on beyond what the store was asked for; it never goes back.
        if self.last_rev >= head.last_rev {
            return Ok(Mended::Filled);
        }
        self.jump(head.last_seq, head.last_rev);
        Ok(Mended::Jumped)
    }

    /// Goes on behind `rev`, leaving a gap.
    fn jump(&mut self, last_seq: u64, last_rev: u64) {
        let segment = Segment::new(last_rev + 1);
        self.close_newest(&segment);
        self.tail = VecDeque::from([Kept {
            segment,
            frames: 0,
            bytes: 0,
        }]);
        (self.frames, self.bytes) = (0, 0);
        (self.last_seq, self.last_rev) = (self.last_seq.max(last_seq), last_rev);
        self.release();
    }

    fn frame(&self, rev: u64) -> Option<&Arc<Frame>> {
        self.tail.iter().rev().find_map(|kept| kept.segment.frame(rev))
    }

    fn push(&mut self, frame: Arc<Frame>) {
        self.last_rev = frame.rev;
        self.last_seq = self.last_seq.max(frame.seq);
        if self
            .tail
            .back()
            .is_none_or(|kept| kept.frames == SEGMENT_FRAMES || kept.bytes > SEGMENT_BYTES)
        {
            let segment = Segment::new(frame.rev);
            self.close_newest(&segment);
            self.tail.push_back(Kept {
                segment,
                frames: 0,
                bytes: 0,
            });
        }
        let Some(kept) = self.tail.back_mut() else { return };
        let bytes = frame.bytes.len();
        let filled = kept.segment.slots[kept.frames].set(frame);
        debug_assert!(filled.is_ok(), "a slot is filled once");
        kept.frames += 1;
        kept.bytes += bytes;
        self.frames += 1;
        self.bytes += bytes;
        self.trim();
    }

    fn close_newest(&self, next: &Arc<Segment>) {
        if let Some(newest) = self.tail.back() {
            let closed = newest.segment.next.set(Arc::clone(next));
            debug_assert!(closed.is_ok(), "a segment is closed once");
        }
    }

    fn release(&mut self) {
        while let Some(entry) = self.held.first_entry() {
            if *entry.key() > self.last_rev + 1 {
                return;
            }
            let frame = entry.remove();
            if frame.rev == self.last_rev + 1 {
                self.push(frame);
            }
        }
    }

    fn trim(&mut self) {
        while self.tail.len() > 1 && (self.frames > TAIL_FRAMES || self.bytes > TAIL_BYTES) {
            if let Some(oldest) = self.tail.pop_front() {
                self.frames -= oldest.frames;
                self.bytes -= oldest.bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests;
