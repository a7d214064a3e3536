//! Where one answers in a thread: replies are sent, kept while they are written, and one sees who else writes one.
//!
//! Files for it are brought by JavaScript as those of the room's composer are, which tells of them in attributes of the
//! form; see `offline/upload.js`. What was begun elsewhere is brought by `offline/thread.js`.

use std::cell::RefCell;

use chat::{Message, MessageId, UserId, wire::ServerFrame};
use web_sys::{Element, Event, HtmlTextAreaElement};

use super::{closest, thread};
use crate::{
    islands::composer::live::name,
    live::{
        browser::{
            act, callback, draft, keep_draft, nonce, now, one, send as call, set, spawn, switch, window,
            with, within,
        },
        codec,
        json::{Value, quote},
        typing::{Throttle, Typists, sentence},
    },
};

thread_local! {
    /// The nonce of a reply that was sent and not confirmed, with what it says.
    static UNSURE: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
    /// Who writes in the thread on the page.
    static TYPISTS: RefCell<Typists> = RefCell::default();
    /// How often one says so oneself, and of which thread: one that is opened again goes on as it was.
    static THROTTLE: RefCell<(Option<MessageId>, Throttle)> = RefCell::default();
}

/// Another thread is on the page.
pub(super) fn adopt() {
    TYPISTS.take();
    THROTTLE.with_borrow_mut(|throttle| {
        let root = thread::root();
        if throttle.0 != root {
            *throttle = (root, Throttle::default());
        }
    });
    let (Some(root), Some(field)) = (thread::root(), one::<HtmlTextAreaElement>(".reply textarea")) else {
        return;
    };
    // A file needs no word; a reply without either is not sent.
    drop(field.remove_attribute("required"));
    // What the server sent back is newer than any draft.
    if field.value().is_empty() {
        let kept = draft(&root.to_string());
        kept.iter().for_each(|kept| field.set_value(kept));
    }
}

/// Something was typed into the field.
pub(super) fn typed(field: &Element) {
    let Some((root, text)) = thread::root().zip(text(field)) else {
        return;
    };
    keep_draft(&root.to_string(), &text);
    if !text.trim().is_empty() && THROTTLE.with_borrow_mut(|(_, throttle)| throttle.press(now())) {
        act(|client, _| client.tell_typing(Some(root)));
    }
}

fn text(field: &Element) -> Option<String> {
    let field = closest(field, ".reply").and_then(|form| within::<HtmlTextAreaElement>(&form, "textarea"));
    field.map(|field| field.value())
}

/// Somebody writes a reply in the thread.
pub(super) fn hear(user: UserId) {
    if with(|client| client.me()) == Some(user) {
        return;
    }
    if TYPISTS.with_borrow_mut(|typists| typists.hear(user, now())) {
        show_writing();
        wait();
    }
}

/// A reply came, so that is what was written.
pub(super) fn heard(message: &Message) {
    let is_here = message.thread.is_some() && message.thread == thread::root();
    if is_here && TYPISTS.with_borrow_mut(|typists| typists.stop(message.author.id)) {
        show_writing();
    }
}

/// Comes back when somebody counts as having stopped; until then others may have begun.
fn wait() {
    let Some(due) = TYPISTS.with_borrow(|typists| typists.due()) else {
        return;
    };
    let again = callback(Box::new(|| {
        if TYPISTS.with_borrow_mut(|typists| typists.tick(now())) {
            show_writing();
        }
        wait();
    }));
    let milliseconds = i32::try_from(due.saturating_sub(now())).unwrap_or(i32::MAX);
    let set = window()
        .set_timeout_with_callback_and_timeout_and_arguments_0(&again, milliseconds.saturating_add(1));
    drop(set);
}

fn show_writing() {
    let people: Vec<UserId> = TYPISTS.with_borrow(|typists| typists.people().collect());
    let names = with(|client| people.iter().map(|user| name(client, *user)).collect::<Vec<_>>());
    if let Some((line, names)) = one::<Element>(".thread .typing").zip(names) {
        line.set_text_content(Some(&sentence(&names)));
    }
}

/// Sends what is in the reply's form, with the files that were brought.
pub(super) fn send(form: Element) {
    let Some(form) = closest(&form, ".reply") else {
        return;
    };
    let field = within::<HtmlTextAreaElement>(&form, "textarea");
    let (Some(field), Some(root), Some(room)) = (field, thread::root(), with(|client| client.view().room()))
    else {
        return;
    };
    let text = field.value();
    let files = form.get_attribute("data-files").unwrap_or_default();
    if form.has_attribute("data-uploading") {
        set(&form, "data-sends", "");
        return tell(&form, "Sent once the files are there", false);
    }
    if form.has_attribute("aria-busy") || text.trim().is_empty() && files.is_empty() {
        return;
    }
    let said = [&*text, "\n", &files].concat();
    let Some(nonce) = send_again(&said).or_else(|| nonce().map(|nonce| nonce.as_str().to_owned())) else {
        return;
    };
    set(&form, "aria-busy", "true");
    tell(&form, "", false);
    spawn(async move {
        let ids = [&root.to_string(), "\",\"nonce\":\"", &nonce].concat();
        let ids = ["{\"room\":\"", &room.to_string(), "\",\"thread\":\"", &ids].concat();
        let mut body = [&ids, "\",\"attachments\":[", &named(&files), "],\"body\":"].concat();
        quote(&text, &mut body);
        body.push('}');
        UNSURE.set(Some((nonce, said)));
        let sent = call("POST", "/api/messages", Some(&body)).await;
        drop(form.remove_attribute("aria-busy"));
        match sent {
            Ok(answer) => {
                UNSURE.set(None);
                drop(form.remove_attribute("data-files"));
                clear(&field, &text, &root.to_string());
                if let Some(message) = Value::parse(&answer).as_ref().and_then(codec::message) {
                    thread::upsert(&message);
                    act(|client, now| client.hear(ServerFrame::Message { message }, now));
                }
            }
            Err(why) => tell(&form, &["Not sent: ", &why].concat(), true),
        }
    });
}

/// The nonce of a reply that says just this, if it was sent without an answer: sent again it is the same reply.
fn send_again(said: &str) -> Option<String> {
    UNSURE.with_borrow(|unsure| {
        let (nonce, sent) = unsure.as_ref()?;
        (sent == said).then(|| nonce.clone())
    })
}

/// The ids of files that a form tells of, as JSON has them.
fn named(files: &str) -> String {
    let ids = codec::files(files).into_iter();
    let ids: Vec<String> = ids
        .map(|file| ["\"", &file.id.to_string(), "\""].concat())
        .collect();
    ids.join(",")
}

/// The reply is sent: nothing of it is a draft any more, on any device, though the panel may have gone meanwhile.
fn clear(field: &HtmlTextAreaElement, sent: &str, root: &str) {
    if field.value() == sent {
        field.set_value("");
        keep_draft(root, "");
        // Whoever listens to typing has to hear of it.
        let told = Event::new("input").and_then(|event| field.dispatch_event(&event));
        drop(told);
        // What tells the other devices of drafts may still be on its way.
        if !field.has_attribute("data-followed") {
            let path = ["/api/threads/", root, "/draft"].concat();
            spawn(async move { drop(call("PUT", &path, Some("{\"body\":\"\"}")).await) });
        }
    }
    THROTTLE.with_borrow_mut(|(_, throttle)| throttle.send());
}

fn tell(form: &Element, words: &str, bad: bool) {
    if let Some(state) = within::<Element>(form, ".state") {
        switch(&state, "bad", bad);
        state.set_text_content(Some(words));
    }
}
