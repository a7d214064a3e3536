//! Slash commands in the composer: what is offered while one types, and having them done.
//!
//! The composer calls [`call`] when a text begins with a slash; everything below it is a chunk of its own.

mod offers;

use std::cell::Cell;

use leptos::lazy;
use web_sys::{Element, HtmlTextAreaElement};

use super::dress::dress;
use crate::live::{
    browser::{document, one, send, spawn, switch, window, with},
    connect::State,
    json::{Value, quote},
};

/// Something that calls for an answer.
pub(super) enum Call {
    /// Something was typed into the composer.
    Typed,
    /// A key, by its name, where commands are offered.
    Key(String),
    /// One of the offers was clicked.
    Chosen(Element),
    /// The text is to be done, under this nonce.
    Do(String, String),
}

thread_local! {
    static IS_HERE: Cell<bool> = const { Cell::new(false) };
}

/// Whether what was typed is for this code to understand.
pub(super) fn is_command(text: &str) -> bool {
    text.trim_start().starts_with('/')
}

/// Has it answered. False: that takes the server, which is away.
pub(super) fn call(call: Call) -> bool {
    let online = with(|client| client.state() == State::Online) == Some(true);
    if online || IS_HERE.get() {
        spawn(async move {
            answer(Box::new(call)).await;
            IS_HERE.set(true);
        });
    }
    online
}

#[lazy]
fn answer(call: Box<Call>) {
    if !IS_HERE.get() {
        dress(include_str!("commands/commands.css"));
    }
    match *call {
        Call::Typed => offers::show(),
        Call::Key(key) => offers::press(&key),
        Call::Chosen(offer) => offers::choose(&offer),
        Call::Do(text, nonce) => {
            offers::hide();
            spawn(order(text, nonce));
        }
    }
}

/// Has a command done, and shows what came of it beside the composer.
async fn order(text: String, nonce: String) {
    let Some(room) = with(|client| client.view().room().to_string()) else {
        return;
    };
    let mut body = "{\"text\":".to_owned();
    quote(&text, &mut body);
    body.push_str(",\"nonce\":");
    quote(&nonce, &mut body);
    body.push('}');
    let path = ["/api/rooms/", &room, "/commands"].concat();
    match send("POST", &path, Some(&body)).await {
        Ok(answer) => done(&text, &answer),
        Err(reason) => refused(&text, &reason),
    }
}

fn done(text: &str, answer: &str) {
    let Some(outcome) = Value::parse(answer) else {
        return;
    };
    if let Some(slug) = outcome.get("room").get("slug").string() {
        go(&["/rooms/", &String::from(js_sys::encode_uri_component(&slug))].concat());
    } else if text.trim_start().starts_with("/leave") {
        go("/");
    } else {
        tell(&outcome.get("notice").string().unwrap_or_default());
    }
}

/// The text goes back where it was typed, unless something else is there by now.
fn refused(text: &str, reason: &str) {
    if let Some(field) = field().filter(|field| field.value().is_empty()) {
        field.set_value(text);
    }
    if let Some(state) = one::<Element>(".composer .state") {
        state.set_text_content(Some(reason));
        switch(&state, "bad", true);
    }
}

/// Says something to the one who typed; nothing takes away what was said before.
fn tell(notice: &str) {
    one::<Element>(".told").iter().for_each(Element::remove);
    let (Some(form), false) = (one::<Element>(".composer"), notice.is_empty()) else {
        return;
    };
    if let Ok(told) = document().create_element("pre") {
        told.set_class_name("told");
        drop(told.set_attribute("role", "status"));
        told.set_text_content(Some(notice));
        drop(form.before_with_node_1(&told));
    }
}

fn go(address: &str) {
    drop(window().location().set_href(address));
}

fn field() -> Option<HtmlTextAreaElement> {
    one(".composer textarea")
}
