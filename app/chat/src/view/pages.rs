//! Pages from the server: older and newer neighbours of what is held, or a fresh start.
//!
//! A page is a photograph of the room at its `last_rev`, taken while frames flow. What the frames say meanwhile of
//! messages that are not held yet is put aside and laid over the page when it comes.

use std::{mem, ops::Range};

use super::{Change, View};
use crate::message::{Bound, Message, Page};

/// A side of what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Older messages.
    Before,
    /// Newer messages.
    After,
}

impl View {
    /// Begins to load one side. `None`: there is nothing there, or a page is on its way already.
    pub fn ask(&mut self, side: Side) -> Option<Bound> {
        let bound = match side {
            Side::Before if self.has_before() => {
                self.held.front().map_or(Bound::Newest, |m| Bound::Before(m.seq))
            }
            Side::After if !self.at_end() => self.held.back().map_or(Bound::Newest, |m| Bound::After(m.seq)),
            _ => return None,
        };
        if self.asked.is_some() || self.behind.is_some() {
            return None;
        }
        self.asked = Some(self.last_rev);
        Some(bound)
    }

    /// The page that was asked for will not come; it may be asked for again.
    pub fn give_up(&mut self) {
        self.asked = None;
        if self.behind.is_none() {
            self.aside.clear();
        }
    }

    /// Takes in the page that was asked for. `None`: it is older than what was heard, or nobody waits for it.
    pub fn merge(&mut self, page: Page) -> Option<Vec<Change>> {
        let asked = self.asked.take()?;
        let aside = mem::take(&mut self.aside);
        if page.last_rev < asked {
            return None;
        }
        let mut changes = self.settle(&page.messages);
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
