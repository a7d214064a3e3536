//! What lives in the page: one file, one island.
//!
//! An island adopts what the server rendered before it. It takes no props and no children and draws nothing on the
//! server; what it has to know stands in data attributes. So of Leptos' own machinery the page needs next to nothing.
//! What several islands share is the [client](crate::live::client).

#[cfg(feature = "hydrate")]
pub(crate) mod commands;
pub mod composer;
pub mod connection;
#[cfg(feature = "hydrate")]
mod dress;
pub mod people_picker;
#[cfg(feature = "hydrate")]
mod rooms;
pub mod sidebar;
pub mod timeline;
#[cfg(feature = "hydrate")]
pub(crate) mod verbs;

/// Whether a chunk is there or can come: one that cannot would take the page's other tasks with it.
#[cfg(feature = "hydrate")]
fn can_come(is_here: bool) -> bool {
    use crate::live::{browser::with, connect::State};
    is_here || with(|client| client.state() == State::Online) == Some(true) || is_kept()
}

/// Whether a service worker answers for the site: it keeps all of its code.
#[cfg(feature = "hydrate")]
fn is_kept() -> bool {
    use wasm_bindgen::JsValue;
    let get = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).unwrap_or_default();
    let worker = get(
        &get(&crate::live::browser::window(), "navigator"),
        "serviceWorker",
    );
    worker.is_object() && get(&worker, "controller").is_object()
}
