//! The list of rooms.

use leptos::prelude::*;

/// Keeps counts, marks, presence and the page's title up to date.
#[island]
pub fn Sidebar() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    live::adopt();
}

#[cfg(feature = "hydrate")]
pub(super) mod live {
    use chat::{Status, UserId, view::Mark};
    use web_sys::{Element, HtmlElement};

    use crate::live::{
        Notice,
        browser::{all, document, one, set, subscribe, switch, title, with, within},
        codec::status_name,
    };

    pub(super) fn adopt() {
        draw();
        subscribe(|notice| match notice {
            Notice::Rooms => draw(),
            Notice::Entered => {
                if let Some(room) = with(|client| client.view().room()) {
                    mark_here(&room.to_string());
                }
            }
            Notice::Presence(user, status) => show_status(*user, *status),
            _ => {}
        });
    }

    /// Counts what is unread, in each room and in all.
    pub(in crate::islands) fn draw() {
        with(|client| {
            client.rooms().marks().iter().for_each(count);
            show_title(&title(), client.rooms().unread());
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

    /// The link to a room in the list.
    pub(in crate::islands) fn link_of(room: &str) -> Option<Element> {
        one(&[".room[data-room=\"", room, "\"]"].concat())
    }
}
