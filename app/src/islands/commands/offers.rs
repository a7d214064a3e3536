//! The commands that fit what was typed so far, above the composer.

use std::cell::RefCell;

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::field;
use crate::live::browser::{all, document, get, one, spawn, with};

/// The most that are shown.
const SHOWN_MAX: usize = 8;

/// A command.
#[derive(Clone)]
struct Offer {
    name: String,
    usage: String,
    summary: String,
}

thread_local! {
    /// The commands of this server; empty until they were asked for.
    static OFFERS: RefCell<Vec<Offer>> = const { RefCell::new(Vec::new()) };
}

/// Shows what fits; asks for the commands where they are not known yet.
pub(super) fn show() {
    if OFFERS.with_borrow(Vec::is_empty) {
        spawn(async {
            load().await;
            draw();
        });
    } else {
        draw();
    }
}

async fn load() {
    let Some(room) = with(|client| client.view().room().to_string()) else {
        return;
    };
    let path = ["/api/rooms/", &room, "/commands"].concat();
    let offers = get(&path, |answer| {
        answer.get("commands").list(|offer| {
            Some(Offer {
                name: offer.get("name").string()?,
                usage: offer.get("usage").string()?,
                summary: offer.get("summary").string()?,
            })
        })
    });
    if let Some(offers) = offers.await {
        OFFERS.set(offers);
    }
}

fn draw() {
    hide();
    let Some(field) = field() else { return };
    let typed = field.value();
    let Some(begun) = typed
        .strip_prefix('/')
        .filter(|begun| !begun.contains([' ', '\n', '/']))
    else {
        return;
    };
    let begun = begun.to_ascii_lowercase();
    let fits = |offer: &&Offer| offer.name.starts_with(&begun);
    let found: Vec<Offer> =
        OFFERS.with_borrow(|offers| offers.iter().filter(fits).take(SHOWN_MAX).cloned().collect());
    let (Some(form), false) = (one::<Element>(".composer"), found.is_empty()) else {
        return;
    };
    let Ok(list) = document().create_element("ul") else {
        return;
    };
    list.set_class_name("offers");
    drop(list.set_attribute("role", "listbox"));
    drop(list.set_attribute("aria-label", "Commands"));
    for (place, offer) in found.iter().enumerate() {
        if let Some(row) = row(offer, place == 0) {
            drop(list.append_child(&row));
        }
    }
    drop(form.append_child(&list));
}

fn row(offer: &Offer, selected: bool) -> Option<Element> {
    let row = document().create_element("li").ok()?;
    row.set_attribute("role", "option").ok()?;
    row.set_attribute("data-name", &offer.name).ok()?;
    row.set_attribute("aria-selected", if selected { "true" } else { "false" })
        .ok()?;
    let part = |tag: &str, text: &str| {
        let part = document().create_element(tag).ok()?;
        part.set_text_content(Some(text));
        row.append_child(&part).ok()
    };
    part("b", &["/", &offer.name, " ", &offer.usage].concat())?;
    part("span", &offer.summary)?;
    Some(row)
}

pub(super) fn hide() {
    one::<Element>(".offers").iter().for_each(Element::remove);
}

/// Arrows go from one offer to the next, Tab takes one, Escape leaves.
pub(super) fn press(key: &str) {
    match key {
        "Escape" => hide(),
        "Tab" => {
            let chosen = one::<Element>(".offers [aria-selected=true]");
            chosen.iter().for_each(choose);
        }
        _ => go(key == "ArrowDown"),
    }
}

fn go(down: bool) {
    let rows: Vec<Element> = all(".offers li");
    let selected = |row: &Element| row.get_attribute("aria-selected").as_deref() == Some("true");
    let Some(at) = rows.iter().position(selected) else {
        return;
    };
    let step = if down { 1 } else { rows.len() - 1 };
    let next = (at + step) % rows.len();
    for (place, row) in rows.iter().enumerate() {
        let selected = if place == next { "true" } else { "false" };
        drop(row.set_attribute("aria-selected", selected));
    }
}

/// Writes a command into the composer, ready for what follows it.
pub(super) fn choose(offer: &Element) {
    hide();
    if let (Some(field), Some(name)) = (field(), offer.get_attribute("data-name")) {
        field.set_value(&["/", &name, " "].concat());
        if let Ok(field) = field.dyn_into::<HtmlElement>() {
            drop(field.focus());
        }
    }
}
