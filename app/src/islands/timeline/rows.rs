//! The rows on the page. A row's elements are used again for other messages, and those that stay are left alone:
//! focus and selected text stay with them.

use std::cell::{Cell, RefCell};

use chat::{
    Nonce, Timestamp, UserId,
    view::{View, continues},
};
use web_sys::{Element, HtmlElement, HtmlTemplateElement};

use super::{
    row::{Pen, copy},
    when::day_number,
};
use crate::live::{
    Client,
    browser::{Sizes, all, css, document, height, one, set, switch, within},
    layout::{Key, Layout, Len, Plan},
};

/// How many rows are kept for use again.
const POOL_MAX: usize = 60;

/// What a row's lines and place in its group depend on, beside its message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Place {
    above: Option<(UserId, Timestamp)>,
    is_new: bool,
    is_target: bool,
}

/// A row that is drawn.
struct Slot {
    key: Key,
    row: HtmlElement,
    message: Element,
    /// The state that is drawn; `None`: nothing yet.
    rev: Option<u64>,
    place: Option<Place>,
}

/// The rows of the list.
pub(super) struct Rows {
    below: HtmlElement,
    slots: RefCell<Vec<Slot>>,
    pool: RefCell<Vec<(HtmlElement, Element)>>,
    pen: RefCell<Pen>,
    day: HtmlTemplateElement,
    new: HtmlTemplateElement,
    sizes: Sizes,
    /// Above which message the line of new ones stands; 0: nowhere.
    pub(super) new_at: Cell<u64>,
    /// Which message the reader came for; 0: none.
    pub(super) target: Cell<u64>,
}

impl Rows {
    /// Takes over the rows of the page. `below` stands under them.
    pub(super) fn adopt(below: HtmlElement, sizes: Sizes) -> Option<Self> {
        let rows = Self {
            below,
            slots: RefCell::default(),
            pool: RefCell::default(),
            pen: RefCell::new(Pen::take()?),
            day: one("#day-template")?,
            new: one("#new-template")?,
            sizes,
            new_at: Cell::new(0),
            target: Cell::new(0),
        };
        let slots: Vec<_> = all(".inner > .row").into_iter().filter_map(adopt).collect();
        for slot in &slots {
            rows.pen.borrow().tell_time(&slot.message);
            rows.sizes.watch(&slot.row);
            let number = if let Key::Stored(seq) = slot.key { seq } else { 0 };
            if slot.message.class_list().contains("target") {
                rows.target.set(number);
            }
            if within::<Element>(&slot.row, ".day.new").is_some() {
                rows.new_at.set(number);
            }
        }
        *rows.slots.borrow_mut() = slots;
        Some(rows)
    }

    /// How high the rows on the page are.
    pub(super) fn measured(&self) -> Vec<(Key, Len)> {
        let slots = self.slots.borrow();
        slots
            .iter()
            .map(|slot| (slot.key.clone(), height(&slot.row)))
            .collect()
    }

    /// Which rows these elements are.
    pub(super) fn keys_of(&self, sizes: Vec<(Element, Len)>) -> Vec<(Key, Len)> {
        let slots = self.slots.borrow();
        let known = |element: &Element| {
            let slot = slots
                .iter()
                .find(|slot| AsRef::<Element>::as_ref(&slot.row) == element)?;
            Some(slot.key.clone())
        };
        sizes
            .into_iter()
            .filter_map(|(element, height)| Some((known(&element)?, height)))
            .collect()
    }

    /// Another room's rows are to come.
    pub(super) fn clear(&self) {
        if let Some(pen) = Pen::take() {
            *self.pen.borrow_mut() = pen;
        }
        self.slots.take().into_iter().for_each(|slot| self.put_away(slot));
        self.new_at.set(0);
        self.target.set(0);
    }

    /// An own send is stored: its row stays what it is, under another name.
    pub(super) fn confirm(&self, nonce: &Nonce, seq: u64) {
        let mut slots = self.slots.borrow_mut();
        let own = slots.iter_mut().find(|slot| slot.key == Key::Own(nonce.clone()));
        own.into_iter().for_each(|slot| {
            slot.key = Key::Stored(seq);
            slot.rev = None;
        });
    }

    /// Draws what is planned. Gives the rows that have to be measured.
    pub(super) fn draw(&self, client: &Client, plan: &Plan, layout: &Layout) -> Vec<(Key, HtmlElement)> {
        let mut before = self.slots.take();
        let mut slots = Vec::with_capacity(plan.rows.len());
        for key in &plan.rows {
            let known = before.iter().position(|slot| slot.key == *key);
            slots.extend(
                known
                    .map(|place| before.remove(place))
                    .or_else(|| self.blank(key)),
            );
        }
        let focused = document().active_element();
        for slot in before {
            let has_focus = focused
                .as_ref()
                .is_some_and(|focused| slot.row.contains(Some(focused)))
                // What is being edited is kept as well.
                || slot.message.class_list().contains("editing");
            match Some(()).filter(|()| has_focus && layout.has(&slot.key)) {
                // Where one is with the keyboard goes on to be there, out of sight and out of the flow.
                Some(_) => {
                    switch(&slot.row, "aside", true);
                    drop(
                        slot.row
                            .style()
                            .set_property("bottom", &css(layout.below(&slot.key))),
                    );
                    slots.push(slot);
                }
                None => self.put_away(slot),
            }
        }
        let drawn = plan.rows.len().min(slots.len());
        self.order(&mut slots[..drawn]);
        let fresh = self.fill(client, &mut slots[..drawn]);
        *self.slots.borrow_mut() = slots;
        fresh
    }

    /// Says of every own send what holds it up, if anything does.
    pub(super) fn draw_fates(&self, client: &Client) {
        let slots = self.slots.borrow();
        for pending in client.view().pending() {
            let key = Key::Own(pending.nonce.clone());
            let slot = slots.iter().find(|slot| slot.key == key);
            slot.into_iter().for_each(|slot| {
                self.pen
                    .borrow()
                    .draw_fate(&slot.message, pending, client.state())
            });
        }
    }

    /// The message of this number, if it is drawn.
    pub(super) fn message(&self, seq: u64) -> Option<HtmlElement> {
        let slots = self.slots.borrow();
        let slot = slots.iter().find(|slot| slot.key == Key::Stored(seq))?;
        wasm_bindgen::JsCast::dyn_into(slot.message.clone()).ok()
    }

    /// Puts rows into the order of their keys. One that is in its place is not touched, for that would take the
    /// focus from it.
    fn order(&self, slots: &mut [Slot]) {
        let mut next: Element = self.below.clone().into();
        for slot in slots.iter_mut().rev() {
            let row: &Element = slot.row.as_ref();
            if row.class_list().contains("aside") {
                switch(row, "aside", false);
                drop(slot.row.style().remove_property("bottom"));
            }
            if row_above(&next).as_ref() != Some(row) {
                if let Some(parent) = next.parent_node() {
                    drop(parent.insert_before(row, Some(&next)));
                }
                self.sizes.watch(row);
            }
            next = row.clone();
        }
    }

    fn fill(&self, client: &Client, slots: &mut [Slot]) -> Vec<(Key, HtmlElement)> {
        let view = client.view();
        let pen = self.pen.borrow();
        let mut fresh = Vec::new();
        for slot in slots {
            let mut is_fresh = false;
            let written = match &slot.key {
                Key::Stored(seq) => view.message(*seq).map(|message| {
                    if slot.rev != Some(message.rev) {
                        pen.fill(&slot.message, message, view.me());
                        slot.rev = Some(message.rev);
                        is_fresh = true;
                    }
                    message.created_at
                }),
                Key::Own(nonce) => view.pending().iter().find(|own| own.nonce == *nonce).map(|own| {
                    if slot.rev.is_none() {
                        pen.fill_pending(&slot.message, own, view.me());
                        pen.draw_fate(&slot.message, own, client.state());
                        slot.rev = Some(0);
                        is_fresh = true;
                    }
                    own.created_at
                }),
            };
            let place = self.place(view, &slot.key);
            if let Some(at) = written.filter(|_| slot.place.as_ref() != Some(&place)) {
                self.tidy(&pen, slot, at, &place);
                slot.place = Some(place);
                is_fresh = true;
            }
            if is_fresh {
                fresh.push((slot.key.clone(), slot.row.clone()));
            }
        }
        fresh
    }

    fn place(&self, view: &View, key: &Key) -> Place {
        let newest = || view.messages().next_back().filter(|_| view.at_end());
        let stored = |message: &chat::Message| (message.author.id, message.created_at);
        let (above, number) = match key {
            Key::Stored(seq) => (view.message(seq.saturating_sub(1)).map(stored), *seq),
            Key::Own(nonce) => {
                let own = view.pending();
                let place = own.iter().position(|own| own.nonce == *nonce).unwrap_or(0);
                let above = place
                    .checked_sub(1)
                    .map(|place| (view.me(), own[place].created_at));
                (above.or_else(|| newest().map(stored)), 0)
            }
        };
        Place {
            above,
            is_new: number > 0 && number == self.new_at.get(),
            is_target: number > 0 && number == self.target.get(),
        }
    }

    /// Gives a row the lines above it and the place in its group that its neighbour above calls for.
    fn tidy(&self, pen: &Pen, slot: &Slot, at: Timestamp, place: &Place) {
        while let Some(line) = within::<Element>(&slot.row, ".day") {
            line.remove();
        }
        let day = day_number(at);
        let is_new_day = place.above.is_none_or(|(_, above)| day_number(above) != day);
        if let Some(line) = is_new_day.then(|| copy(&self.day)).flatten() {
            set(&line, "data-day", &day);
            if let Some(link) = line.first_element_child() {
                link.set_text_content(Some(&pen.words.day(at)));
                set(
                    &link,
                    "href",
                    &[pen.room.trim_end_matches('/'), "?date=", &day].concat(),
                );
            }
            drop(slot.row.insert_before(&line, Some(&slot.message)));
        }
        if let Some(line) = place.is_new.then(|| copy(&self.new)).flatten() {
            drop(slot.row.insert_before(&line, Some(&slot.message)));
        }
        let author = slot
            .message
            .get_attribute("data-author")
            .and_then(|author| author.parse().ok());
        let goes_on = place
            .above
            .zip(author)
            .is_some_and(|(above, author)| continues(above, (author, at)));
        switch(&slot.message, "first", is_new_day || place.is_new || !goes_on);
        switch(&slot.message, "target", place.is_target);
    }

    fn blank(&self, key: &Key) -> Option<Slot> {
        let pooled = self.pool.borrow_mut().pop();
        let (row, message) = pooled.or_else(|| self.pen.borrow().blank())?;
        Some(Slot {
            key: key.clone(),
            row,
            message,
            rev: None,
            place: None,
        })
    }

    fn put_away(&self, slot: Slot) {
        self.sizes.leave(&slot.row);
        slot.row.remove();
        let mut pool = self.pool.borrow_mut();
        if pool.len() < POOL_MAX {
            pool.push((slot.row, slot.message));
        }
    }
}

fn adopt(row: Element) -> Option<Slot> {
    let message = within::<Element>(&row, ".message")?;
    let seq = message.get_attribute("data-seq")?.parse().ok()?;
    Some(Slot {
        key: Key::Stored(seq),
        row: wasm_bindgen::JsCast::dyn_into(row).ok()?,
        rev: message.get_attribute("data-rev")?.parse().ok(),
        message,
        place: None,
    })
}

/// The row above in the flow.
fn row_above(row: &Element) -> Option<Element> {
    let mut above = row.previous_element_sibling()?;
    while above.class_list().contains("aside") {
        above = above.previous_element_sibling()?;
    }
    Some(above)
}
