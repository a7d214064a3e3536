//! What is new where the reader does not look, and the ways there.

use std::cell::{Cell, RefCell};

use chat::{UserId, view::View};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement};

use crate::live::{
    Client,
    browser::{Alarm, element, on, one, set, switch},
    layout::Layout,
};

/// How far from the end, in heights of the view, a way back is offered.
const FAR: i64 = 1;
/// So long what is new is gathered before it is read out, in milliseconds: who listens cannot listen faster.
const BREATH: i32 = 4_000;
/// So much of a message is read out.
const SPOKEN_CHARS_MAX: usize = 240;

/// What floats above the list, and what is said of it to those who listen.
pub(super) struct News {
    down: HtmlElement,
    up: HtmlElement,
    fault: HtmlElement,
    voice: Option<Element>,
    alarm: Alarm,
    /// The newest message that was in view.
    seen: Cell<u64>,
    /// The line of new messages that was in view.
    line_seen: Cell<u64>,
    /// What is to be read out: how many messages, and the last of them.
    unsaid: RefCell<(u64, String)>,
    is_talking: Cell<bool>,
}

impl News {
    /// `breathed`: is called when [`Self::say`] has something more to say.
    pub(super) fn adopt(list: &HtmlElement, breathed: impl FnMut() + 'static) -> Option<Self> {
        // They take the place of the links for pages without scripts.
        one::<Element>("a.jump").iter().for_each(Element::remove);
        let stage = list.closest(".stage").ok()??;
        let [down, up] = [button("jump")?, button("jump up")?];
        let fault: HtmlElement = element("div", "gap-fault")?.dyn_into().ok()?;
        set(&fault, "role", "status");
        let words = element("span", "words")?;
        words.set_text_content(Some("These messages could not be loaded."));
        let again = element("button", "button")?;
        set(&again, "type", "button");
        again.set_text_content(Some("Try again"));
        drop(fault.append_child(&words));
        drop(fault.append_child(&again));
        fault.set_hidden(true);
        let voice = element("div", "unseen");
        voice.iter().for_each(|voice| set(voice, "aria-live", "polite"));
        for part in [
            Some(AsRef::<Element>::as_ref(&down)),
            Some(up.as_ref()),
            Some(fault.as_ref()),
            voice.as_ref(),
        ] {
            part.iter().for_each(|part| drop(stage.append_child(part)));
        }
        Some(Self {
            down,
            up,
            fault,
            voice,
            alarm: Alarm::new(breathed),
            seen: Cell::new(0),
            line_seen: Cell::new(0),
            unsaid: RefCell::default(),
            is_talking: Cell::new(false),
        })
    }

    /// Calls these when somebody wants to go to the end, to the first unread message, or to try again.
    pub(super) fn listen(
        &self,
        mut down: impl FnMut() + 'static,
        mut up: impl FnMut() + 'static,
        mut again: impl FnMut() + 'static,
    ) {
        on(&self.down, "click", move |_: Event| down());
        on(&self.up, "click", move |_: Event| up());
        on(&self.fault, "click", move |event: Event| {
            let target = event
                .target()
                .and_then(|target| target.dyn_into::<Element>().ok());
            if target.is_some_and(|target| target.closest("button").is_ok_and(|button| button.is_some())) {
                again();
            }
        });
    }

    /// Another room: nothing in it counts as new yet.
    pub(super) fn clear(&self) {
        self.seen.set(0);
        self.unsaid.take();
    }

    /// Shows what is new and where. `is_watched`: the reader sees the end; `new_at`: the first unread message.
    pub(super) fn show(&self, client: &Client, layout: &Layout, is_watched: bool, new_at: u64) {
        let view = client.view();
        if is_watched || self.seen.get() == 0 {
            self.seen.set(view.last_seq());
        }
        let is_far = !view.at_end() || layout.distance() >= FAR;
        let words = match view.last_seq().saturating_sub(self.seen.get()) {
            0 if is_far => "Jump to the newest".to_owned(),
            _ if layout.is_pinned() && view.at_end() => String::new(),
            0 => String::new(),
            1 => "1 new message".to_owned(),
            count => [&*count.to_string(), " new messages"].concat(),
        };
        let is_news = view.last_seq() > self.seen.get();
        switch(&self.down, "news", is_news);
        label(&self.down, &words);
        // What was sent by others and is out of sight above.
        let unread = view.last_seq().saturating_sub(new_at.saturating_sub(1));
        let is_above = layout.is_above(new_at);
        if !is_above && new_at <= view.last_seq() {
            self.line_seen.set(new_at);
        }
        let words = match is_above && self.line_seen.get() != new_at {
            true => [
                &*unread.to_string(),
                if unread == 1 {
                    " unread message"
                } else {
                    " unread messages"
                },
            ]
            .concat(),
            false => String::new(),
        };
        label(&self.up, &words);
        self.fault.set_hidden(!(client.is_stuck() && layout.is_waiting()));
    }

    /// Reads out what comes, one breath at a time: a single message with its words, many as their number.
    pub(super) fn hear(&self, view: &View, seq: u64, me: UserId) {
        let Some(message) = view.message(seq).filter(|message| message.author.id != me) else {
            return;
        };
        {
            let mut unsaid = self.unsaid.borrow_mut();
            unsaid.0 += 1;
            unsaid.1 = if unsaid.0 == 1 {
                spoken(message)
            } else {
                String::new()
            };
        }
        if !self.is_talking.get() {
            self.say();
        }
    }

    /// Says what there is to say.
    pub(super) fn say(&self) {
        self.alarm.rung();
        let (count, words) = self.unsaid.take();
        self.is_talking.set(count > 0);
        if count == 0 {
            return;
        }
        let words = if count == 1 {
            words
        } else {
            [&*count.to_string(), " new messages"].concat()
        };
        self.voice
            .iter()
            .for_each(|voice| voice.set_text_content(Some(&words)));
        self.alarm.set(BREATH);
    }
}

fn spoken(message: &chat::Message) -> String {
    // What the server rendered is safe, and of it only the text is taken.
    let text = element("div", "").map(|holder| {
        holder.set_inner_html(&message.html);
        holder.text_content().unwrap_or_default()
    });
    let text: String = text.unwrap_or_default().chars().take(SPOKEN_CHARS_MAX).collect();
    [&*message.author.display_name, ": ", &text].concat()
}

fn button(class: &str) -> Option<HtmlElement> {
    let button: HtmlElement = element("button", class)?.dyn_into().ok()?;
    set(&button, "type", "button");
    button.set_hidden(true);
    Some(button)
}

fn label(button: &HtmlElement, words: &str) {
    button.set_hidden(words.is_empty());
    if !words.is_empty() && button.text_content().as_deref() != Some(words) {
        button.set_text_content(Some(words));
    }
}
