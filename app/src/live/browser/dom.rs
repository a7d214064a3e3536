//! Short ways to what the page has.

use std::pin::Pin;

use js_sys::Function;
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Document, Element, Event, EventTarget, Window};

/// The window; there is always one where this runs.
///
/// # Panics
/// In a worker.
#[must_use]
#[expect(clippy::expect_used, reason = "a page without a window does not run this")]
pub fn window() -> Window {
    web_sys::window().expect("a window")
}

/// The document.
///
/// # Panics
/// In a worker.
#[must_use]
#[expect(clippy::expect_used, reason = "a window without a document does not run this")]
pub fn document() -> Document {
    window().document().expect("a document")
}

/// The first element of the page that fits, if it is of this kind.
#[must_use]
pub fn one<T: JsCast>(selector: &str) -> Option<T> {
    document().query_selector(selector).ok()??.dyn_into().ok()
}

/// Every element of the page that fits.
#[must_use]
pub fn all(selector: &str) -> Vec<Element> {
    let Ok(found) = document().query_selector_all(selector) else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|place| found.item(place)?.dyn_into().ok())
        .collect()
}

/// The first element inside `root` that fits, if it is of this kind.
#[must_use]
pub fn within<T: JsCast>(root: &Element, selector: &str) -> Option<T> {
    root.query_selector(selector).ok()??.dyn_into().ok()
}

/// Sets an attribute. It fails for no name that this program uses.
pub fn set(element: &Element, name: &str, value: &str) {
    drop(element.set_attribute(name, value));
}

/// Gives an element a class or takes it away. It fails for no class that this program uses.
pub fn switch(element: &Element, class: &str, on: bool) {
    drop(element.class_list().toggle_with_force(class, on));
}

/// A new element with a class.
#[must_use]
pub fn element(tag: &str, class: &str) -> Option<Element> {
    let element = document().create_element(tag).ok()?;
    element.set_class_name(class);
    Some(element)
}

/// A function of the browser's that calls this. Every page has it, as chunks cannot make closures.
#[inline(never)]
#[must_use]
pub fn callback(call: Box<dyn FnMut()>) -> Function {
    Closure::wrap(call).into_js_value().unchecked_into()
}

/// Runs a task. Of one kind for all: each kind of its own would bring the code that drives it.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    spawn_local(task);
}

/// Calls `hear` for every event of this kind, for as long as the page is there.
pub fn on<E: JsCast>(target: &EventTarget, kind: &str, mut hear: impl FnMut(E) + 'static) {
    listen(target, kind, Box::new(move |event| hear(event.unchecked_into())));
}

// One closure of the browser's for all: each kind of its own would bring the code that calls it.
fn listen(target: &EventTarget, kind: &str, hear: Box<dyn FnMut(Event)>) {
    let hear = Closure::wrap(hear);
    // It fails for nothing that this program passes.
    drop(target.add_event_listener_with_callback(kind, hear.as_ref().unchecked_ref()));
    hear.forget();
}
