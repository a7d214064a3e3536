//! What outlives the page: sends that nobody answered, drafts, the newest messages of recent rooms.
//!
//! Keeping them is JavaScript's (`offline/page.js`): IndexedDB is a dozen callbacks that a splitter cannot move out of
//! the code that every page loads, and in a file of their own they weigh a third. Where that file or the browser fails,
//! nothing is kept and everything else goes on; [`is_durable`] tells.

use std::cell::{Cell, RefCell};

use chat::view::Pending;
use js_sys::Promise;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;

use super::{Alarm, act, is_visible, on, spawn, window, with};
use crate::live::{codec, json::Value};

/// How long after a change the room's newest messages are kept, in milliseconds. They are also kept whenever the page
/// goes out of sight.
const ROOM_WAIT: i32 = 2_000;
/// How many messages of a room are kept.
const ROOM_MESSAGES: usize = 50;

#[wasm_bindgen]
extern "C" {
    /// What `open` of `offline/page.js` gives.
    #[derive(Clone, Debug)]
    pub type Kept;

    #[wasm_bindgen(method, getter)]
    fn sends(this: &Kept) -> String;
    #[wasm_bindgen(method, js_name = isDurable)]
    fn is_durable(this: &Kept) -> bool;
    #[wasm_bindgen(method)]
    fn draft(this: &Kept, place: &str) -> Option<String>;
    #[wasm_bindgen(method, js_name = keepDraft)]
    fn keep_draft(this: &Kept, place: &str, text: &str);
    #[wasm_bindgen(method, js_name = keepSends)]
    fn keep_sends(this: &Kept, text: &str);
    #[wasm_bindgen(method)]
    fn adopt(this: &Kept) -> Promise;
    #[wasm_bindgen(method)]
    fn room(this: &Kept, room: &str) -> Promise;
    #[wasm_bindgen(method, js_name = keepRoom)]
    fn keep_room(this: &Kept, room: &str, text: &str);
    #[wasm_bindgen(method, js_name = keepPage)]
    fn keep_page(this: &Kept, path: &str);
    #[wasm_bindgen(method)]
    fn connected(this: &Kept);
    #[wasm_bindgen(method, js_name = signedOut)]
    fn signed_out(this: &Kept);
}

thread_local! {
    static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) };
    static ROOM_IS_NEWER: Cell<bool> = const { Cell::new(false) };
    static ALARM: Alarm = Alarm::new(|| {
        ALARM.with(Alarm::rung);
        keep_room();
    });
}

/// Takes what the boot script opened. Gives the sends that earlier pages left behind.
pub(super) fn begin(kept: Option<Kept>) -> Vec<Pending> {
    KEPT.with_borrow_mut(|slot| *slot = kept);
    on(&super::document(), "visibilitychange", |_: web_sys::Event| {
        if !is_visible() {
            keep_room();
        }
    });
    on(&window(), "pagehide", |_: web_sys::Event| keep_room());
    on(&window(), "natter-left-sends", |_: web_sys::Event| adopt());
    let text = kept_with(|kept| kept.sends());
    text.map(|text| codec::sends(&text)).unwrap_or_default()
}

/// Whether what is typed and sent outlives the page.
#[must_use]
pub fn is_durable() -> bool {
    kept_with(Kept::is_durable).unwrap_or(false)
}

/// Calls `hear` when [`is_durable`] gives something else.
pub fn on_durable(mut hear: impl FnMut() + 'static) {
    on(&window(), "natter-keeping", move |_: web_sys::Event| hear());
}

/// What was typed in a room or, by its first message, in a thread, and not sent.
#[must_use]
pub fn draft(place: &str) -> Option<String> {
    kept_with(|kept| kept.draft(place))?
}

/// Keeps what is typed there; nothing, to forget it.
pub fn keep_draft(place: &str, text: &str) {
    kept_with(|kept| kept.keep_draft(place, text));
}

/// Keeps the sends that are not known to be stored.
pub(super) fn keep_sends() {
    if let Some(text) = with(|client| codec::text_of_sends(client.outbox().sends())) {
        kept_with(|kept| kept.keep_sends(&text));
    }
}

/// Takes over what pages that are gone did not send.
pub(super) fn adopt() {
    take(kept_with(Kept::adopt), |text| {
        let sends = codec::sends(text);
        if !sends.is_empty() {
            act(|client, now| client.adopt(sends, now));
        }
    });
}

/// Shows what was kept of the room, where the page came with less.
pub(super) fn recall() {
    let room = with(|client| client.view().room().to_string()).unwrap_or_default();
    take(kept_with(|kept| kept.room(&room)), |text| {
        if let Some(page) = Value::parse(text).as_ref().and_then(codec::page) {
            act(|client, now| client.recall(page, now));
        }
    });
}

/// The room's messages changed; soon they are kept.
pub(super) fn room_changed() {
    ROOM_IS_NEWER.set(true);
    ALARM.with(|alarm| alarm.set(ROOM_WAIT));
}

/// The line is there: what else waited for it is done.
pub(super) fn connected() {
    kept_with(Kept::connected);
}

/// Nobody is signed in: what others could read here is forgotten.
pub(super) fn signed_out() {
    kept_with(Kept::signed_out);
}

/// A room is about to be fetched within the page: then it can be opened without a network, like one that was
/// navigated to.
pub fn keep_page(path: &str) {
    kept_with(|kept| kept.keep_page(path));
}

/// Keeps the room's newest messages, if they changed. To be called before another room is entered.
pub fn keep_room() {
    if !ROOM_IS_NEWER.replace(false) {
        return;
    }
    let room = with(|client| {
        let view = client.view();
        // Further up, what is shown is not the room's newest.
        let text = view.at_end().then(|| codec::text_of_room(view, ROOM_MESSAGES))?;
        Some((view.room().to_string(), text))
    });
    if let Some((room, text)) = room.flatten() {
        kept_with(|kept| kept.keep_room(&room, &text));
    }
}

fn kept_with<R>(ask: impl FnOnce(&Kept) -> R) -> Option<R> {
    KEPT.with_borrow(|kept| kept.as_ref().map(ask))
}

/// Takes in a text when it comes; what does not come is not there.
fn take(text: Option<Promise>, take: fn(&str)) {
    let Some(text) = text else { return };
    spawn(async move {
        let text = JsFuture::from(text).await.ok().and_then(|text| text.as_string());
        if let Some(text) = text {
            take(&text);
        }
    });
}
