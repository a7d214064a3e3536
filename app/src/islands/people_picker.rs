//! Suggestions for a field that takes a username.

use leptos::prelude::*;

/// Suggests people to the text field `username`, which works without as well. Its code is a chunk of its own: it comes
/// only to pages that have such a field. (Not by `#[island(lazy)]`, whose promises weigh on all other pages.)
#[island]
pub fn PeoplePicker() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    crate::live::browser::spawn(live::adopt());
}

#[cfg(feature = "hydrate")]
mod live {
    use std::{
        cell::{Cell, RefCell},
        rc::Rc,
    };

    use chat::Author;
    use leptos::lazy;
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Element, Event, HtmlElement, HtmlInputElement, KeyboardEvent};

    use crate::{
        face::hue,
        islands::timeline::row::draw_face,
        live::{
            browser::{element, get, on, one, set, spawn, window},
            codec,
        },
    };

    /// How many people are suggested.
    const SUGGESTIONS: &str = "6";
    /// How long the keys have to rest before the server is asked, in milliseconds.
    const REST: i32 = 120;

    struct Picker {
        field: HtmlInputElement,
        list: HtmlElement,
        people: RefCell<Vec<Author>>,
        /// Which suggestion the arrow keys are at.
        at: Cell<Option<usize>>,
        /// Counts what was typed: an answer to anything but the last of it comes too late.
        typed: Cell<u32>,
    }

    #[lazy]
    pub(super) fn adopt() {
        let picker = || {
            let field: HtmlInputElement = one("input[name=username]:not([type=hidden])")?;
            let list: HtmlElement = element("ul", "suggestions")?.dyn_into().ok()?;
            field.parent_element()?.append_child(&list).ok()?;
            Some(Picker {
                field,
                list,
                people: RefCell::default(),
                at: Cell::new(None),
                typed: Cell::new(0),
            })
        };
        let Some(picker) = picker().map(Rc::new) else {
            return;
        };
        picker.announce();
        picker.listen();
    }

    impl Picker {
        fn announce(&self) {
            for (name, value) in [
                ("id", "suggestions"),
                ("role", "listbox"),
                ("aria-label", "People"),
            ] {
                set(&self.list, name, value);
            }
            for (name, value) in [
                ("role", "combobox"),
                ("autocomplete", "off"),
                ("aria-autocomplete", "list"),
                ("aria-controls", "suggestions"),
            ] {
                set(&self.field, name, value);
            }
            self.show(Vec::new());
        }

        fn listen(self: &Rc<Self>) {
            let it = Rc::clone(self);
            on(&self.field, "input", move |_: Event| it.suggest());
            let it = Rc::clone(self);
            on(&self.field, "keydown", move |event: KeyboardEvent| {
                it.press(&event)
            });
            let it = Rc::clone(self);
            on(&self.field, "blur", move |_: Event| it.show(Vec::new()));
            let it = Rc::clone(self);
            // Before the click the field would lose the focus, and with it the list would go.
            on(&self.list, "pointerdown", move |event: Event| {
                event.prevent_default();
                let target = event
                    .target()
                    .and_then(|target| target.dyn_into::<Element>().ok());
                let option = target.and_then(|target| target.closest("[data-at]").ok()?);
                if let Some(at) = option.and_then(|option| option.get_attribute("data-at")?.parse().ok()) {
                    it.choose(at);
                }
            });
        }

        fn suggest(self: &Rc<Self>) {
            let typed = self.typed.get().wrapping_add(1);
            self.typed.set(typed);
            let begin = self.field.value();
            let begin = begin.trim().trim_start_matches('@');
            if begin.is_empty() {
                return self.show(Vec::new());
            }
            let query = String::from(js_sys::encode_uri_component(begin));
            let path = ["/api/users?limit=", SUGGESTIONS, "&query=", &query].concat();
            let it = Rc::clone(self);
            spawn(async move {
                rest().await;
                if it.typed.get() != typed {
                    return;
                }
                let found = get(&path, codec::people).await;
                if it.typed.get() == typed {
                    it.show(found.unwrap_or_default());
                }
            });
        }

        fn press(&self, event: &KeyboardEvent) {
            let count = self.people.borrow().len();
            if count == 0 {
                return;
            }
            let at = self.at.get();
            match event.key().as_str() {
                "ArrowDown" => self.go_to(at.map_or(0, |at| (at + 1) % count)),
                "ArrowUp" => self.go_to(at.map_or(count, |at| at + count).wrapping_sub(1) % count),
                "Enter" => match at {
                    Some(at) => self.choose(at),
                    None => return,
                },
                "Escape" => self.show(Vec::new()),
                _ => return,
            }
            event.prevent_default();
        }

        fn choose(&self, at: usize) {
            let name = self.people.borrow().get(at).map(|author| author.username.clone());
            name.iter().for_each(|name| self.field.set_value(name));
            // An answer that is still on its way has nothing more to suggest.
            self.typed.set(self.typed.get().wrapping_add(1));
            self.show(Vec::new());
        }

        fn go_to(&self, at: usize) {
            self.at.set(Some(at));
            let options = self.list.children();
            for place in 0..options.length() {
                if let Some(option) = options.item(place) {
                    set(
                        &option,
                        "aria-selected",
                        if place as usize == at { "true" } else { "false" },
                    );
                }
            }
            set(&self.field, "aria-activedescendant", &option_id(at));
        }

        fn show(&self, people: Vec<Author>) {
            self.at.set(None);
            drop(self.field.remove_attribute("aria-activedescendant"));
            set(
                &self.field,
                "aria-expanded",
                if people.is_empty() { "false" } else { "true" },
            );
            self.list.set_hidden(people.is_empty());
            self.list.set_inner_html("");
            for (at, author) in people.iter().enumerate() {
                let option = option(at, author);
                option
                    .iter()
                    .for_each(|option| drop(self.list.append_child(option)));
            }
            *self.people.borrow_mut() = people;
        }
    }

    fn option(at: usize, author: &Author) -> Option<Element> {
        let option = element("li", "suggestion")?;
        for (name, value) in [("id", option_id(at)), ("data-at", at.to_string())] {
            set(&option, name, &value);
        }
        set(&option, "role", "option");
        set(&option, "aria-selected", "false");
        let avatar = element("span", &["avatar s ", hue(author.id)].concat())?;
        set(&avatar, "aria-hidden", "true");
        draw_face(&avatar, author);
        let name = element("b", "")?;
        name.set_text_content(Some(&author.display_name));
        let username = element("small", "")?;
        username.set_text_content(Some(&["@", &author.username].concat()));
        for part in [avatar, name, username] {
            option.append_child(&part).ok()?;
        }
        Some(option)
    }

    fn option_id(at: usize) -> String {
        ["suggestion-", &at.to_string()].concat()
    }

    async fn rest() {
        let rested = js_sys::Promise::new(&mut |resolve, _| {
            drop(window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, REST));
        });
        drop(JsFuture::from(rested).await);
    }
}
