//! Where the page is: the room that it shows, and the browser's history.

use std::cell::RefCell;

use wasm_bindgen::JsValue;

use super::{document, window};

thread_local! {
    /// The room on the page: its address and its title, which the page's title may add a count to.
    static HERE: RefCell<(String, String)> = const { RefCell::new((String::new(), String::new())) };
}

/// Takes note of the room that the page came with.
pub(super) fn start() {
    let (room, _) = split(&window().location().pathname().unwrap_or_default());
    HERE.set((room, document().title()));
}

/// Another room is on the page, at this address and with this title. Gives back those of the one before.
#[must_use]
pub fn moved(path: String, title: String) -> (String, String) {
    HERE.replace((path, title))
}

/// The address of the room on the page.
#[must_use]
pub fn here() -> String {
    HERE.with_borrow(|(here, _)| here.clone())
}

/// The page's title, without counts.
#[must_use]
pub fn title() -> String {
    HERE.with_borrow(|(_, title)| title.clone())
}

/// Whether an address is one of a thread or of pinned messages, which are shown beside their room.
#[must_use]
pub fn is_beside(path: &str) -> bool {
    // `/rooms/SLUG/threads/ID` and `/rooms/SLUG/pins`; a search for either word would be the only use of much code.
    matches!(path.split('/').nth(3), Some("threads" | "pins"))
}

/// The address of the room, and the number of the message, that an address leads to.
#[must_use]
pub fn split(path: &str) -> (String, Option<u64>) {
    match path.strip_prefix("/rooms/").and_then(|rest| rest.split_once('/')) {
        Some((slug, seq)) => (["/rooms/", slug].concat(), seq.parse().ok()),
        None => (path.to_owned(), None),
    }
}

/// Puts the address into the browser's history.
pub fn note(path: &str, is_new: bool) {
    if is_new && let Ok(history) = window().history() {
        let is_same = window().location().pathname().is_ok_and(|here| here == path);
        drop(if is_same {
            history.replace_state_with_url(&JsValue::NULL, "", Some(path))
        } else {
            history.push_state_with_url(&JsValue::NULL, "", Some(path))
        });
    }
}

/// Leaves for another page.
pub fn go(path: &str) {
    // Where that fails there is nothing better to do.
    drop(window().location().assign(path));
}
