//! The panel of a thread: opened beside the room, live, and closed again. Its markup is that of the thread's own page.

use std::{cell::RefCell, rc::Rc};

use chat::{Message, MessageId, Timestamp, UserId, view::continues, wire::ServerFrame};
use web_sys::{Element, HtmlElement};

use super::{
    focus, reply,
    tools::{Target, say},
};
use crate::{
    islands::timeline::row::Pen,
    live::{
        browser::{all, get, here, is_beside, note, one, part, spawn, switch, window, with, within},
        codec,
    },
    marks::thread_address,
};

/// So near to the end, in pixels, the panel follows what comes.
const NEAR: i32 = 80;

thread_local! {
    static PEN: RefCell<Option<Rc<Pen>>> = const { RefCell::new(None) };
}

/// What draws rows for the room on the page.
pub(super) fn pen() -> Option<Rc<Pen>> {
    PEN.with_borrow_mut(|pen| {
        if pen.is_none() {
            *pen = Pen::take().map(Rc::new);
        }
        pen.clone()
    })
}

/// The address of the thread that a message is in or begins.
pub(super) fn address_of(target: &Target) -> Option<String> {
    let row = target.row()?;
    let context = within::<HtmlElement>(&row, ".context").filter(|context| !context.hidden());
    match context {
        Some(context) => context.get_attribute("href"),
        None => Some(thread_address(&pen()?.room, target.id.parse().ok()?)),
    }
}

/// Opens the thread of this address beside the room.
pub(super) fn open(path: Option<String>) {
    let Some(path) = path else { return };
    spawn(async move {
        if show(&path, true).await.is_some() {
            note(&path, true);
        } else {
            say("The thread could not be loaded. Try again.", true);
        }
    });
}

/// Shows the thread that the page's address names, or none.
pub(super) fn follow_address() {
    let path = window().location().pathname().unwrap_or_default();
    if !is_beside(&path) {
        return remove();
    }
    let shown = panel().and_then(|panel| panel.get_attribute("data-page"));
    if shown.is_some_and(|shown| shown == path) {
        return adopt();
    }
    spawn(async move {
        show(&path, true).await;
    });
}

/// Shows the same panel as it now is.
fn follow_again() {
    let path = panel().and_then(|panel| panel.get_attribute("data-page"));
    path.into_iter().for_each(|path| {
        spawn(async move {
            let _ = show(&path, false).await;
        })
    });
}

async fn show(path: &str, is_new: bool) -> Option<()> {
    let room = here();
    let panel = part(path, ".thread").await?;
    // Somebody who went elsewhere meanwhile is left alone.
    if here() != room {
        return None;
    }
    remove();
    one::<Element>(".pane")?.append_child(&panel).ok()?;
    adopt();
    if is_new {
        let field = one::<HtmlElement>(".reply textarea").or_else(|| one(".thread .close"));
        field.iter().for_each(focus);
    }
    Some(())
}

fn adopt() {
    let Some(pen) = pen() else { return };
    for row in all(".answers .message") {
        pen.tell_time(&row);
    }
    reply::adopt();
    if let Some(answers) = one::<HtmlElement>(".thread:not(.pins) .answers") {
        answers.set_scroll_top(answers.scroll_height());
    }
    refresh();
}

/// Closes the panel: it is a step back, where opening it was a step.
pub(super) fn close() {
    remove();
    note(&here(), true);
    one::<HtmlElement>(".composer textarea").iter().for_each(focus);
}

/// Another room is on the page.
pub(super) fn leave() {
    PEN.set(None);
    if !is_beside(&window().location().pathname().unwrap_or_default()) {
        remove();
    } else {
        follow_address();
    }
}

/// Takes the panel off the page. What was written in it is kept, and there when it comes back.
fn remove() {
    panel().iter().for_each(Element::remove);
}

fn panel() -> Option<Element> {
    one(".thread")
}

pub(super) fn root() -> Option<MessageId> {
    panel()?.get_attribute("data-root")?.parse().ok()
}

/// A frame came that may be of the thread.
pub(super) fn hear(frame: &ServerFrame) {
    match frame {
        ServerFrame::Typing { user, thread, .. } if thread.is_some() && *thread == root() => {
            reply::hear(*user)
        }
        ServerFrame::Changed { message } if one::<Element>(".pins").is_some() => {
            let row = [".pins .message[data-id=\"", &message.id.to_string(), "\"]"].concat();
            let row = one::<Element>(&row);
            // Pinned, unpinned, or shown here and changed.
            if row.is_some() || message.pinned {
                follow_again();
            }
        }
        ServerFrame::Message { message } => {
            upsert(message);
            reply::heard(message);
        }
        ServerFrame::Changed { message } | ServerFrame::Sent { message, .. } => upsert(message),
        ServerFrame::Joined { .. } if one::<Element>(".pins").is_some() => follow_again(),
        // What was missed may be more than it brings.
        ServerFrame::Joined { .. } => refresh(),
        _ => {}
    }
}

/// Asks for the thread anew.
fn refresh() {
    let Some(root) = root() else { return };
    spawn(async move {
        let path = ["/api/threads/", &root.to_string(), "?limit=100"].concat();
        let Some(thread) = get(&path, codec::thread).await else {
            return;
        };
        upsert(&thread.root);
        thread.page.messages.iter().for_each(upsert);
    });
}

/// Draws a message of the thread as it now is.
pub(super) fn upsert(message: &Message) {
    let (Some(root), Some(me)) = (root(), with(|client| client.me())) else {
        return;
    };
    let (Some(pen), Some(answers)) = (pen(), one::<HtmlElement>(".answers")) else {
        return;
    };
    if message.id == root {
        show_root(&pen, &answers, message, me);
    } else if message.thread == Some(root) {
        let end = answers.scroll_height() - answers.scroll_top() - answers.client_height();
        show_reply(&pen, &answers, message, me);
        if end < NEAR {
            answers.set_scroll_top(answers.scroll_height());
        }
    }
}

fn show_root(pen: &Pen, answers: &Element, message: &Message, me: UserId) {
    if let Some(row) = within::<Element>(answers, ".root > .message").filter(|row| is_older(row, message)) {
        pen.fill(&row, message, me);
    }
    let count = message.reply_count.to_string();
    let words = match message.reply_count {
        0 => "No replies yet",
        1 => "1 reply",
        _ => &[&*count, " replies"].concat(),
    };
    within::<Element>(answers, ".day")
        .iter()
        .for_each(|line| line.set_text_content(Some(words)));
    if message.deleted {
        one::<Element>(".thread .write").iter().for_each(Element::remove);
    }
}

fn show_reply(pen: &Pen, answers: &Element, message: &Message, me: UserId) {
    let known = within::<Element>(
        answers,
        &[".message[data-id=\"", &message.id.to_string(), "\"]"].concat(),
    );
    if let Some(row) = known {
        if is_older(&row, message) {
            pen.fill(&row, message, me);
        }
        return;
    }
    let Some((row, inside)) = pen.blank() else { return };
    let rows = all(".answers > .row:not(.root) > .message");
    let seq = |row: &Element| {
        row.get_attribute("data-seq")
            .and_then(|seq| seq.parse::<u64>().ok())
    };
    // Older ones than the panel has are behind a link.
    if rows
        .first()
        .and_then(seq)
        .is_some_and(|first| message.seq < first)
    {
        return;
    }
    pen.fill(&inside, message, me);
    let above = rows
        .iter()
        .rfind(|row| seq(row).is_some_and(|seq| seq < message.seq));
    let goes_on = above
        .and_then(written)
        .is_some_and(|above| continues(above, (message.author.id, message.created_at)));
    switch(&inside, "first", !goes_on);
    // After the last one there is nothing, and it goes to the end.
    let next = match above {
        Some(above) => above.parent_element().and_then(|row| row.next_element_sibling()),
        None => rows.first().and_then(|row| row.parent_element()),
    };
    drop(answers.insert_before(&row, next.as_ref().map(AsRef::as_ref)));
}

/// Who wrote the message of a row, and when.
fn written(row: &Element) -> Option<(UserId, Timestamp)> {
    let read = |name: &str| row.get_attribute(name);
    Some((
        read("data-author")?.parse().ok()?,
        read("data-created")?.parse().ok()?,
    ))
}

fn is_older(row: &Element, message: &Message) -> bool {
    let rev = row
        .get_attribute("data-rev")
        .and_then(|rev| rev.parse::<u64>().ok());
    rev.is_none_or(|rev| rev < message.rev)
}
