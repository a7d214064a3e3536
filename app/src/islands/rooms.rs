//! Other rooms and other days: ways there, and rooms that come, change and go.
//!
//! Here is what listens, on every page of a room. What it calls is a chunk of its own, which comes when somebody first
//! points at the list of rooms: everything below [`answer`].

mod date;
mod enter;
mod place;

use std::cell::{Cell, RefCell};

use chat::Room;
use js_sys::{Function, Reflect};
use leptos::lazy;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, MouseEvent};

use super::can_come;
use crate::live::{
    Notice,
    browser::{document, go, here, is_beside, on, one, spawn, split, subscribe, window},
};

/// Something that calls for an answer.
enum Call {
    /// To this address, which is new to the browser's history or not.
    Visit(String, bool),
    /// To the first message of this day, such as `2026-11-23`.
    Day(String),
    /// A room was joined, changed or left.
    Room(Box<Room>),
}

/// So many calls wait for the chunk at most: more than come in the time that it takes.
const CALLS_MAX: usize = 1_000;

thread_local! {
    static IS_HERE: Cell<bool> = const { Cell::new(false) };
    static IS_ASKED_FOR: Cell<bool> = const { Cell::new(false) };
    /// What waits for the chunk: each is answered after the one before it.
    static CALLS: RefCell<Vec<Call>> = const { RefCell::new(Vec::new()) };
}

#[lazy]
fn answer() {
    IS_HERE.set(true);
    for call in CALLS.take() {
        match call {
            Call::Visit(path, is_new) => enter::visit(path, is_new),
            Call::Day(day) => date::visit(day),
            Call::Room(room) => place::place(&room),
        }
    }
}

/// Has it answered. False: the code cannot come now.
fn call(call: Call) -> bool {
    let is_taken = can_come(IS_HERE.get()) && CALLS.with_borrow(Vec::len) < CALLS_MAX;
    if is_taken {
        CALLS.with_borrow_mut(|calls| calls.push(call));
        spawn(answer());
    }
    is_taken
}

/// Somebody is about to go elsewhere: the code is to be there by then.
fn prepare() {
    if can_come(IS_HERE.get()) && !IS_ASKED_FOR.replace(true) {
        spawn(answer());
    }
}

/// Listens for as long as the page is there.
pub(super) fn listen() {
    on(&document(), "click", |event: MouseEvent| {
        if let Some(path) = leads_to(&event)
            && call(Call::Visit(path, true))
        {
            event.prevent_default();
        }
    });
    on(&window(), "popstate", |_: Event| {
        let path = window().location().pathname().unwrap_or_default();
        let is_panel = is_beside(&path) || one::<Element>(".thread").is_some();
        // A thread opens and closes beside the room, which stays where it is.
        let stays = is_panel && split(&path).0 == here();
        if !stays && !call(Call::Visit(path.clone(), false)) {
            go(&path);
        }
    });
    // Whoever points at a room is about to go there.
    if let Some(side) = one::<Element>(".side") {
        for kind in ["pointerover", "focusin"] {
            on(&side, kind, |_: Event| prepare());
        }
    }
    subscribe(|notice| {
        if let Notice::Room(room) = notice {
            call(Call::Room(room.clone()));
        }
    });
    offer_days();
}

/// The room that a plain click on a link leads to.
fn leads_to(event: &MouseEvent) -> Option<String> {
    let held = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
    if event.default_prevented() || event.button() != 0 || held {
        return None;
    }
    let target: Element = event.target()?.dyn_into().ok()?;
    let link = target.closest("a[href]").ok()??;
    let path = link.get_attribute("href")?;
    let is_plain = !link.has_attribute("download") && !path.contains(['?', '#']);
    // The composer has to be there: a guest's page, or none of a room, has other insides.
    let fits = is_plain && is_room(&path);
    (fits && one::<Element>(".composer").is_some()).then_some(path)
}

/// Whether an address is one of a room or of a message in it, and not of what is told about them.
fn is_room(path: &str) -> bool {
    match path.strip_prefix("/rooms/") {
        Some(rest) => rest
            .split_once('/')
            .is_none_or(|(_, seq)| seq.parse::<u64>().is_ok()),
        None => path.starts_with("/direct/"),
    }
}

/// Has the calendar in the bar of the room lead to the day that is chosen.
fn offer_days() {
    let (Some(label), Some(field)) = (
        one::<HtmlElement>(".to-date"),
        one::<HtmlInputElement>(".to-date input"),
    ) else {
        return;
    };
    let it = field.clone();
    on(&field, "click", move |_: Event| {
        // A click anywhere on it opens the calendar, where the browser knows how.
        if let Ok(Ok(open)) = Reflect::get(&it, &"showPicker".into()).map(JsCast::dyn_into::<Function>) {
            drop(open.call0(&it));
        }
    });
    let it = field.clone();
    on(&field, "change", move |_: Event| {
        call(Call::Day(it.value()));
    });
    label.set_hidden(false);
}
