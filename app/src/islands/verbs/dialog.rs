//! A dialog above the page; there is one at a time. The browser keeps the focus in it, closes it with Escape and then
//! puts the focus back.

use js_sys::{Function, Reflect};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::tools::Target;
use crate::live::browser::{all, document, element, set};

/// Opens one that shows this and is about a message.
pub(super) fn open(kind: &str, name: &str, html: &str, about: Option<&Target>) -> Option<Element> {
    close();
    let dialog = element("dialog", &["verbs ", kind].concat())?;
    set(&dialog, "aria-label", name);
    if let Some(target) = about {
        set(&dialog, "data-id", &target.id);
        set(&dialog, "data-seq", &target.seq.to_string());
        if target.in_thread {
            set(&dialog, "data-in-thread", "");
        }
    }
    dialog.set_inner_html(&["<div class=\"inside\">", html, "</div>"].concat());
    document().body()?.append_child(&dialog).ok()?;
    call(&dialog, "showModal");
    Some(dialog)
}

/// Closes what is open.
pub(super) fn close() {
    for dialog in all("dialog.verbs") {
        call(&dialog, "close");
        dialog.remove();
    }
}

/// Calls a method that takes nothing.
pub(super) fn call(element: &Element, method: &str) {
    let method = Reflect::get(element, &method.into()).map(JsCast::dyn_into::<Function>);
    if let Ok(Ok(method)) = method {
        drop(method.call0(element));
    }
}
