//! The list as something that scrolls. It is laid out from its end (`column-reverse`), so its `scrollTop` is 0 at the
//! newest message and negative above.

use std::cell::Cell;

use js_sys::Reflect;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::live::{
    Ms,
    browser::{css, element, len, now, one, set, within},
    layout::{Len, PX},
};

/// So long after it was scrolled last, the list rests, in milliseconds; sooner where the browser says so.
pub(super) const REST: Ms = 500;

/// The scroller, and the spaces for rows that are not drawn.
pub(super) struct List {
    pub(super) scroller: HtmlElement,
    inner: HtmlElement,
    above: HtmlElement,
    pub(super) below: HtmlElement,
    spaces: Cell<(Len, Len)>,
    scrolled_at: Cell<Option<Ms>>,
    /// How far from its end the list was when it was taken over.
    pub(super) begin: Len,
}

impl List {
    pub(super) fn adopt() -> Option<Self> {
        let scroller: HtmlElement = one(".list")?;
        let inner: HtmlElement = one(".list > .inner")?;
        let (above, below) = (space()?, space()?);
        // The links to other pages are for pages without scripts.
        within::<Element>(&inner, ".turn")
            .iter()
            .for_each(Element::remove);
        let first = within::<Element>(&inner, ".row");
        inner
            .insert_before(&above, first.as_ref().map(AsRef::as_ref))
            .ok()?;
        let last = inner.query_selector(".row:last-of-type").ok()?;
        let after = last
            .and_then(|row| row.next_sibling())
            .or_else(|| above.next_sibling());
        inner.insert_before(&below, after.as_ref()).ok()?;
        let mut list = Self {
            scroller,
            inner,
            above,
            below,
            spaces: Cell::new((0, 0)),
            scrolled_at: Cell::new(None),
            begin: 0,
        };
        // Below a page in the middle of the room there is space for a link, which goes.
        let foot = list.foot();
        drop(list.scroller.remove_attribute("data-has-after"));
        list.begin = list.position() - foot + list.foot();
        list.show_beginning();
        Some(list)
    }

    /// Puts what stands above the room's first message where it belongs: above all rows, loaded or not.
    pub(super) fn show_beginning(&self) {
        let beginning = one::<web_sys::HtmlTemplateElement>("#beginning-template")
            .and_then(|template| super::row::copy(&template));
        let before = within::<Element>(&self.inner, ".beginning");
        let Some(beginning) = beginning else { return };
        drop(match before {
            Some(before) => before.replace_with_with_node_1(&beginning),
            None => self.inner.insert_before(&beginning, Some(&self.above)).map(drop),
        });
    }

    /// How far from its end the list is scrolled.
    pub(super) fn position(&self) -> Len {
        // As a whole number, as the bindings have it, it would be off by up to a pixel.
        let top = Reflect::get(&self.scroller, &"scrollTop".into())
            .ok()
            .and_then(|top| top.as_f64());
        len(-top.unwrap_or_default())
    }

    pub(super) fn viewport(&self) -> Len {
        Len::from(self.scroller.client_height()) * PX
    }

    /// The list's own space below its last row.
    pub(super) fn foot(&self) -> Len {
        let bottom = |element: &HtmlElement| element.get_bounding_client_rect().bottom();
        len((bottom(&self.inner) - bottom(&self.below)).max(0.0))
    }

    pub(super) fn set_spaces(&self, above: Len, below: Len) {
        let (was_above, was_below) = self.spaces.replace((above, below));
        for (space, was, is) in [(&self.above, was_above, above), (&self.below, was_below, below)] {
            if was != is {
                drop(space.style().set_property("height", &css(is)));
            }
        }
    }

    /// Scrolls to a distance from the end, in whole pixels.
    pub(super) fn scroll_to(&self, distance: Len) {
        let pixels = i32::try_from(distance / PX).unwrap_or(i32::MAX);
        self.scroller.set_scroll_top(-pixels);
    }

    /// It is being scrolled.
    pub(super) fn moved(&self) {
        self.scrolled_at.set(Some(now()));
    }

    /// It is no longer scrolled.
    pub(super) fn ended(&self) {
        self.scrolled_at.set(None);
    }

    /// Whether a scroll position that is written stops nothing that is still under way.
    pub(super) fn rests(&self) -> bool {
        self.scrolled_at.get().is_none_or(|at| now() >= at + REST)
    }

    /// Rows are awaited where the reader is.
    pub(super) fn set_busy(&self, is_busy: bool) {
        let word = if is_busy { "true" } else { "false" };
        if self.scroller.get_attribute("aria-busy").as_deref() != Some(word) {
            set(&self.scroller, "aria-busy", word);
        }
    }
}

fn space() -> Option<HtmlElement> {
    let space = element("div", "space")?;
    set(&space, "aria-hidden", "true");
    space.dyn_into().ok()
}
