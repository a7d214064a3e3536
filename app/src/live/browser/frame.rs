//! Being called when the browser draws, rests or lays out anew.

use std::cell::Cell;

use js_sys::{Array, Function};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, ResizeObserver, ResizeObserverEntry, ResizeObserverSize};

use super::{callback, window};
use crate::live::layout::{Len, PX};

/// Calls once before the next frame is drawn, however often it is asked to.
pub struct Ticker {
    ring: Function,
    asked: Cell<bool>,
}

impl Ticker {
    /// One that calls this.
    #[must_use]
    pub fn new(call: impl FnMut() + 'static) -> Self {
        Self {
            ring: callback(Box::new(call)),
            asked: Cell::new(false),
        }
    }

    /// Asks for the call.
    pub fn ask(&self) {
        if !self.asked.replace(true) {
            // It fails for nothing that this program passes.
            drop(window().request_animation_frame(&self.ring));
        }
    }

    /// The call came; it may be asked for again.
    pub fn rung(&self) {
        self.asked.set(false);
    }
}

/// Calls once, after a while.
pub struct Alarm {
    ring: Function,
    set: Cell<bool>,
}

impl Alarm {
    /// One that calls this.
    #[must_use]
    pub fn new(call: impl FnMut() + 'static) -> Self {
        Self {
            ring: callback(Box::new(call)),
            set: Cell::new(false),
        }
    }

    /// Sets it, unless it is set already.
    pub fn set(&self, milliseconds: i32) {
        if !self.set.replace(true) {
            drop(window().set_timeout_with_callback_and_timeout_and_arguments_0(&self.ring, milliseconds));
        }
    }

    /// It rang; it may be set again.
    pub fn rung(&self) {
        self.set.set(false);
    }
}

/// Tells how high elements are, and whenever that changes.
pub struct Sizes {
    observer: Option<ResizeObserver>,
    _call: Closure<dyn FnMut(Array)>,
}

impl Sizes {
    /// One that calls this with all that changed in one go, before it is drawn.
    #[must_use]
    pub fn new(mut call: impl FnMut(Vec<(Element, Len)>) + 'static) -> Self {
        let call = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
            let entries = entries.iter().map(JsCast::unchecked_into::<ResizeObserverEntry>);
            call(
                entries
                    .filter_map(|entry| Some((entry.target(), block_size(&entry)?)))
                    .collect(),
            );
        });
        Self {
            observer: ResizeObserver::new(call.as_ref().unchecked_ref()).ok(),
            _call: call,
        }
    }

    /// Watches an element.
    pub fn watch(&self, element: &Element) {
        self.observer
            .iter()
            .for_each(|observer| observer.observe(element));
    }

    /// Watches it no longer.
    pub fn leave(&self, element: &Element) {
        self.observer
            .iter()
            .for_each(|observer| observer.unobserve(element));
    }
}

/// The height of an element as it is laid out.
#[must_use]
pub fn height(element: &Element) -> Len {
    len(element.get_bounding_client_rect().height())
}

/// Pixels as a length.
#[must_use]
pub fn len(pixels: f64) -> Len {
    (pixels * PX as f64 + 0.5) as Len
}

/// A length as a stylesheet has it. Not by way of a floating point number: to write those takes more code than all
/// of the list.
#[must_use]
pub fn css(length: Len) -> String {
    /// A 64th, in millionths.
    const GRAIN: Len = 15_625;
    let rest = (length % PX * GRAIN + 1_000_000).to_string();
    [
        &*(length / PX).to_string(),
        ".",
        rest.get(1..).unwrap_or_default(),
        "px",
    ]
    .concat()
}

fn block_size(entry: &ResizeObserverEntry) -> Option<Len> {
    let size: ResizeObserverSize = entry.border_box_size().get(0).dyn_into().ok()?;
    Some(len(size.block_size()))
}
