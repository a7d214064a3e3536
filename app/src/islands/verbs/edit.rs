//! Editing a message where it stands. What was typed is lost only by saying so.

use std::{cell::RefCell, collections::BTreeMap};

use chat::{Message, wire::ServerFrame};
use web_sys::{Element, HtmlElement, HtmlTextAreaElement};

use super::{closest, focus, tools::Target};
use crate::live::{
    browser::{act, element, get, one, send, set, spawn, switch, with, within},
    codec,
    json::{Value, quote},
};

/// How many texts that were neither saved nor given up are kept.
const KEPT_MAX: usize = 20;

thread_local! {
    /// Texts under way, by the id of their message: a row may leave the page with its editor.
    static TEXTS: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
}

/// Opens the editor in a message's row.
pub(super) fn begin(target: Target) {
    spawn(async move {
        let kept = TEXTS.with_borrow(|texts| texts.get(&target.id).cloned());
        let source = source(&target).await;
        let Some(row) = target.row() else { return };
        match kept.or(source) {
            Some(text) => drop(open(&row, &text)),
            None => super::tools::say("The text could not be loaded. Try again.", true),
        }
    });
}

/// Edits the last message that one wrote, if it is near.
pub(super) fn last() {
    let target = with(|client| {
        let me = client.me();
        let mut own = client
            .view()
            .messages()
            .rev()
            .filter(|message| message.author.id == me);
        let message = own.find(|message| !message.deleted)?;
        Some(Target {
            id: message.id.to_string(),
            seq: message.seq,
            in_thread: false,
        })
    });
    if let Some(target) = target.flatten().filter(|target| target.row().is_some()) {
        begin(target);
    }
}

/// What was written, which pages do not carry.
pub(super) async fn source(target: &Target) -> Option<String> {
    let held = with(|client| {
        let message = client.view().message(target.seq)?;
        Some(message.body.clone()).filter(|body| !body.is_empty())
    });
    if let Some(body) = held.flatten() {
        return Some(body);
    }
    let room = with(|client| client.view().room().to_string())?;
    let before = target.seq.saturating_sub(1).to_string();
    let path = ["/api/messages?room=", &room, "&after=", &before, "&limit=1"].concat();
    let page = get(&path, codec::page).await?;
    let message = page.messages.into_iter().next()?;
    (message.id.to_string() == target.id).then_some(message.body)
}

fn open(row: &Element, text: &str) -> Option<()> {
    const HTML: &str = "<textarea rows=\"1\" aria-label=\"New text\" enterkeyhint=\"done\"></textarea>\
        <p class=\"buttons\"><button class=\"button accent\" type=\"submit\">Save</button>\
        <button class=\"button\" type=\"button\" data-do=\"cancel\">Cancel</button>\
        <span class=\"state\" role=\"status\"></span></p>";
    if within::<Element>(row, ".edit").is_some() {
        return None;
    }
    within::<Element>(row, ".tools").iter().for_each(Element::remove);
    let form = element("form", "edit")?;
    form.set_inner_html(HTML);
    switch(row, "editing", true);
    row.append_child(&form).ok()?;
    let field: HtmlTextAreaElement = within(&form, "textarea")?;
    field.set_value(text);
    focus(&field);
    // The browser knows where the caret goes: to the end of what is there.
    let end = u32::try_from(text.encode_utf16().count()).unwrap_or(0);
    drop(field.set_selection_range(end, end));
    Some(())
}

/// Saves what is in the editor.
pub(super) fn save(form: Element) {
    let Some(form) = closest(&form, ".edit") else {
        return;
    };
    let (Some(target), Some(field)) = (
        Target::of(&form),
        within::<HtmlTextAreaElement>(&form, "textarea"),
    ) else {
        return;
    };
    // One word at a time.
    if form.has_attribute("aria-busy") {
        return;
    }
    let text = field.value();
    keep(&target.id, &text);
    set(&form, "aria-busy", "true");
    say(&form, "Saving", false);
    spawn(async move {
        let mut body = String::from("{\"body\":");
        quote(&text, &mut body);
        body.push('}');
        let saved = send("PATCH", &target.path(""), Some(&body)).await;
        drop(form.remove_attribute("aria-busy"));
        match saved {
            Ok(answer) => {
                forget(&target.id);
                close(&form);
                if let Some(message) = Value::parse(&answer).as_ref().and_then(codec::message) {
                    super::thread::upsert(&message);
                    act(|client, now| client.hear(ServerFrame::Changed { message }, now));
                }
            }
            Err(why) => say(&form, &["Not saved: ", &why].concat(), true),
        }
    });
}

/// Gives up what is in the editor.
pub(super) fn cancel(from: &Element) {
    let Some(form) = closest(from, ".edit") else {
        return;
    };
    Target::of(&form).iter().for_each(|target| forget(&target.id));
    close(&form);
}

/// Says when what is being edited becomes something else meanwhile.
pub(super) fn hear(frame: &ServerFrame) {
    let ServerFrame::Changed { message } = frame else {
        return;
    };
    let selector = [".message[data-id=\"", &message.id.to_string(), "\"] > .edit"].concat();
    let Some(form) = one::<Element>(&selector).filter(|form| !form.has_attribute("aria-busy")) else {
        return;
    };
    if message.deleted {
        say(
            &form,
            "The message was deleted meanwhile. Your text is still here to copy.",
            true,
        );
        within::<HtmlElement>(&form, "[type=submit]")
            .iter()
            .for_each(|save| save.set_hidden(true));
    } else if is_other(&form, message) {
        say(
            &form,
            "The message was changed meanwhile. Saving replaces that.",
            true,
        );
    }
}

/// Whether the words are others than those that are hidden behind the editor: reactions and pins are no matter.
fn is_other(form: &Element, message: &Message) -> bool {
    let body = closest(form, ".message").and_then(|row| within::<Element>(&row, ".body"));
    body.is_some_and(|body| body.inner_html() != message.html)
}

fn close(form: &Element) {
    let row = closest(form, ".message");
    let is_thread = super::is_in(form, ".thread");
    form.remove();
    row.iter().for_each(|row| switch(row, "editing", false));
    let composer = if is_thread {
        ".reply textarea"
    } else {
        ".composer textarea"
    };
    one::<HtmlElement>(composer).iter().for_each(focus);
}

fn keep(id: &str, text: &str) {
    TEXTS.with_borrow_mut(|texts| {
        if texts.len() >= KEPT_MAX {
            texts.pop_first();
        }
        texts.insert(id.to_owned(), text.to_owned());
    });
}

fn forget(id: &str) {
    TEXTS.with_borrow_mut(|texts| drop(texts.remove(id)));
}

fn say(form: &Element, words: &str, bad: bool) {
    if let Some(state) = within::<Element>(form, ".state") {
        switch(&state, "bad", bad);
        state.set_text_content(Some(words));
    }
}
