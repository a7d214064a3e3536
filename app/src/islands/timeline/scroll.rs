//! The reading position, and the button that leads to what is new.
//!
//! The list is laid out from its end (`column-reverse`), so its `scrollTop` is 0 at the newest message and negative
//! above. What comes or grows above the reader moves nothing; what comes or grows below has to be made up for.

use std::cell::Cell;

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement};

use crate::live::{
    Client,
    browser::{all, element, is_visible, on, one},
};

/// Within so many pixels of the end the reader follows what comes.
const PINNED: f64 = 80.0;
/// So many heights of the list before an end, what lies beyond is fetched.
const AHEAD: f64 = 2.0;

/// The list as something that scrolls.
pub(super) struct Scroll {
    list: HtmlElement,
    button: HtmlElement,
    pinned: Cell<bool>,
    /// The newest message that was in view.
    seen: Cell<u64>,
}

impl Scroll {
    pub(super) fn adopt() -> Option<Self> {
        let list: HtmlElement = one(".list")?;
        let button: HtmlElement = element("button", "jump")?.dyn_into().ok()?;
        button.set_attribute("type", "button").ok()?;
        button.set_hidden(true);
        list.closest(".stage").ok()??.append_child(&button).ok()?;
        let scroll = Self {
            list,
            button,
            pinned: Cell::new(true),
            seen: Cell::new(0),
        };
        scroll.moved();
        Some(scroll)
    }

    pub(super) fn list(&self) -> &HtmlElement {
        &self.list
    }

    /// Whether the reader follows what comes.
    pub(super) fn is_pinned(&self) -> bool {
        self.pinned.get()
    }

    /// The list was scrolled.
    pub(super) fn moved(&self) {
        self.pinned.set(f64::from(self.list.scroll_top()) >= -PINNED);
    }

    /// Whether older messages should be there soon.
    pub(super) fn is_near_begin(&self) -> bool {
        let height = f64::from(self.list.client_height());
        let above = f64::from(self.list.scroll_height()) - height + f64::from(self.list.scroll_top());
        above < AHEAD * height
    }

    /// Whether newer messages should be there soon.
    pub(super) fn is_near_end(&self) -> bool {
        -f64::from(self.list.scroll_top()) < AHEAD * f64::from(self.list.client_height())
    }

    pub(super) fn to_end(&self) {
        self.list.set_scroll_top(0);
        self.pinned.set(true);
    }

    /// Lets the list be changed so that the reader then sees its end, or else goes on seeing the same.
    pub(super) fn keep(&self, to_end: bool, change: impl FnOnce()) {
        if to_end {
            change();
            return self.to_end();
        }
        let anchor = self.anchor();
        let top = |row: &Element| row.get_bounding_client_rect().top();
        let before = anchor.as_ref().map(top);
        change();
        if let (Some(anchor), Some(before)) = (anchor.filter(|row| row.is_connected()), before) {
            let moved = top(&anchor) - before;
            if moved.abs() >= 1.0 {
                self.list
                    .set_scroll_top(self.list.scroll_top() + moved.round() as i32);
            }
        }
    }

    /// The lowest message in view: only what happens below it can move it.
    fn anchor(&self) -> Option<Element> {
        let bottom = self.list.get_bounding_client_rect().bottom();
        all(".inner > .message")
            .into_iter()
            .rev()
            .find(|row| row.get_bounding_client_rect().top() < bottom)
    }

    /// Calls `jump` when the button is pressed.
    pub(super) fn on_jump(&self, mut jump: impl FnMut() + 'static) {
        on(&self.button, "click", move |_: Event| jump());
    }

    /// Says how much is new below, where the reader does not see it.
    pub(super) fn show_news(&self, client: &Client) {
        let view = client.view();
        let at_end = view.at_end();
        if at_end && self.is_pinned() && is_visible() || self.seen.get() == 0 {
            self.seen.set(view.last_seq());
        }
        // A page that shows an older part comes with a link to the newest; it leads nowhere once they are here.
        let link = one::<HtmlElement>("a.jump");
        link.iter().for_each(|link| link.set_hidden(at_end));
        let words = match view.last_seq().saturating_sub(self.seen.get()) {
            0 => None,
            1 => Some("1 new message".to_owned()),
            count => Some([&count.to_string(), " new messages"].concat()),
        };
        let is_led = if at_end { self.is_pinned() } else { link.is_some() };
        let words = words.filter(|_| !is_led);
        self.button.set_hidden(words.is_none());
        if let Some(words) = words.filter(|words| self.button.text_content().as_ref() != Some(words)) {
            self.button.set_text_content(Some(&words));
        }
    }
}
