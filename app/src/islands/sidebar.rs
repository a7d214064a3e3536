//! The list of rooms.

use leptos::prelude::*;

/// Keeps counts, marks, presence and the page's title up to date.
#[island]
pub fn Sidebar(children: Children) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    live::adopt();
    children()
}

#[cfg(feature = "hydrate")]
mod live {
    use chat::{Level, Room, RoomKind, Status, UserId, view::Mark};
    use web_sys::{Element, HtmlElement};

    use crate::live::{
        Notice,
        browser::{all, document, element, forget, here, one, set, subscribe, switch, title, with, within},
        codec::status_name,
    };

    pub(super) fn adopt() {
        let draw = || {
            with(|client| {
                client.rooms().marks().iter().for_each(count);
                show_title(&title(), client.rooms().unread());
            });
        };
        draw();
        subscribe(move |notice| match notice {
            Notice::Rooms => draw(),
            Notice::Entered => {
                if let Some(room) = with(|client| client.view().room()) {
                    mark_here(&room.to_string());
                }
            }
            Notice::Room(room) => {
                place(room);
                draw();
            }
            Notice::Presence(user, status) => show_status(*user, *status),
            _ => {}
        });
    }

    /// The room that is open is marked.
    fn mark_here(room: &str) {
        for link in all(".rooms > .room") {
            let is_here = link.get_attribute("data-room").as_deref() == Some(room);
            switch(&link, "here", is_here);
            if is_here {
                set(&link, "aria-current", "page");
            } else {
                drop(link.remove_attribute("aria-current"));
            }
        }
    }

    fn count(mark: &Mark) {
        let Some(link) = link_of(&mark.room.to_string()) else {
            return;
        };
        let (unread, mentions) = (mark.unread().to_string(), mark.mentions.to_string());
        // Most of what comes concerns one room; the others are left alone.
        let same = |name: &str, value: &str| link.get_attribute(name).as_deref() == Some(value);
        if same("data-unread", &unread) && same("data-mentions", &mentions) {
            return;
        }
        set(&link, "data-unread", &unread);
        set(&link, "data-mentions", &mentions);
        switch(&link, "unread", mark.unread() > 0);
        if let Some(count) = within::<HtmlElement>(&link, ".count") {
            count.set_text_content(Some(&unread));
            count.set_hidden(mark.unread() == 0);
        }
    }

    fn show_title(title: &str, unread: u64) {
        let title = match unread {
            0 => title.to_owned(),
            _ => ["(", &unread.to_string(), ") ", title].concat(),
        };
        if document().title() != title {
            document().set_title(&title);
        }
    }

    fn show_status(user: UserId, status: Status) {
        for dot in all(&[".dot[data-user=\"", &user.to_string(), "\"]"].concat()) {
            set(&dot, "data-status", status_name(status));
        }
    }

    /// A room came, changed its name, or was left.
    fn place(room: &Room) {
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
    }

    /// The room that is open is called otherwise, is about something else, or was put away.
    fn describe(room: &Room) {
        for (part, text) in [(".bar > .title a", &room.name), (".bar > .topic", &room.topic)] {
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

    fn link_of(room: &str) -> Option<Element> {
        one(&[".room[data-room=\"", room, "\"]"].concat())
    }
}
