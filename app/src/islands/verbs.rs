//! What one does to a message: react, answer, edit, delete, pin.
//!
//! Here is what listens, on every page of a room. What it calls is a chunk of its own, which comes when somebody first
//! points at a message: everything below [`answer`].

mod attend;
mod card;
mod dialog;
mod edit;
mod emoji;
mod history;
mod names;
mod palette;
mod quote;
mod react;
mod reply;
mod thread;
mod tools;

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use chat::wire::ServerFrame;
use leptos::lazy;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, EventTarget, HtmlElement, HtmlTextAreaElement, KeyboardEvent, MouseEvent};

use super::{can_come, dress::dress};
use crate::live::{
    Ms, Notice,
    browser::{Alarm, document, now, on, one, overhear, spawn, subscribe, window},
};

/// What a click here means is ours to say.
const OURS: &str = ".chip, .replies, .context, .pins-link, .tools button, .edit button[type=button], .thread .close, .to-palette, .pick, .edited, .message > :is(.who, .avatar), dialog.verbs";
/// Forms that are sent without leaving the page.
const FORMS: &str = "form.edit, form.reply";
/// Where arrow keys lead from one button to the next.
const GRIDS: &str = ".tools, .picker, .palette";
/// So long a finger rests on a message before it is taken for a question, in milliseconds.
const LONG_PRESS: Ms = 450;
/// The key that browsers report for every key press while an input method is at work.
const COMPOSING: u32 = 229;

/// Something that calls for an answer.
pub(super) enum Call {
    /// The pointer or the focus is on this message, or on none.
    Over(Option<Element>),
    /// A finger rests on this message.
    Hold(Element),
    /// Something of ours was clicked.
    Click(Element),
    /// A form of ours is to be sent.
    Submit(Element),
    /// Out of where the focus is.
    Escape(Element),
    /// An arrow key, by its name, where the arrows lead somewhere.
    Move(Element, String),
    /// Something was typed into a field of ours.
    Input(Element),
    /// The own last message is to be edited.
    EditLast,
    /// The quick palette is asked for.
    Palette,
    /// The page's address may be another one.
    Address,
    /// Another room is on the page.
    Entered,
    /// A frame came.
    Frame(Box<ServerFrame>),
}

thread_local! {
    static IS_HERE: Cell<bool> = const { Cell::new(false) };
    /// What a finger rests on, and since when.
    static HELD: RefCell<Option<(Element, Ms)>> = const { RefCell::new(None) };
}

#[lazy]
fn answer(call: Box<Call>) {
    if !IS_HERE.get() {
        dress(include_str!("verbs/verbs.css"));
    }
    match *call {
        Call::Over(message) => tools::over(message.as_ref()),
        Call::Hold(message) => tools::hold(&message),
        Call::Click(target) => tools::click(&target),
        Call::Submit(form) => submit(form),
        Call::Escape(from) => escape(&from),
        Call::Move(from, key) if is_in(&from, ".palette") => palette::go(&key),
        Call::Move(from, key) => emoji::go(&from, &key),
        Call::Input(field) if is_in(&field, ".palette") => palette::search(&field),
        Call::Input(field) if is_in(&field, ".reply") => reply::typed(&field),
        Call::Input(field) => emoji::search(&field),
        Call::EditLast => edit::last(),
        Call::Palette => palette::toggle(),
        Call::Address => thread::follow_address(),
        Call::Entered => {
            dialog::close();
            thread::leave();
        }
        Call::Frame(frame) => {
            tools::hear(&frame);
            edit::hear(&frame);
            thread::hear(&frame);
        }
    }
}

fn submit(form: Element) {
    if form.class_list().contains("edit") {
        edit::save(form);
    } else {
        reply::send(form);
    }
}

fn escape(from: &Element) {
    if is_in(from, ".edit") {
        edit::cancel(from);
    } else if is_in(from, ".tools") {
        tools::leave(from);
    } else {
        thread::close();
    }
}

fn call(call: Call) {
    if !can_come(IS_HERE.get()) {
        return;
    }
    spawn(async move {
        answer(Box::new(call)).await;
        IS_HERE.set(true);
    });
}

/// Listens for as long as the page is there.
pub(super) fn listen() {
    let alarm = alarm();
    let page = document();
    // One closure for all: each weighs.
    let hear = Rc::new(move |event: Event| hear(&event, &alarm));
    let kinds = [
        "mouseover",
        "focusin",
        "click",
        "submit",
        "keydown",
        "input",
        "touchstart",
        "touchend",
        "touchmove",
        "touchcancel",
        "popstate",
    ];
    for kind in kinds {
        let hear = Rc::clone(&hear);
        let target: &EventTarget = if kind == "popstate" { &window() } else { &page };
        on(target, kind, move |event: Event| hear(event));
    }
    subscribe(|notice| match notice {
        Notice::Entered if IS_HERE.get() => call(Call::Entered),
        // The page came with a thread.
        Notice::State if !IS_HERE.get() && one::<Element>(".thread").is_some() => call(Call::Address),
        _ => {}
    });
    overhear(|frame| {
        if one::<Element>(".thread, .edit, .message > .tools").is_some() {
            call(Call::Frame(Box::new(frame.clone())));
        }
    });
}

fn hear(event: &Event, alarm: &Alarm) {
    match event.type_().as_str() {
        "mouseover" | "focusin" => over(event),
        "click" => {
            click(event.unchecked_ref());
            uncover(event.unchecked_ref());
        }
        "submit" => {
            if let Some(form) = target(event).filter(|form| is_in(form, FORMS)) {
                event.prevent_default();
                call(Call::Submit(form));
            }
        }
        "keydown" => press(event.unchecked_ref()),
        "input" => {
            if let Some(field) = target(event).filter(|field| is_in(field, ".picker, .palette, .reply")) {
                call(Call::Input(field));
            }
        }
        "touchstart" => {
            let message = target(event).and_then(|target| closest(&target, ".message[data-id]"));
            if message.is_some() {
                alarm.set(LONG_PRESS as i32);
            }
            HELD.set(message.map(|message| (message, now())));
        }
        "popstate" => call(Call::Address),
        // The finger is elsewhere.
        _ => HELD.set(None),
    }
}

fn alarm() -> Rc<Alarm> {
    Rc::new_cyclic(|alarm: &Weak<Alarm>| {
        let alarm = Weak::clone(alarm);
        Alarm::new(move || {
            let Some(alarm) = alarm.upgrade() else { return };
            alarm.rung();
            match HELD.take() {
                Some((message, since)) if now() >= since + LONG_PRESS => call(Call::Hold(message)),
                // Of an earlier touch.
                Some(held) => {
                    HELD.set(Some(held));
                    alarm.set(LONG_PRESS as i32);
                }
                None => {}
            }
        })
    })
}

fn over(event: &Event) {
    let Some(target) = target(event) else { return };
    let message = closest(&target, ".message[data-id]");
    let has_tools = one::<Element>(".message > .tools");
    let is_shown = match (&message, &has_tools) {
        (Some(message), Some(tools)) => message.contains(Some(tools)),
        (None, None) => true,
        _ => false,
    };
    if !is_shown {
        call(Call::Over(message));
    }
}

fn click(event: &MouseEvent) {
    let held = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
    let Some(target) = target(event).filter(|target| is_in(target, OURS) && !held && event.button() == 0)
    else {
        return;
    };
    event.prevent_default();
    call(Call::Click(target));
}

/// Who goes to a pinned message wants to see it, also where the list lies over the room.
fn uncover(event: &MouseEvent) {
    if target(event).is_some_and(|target| is_in(&target, ".pins .when")) {
        one::<Element>(".pins").iter().for_each(Element::remove);
    }
}

fn press(event: &KeyboardEvent) {
    let Some(target) = target(event) else { return };
    let is_composing = event.is_composing() || event.key_code() == COMPOSING;
    let asked = match event.key().as_str() {
        _ if is_composing => None,
        "Enter" if !event.shift_key() && target.has_type::<HtmlTextAreaElement>() => {
            closest(&target, FORMS).map(Call::Submit)
        }
        "k" if event.ctrl_key() != event.meta_key() && !event.shift_key() && !event.alt_key() => {
            Some(Call::Palette)
        }
        "Enter" if is_in(&target, ".picker input, .palette input") => {
            Some(Call::Move(target, "Enter".to_owned()))
        }
        "Escape" if is_in(&target, ".edit, .message > .tools, .thread") => Some(Call::Escape(target)),
        "ArrowUp" if is_in(&target, ".composer:not(.reply) textarea") => {
            let text = target.dyn_into::<HtmlTextAreaElement>().ok();
            text.filter(|text| text.value().is_empty())
                .map(|_| Call::EditLast)
        }
        key @ ("ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight") if is_in(&target, GRIDS) => {
            let is_text = is_in(&target, "input") && (key == "ArrowLeft" || key == "ArrowRight");
            (!is_text).then(|| Call::Move(target, key.to_owned()))
        }
        _ => None,
    };
    if let Some(asked) = asked {
        event.prevent_default();
        call(asked);
    }
}

fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

fn closest(from: &Element, selector: &str) -> Option<Element> {
    from.closest(selector).ok().flatten()
}

fn is_in(from: &Element, selector: &str) -> bool {
    closest(from, selector).is_some()
}

/// Puts the focus there, without scrolling.
fn focus(element: &HtmlElement) {
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    drop(element.focus_with_options(&options));
}
