//! `/api/rooms/{id}/members/{user}` and `/api/rooms/{id}/bans`.

use axum::{Json, extract::State};
use backend::moderation::BanPage;
use chat::{RoomId, UserId};
use http::StatusCode;
use serde::Deserialize;

use super::payload::{Id, Ids, Parameters, Payload};
use crate::{identity::SignedIn, problem::Refusal, state::AppState};

/// How many bans a page has unless told.
const LIMIT: u64 = 50;

#[derive(Deserialize)]
pub(super) struct Reason {
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
pub(super) struct Listing {
    limit: Option<u64>,
    cursor: Option<UserId>,
}

/// Whoever takes themselves out leaves.
pub(super) async fn kick(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Ids(room, user): Ids<RoomId, UserId>,
) -> Result<StatusCode, Refusal> {
    let backend = &state.backend;
    match user == caller.id() {
        true => backend.leave_room(&caller, room).await?,
        false => backend.expel_member(&caller, room, user, None).await?,
    }
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn ban(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Ids(room, user): Ids<RoomId, UserId>,
    Payload(Reason { reason }): Payload<Reason>,
) -> Result<StatusCode, Refusal> {
    let backend = &state.backend;
    backend.expel_member(&caller, room, user, Some(reason)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn lift_ban(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Ids(room, user): Ids<RoomId, UserId>,
) -> Result<StatusCode, Refusal> {
    state.backend.lift_ban(&caller, room, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn bans(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(room): Id<RoomId>,
    Parameters(Listing { limit, cursor }): Parameters<Listing>,
) -> Result<Json<BanPage>, Refusal> {
    let page = state
        .backend
        .list_bans(&caller, room, limit.unwrap_or(LIMIT), cursor);
    Ok(Json(page.await?))
}
