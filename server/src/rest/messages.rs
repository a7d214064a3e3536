//! `/api/messages`.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use backend::{
    Problem,
    message::{Post, Posted},
};
use chat::{
    MessageId, Nonce, RoomId,
    message::{Bound, PAGE_LIMIT},
};
use http::{StatusCode, header};
use serde::{Deserialize, de::IgnoredAny};

use super::payload::{Parameters, Payload};
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
    #[serde(default)]
    attachments: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize)]
pub(super) struct Paging {
    room: RoomId,
    before: Option<u64>,
    after: Option<u64>,
    around: Option<u64>,
    limit: Option<u64>,
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
}

pub(super) async fn page(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    known: Known,
    Parameters(paging): Parameters<Paging>,
) -> Result<Response, Refusal> {
    let (backend, limit) = (&state.backend, paging.limit.unwrap_or(PAGE_LIMIT));
    let version = backend
        .page_version(&caller, paging.room, paging.bound()?, limit)
        .await?;
    let tag = version.tag();
    match known.unchanged(&tag) {
        Some(response) => Ok(response),
        None => Ok(versioned(&tag, backend.encoded_page(&version).await?)),
    }
}

pub(super) async fn post(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Payload(body): Payload<Create>,
) -> Result<Response, Refusal> {
    if body.thread.is_some() {
        return Err(Problem::invalid("thread", "is not supported by this version").into());
    }
    if body.attachments.is_some_and(|files| !files.is_empty()) {
        return Err(Problem::invalid("attachments", "is not supported by this version").into());
    }
    let post = Post {
        room: body.room,
        body: body.body,
        nonce: body.nonce,
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
