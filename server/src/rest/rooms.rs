//! `/api/rooms`.

use axum::{Json, extract::State, response::Response};
use backend::{marker::Reading, room::ChannelDraft};
use chat::{Room, RoomId, UserId};
use http::StatusCode;
use serde::Deserialize;

use super::{
    payload::{Id, Parameters, Payload},
    users::{Listing, Users},
};
use crate::{
    identity::SignedIn,
    middleware::etag::{Known, versioned},
    problem::Refusal,
    state::AppState,
};

#[derive(Deserialize)]
pub(super) struct Create {
    name: String,
    topic: Option<String>,
    private: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct People {
    users: Vec<UserId>,
}

#[derive(Deserialize)]
pub(super) struct Read {
    seq: u64,
    turn: Option<u64>,
}

pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    known: Known,
) -> Result<Response, Refusal> {
    let backend = &state.backend;
    if known.is_some()
        && let Some(response) = known.unchanged(&backend.rooms_tag(&caller).await?)
    {
        return Ok(response);
    }
    let (tag, rooms) = backend.encoded_rooms(&caller).await?;
    Ok(versioned(&tag, rooms))
}

pub(super) async fn create(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Payload(body): Payload<Create>,
) -> Result<(StatusCode, Json<Room>), Refusal> {
    let draft = ChannelDraft {
        name: body.name,
        topic: body.topic.unwrap_or_default(),
        private: body.private.unwrap_or_default(),
    };
    Ok((
        StatusCode::CREATED,
        Json(state.backend.create_channel(&caller, draft).await?),
    ))
}

pub(super) async fn open_direct(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Payload(body): Payload<People>,
) -> Result<(StatusCode, Json<Room>), Refusal> {
    let (room, created) = state.backend.open_direct(&caller, &body.users).await?;
    Ok((
        if created {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        },
        Json(room),
    ))
}

pub(super) async fn join(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(room): Id<RoomId>,
) -> Result<StatusCode, Refusal> {
    state.backend.join_room(&caller, room).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn leave(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(room): Id<RoomId>,
) -> Result<StatusCode, Refusal> {
    state.backend.leave_room(&caller, room).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn members(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(room): Id<RoomId>,
    Parameters(listing): Parameters<Listing>,
) -> Result<Json<Users>, Refusal> {
    let page = state
        .backend
        .list_members(&caller, room, listing.limit(), listing.cursor())
        .await?;
    Ok(Json(page.into()))
}

pub(super) async fn invite(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(room): Id<RoomId>,
    Payload(body): Payload<People>,
) -> Result<StatusCode, Refusal> {
    state.backend.invite_members(&caller, room, &body.users).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn read(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(room): Id<RoomId>,
    Payload(body): Payload<Read>,
) -> Result<StatusCode, Refusal> {
    let Read { seq, turn } = body;
    let reading = Reading {
        room,
        seq,
        turn,
        origin: None,
    };
    state.backend.mark_read(&caller, reading).await?;
    Ok(StatusCode::NO_CONTENT)
}
