//! Forms of a room: write, and mark as read.

use std::sync::Arc;

use backend::{Backend, Caller, Problem, message::Post};
use chat::{Code, Nonce, RoomId};
use http::StatusCode;
use leptos::prelude::*;

use super::{Answer, Answered, Form, answer, back, parse_room, refused, signed_in};
use crate::{
    address::{self, Address, VALUE_BYTES_MAX},
    pages::Unsent,
    visit::{backend, visit},
};

/// Posts a message into a room or, where `to` names a person, into the conversation with that person, which
/// begins with it.
#[server(prefix = "/fn", endpoint = "post_message", protocol = Form)]
pub(crate) async fn post_message(
    #[server(default)] room: String,
    #[server(default)] to: String,
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
        post_once(&backend, &caller, room, &body, Nonce::new(nonce).ok())
            .await
            .map_err(refuse)?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
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
            .mark_read(&caller, room, seq, None)
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

/// Posts `body` under the form's nonce, so that a double click is one message. Who goes back to a form already
/// sent and writes something else there has a new message, not a repetition: that one goes without it.
async fn post_once(
    backend: &Arc<Backend>,
    caller: &Caller,
    room: RoomId,
    body: &str,
    nonce: Option<Nonce>,
) -> Result<(), Problem> {
    let post = Post {
        room,
        body: body.to_owned(),
        thread: None,
        nonce,
        origin: None,
    };
    let posted = backend.post_message(caller, post.clone()).await?;
    let another =
        chat::body::parse(body).is_ok_and(|body| body != posted.message.body) || posted.message.room != room;
    if posted.repeated && another {
        backend.post_message(caller, Post { nonce: None, ..post }).await?;
    }
    Ok(())
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
