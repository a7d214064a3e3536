//! Forms of a room: write, change what was written, and mark as read.

use std::sync::Arc;

use backend::{
    Backend, Caller, Problem,
    command::{Order, Outcome},
    marker::Reading,
    message::Post,
};
use chat::{
    Code, Emoji, MessageId, Nonce, RoomId,
    command::{self, Typed},
};
use http::StatusCode;
use leptos::prelude::*;

use super::{Answer, Answered, Form, answer, back, parse_room, refused, signed_in};
use crate::{
    address::{self, Address, VALUE_BYTES_MAX},
    pages::{Told, Unsent},
    visit::{backend, visit},
};

/// Posts a message into a room or, where `to` names a person, into the conversation with that person, which
/// begins with it. With a `thread` it is a reply to that message.
#[server(prefix = "/fn", endpoint = "post_message", protocol = Form)]
pub(crate) async fn post_message(
    #[server(default)] room: String,
    #[server(default)] to: String,
    #[server(default)] thread: String,
    #[server(default)] page: String,
    #[server(default)] body: String,
    #[server(default)] nonce: String,
) -> Answered {
    answer(async move {
        let page = address::local(&page).unwrap_or("/");
        let refuse = |problem: Problem| unsent(page, &problem, &body);
        let caller = visit().caller.ok_or_else(|| refuse(Code::NotSignedIn.into()))?;
        let backend = backend();
        let room = room_for(&backend, &caller, &room, &to).await.map_err(refuse)?;
        let thread = parse_thread(&thread).map_err(refuse)?;
        if let Typed::Command { .. } = command::read(&body) {
            let order = Order {
                room,
                text: body.clone(),
                thread,
                nonce: Nonce::new(nonce).ok(),
            };
            let done = backend.run_command(&caller, order).await.map_err(refuse)?;
            return Ok(ordered(page, &body, done));
        }
        let body = said(&body);
        let post = Post {
            room,
            body,
            thread,
            nonce: Nonce::new(nonce).ok(),
            attachments: Vec::new(),
            origin: None,
        };
        post_once(&backend, &caller, post).await.map_err(refuse)?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
}

/// Edits, deletes, pins or unpins a message, or reacts to it, as `what` says; `text` is the new text or the emoji.
#[server(prefix = "/fn", endpoint = "change_message", protocol = Form)]
pub(crate) async fn change_message(
    #[server(default)] message: String,
    #[server(default)] what: String,
    #[server(default)] text: String,
    #[server(default)] page: String,
) -> Answered {
    answer(async move {
        let page = address::local(&page).unwrap_or("/");
        let caller = signed_in(page)?;
        let changed = match message.parse() {
            Ok(message) => change(&caller, message, &what, &text).await,
            Err(_) => Err(Code::MessageNotFound.into()),
        };
        changed.map_err(|problem| back(page, &problem))?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
}

async fn change(caller: &Caller, message: MessageId, what: &str, text: &str) -> Result<(), Problem> {
    let backend = backend();
    match what {
        "edit" => backend.edit_message(caller, message, text).await.map(drop),
        "delete" => backend.delete_message(caller, message).await,
        "pin" | "unpin" => backend.pin_message(caller, message, what == "pin").await,
        "react" => {
            let emoji = Emoji::new(text.trim()).map_err(|_| Problem::invalid("text", "is not one emoji"))?;
            backend.react_to_message(caller, message, emoji, true).await
        }
        _ => Err(Code::Malformed.into()),
    }
}

/// The message that a reply answers; none where the field is empty.
fn parse_thread(text: &str) -> Result<Option<MessageId>, Problem> {
    let parsed = (!text.is_empty()).then(|| text.parse()).transpose();
    parsed.map_err(|_| Code::MessageNotFound.into())
}

/// Marks a room as read up to a message.
#[server(prefix = "/fn", endpoint = "mark_read", protocol = Form)]
pub(crate) async fn mark_read(
    #[server(default)] room: String,
    #[server(default)] seq: String,
    #[server(default)] page: String,
) -> Answered {
    answer(async move {
        let page = address::local(&page).unwrap_or("/");
        let caller = signed_in(page)?;
        let refuse = |problem| back(page, &problem);
        let room = parse_room(&room).map_err(refuse)?;
        let seq = seq.parse().map_err(|_| refuse(Code::Malformed.into()))?;
        backend()
            .mark_read(&caller, Reading::of(room, seq))
            .await
            .map_err(refuse)?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
}

async fn room_for(backend: &Arc<Backend>, caller: &Caller, room: &str, to: &str) -> Result<RoomId, Problem> {
    if to.is_empty() {
        return parse_room(room);
    }
    let other = backend.find_user(to).await?;
    Ok(backend.open_direct(caller, &[other.author.id]).await?.0.id)
}

/// Posts under the form's nonce, so that a double click is one message. Who goes back to a form already
/// sent and writes something else there has a new message, not a repetition: that one goes without it.
async fn post_once(backend: &Arc<Backend>, caller: &Caller, post: Post) -> Result<(), Problem> {
    let posted = backend.post_message(caller, post.clone()).await?;
    let another = chat::body::parse(&post.body).is_ok_and(|body| body != posted.message.body)
        || posted.message.room != post.room;
    if posted.repeated && another {
        backend.post_message(caller, Post { nonce: None, ..post }).await?;
    }
    Ok(())
}

/// What a composer means by what is no command: two slashes stand for one.
fn said(typed: &str) -> String {
    match command::read(typed) {
        Typed::Text(text) if typed.trim_start().starts_with("//") => text.to_owned(),
        _ => typed.to_owned(),
    }
}

/// Where a command leads: back to the page, into the room that was joined, or to what it has to say.
fn ordered(page: &str, typed: &str, done: Outcome) -> Answer {
    if let Some(room) = done.room {
        return Answer::see(Address::new(address::of_room(&room)));
    }
    match done.notice {
        _ if typed.trim_start().starts_with("/leave") => Answer::see(Address::new("/")),
        Some(notice) => {
            let page_again = page.to_owned();
            let shown = move || view! { <Told page=page_again notice/> }.into_any();
            Answer::page(StatusCode::OK, page, "Told", shown)
        }
        None => Answer::see(Address::new(page)),
    }
}

/// Nothing that was typed gets lost: it goes back into the composer or, where it is too long for an address, onto
/// a page that shows it.
fn unsent(page: &str, problem: &Problem, body: &str) -> Answer {
    if body.len() <= VALUE_BYTES_MAX && problem.code != Code::NotSignedIn {
        return Answer::see(refused(page, problem).with("draft", body));
    }
    let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let unsent = Unsent::new(page, problem, body);
    Answer::page(status, page, "Not sent", move || unsent.into_view())
}
