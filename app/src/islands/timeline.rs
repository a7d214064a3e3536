//! The room's messages, live.
//!
//! The model is [`chat::view::View`]; [`rows`] draws it, [`scroll`] keeps the reading position. Here the two meet.

#[cfg(feature = "hydrate")]
mod row;
#[cfg(feature = "hydrate")]
mod rows;
#[cfg(feature = "hydrate")]
mod scroll;
#[cfg(feature = "hydrate")]
mod when;

use leptos::prelude::*;

/// Goes on with the messages that the page shows.
#[island]
pub fn Timeline(children: Children) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    live::adopt();
    children()
}

#[cfg(feature = "hydrate")]
mod live {
    use std::rc::Rc;

    use chat::{
        Nonce,
        view::{Change, Side},
    };
    use web_sys::{Element, Event};

    use super::{rows::Rows, scroll::Scroll};
    use crate::live::{
        Notice,
        browser::{act, connect, document, is_visible, on, subscribe, with},
    };

    struct Timeline {
        rows: Rows,
        scroll: Scroll,
    }

    pub(super) fn adopt() {
        let (Some(rows), Some(scroll)) = (Rows::adopt(), Scroll::adopt()) else {
            return;
        };
        let timeline = Rc::new(Timeline { rows, scroll });
        timeline.listen();
        // What comes from now on finds somebody who draws it.
        connect();
        timeline.look_around();
    }

    impl Timeline {
        fn listen(self: &Rc<Self>) {
            let it = Rc::clone(self);
            subscribe(move |notice| it.hear(notice));
            let it = Rc::clone(self);
            on(self.scroll.list(), "scroll", move |_: Event| {
                it.scroll.moved();
                it.look_around();
            });
            let it = Rc::clone(self);
            on(&document(), "visibilitychange", move |_: Event| it.look_around());
            let it = Rc::clone(self);
            on(self.scroll.list(), "click", move |event: Event| it.click(&event));
            let it = Rc::clone(self);
            self.scroll.on_jump(move || it.jump());
        }

        fn hear(&self, notice: &Notice) {
            match notice {
                Notice::Changes(changes) => {
                    let watched = is_visible() && self.scroll.is_pinned();
                    let to_end = self.leads_to_end(changes);
                    self.scroll.keep(to_end, || {
                        with(|client| self.rows.draw(client, changes, watched));
                    });
                    self.look_around();
                }
                Notice::State => drop(with(|client| self.rows.draw_fates(client))),
                _ => {}
            }
        }

        /// Whether the reader is to see the end once these changes are drawn: whoever followed what came goes on to do
        /// so, and whoever wrote wants to see it. Pages that fill up an older part of the room move nobody.
        fn leads_to_end(&self, changes: &[Change]) -> bool {
            let any = |is: fn(&Change) -> bool| changes.iter().any(is);
            let wrote = any(|change| matches!(change, Change::Pending(_)));
            let at_end = with(|client| client.view().at_end()) == Some(true);
            any(|change| matches!(change, Change::Reset))
                || wrote && at_end
                || self.scroll.is_pinned() && !any(|change| matches!(change, Change::Extended(_)))
        }

        /// What the reader now sees may be news to the server, and what is near may have to be fetched.
        fn look_around(&self) {
            if is_visible() && self.scroll.is_pinned() {
                act(|client, now| client.see(now));
            }
            if self.scroll.is_near_begin() {
                act(|client, _| client.ask(Side::Before));
            }
            if self.scroll.is_near_end() {
                act(|client, _| client.ask(Side::After));
            }
            with(|client| self.scroll.show_news(client));
        }

        fn jump(&self) {
            if with(|client| client.view().at_end()) == Some(true) {
                self.scroll.to_end();
            } else {
                act(|client, _| client.show_newest());
            }
        }

        /// The buttons of a message that was not sent.
        fn click(&self, event: &Event) {
            let Some(target) = event
                .target()
                .and_then(|target| wasm_bindgen::JsCast::dyn_into::<Element>(target).ok())
            else {
                return;
            };
            let within = |selector: &str| target.closest(selector).ok().flatten();
            let nonce = within(".message[data-pending]").and_then(|row| row.get_attribute("data-nonce"));
            let Some(nonce) = nonce.and_then(|nonce| Nonce::new(nonce).ok()) else {
                return;
            };
            if within(".again").is_some() {
                act(|client, now| client.retry(&nonce, now));
            } else if within(".discard").is_some() {
                act(|client, now| client.discard(&nonce, now));
            }
        }
    }
}
