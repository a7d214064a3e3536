//! Rooms that come into the list, change there, or go.

use chat::{Level, Room, RoomKind};
use web_sys::Element;

use super::enter::forget;
use crate::{
    islands::sidebar::live::{draw, link_of},
    live::browser::{all, element, here, one, set, switch, within},
};

/// A room came, changed its name, or was left.
pub(super) fn place(room: &Room) {
    let known = link_of(&room.id.to_string());
    if let Some(link) = &known {
        switch(link, "muted", room.muted);
        let level = room.level.unwrap_or(Level::of_kind(room.kind));
        set(link, "data-level", level.name());
    }
    let path = address(room);
    forget(&path);
    let is_here = here() == path;
    if is_here {
        describe(room);
    }
    match (known, room.member && (is_here || !room.archived)) {
        (Some(link), true) => {
            within::<Element>(&link, ".name")
                .iter()
                .for_each(|name| name.set_text_content(Some(&room.name)));
        }
        // The page of the room itself goes on as a guest's until it is left.
        (Some(link), false) => link.remove(),
        (None, true) => drop(insert(room)),
        (None, false) => {}
    }
    draw();
}

/// The room that is open is called otherwise, is about something else, or was put away.
fn describe(room: &Room) {
    // In a conversation stands there what the other one says.
    let topic = ".bar > .topic:not(:has(.says))";
    for (part, text) in [(".bar > .title a", &room.name), (topic, &room.topic)] {
        if let Some(part) = one::<Element>(part) {
            part.set_text_content(Some(text));
        }
    }
    if let Some(app) = one::<Element>(".app") {
        for (name, holds) in [("data-archived", room.archived), ("data-member", room.member)] {
            set(&app, name, if holds { "true" } else { "false" });
        }
    }
}

fn insert(room: &Room) -> Option<()> {
    let link = element(
        "a",
        if room.kind == RoomKind::Direct {
            "room direct"
        } else {
            "room"
        },
    )?;
    set(&link, "href", &address(room));
    set(&link, "data-room", &room.id.to_string());
    let name = element("span", "name")?;
    name.set_text_content(Some(&room.name));
    let count = element("span", "count")?;
    set(&count, "hidden", "");
    for part in [glyph(room)?, name, count] {
        link.append_child(&part).ok()?;
    }
    let list: Element = one(".rooms")?;
    list.insert_before(&link, successor(room).as_ref().map(AsRef::as_ref))
        .ok()?;
    all(".rooms > .none-yet")
        .iter()
        .filter(|_| room.kind == RoomKind::Direct)
        .for_each(Element::remove);
    Some(())
}

/// Channels stand by name, conversations with the newest first.
fn successor(room: &Room) -> Option<Element> {
    match room.kind {
        RoomKind::Channel => {
            let later = |link: &Element| {
                within::<Element>(link, ".name")?
                    .text_content()
                    .filter(|name| *name > room.name)
            };
            let channels = all(".rooms > .room:not(.direct)");
            channels
                .into_iter()
                .find(|link| later(link).is_some())
                .or_else(|| one(".rooms > .more"))
        }
        RoomKind::Direct => one(".rooms > h2 ~ h2 + *"),
    }
}

fn glyph(room: &Room) -> Option<Element> {
    if let (RoomKind::Direct, [other]) = (room.kind, room.users.as_slice()) {
        let dot = element("span", "dot")?;
        set(&dot, "data-user", &other.id.to_string());
        set(&dot, "data-status", "unknown");
        return Some(dot);
    }
    let glyph = element("span", "glyph")?;
    set(&glyph, "aria-hidden", "true");
    glyph.set_text_content(Some("#"));
    Some(glyph)
}

fn address(room: &Room) -> String {
    let encode = |text: &str| String::from(js_sys::encode_uri_component(text));
    match (room.kind, room.users.as_slice()) {
        (RoomKind::Direct, [other]) => ["/direct/", &encode(&other.username)].concat(),
        _ => ["/rooms/", &encode(&room.slug)].concat(),
    }
}
