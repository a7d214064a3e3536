//! `/api/messages`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use backend::{
    Problem,
    message::{Post, Posted},
};
use chat::{
    AttachmentId, Message, MessageId, Nonce, RoomId,
    message::{Bound, PAGE_LIMIT, Thread, Version},
};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};

use super::payload::{Id, Parameters, Payload, Reacted};
use crate::{
    identity::SignedIn,
    middleware::etag::{Known, versioned},
    problem::Refusal,
    state::AppState,
};

#[derive(Deserialize)]
pub(super) struct Create {
    room: RoomId,
    body: String,
    nonce: Option<Nonce>,
    thread: Option<MessageId>,
    attachments: Option<Vec<AttachmentId>>,
}

#[derive(Deserialize)]
pub(super) struct Edit {
    body: String,
}

#[derive(Serialize)]
pub(super) struct History {
    versions: Vec<Version>,
}

#[derive(Serialize)]
pub(super) struct Pins {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
pub(super) struct Paging {
    before: Option<u64>,
    after: Option<u64>,
    around: Option<u64>,
    limit: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct InRoom {
    room: RoomId,
}

impl Paging {
    fn bound(&self) -> Result<Bound, Problem> {
        match (self.before, self.after, self.around) {
            (None, None, None) => Ok(Bound::Newest),
            (Some(seq), None, None) => Ok(Bound::Before(seq)),
            (None, Some(seq), None) => Ok(Bound::After(seq)),
            (None, None, Some(seq)) => Ok(Bound::Around(seq)),
            _ => Err(Problem::invalid(
                "before",
                "goes with neither `after` nor `around`",
            )),
        }
    }

    fn limit(&self) -> u64 {
        self.limit.unwrap_or(PAGE_LIMIT)
    }
}

pub(super) async fn page(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    known: Known,
    Parameters(InRoom { room }): Parameters<InRoom>,
    Parameters(paging): Parameters<Paging>,
) -> Result<Response, Refusal> {
    let backend = &state.backend;
    let version = backend
        .page_version(&caller, room, paging.bound()?, paging.limit())
        .await?;
    let tag = version.tag();
    match known.unchanged(&tag) {
        Some(response) => Ok(response),
        None => Ok(versioned(&tag, backend.encoded_page(&version).await?)),
    }
}

pub(super) async fn thread(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(root): Id<MessageId>,
    Parameters(paging): Parameters<Paging>,
) -> Result<Json<Thread>, Refusal> {
    let thread = state
        .backend
        .page_thread(&caller, root, paging.bound()?, paging.limit())
        .await?;
    Ok(Json(thread))
}

pub(super) async fn history(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(message): Id<MessageId>,
) -> Result<Json<History>, Refusal> {
    Ok(Json(History {
        versions: state.backend.list_versions(&caller, message).await?,
    }))
}

pub(super) async fn pins(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(room): Id<RoomId>,
) -> Result<Json<Pins>, Refusal> {
    Ok(Json(Pins {
        messages: state.backend.list_pins(&caller, room).await?,
    }))
}

pub(super) async fn post(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Payload(body): Payload<Create>,
) -> Result<Response, Refusal> {
    let post = Post {
        room: body.room,
        body: body.body,
        thread: body.thread,
        nonce: body.nonce,
        attachments: body.attachments.unwrap_or_default(),
        origin: None,
    };
    let Posted { json, repeated, .. } = state.backend.post_message(&caller, post).await?;
    let status = if repeated {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok((
        status,
        [(header::CONTENT_TYPE, "application/json")],
        json.to_string(),
    )
        .into_response())
}

pub(super) async fn edit(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(message): Id<MessageId>,
    Payload(Edit { body }): Payload<Edit>,
) -> Result<Json<Message>, Refusal> {
    Ok(Json(state.backend.edit_message(&caller, message, &body).await?))
}

pub(super) async fn delete(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(message): Id<MessageId>,
) -> Result<StatusCode, Refusal> {
    state.backend.delete_message(&caller, message).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn react(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Reacted { message, emoji }: Reacted,
) -> Result<StatusCode, Refusal> {
    state
        .backend
        .react_to_message(&caller, message, emoji, true)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn unreact(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Reacted { message, emoji }: Reacted,
) -> Result<StatusCode, Refusal> {
    state
        .backend
        .react_to_message(&caller, message, emoji, false)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn pin(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(message): Id<MessageId>,
) -> Result<StatusCode, Refusal> {
    state.backend.pin_message(&caller, message, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn unpin(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(message): Id<MessageId>,
) -> Result<StatusCode, Refusal> {
    state.backend.pin_message(&caller, message, false).await?;
    Ok(StatusCode::NO_CONTENT)
}
