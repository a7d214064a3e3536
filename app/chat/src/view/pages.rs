//! Pages from the server: older and newer neighbours of what is held, another part of the room, or a fresh start.
//!
//! A page is a photograph of the room at its `last_rev`, taken while frames flow. What the frames say meanwhile of
//! messages that are not held yet is put aside and laid over the page when it comes.

use std::{mem, ops::Range};

use super::{Change, View, in_order};
use crate::message::{Bound, Message, Page};

/// Where to go on from what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Older messages.
    Before,
    /// Newer messages.
    After,
    /// Elsewhere: this message and what is around it.
    Around(u64),
}

/// A page that is on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    side: Side,
    /// What was heard when it was asked for.
    rev: u64,
}

impl View {
    /// Begins to load a page. `None`: there is nothing there, or a page is on its way already.
    pub fn ask(&mut self, side: Side) -> Option<Bound> {
        let bound = match side {
            Side::Before if self.has_before() => {
                self.held.front().map_or(Bound::Newest, |m| Bound::Before(m.seq))
            }
            Side::After if !self.at_end() => self.held.back().map_or(Bound::Newest, |m| Bound::After(m.seq)),
            Side::Around(seq) if (1..=self.last_seq).contains(&seq) => Bound::Around(seq),
            _ => return None,
        };
        if self.asked.is_some() || self.behind.is_some() {
            return None;
        }
        let rev = self.last_rev;
        self.asked = Some(Asked { side, rev });
        Some(bound)
    }

    /// Whether a page is on its way.
    #[must_use]
    pub const fn is_asking(&self) -> bool {
        self.asked.is_some()
    }

    /// Lets go of what is held outside of `keep`, a range of numbers; something stays. Nothing goes while a page is on
    /// its way: that may be older than what is held.
    pub fn trim(&mut self, keep: Range<u64>) -> Option<Change> {
        if self.asked.is_some() || self.behind.is_some() {
            return None;
        }
        let before = self.held.len();
        while self.held.len() > 1 && self.first_seq() < keep.start {
            self.held.pop_front();
        }
        while self.held.len() > 1 && self.next_seq() > keep.end {
            self.held.pop_back();
        }
        (self.held.len() < before).then(|| Change::Kept(self.held_range()))
    }

    /// The numbers of the messages that are held.
    #[must_use]
    pub fn held_range(&self) -> Range<u64> {
        match self.held.front() {
            Some(first) => first.seq..self.next_seq(),
            None => 0..0,
        }
    }

    /// The page that was asked for will not come; it may be asked for again.
    pub fn give_up(&mut self) {
        self.asked = None;
        if self.behind.is_none() {
            self.aside.clear();
        }
    }

    /// Takes in the page that was asked for. What is elsewhere takes the place of what was held; neighbours join it.
    /// `None`: it is older than what was heard, or nobody waits for it.
    pub fn merge(&mut self, page: Page) -> Option<Vec<Change>> {
        let asked = self.asked.take()?;
        let aside = mem::take(&mut self.aside);
        if page.last_rev < asked.rev {
            return None;
        }
        let mut changes = self.settle(&page.messages);
        if matches!(asked.side, Side::Around(_)) && !self.touches(&page) {
            self.held = page.messages.into();
            self.last_seq = self.last_seq.max(self.next_seq() - 1);
            // A reset draws everything anew, so what is laid over the page needs no word of its own.
            changes.push(Change::Reset);
            for message in in_order(aside) {
                self.hold(message);
            }
            return Some(changes);
        }
        let prepended = self.merge_before(&page);
        changes.extend((!prepended.is_empty()).then_some(Change::Prepended(prepended)));
        let extended = self.merge_after(page.messages);
        changes.extend((!extended.is_empty()).then_some(Change::Extended(extended)));
        self.resume(aside, &mut changes);
        Some(changes)
    }

    /// Begins anew with a page: after falling behind, or to look at another part of the room.
    /// `None`: the page shows less than it must; load another one.
    pub fn load(&mut self, page: Page) -> Option<Vec<Change>> {
        if self.behind.is_some_and(|rev| page.last_rev < rev) {
            return None;
        }
        // What was held before falling behind may be old; what came since is not.
        let behind = self.behind.take().unwrap_or(0);
        let before = mem::take(&mut self.held);
        // A reset draws everything anew, so what it settles needs no word of its own.
        self.settle(&page.messages);
        page.messages
            .into_iter()
            .for_each(|message| self.hold_at_end(message));
        self.asked = None;
        let since = before.into_iter().filter(|message| message.rev > behind);
        for message in since.chain(mem::take(&mut self.aside)) {
            self.hold(message);
        }
        Some(vec![Change::Reset])
    }

    fn merge_before(&mut self, page: &Page) -> Range<u64> {
        let before = self.first_seq();
        for message in page.messages.iter().rev() {
            if before > 0 && message.seq + 1 == self.first_seq() {
                self.held.push_front(message.clone());
            }
        }
        self.first_seq()..before
    }

    fn merge_after(&mut self, messages: Vec<Message>) -> Range<u64> {
        let place = self.held.len();
        messages.into_iter().for_each(|message| self.hold_at_end(message));
        let end = self.next_seq();
        self.held.get(place).map_or(end, |first| first.seq)..end
    }

    /// Whether a page and what is held make one run. An empty page changes nothing, so it may as well.
    fn touches(&self, page: &Page) -> bool {
        let (Some(first), Some(last)) = (page.messages.first(), page.messages.last()) else {
            return true;
        };
        first.seq <= self.next_seq() && last.seq + 1 >= self.first_seq()
    }

    fn first_seq(&self) -> u64 {
        self.held.front().map_or(0, |first| first.seq)
    }

    /// A page too may be the first to say that an own send is stored.
    fn settle(&mut self, messages: &[Message]) -> Vec<Change> {
        let own = messages.iter().filter(|message| message.author.id == self.me);
        let nonces: Vec<_> = own.filter_map(|message| message.nonce.clone()).collect();
        nonces
            .into_iter()
            .filter(|nonce| self.forget(nonce))
            .map(Change::Dropped)
            .collect()
    }
}
