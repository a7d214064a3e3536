//! Which rows of a room stand on the page, and where: a virtual list that never moves what is being read.
//!
//! A room numbers its messages without gaps, so the whole room has its place from the start: a row for every
//! message, loaded or not, with a guessed height until it was drawn once. Distances are counted from the end, as
//! the list is laid out from its end (`column-reverse`): what happens above the reader moves nothing. What happens
//! below is made up for in one of two ways. While the list is being scrolled the space below the drawn rows gives
//! way, which is invisible and does not disturb the scrolling; that debt is the *slack*. When the list rests, or
//! that space is used up, the slack is paid back: one scroll write together with the space, and nothing moves.
//!
//! There is no browser in here. A frame goes: tell what happened, ask for a [`Plan`], draw it, measure what is new.

mod heights;
#[cfg(test)]
mod tests;

use std::ops::Range;

use chat::{Nonce, view::Side};

pub use heights::Heights;

/// A length in 64ths of a pixel, the grain of browsers' layout: sums of measured heights are exact.
pub type Len = i64;
/// One pixel.
pub const PX: Len = 64;
/// No list is laid out higher than this before its rows are measured: browsers cut what is higher than about 17
/// million pixels. Rows of larger rooms are guessed to be lower.
pub const EXTENT_MAX: Len = 12_000_000 * PX;
/// The most rows that are drawn at a time.
pub const ROWS_MAX: usize = 90;
/// The most messages held in memory before those far from the reader are let go of, and how many then stay.
pub const HELD_MAX: u64 = 1_000;
const HELD_KEPT: u64 = 600;

/// Within so much of the end the reader follows what comes.
const PINNED: Len = 80 * PX;
/// How far beyond both edges of what is in view rows are drawn.
const OVERSCAN: Len = 500 * PX;
/// So many heights of the view beyond its edges messages are to be held.
const AHEAD: Len = 3;
/// Whoever is so many rows away from what is held gets another part of the room instead of its neighbours.
const FAR: usize = 60;
/// What a browser may make of a scroll position that was written.
const ECHO: Len = PX * 3 / 2;
/// A message that is jumped to stands so far below the upper edge: a third of the view.
const JUMP_SHARE: Len = 3;

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// The stored message of this number.
    Stored(u64),
    /// An own send that is not stored yet.
    Own(Nonce),
}

/// What keeps its place on screen.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Anchor {
    /// The end of the list, at the lower edge.
    End,
    /// The upper edge of a row.
    Row(Key),
}

/// What is to be on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The space above the rows.
    pub top: Len,
    /// The rows, in their order.
    pub rows: Vec<Key>,
    /// The space below the rows.
    pub bottom: Len,
    /// Where to scroll to, as a distance from the end in whole pixels, if anywhere.
    pub scroll: Option<Len>,
}

/// The layout of one room's list.
#[derive(Clone, Debug)]
pub struct Layout {
    heights: Heights,
    own: Vec<(Nonce, Len)>,
    guess: Len,
    held: Range<u64>,
    viewport: Len,
    /// The space of the list's own below its last row.
    foot: Len,
    /// How far from the end the view's lower edge is to be.
    scroll: Len,
    /// How far from the end it is, as far as is known.
    drawn_scroll: Len,
    /// The next word of a scroll position may be nothing but the echo of a write.
    wrote: bool,
    /// By how much the space below the drawn rows is smaller than it ought to be.
    slack: Len,
    /// How high spaces and rows are together. While the list is scrolled that stays: browsers end a scrolling that is
    /// under way when the list becomes higher or lower.
    extent: Len,
    anchor: Anchor,
}

impl Layout {
    /// The list of a room with so many messages; `guess` is how high their rows are on average.
    #[must_use]
    pub fn new(last_seq: u64, guess: Len) -> Self {
        let count = usize::try_from(last_seq).unwrap_or(usize::MAX);
        let guess = guess
            .min(EXTENT_MAX / Len::try_from(last_seq.max(1)).unwrap_or(Len::MAX))
            .max(1);
        Self {
            heights: Heights::new(count, guess),
            own: Vec::new(),
            guess,
            held: 0..0,
            viewport: 0,
            foot: 0,
            scroll: 0,
            drawn_scroll: 0,
            wrote: false,
            slack: 0,
            extent: 0,
            anchor: Anchor::End,
        }
    }

    /// The size of what is in view, and of the list's own space below its last row.
    pub const fn resize(&mut self, viewport: Len, foot: Len) {
        self.viewport = viewport;
        self.foot = foot;
    }

    /// The list is at this distance from its end: somebody scrolled, or a write arrived.
    pub fn scrolled(&mut self, to: Len) {
        let echo = self.wrote && (to - self.scroll).abs() <= ECHO;
        self.wrote = false;
        if echo {
            // The rest goes into the space below, so that many small roundings do not add up.
            self.slack += self.scroll - to;
        } else if to != self.drawn_scroll || self.scroll != self.drawn_scroll {
            self.scroll = to;
            self.anchor = self.lowest_in_view();
        }
        (self.scroll, self.drawn_scroll) = (to, to);
    }

    /// The list is shown on a page that is scrolled to `drawn`, and is to be at its own place, `at`; `None`: where it
    /// was when it was shown last.
    pub fn put(&mut self, at: Option<Len>, drawn: Len) {
        if let Some(at) = at {
            (self.scroll, self.slack) = whole(at.max(0));
            self.anchor = self.lowest_in_view();
        }
        self.drawn_scroll = drawn;
        self.wrote = false;
    }

    /// Takes over what there is: the number of the newest message, the numbers of those held, and the own sends.
    pub fn set_rows<'a>(&mut self, last_seq: u64, held: Range<u64>, own: impl Iterator<Item = &'a Nonce>) {
        let own: Vec<_> = own.map(|nonce| (nonce.clone(), self.own_height(nonce))).collect();
        self.keep(|it| {
            it.grow(last_seq);
            it.held = held;
            it.own = own;
        });
    }

    /// An own send is stored: its row stays what it is, under another name.
    pub fn confirm(&mut self, nonce: &Nonce, seq: u64) {
        let Some(place) = self.own.iter().position(|(known, _)| known == nonce) else {
            return;
        };
        let before = self.anchor_depth();
        let (_, height) = self.own.remove(place);
        self.grow(seq);
        if let Ok(row) = usize::try_from(seq.saturating_sub(1)) {
            self.heights.set(row, height);
        }
        if self.anchor == Anchor::Row(Key::Own(nonce.clone())) {
            self.anchor = Anchor::Row(Key::Stored(seq));
        }
        self.make_up_for(before);
    }

    /// Rows are as high as this. Gives whether that is news.
    pub fn measure(&mut self, rows: impl Iterator<Item = (Key, Len)>) -> bool {
        let before = self.anchor_depth();
        let mut is_news = false;
        for (key, height) in rows {
            let Some(place) = self.place(&key) else { continue };
            let known = place
                .checked_sub(self.heights.len())
                .and_then(|own| self.own.get_mut(own));
            match known {
                Some((_, known)) => is_news |= std::mem::replace(known, height) != height,
                None if self.heights.get(place) != height => {
                    self.heights.set(place, height);
                    is_news = true;
                }
                None => {}
            }
        }
        self.make_up_for(before);
        is_news
    }

    /// Whether the reader follows what comes.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        self.scroll + self.slack <= PINNED
    }

    /// The end is to be in view.
    pub fn to_end(&mut self) {
        self.scroll = 0;
        self.slack = 0;
        self.anchor = Anchor::End;
    }

    /// This message is to be in view.
    pub fn show(&mut self, seq: u64) {
        self.anchor = Anchor::Row(Key::Stored(seq));
        let depth = self.anchor_depth().unwrap_or(0);
        let target = self.foot + depth - self.viewport + self.viewport / JUMP_SHARE;
        (self.scroll, self.slack) = whole(target.max(0));
        if target <= 0 {
            self.to_end();
        }
    }

    /// What is to be on the page. `rests`: the list is not being scrolled, so the slack may be paid back.
    pub fn plan(&mut self, rests: bool) -> Plan {
        if self.anchor == Anchor::End {
            self.slack = 0;
        } else if !self.is_anchor_in_view() {
            // It began above the view, and became so low that others are read now.
            self.anchor = self.lowest_in_view();
        }
        let window = self.window();
        let below = self.total() - self.above(window.end);
        // Less than a pixel is what a whole number of pixels cannot say.
        let owes = !(-PX < self.slack && self.slack <= 0);
        if below < self.slack || rests && owes {
            (self.scroll, self.slack) = whole((self.scroll + self.slack).max(0));
        }
        if self.scroll == 0 {
            // So much became lower that this is the end.
            self.to_end();
        }
        let scroll = (self.scroll != self.drawn_scroll).then_some(self.scroll);
        self.wrote |= scroll.is_some();
        self.drawn_scroll = self.scroll;
        let bottom = (below - self.slack).max(0);
        let top = self.space_above(&window, bottom, rests);
        Plan {
            top,
            bottom,
            rows: window.map(|place| self.key(place)).collect(),
            scroll,
        }
    }

    /// Which messages are to be loaded next, if any.
    #[must_use]
    pub fn want(&self) -> Option<Side> {
        let count = self.heights.len();
        let stored = |range: Range<usize>| range.start.min(count.saturating_sub(1))..range.end.min(count);
        let seen = stored(self.rows_within(0));
        if count == 0 {
            return None;
        }
        let held = self.held_places();
        let is_far = seen.end + FAR < held.start || held.end + FAR < seen.start;
        if held.is_empty() || is_far {
            let middle = seen.start + (seen.end - seen.start) / 2;
            return Some(Side::Around(middle as u64 + 1));
        }
        let ahead = stored(self.rows_within(AHEAD * self.viewport));
        let before = |range: &Range<usize>| range.start < held.start;
        let after = |range: &Range<usize>| range.end > held.end;
        match () {
            () if before(&seen) => Some(Side::Before),
            () if after(&seen) => Some(Side::After),
            () if before(&ahead) => Some(Side::Before),
            () if after(&ahead) => Some(Side::After),
            () => None,
        }
    }

    /// What is near enough to the reader to be kept in memory, where there is too much; a range of numbers.
    #[must_use]
    pub fn near(&self) -> Option<Range<u64>> {
        let too_many = self.held.end - self.held.start > HELD_MAX;
        too_many.then(|| {
            let seen = self.rows_within(0);
            let middle = (seen.start + seen.end) as u64 / 2;
            middle.saturating_sub(HELD_KEPT / 2)..middle + HELD_KEPT / 2
        })
    }

    /// Whether some of what is in view is not loaded.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        let (seen, held) = (self.rows_within(0), self.held_places());
        seen.start.max(1) - 1 < self.heights.len()
            && (seen.start < held.start || seen.end.min(self.heights.len()) > held.end)
    }

    /// Whether this message stands above what is in view.
    #[must_use]
    pub fn is_above(&self, seq: u64) -> bool {
        seq > 0 && usize::try_from(seq).is_ok_and(|row| row <= self.rows_within(0).start)
    }

    /// The number of the oldest message that is in view.
    #[must_use]
    pub fn first_in_view(&self) -> u64 {
        self.rows_within(0)
            .start
            .min(self.heights.len().saturating_sub(1)) as u64
            + 1
    }

    /// Whether there is such a row.
    #[must_use]
    pub fn has(&self, key: &Key) -> bool {
        self.place(key).is_some()
    }

    /// How far above the end a row ends.
    #[must_use]
    pub fn below(&self, key: &Key) -> Len {
        let end = self.place(key).map_or(0, |place| place + 1);
        self.total() - self.above(end) - self.slack
    }

    /// How far from the end the reader is, in heights of the view.
    #[must_use]
    pub fn distance(&self) -> Len {
        (self.scroll + self.slack) / self.viewport.max(1)
    }
}

impl Layout {
    /// Lets something change, and what is read keeps its place.
    fn keep(&mut self, change: impl FnOnce(&mut Self)) {
        let before = self.anchor_depth();
        change(self);
        self.make_up_for(before);
        // An own send that was taken back keeps nothing in its place any more.
        if matches!(&self.anchor, Anchor::Row(key) if self.place(key).is_none()) {
            self.anchor = self.lowest_in_view();
        }
    }

    fn make_up_for(&mut self, before: Option<Len>) {
        if let (Some(before), Some(after)) = (before, self.anchor_depth()) {
            self.slack += after - before;
        }
    }

    /// How far above the end the anchor is.
    fn anchor_depth(&self) -> Option<Len> {
        match &self.anchor {
            Anchor::End => None,
            Anchor::Row(key) => Some(self.total() - self.above(self.place(key)?)),
        }
    }

    fn is_anchor_in_view(&self) -> bool {
        let lower = self.scroll + self.slack - self.foot;
        self.anchor_depth()
            .is_some_and(|depth| lower < depth && depth <= lower + self.viewport)
    }

    /// The lowest row whose upper edge is in view, of those that are there if any of them is: only what happens below it
    /// can move it. Where the room's begin is in view but not loaded, the first one, so that whoever goes there sees the
    /// begin when it comes.
    fn lowest_in_view(&self) -> Anchor {
        if self.scroll <= 0 || self.heights.is_empty() {
            return Anchor::End;
        }
        let seen = self.rows_within(0);
        let lower = self.total() - (self.scroll + self.slack - self.foot);
        if lower <= self.viewport && self.held_places().start > 0 {
            return Anchor::Row(self.key(0));
        }
        let lowest = self.at(lower - 1).max(seen.start);
        // What is still to come is not read, and has a guessed height until it is there.
        let last = self.there().last();
        let read = last.filter(|last| self.above(*last) >= lower - self.viewport);
        Anchor::Row(self.key(read.map_or(lowest, |read| lowest.min(read))))
    }

    fn grow(&mut self, last_seq: u64) {
        while (self.heights.len() as u64) < last_seq {
            self.heights.push(self.guess);
        }
    }

    /// The rows between the edges of the view, each moved outwards by `margin`.
    fn rows_within(&self, margin: Len) -> Range<usize> {
        let lower = self.total() - (self.scroll + self.slack - self.foot);
        let end = self.at((lower + margin - 1).max(0)) + 1;
        let start = self.at((lower - self.viewport - margin).max(0));
        start..end.max(start)
    }

    /// The rows to draw: those near the view, as far as they are there.
    fn window(&self) -> Range<usize> {
        let (seen, near) = (self.rows_within(0), self.rows_within(OVERSCAN));
        let spare = ROWS_MAX.saturating_sub(seen.len()) / 2;
        let start = near.start.max(seen.start.saturating_sub(spare));
        let end = near.end.min(seen.end + spare).min(start + ROWS_MAX);
        let there = self.there();
        let start = start.clamp(there.start, there.end);
        start..end.clamp(start, there.end)
    }

    /// The rows that can be drawn. Own sends stand below the newest message, wherever that is held.
    fn there(&self) -> Range<usize> {
        let held = self.held_places();
        let end = if held.end == self.heights.len() {
            self.count()
        } else {
            held.end
        };
        held.start..end
    }

    /// The space above the rows, which moves nothing: it makes up for what changes below it.
    fn space_above(&mut self, window: &Range<usize>, bottom: Len, rests: bool) -> Len {
        let above = self.above(window.start);
        let rows = self.above(window.end) - above;
        let rest = self.extent - rows - bottom;
        let is_true = rests || window.start == 0 || rest < self.viewport;
        let top = if is_true { above } else { rest };
        self.extent = top + rows + bottom;
        top
    }

    fn held_places(&self) -> Range<usize> {
        let place = |seq: u64| {
            usize::try_from(seq.max(1) - 1)
                .unwrap_or(usize::MAX)
                .min(self.heights.len())
        };
        place(self.held.start)..place(self.held.end)
    }

    fn key(&self, place: usize) -> Key {
        let own = place
            .checked_sub(self.heights.len())
            .and_then(|place| self.own.get(place));
        own.map_or(Key::Stored(place as u64 + 1), |(nonce, _)| {
            Key::Own(nonce.clone())
        })
    }

    fn place(&self, key: &Key) -> Option<usize> {
        match key {
            Key::Stored(seq) => {
                let row = usize::try_from(seq.checked_sub(1)?).ok()?;
                (row < self.heights.len()).then_some(row)
            }
            Key::Own(nonce) => {
                let place = self.own.iter().position(|(known, _)| known == nonce)?;
                Some(self.heights.len() + place)
            }
        }
    }

    fn own_height(&self, nonce: &Nonce) -> Len {
        let known = self.own.iter().find(|(known, _)| known == nonce);
        known.map_or(self.guess, |(_, height)| *height)
    }

    fn count(&self) -> usize {
        self.heights.len() + self.own.len()
    }

    /// The heights of all rows above this one.
    fn above(&self, place: usize) -> Len {
        let own = place.saturating_sub(self.heights.len());
        self.heights.above(place) + self.own.iter().take(own).map(|(_, height)| height).sum::<Len>()
    }

    fn total(&self) -> Len {
        self.above(self.count())
    }

    /// The row at this distance from the top.
    fn at(&self, distance: Len) -> usize {
        let mut left = distance - self.heights.total();
        if left < 0 || self.own.is_empty() {
            return self.heights.at(distance);
        }
        let mut place = self.heights.len();
        for (_, height) in self.own.iter().take(self.own.len() - 1) {
            if left < *height {
                break;
            }
            left -= height;
            place += 1;
        }
        place
    }
}

/// A scroll position in whole pixels, and the slack that makes up for the rest: never more than nothing, as there
/// may be no space below to take it from.
const fn whole(scroll: Len) -> (Len, Len) {
    let pixels = (scroll + PX - 1) / PX * PX;
    (pixels, scroll - pixels)
}
