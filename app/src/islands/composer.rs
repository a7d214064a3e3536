//! Where one writes.

use leptos::prelude::*;

/// Sends without leaving the page, keeps drafts, and says who else is typing.
#[island]
pub fn Composer() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    live::adopt();
}

#[cfg(feature = "hydrate")]
pub(super) mod live {
    use std::rc::Rc;

    use chat::{UserId, body::NotABody};
    use wasm_bindgen::JsCast;
    use web_sys::{Element, Event, HtmlElement, HtmlFormElement, HtmlTextAreaElement, KeyboardEvent};

    use super::super::commands::{Call, call, is_command};
    use crate::live::{
        Client, Notice,
        browser::{
            act, draft, is_durable, keep_draft, nonce, on, on_durable, one, set, subscribe, switch,
            wall_clock, with,
        },
        codec,
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
        /// Tries to connect at once.
        now: Option<HtmlElement>,
        /// Leads to where one signs in.
        sign_in: Option<HtmlElement>,
        /// The browser lets the field grow by itself.
        grows: bool,
    }

    pub(super) fn adopt() {
        let (Some(form), Some(text)) = (one(".composer"), one::<HtmlTextAreaElement>(".composer textarea"))
        else {
            return;
        };
        if with(|_| ()).is_none() {
            return;
        }
        let composer = Rc::new(Composer {
            form,
            grows: grows(&text),
            text,
            state: one(".composer .state"),
            typing: one(".typing"),
            now: one(".composer .now"),
            sign_in: one(".composer .sign-in"),
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
                let key = event.key();
                if matches!(key.as_str(), "ArrowUp" | "ArrowDown" | "Tab" | "Escape")
                    && one::<Element>(".offers").is_some()
                {
                    event.prevent_default();
                    event.stop_propagation();
                    call(Call::Key(key));
                } else if event.key() == "Enter" && !event.shift_key() && !is_composing(&event) {
                    event.prevent_default();
                    it.send();
                }
            });
            let it = Rc::clone(self);
            on(&self.text, "input", move |_: Event| it.changed());
            on(&self.form, "click", |event: Event| {
                let target = event
                    .target()
                    .and_then(|target| target.dyn_into::<Element>().ok());
                let offer = target.and_then(|target| target.closest(".offers li").ok().flatten());
                if let Some(offer) = offer {
                    call(Call::Chosen(offer));
                }
            });
            if let Some(now) = &self.now {
                on(now, "click", |_: Event| act(|client, now| client.wake(now)));
            }
            let it = Rc::clone(self);
            on_durable(move || it.show_state());
            let it = Rc::clone(self);
            subscribe(move |notice| match notice {
                Notice::State | Notice::Outbox => it.show_state(),
                Notice::Typing => it.show_typing(),
                Notice::Entered => it.enter(),
                _ => {}
            });
        }

        /// Sends what is written, with the files that were brought. Bringing them is JavaScript's (`offline/upload.js`),
        /// which says in attributes of the form how far they are, and sends the form again when all are there.
        fn send(&self) {
            let (text, Some(nonce)) = (self.text.value(), nonce()) else {
                return;
            };
            if is_command(&text) {
                if call(Call::Do(text, nonce.as_str().to_owned())) {
                    self.text.set_value("");
                    self.keep_draft();
                    self.grow();
                } else {
                    self.say(
                        "Commands wait for the server: try again when you are online",
                        true,
                    );
                }
                return;
            }
            if self.form.has_attribute("data-uploading") {
                set(&self.form, "data-sends", "");
                return self.say("Sent once the files are there", false);
            }
            let files = self.form.get_attribute("data-files").unwrap_or_default();
            let files = codec::files(&files);
            let mut posted = Ok(());
            act(|client, now| posted = client.post_with(&text, files, nonce, wall_clock(), now));
            match posted {
                Ok(()) => {
                    drop(self.form.remove_attribute("data-files"));
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
            let text = self.text.value();
            if is_command(&text) || one::<Element>(".offers").is_some() {
                call(Call::Typed);
            }
            if !text.trim().is_empty() {
                act(|client, now| client.typed(now));
            }
        }

        /// What was typed before the island came, or what the server sent back, is newer than any draft.
        fn take_up_draft(&self) {
            if self.text.value().is_empty() {
                let draft = with(|client| draft(&client.view().room().to_string())).flatten();
                draft.iter().for_each(|draft| self.text.set_value(draft));
            }
            self.grow();
        }

        /// Another room, another draft; the one before is kept since its last change.
        fn enter(&self) {
            self.text.set_value("");
            self.take_up_draft();
            self.show_state();
        }

        fn keep_draft(&self) {
            with(|client| keep_draft(&client.view().room().to_string(), &self.text.value()));
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
            let Some((state, waiting)) = with(|client| (client.state(), client.outbox().waiting())) else {
                return;
            };
            let at_risk = !is_durable() && (waiting > 0 || !self.text.value().is_empty());
            self.say(&in_words(state, waiting, at_risk), false);
            let show = |part: &Option<HtmlElement>, shown: bool| {
                part.iter().for_each(|part| part.set_hidden(!shown));
            };
            show(&self.now, state == State::Offline);
            show(&self.sign_in, state == State::SignedOut);
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

    /// `at_risk`: the browser keeps nothing of what is not sent.
    fn in_words(state: State, waiting: usize, at_risk: bool) -> String {
        let risk = if at_risk {
            "This browser keeps nothing: leave the page open"
        } else {
            ""
        };
        let place = match state {
            State::Connecting if waiting > 0 => "Connecting",
            State::Online | State::Connecting => return risk.to_owned(),
            State::Offline => "Offline",
            State::SignedOut => "You are signed out",
        };
        let count = match waiting {
            0 => String::new(),
            1 => "1 message waits".to_owned(),
            _ => [&waiting.to_string(), " messages wait"].concat(),
        };
        let parts = [place, &count, risk].into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(". ")
    }

    /// Whoever types has mostly said something before; in a conversation of two the list of rooms knows the name.
    pub(in crate::islands) fn name(client: &Client, user: UserId) -> String {
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
