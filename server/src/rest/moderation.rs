//! `/api/rooms/{id}/members/{user}` and `/api/rooms/{id}/bans`.

use axum::{Json, extract::State};
use backend::moderation::{BANS_LIMIT_MAX, BanPage};
use chat::{Code, RoomId, UserId, room::BAN_REASON_CHARS_MAX};
use http::StatusCode;
use serde::Deserialize;

use super::payload::{Id, Ids, Parameters, Payload};
use crate::{
    identity::SignedIn,
    openapi::{
        Api, Call,
        schema::{any_text, id, many, named, object, or_null, text, time},
    },
    problem::Refusal,
    state::AppState,
};

type Listing = super::listing::Listing<BANS_LIMIT_MAX, UserId>;

#[derive(Deserialize)]
pub(super) struct Reason {
    #[serde(default)]
    reason: String,
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
    let page = state.backend.list_bans(&caller, room, limit.get(), cursor);
    Ok(Json(page.await?))
}

/// Tells of these calls.
pub(super) fn describe(api: &mut Api) {
    let ban = object(
        &[
            ("user", named("Author")),
            ("banned_by", named("Author")),
            ("banned_at", time()),
            ("reason", any_text()),
        ],
        &[],
    );
    api.schema(
        "Bans",
        object(
            &[("bans", many(&ban, Some(100))), ("next_cursor", or_null(&id()))],
            &[],
        ),
    );
    let of_room = |call: Call| {
        let codes = [Code::RoomNotFound, Code::NotAMember, Code::Forbidden];
        call.part("id", id()).refuses(&codes)
    };
    let of_user = |call: Call| {
        let call = of_room(call).part("user", id()).gives_nothing(204);
        call.refuses(&[Code::UserNotFound, Code::RoomArchived, Code::Invalid])
    };
    let path = "/api/rooms/{id}/members/{user}";
    api.call(of_user(Call::delete(
        path,
        "removeMember",
        "Sends a member out of a channel",
    )));
    let path = "/api/rooms/{id}/bans/{user}";
    let reason = object(&[], &[("reason", text(0, BAN_REASON_CHARS_MAX))]);
    api.call(of_user(
        Call::put(path, "banUser", "Sends somebody out of a channel for good").takes(reason),
    ));
    api.call(of_user(Call::delete(path, "liftBan", "Lets somebody come back")));
    let list = of_room(Call::get(
        "/api/rooms/{id}/bans",
        "listBans",
        "Who must stay out of a channel",
    ));
    api.call(Listing::describe(list, id()).gives(200, "Bans"));
}
