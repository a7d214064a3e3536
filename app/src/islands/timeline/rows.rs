//! The view's messages as a list of elements: which row stands where, with which lines between them.
//!
//! The list of elements is its own memory: a message's row is found by its number, an own send's by its nonce.

use std::{cell::Cell, ops::Range};

use chat::{
    Message, Nonce, UserId,
    view::{Change, Pending, View, continues},
};
use web_sys::{Element, HtmlElement, HtmlTemplateElement};

use super::{
    row::{Pen, copy, created, number, said},
    when::day_number,
};
use crate::live::{
    Client,
    browser::{all, one, set, switch, with, within},
    connect::State,
};

/// The elements between which and around which messages stand.
pub(super) struct Rows {
    inner: HtmlElement,
    day: HtmlTemplateElement,
    new: HtmlTemplateElement,
    pen: Pen,
    /// Above which message the line of new ones stands; 0: nowhere.
    new_at: Cell<u64>,
}

impl Rows {
    /// Takes over the rows of the page, and puts them into the reader's time.
    pub(super) fn adopt() -> Option<Self> {
        let rows = Self {
            inner: one(".list > .inner")?,
            day: one("#day-template")?,
            new: one("#new-template")?,
            pen: Pen::take()?,
            new_at: Cell::new(0),
        };
        let below_line = one::<Element>(".inner > .day.new").and_then(|line| line.next_element_sibling());
        rows.new_at.set(below_line.as_ref().and_then(number).unwrap_or(0));
        for row in all(".inner > .message") {
            rows.pen.tell_time(&row);
            rows.tidy(&row);
        }
        with(|client| rows.draw_fates(client));
        Some(rows)
    }

    /// Draws what became different. `watched`: the reader sees what comes to the end.
    pub(super) fn draw(&self, client: &Client, changes: &[Change], watched: bool) {
        let view = client.view();
        for change in changes {
            match change {
                Change::Appended(seq) => {
                    self.mark_new(view, *seq, watched);
                    self.insert_at_end(view, *seq..*seq + 1);
                }
                Change::Changed(seq) => self.redraw(view, *seq),
                Change::Confirmed(nonce, seq) => self.confirm(view, nonce, *seq),
                Change::Pending(nonce) => {
                    self.set_new(0);
                    let pending = view.pending().iter().find(|pending| pending.nonce == *nonce);
                    pending
                        .into_iter()
                        .for_each(|pending| self.draw_pending(pending, client.me(), client.state()));
                }
                Change::Dropped(nonce) => self.remove(pending_row(nonce)),
                Change::Prepended(range) => self.insert_at_begin(view, range.clone()),
                Change::Extended(range) => self.insert_at_end(view, range.clone()),
                Change::Reset => self.reset(client),
                Change::Kept(_) | Change::Moved | Change::Read => {}
            }
        }
        self.show_begin(view);
    }

    /// Says of every own send what holds it up, if anything does.
    pub(super) fn draw_fates(&self, client: &Client) {
        for pending in client.view().pending() {
            self.draw_pending(pending, client.me(), client.state());
        }
    }

    fn insert_at_end(&self, view: &View, seqs: Range<u64>) {
        let before = one::<Element>(".inner > .message[data-pending]");
        // Changes that come in one go are drawn when all of them have happened, so a row may be there already.
        for message in seqs
            .filter(|seq| message_row(*seq).is_none())
            .filter_map(|seq| view.message(seq))
        {
            self.insert(message, view.me(), before.as_ref());
        }
        before.iter().for_each(|row| self.tidy(row));
    }

    fn insert_at_begin(&self, view: &View, seqs: Range<u64>) {
        let first = one::<Element>(".inner > .message");
        // Its lines of day and news belong to it.
        let before = first.as_ref().map(with_lines);
        for message in seqs.filter_map(|seq| view.message(seq)) {
            self.insert(message, view.me(), before.as_ref());
        }
        first.iter().for_each(|row| self.tidy(row));
    }

    fn redraw(&self, view: &View, seq: u64) {
        if let (Some(row), Some(message)) = (message_row(seq), view.message(seq)) {
            self.pen.fill(&row, message, view.me());
        }
    }

    /// The row of an own send becomes that of the stored message.
    fn confirm(&self, view: &View, nonce: &Nonce, seq: u64) {
        let (Some(row), None, Some(message)) = (pending_row(nonce), message_row(seq), view.message(seq))
        else {
            self.remove(pending_row(nonce));
            return match message_row(seq) {
                Some(_) => self.redraw(view, seq),
                None => self.insert_at_end(view, seq..seq + 1),
            };
        };
        self.pen.fill(&row, message, view.me());
        // A send that failed earlier stays below what was stored later.
        let earlier = one::<Element>(".inner > .message[data-pending]").filter(|first| follows(first, &row));
        if let Some(earlier) = earlier {
            let below = row.next_element_sibling();
            self.put(&row, Some(&with_lines(&earlier)));
            [Some(earlier), below]
                .iter()
                .flatten()
                .for_each(|row| self.tidy(row));
        }
        self.tidy(&row);
    }

    fn reset(&self, client: &Client) {
        self.new_at.set(0);
        for item in all(".inner > .message, .inner > .day, .inner > .beginning") {
            item.remove();
        }
        let view = client.view();
        if let (Some(first), Some(last)) = (view.messages().next(), view.messages().next_back()) {
            self.insert_at_end(view, first.seq..last.seq + 1);
        }
        self.draw_fates(client);
    }

    fn draw_pending(&self, pending: &Pending, me: UserId, state: State) {
        if let Some(row) = pending_row(&pending.nonce) {
            return self.pen.draw_fate(&row, pending, state);
        }
        let Some(row) = self.pen.blank() else { return };
        self.pen.fill_pending(&row, pending, me);
        self.pen.draw_fate(&row, pending, state);
        self.put(&row, None);
        self.tidy(&row);
    }

    fn insert(&self, message: &Message, me: UserId, before: Option<&Element>) {
        let Some(row) = self.pen.blank() else { return };
        self.pen.fill(&row, message, me);
        self.put(&row, before);
        self.tidy(&row);
    }

    /// Gives a row the lines above it and the place in its group that its neighbour above calls for.
    fn tidy(&self, row: &Element) {
        let Some(at) = created(row) else { return };
        remove_lines(row);
        let above = row.previous_element_sibling().filter(is_message);
        let day = day_number(at);
        let day_above = above.as_ref().and_then(created).map(day_number);
        let is_new_day = day_above.is_none_or(|above| above != day);
        let is_new = self.new_at.get() > 0 && number(row) == Some(self.new_at.get());
        if let Some(line) = is_new_day.then(|| copy(&self.day)).flatten() {
            set(&line, "data-day", &day);
            line.set_text_content(Some(&self.pen.words.day(at)));
            self.put(&line, Some(row));
        }
        if let Some(line) = is_new.then(|| copy(&self.new)).flatten() {
            self.put(&line, Some(row));
        }
        let neighbours = above.as_ref().and_then(said).zip(said(row));
        let goes_on = neighbours.is_some_and(|(above, this)| continues(above, this));
        switch(row, "first", is_new_day || is_new || !goes_on);
    }

    /// The line of new messages comes above the first one that nobody saw coming.
    fn mark_new(&self, view: &View, seq: u64, watched: bool) {
        let own = view
            .message(seq)
            .is_some_and(|message| message.author.id == view.me());
        let old = self.new_at.get() <= view.read_seq();
        if !watched && !own && old {
            self.set_new(seq);
        }
    }

    fn set_new(&self, seq: u64) {
        let before = self.new_at.replace(seq);
        message_row(before)
            .filter(|_| before != seq)
            .iter()
            .for_each(|row| self.tidy(row));
    }

    /// The link to older messages, for who scrolls faster than they come.
    fn show_begin(&self, view: &View) {
        let Some(link) = one::<Element>(".inner > .turn") else {
            return;
        };
        match view.messages().next().filter(|_| view.has_before()) {
            Some(first) => {
                let room = self.pen.room.trim_end_matches('/');
                let href = [room, "?before=", &first.seq.to_string()].concat();
                within::<Element>(&link, "a")
                    .iter()
                    .for_each(|link| set(link, "href", &href));
            }
            None => link.remove(),
        }
    }

    fn remove(&self, row: Option<Element>) {
        let Some(row) = row else { return };
        let below = row.next_element_sibling();
        remove_lines(&row);
        row.remove();
        // The line of a day may have been removed with it.
        let below = below.and_then(|item| next_message(&item));
        below.iter().for_each(|row| self.tidy(row));
    }

    fn put(&self, item: &Element, before: Option<&Element>) {
        drop(self.inner.insert_before(item, before.map(AsRef::as_ref)));
    }
}

fn message_row(seq: u64) -> Option<Element> {
    one(&[".inner > .message[data-seq=\"", &seq.to_string(), "\"]"].concat())
}

/// The nonces of own sends are hexadecimal, so that they fit into a selector as they are.
fn pending_row(nonce: &Nonce) -> Option<Element> {
    one(&[
        ".inner > .message[data-pending][data-nonce=\"",
        nonce.as_str(),
        "\"]",
    ]
    .concat())
}

/// The line of a day or of new messages that stands directly above.
fn line_above(item: &Element) -> Option<Element> {
    item.previous_element_sibling()
        .filter(|above| above.class_list().contains("day"))
}

fn remove_lines(row: &Element) {
    while let Some(line) = line_above(row) {
        line.remove();
    }
}

/// The first of the lines that stand directly above a row, or the row.
fn with_lines(row: &Element) -> Element {
    let mut top = row.clone();
    while let Some(line) = line_above(&top) {
        top = line;
    }
    top
}

fn is_message(item: &Element) -> bool {
    item.class_list().contains("message")
}

fn next_message(item: &Element) -> Option<Element> {
    let mut item = item.clone();
    while !is_message(&item) {
        item = item.next_element_sibling()?;
    }
    Some(item)
}

fn follows(earlier: &Element, row: &Element) -> bool {
    earlier.compare_document_position(row) & web_sys::Node::DOCUMENT_POSITION_FOLLOWING != 0
}
