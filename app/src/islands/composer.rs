//! Where one writes.

use leptos::prelude::*;

/// Sends without leaving the page, keeps drafts, and says who else is typing.
#[island]
pub fn Composer(children: Children) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    live::adopt();
    children()
}

#[cfg(feature = "hydrate")]
mod live {
    use std::{cell::RefCell, rc::Rc};

    use chat::{UserId, body::NotABody};
    use web_sys::{Element, Event, HtmlElement, HtmlFormElement, HtmlTextAreaElement, KeyboardEvent};

    use crate::live::{
        Client, Notice,
        browser::{Store, act, nonce, on, one, subscribe, switch, wall_clock, with},
        connect::State,
        typing::sentence,
    };

    /// The key that browsers report for every key press while an input method is at work.
    const COMPOSING: u32 = 229;

    struct Composer {
        form: HtmlFormElement,
        text: HtmlTextAreaElement,
        state: Option<Element>,
        typing: Option<Element>,
        /// Where the draft of the room that is open is kept.
        draft_key: RefCell<String>,
        /// The browser lets the field grow by itself.
        grows: bool,
    }

    pub(super) fn adopt() {
        let (Some(form), Some(text)) = (one(".composer"), one::<HtmlTextAreaElement>(".composer textarea"))
        else {
            return;
        };
        let Some(draft_key) = draft_key() else {
            return;
        };
        let composer = Rc::new(Composer {
            form,
            grows: grows(&text),
            text,
            state: one(".composer .state"),
            typing: one(".typing"),
            draft_key: RefCell::new(draft_key),
        });
        composer.take_up_draft();
        composer.show_state();
        composer.listen();
    }

    impl Composer {
        fn listen(self: &Rc<Self>) {
            // An empty message is not worth a word; the others are checked here.
            self.form.set_no_validate(true);
            let it = Rc::clone(self);
            on(&self.form, "submit", move |event: Event| {
                event.prevent_default();
                it.send();
            });
            let it = Rc::clone(self);
            on(&self.text, "keydown", move |event: KeyboardEvent| {
                if event.key() == "Enter" && !event.shift_key() && !is_composing(&event) {
                    event.prevent_default();
                    it.send();
                }
            });
            let it = Rc::clone(self);
            on(&self.text, "input", move |_: Event| it.changed());
            let it = Rc::clone(self);
            subscribe(move |notice| match notice {
                Notice::State | Notice::Outbox => it.show_state(),
                Notice::Typing => it.show_typing(),
                Notice::Entered => it.enter(),
                _ => {}
            });
        }

        fn send(&self) {
            let (text, Some(nonce)) = (self.text.value(), nonce()) else {
                return;
            };
            let mut posted = Ok(());
            act(|client, now| posted = client.post(&text, nonce, wall_clock(), now));
            match posted {
                Ok(()) => {
                    self.text.set_value("");
                    self.keep_draft();
                    self.grow();
                }
                Err(NotABody::Empty) => {}
                Err(fault) => self.say(&["Not sent: the message ", fault.reason()].concat(), true),
            }
            drop(self.text.focus());
        }

        fn changed(&self) {
            self.grow();
            self.keep_draft();
            self.show_state();
            if !self.text.value().trim().is_empty() {
                act(|client, now| client.typed(now));
            }
        }

        /// What was typed before the island came, or what the server sent back, is newer than any draft.
        fn take_up_draft(&self) {
            if self.text.value().is_empty() {
                let draft = Store::Browser.get(&self.draft_key.borrow());
                draft.iter().for_each(|draft| self.text.set_value(draft));
            }
            self.grow();
        }

        /// Another room, another draft; the one before is kept since its last change.
        fn enter(&self) {
            let Some(key) = draft_key() else { return };
            self.draft_key.replace(key);
            self.text.set_value("");
            self.take_up_draft();
            self.show_state();
        }

        fn keep_draft(&self) {
            let text = self.text.value();
            Store::Browser.set(
                &self.draft_key.borrow(),
                Some(&*text).filter(|text| !text.is_empty()),
            );
        }

        fn grow(&self) {
            if self.grows {
                return;
            }
            let style = AsRef::<HtmlElement>::as_ref(&self.text).style();
            drop(style.set_property("height", "auto"));
            let height = [&self.text.scroll_height().to_string(), "px"].concat();
            drop(style.set_property("height", &height));
        }

        fn show_state(&self) {
            let words =
                with(|client| in_words(client.state(), client.outbox().waiting())).unwrap_or_default();
            self.say(&words, false);
        }

        fn say(&self, words: &str, bad: bool) {
            if let Some(state) = &self.state {
                state.set_text_content(Some(words));
                switch(state, "bad", bad);
            }
        }

        fn show_typing(&self) {
            let names = with(|client| {
                client
                    .typists()
                    .people()
                    .map(|user| name(client, user))
                    .collect::<Vec<_>>()
            });
            if let (Some(line), Some(names)) = (&self.typing, names) {
                line.set_text_content(Some(&sentence(&names)));
            }
        }
    }

    fn draft_key() -> Option<String> {
        let room = with(|client| client.view().room())?;
        Some(["natter.draft.", &room.to_string()].concat())
    }

    fn in_words(state: State, waiting: usize) -> String {
        let place = match state {
            State::Online => return String::new(),
            State::Connecting if waiting == 0 => return String::new(),
            State::Connecting => "Connecting",
            State::Offline => "Offline",
        };
        match waiting {
            0 => place.to_owned(),
            1 => [place, ". 1 message waits"].concat(),
            _ => [place, ". ", &waiting.to_string(), " messages wait"].concat(),
        }
    }

    /// Whoever types has mostly said something before; in a conversation of two the list of rooms knows the name.
    fn name(client: &Client, user: UserId) -> String {
        let mut authors = client.view().messages().rev().map(|message| &message.author);
        if let Some(author) = authors.find(|author| author.id == user) {
            return author.display_name.clone();
        }
        let selector = [".room:has(> .dot[data-user=\"", &user.to_string(), "\"]) .name"].concat();
        let name = one::<Element>(&selector).and_then(|name| name.text_content());
        name.unwrap_or_else(|| "Someone".to_owned())
    }

    fn is_composing(event: &KeyboardEvent) -> bool {
        event.is_composing() || event.key_code() == COMPOSING
    }

    /// Whether the browser knows `field-sizing`, which the stylesheet asks for.
    fn grows(text: &HtmlTextAreaElement) -> bool {
        let style = AsRef::<HtmlElement>::as_ref(text).style();
        drop(style.set_property("field-sizing", "content"));
        style
            .get_property_value("field-sizing")
            .is_ok_and(|value| !value.is_empty())
    }
}
