//! `/api/rooms`.

use axum::{Json, extract::State, response::Response};
use backend::{marker::Reading, room::ChannelDraft, store::RoomEdit, user::PAGE_LIMIT_MAX};
use chat::{
    Code, Room, RoomId, UserId,
    room::{DESCRIPTION_CHARS_MAX, DIRECT_MEMBERS_MAX, INVITES_MAX, SLOW_S_MAX},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::{
    listing::Listing,
    payload::{Id, Parameters, Payload, maybe_whole, whole},
    users::Users,
};
use crate::{
    identity::SignedIn,
    middleware::etag::{Known, versioned},
    openapi::{
        Api, Call,
        schema::{
            any_number, any_text, channel_name, flag, id, many, meaning, named, object, or_null, people,
            text, topic,
        },
    },
    problem::Refusal,
    state::AppState,
};

type Members = Listing<PAGE_LIMIT_MAX>;

#[derive(Deserialize)]
pub(super) struct Create {
    name: String,
    topic: Option<String>,
    private: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Change {
    name: Option<String>,
    topic: Option<String>,
    description: Option<String>,
    slow_s: Option<u32>,
    archived: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct People {
    users: Vec<UserId>,
}

#[derive(Deserialize)]
pub(super) struct Read {
    #[serde(deserialize_with = "whole")]
    seq: u64,
    #[serde(default, deserialize_with = "maybe_whole")]
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

pub(super) async fn get(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(room): Id<RoomId>,
) -> Result<Json<Room>, Refusal> {
    Ok(Json(state.backend.get_room(&caller, room).await?))
}

pub(super) async fn change(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(room): Id<RoomId>,
    Payload(body): Payload<Change>,
) -> Result<Json<Room>, Refusal> {
    let Change {
        name,
        topic,
        description,
        slow_s,
        archived,
    } = body;
    let edit = RoomEdit {
        name,
        topic,
        description,
        slow_s,
        archived,
    };
    Ok(Json(state.backend.change_room(&caller, room, edit).await?))
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
    Parameters(listing): Parameters<Members>,
) -> Result<Json<Users>, Refusal> {
    let page = state
        .backend
        .list_members(&caller, room, listing.limit.get(), listing.cursor.as_deref())
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

/// Tells of these calls.
pub(super) fn describe(api: &mut Api) {
    api.schema("Rooms", object(&[("rooms", many(&named("Room"), None))], &[]));
    api.call(
        Call::get(
            "/api/rooms",
            "listRooms",
            "The caller's rooms, then the public channels to join",
        )
        .gives(200, "Rooms"),
    );
    let name = meaning(
        channel_name(),
        "At least one letter or digit, and no control characters",
    );
    let create = object(
        &[("name", name)],
        &[("topic", or_null(&topic())), ("private", or_null(&flag()))],
    );
    api.call(
        Call::post(
            "/api/rooms",
            "createRoom",
            "Creates a channel; the caller is its first member",
        )
        .takes(create)
        .gives(201, "Room")
        .refuses(&[Code::RoomExists, Code::Forbidden]),
    );
    let of_room = |call: Call| {
        let codes = [Code::RoomNotFound, Code::NotAMember];
        call.part("id", id()).refuses(&codes).gives(200, "Room")
    };
    let path = "/api/rooms/{id}";
    api.call(of_room(Call::get(path, "getRoom", "A room")));
    let slow = json!({ "type": ["integer", "null"], "minimum": 0, "maximum": SLOW_S_MAX });
    let change = object(
        &[],
        &[
            ("name", or_null(&channel_name())),
            ("topic", or_null(&topic())),
            ("description", or_null(&text(0, DESCRIPTION_CHARS_MAX))),
            (
                "slow_s",
                meaning(slow, "How many seconds a person waits between two messages"),
            ),
            ("archived", or_null(&flag())),
        ],
    );
    api.call(
        of_room(Call::patch(
            path,
            "changeRoom",
            "Changes a channel's settings; what is absent stays",
        ))
        .takes(change)
        .refuses(&[Code::Forbidden, Code::RoomArchived, Code::RoomExists]),
    );
    let others = |max| object(&[("users", people(max))], &[]);
    api.call(
        Call::post(
            "/api/rooms/direct",
            "openDirect",
            "The direct room of the caller and these people",
        )
        .detail("200 where it exists.")
        .takes(others(DIRECT_MEMBERS_MAX - 1))
        .gives(201, "Room")
        .gives(200, "Room")
        .refuses(&[Code::UserNotFound, Code::Forbidden]),
    );
    describe_members(api, others(INVITES_MAX));
    api.call(
        Call::post(
            "/api/rooms/{id}/read",
            "markRead",
            "Moves the caller's read marker, never backwards",
        )
        .part("id", id())
        .takes(object(
            &[("seq", any_number())],
            &[("turn", or_null(&any_number()))],
        ))
        .gives_nothing(204)
        .refuses(&[Code::RoomNotFound, Code::NotAMember]),
    );
}

fn describe_members(api: &mut Api, invited: serde_json::Value) {
    let of_room = |call: Call| {
        call.part("id", id()).refuses(&[
            Code::RoomNotFound,
            Code::NotAMember,
            Code::RoomArchived,
            Code::Banned,
        ])
    };
    api.call(
        of_room(Call::post(
            "/api/rooms/{id}/join",
            "joinRoom",
            "Makes the caller a member",
        ))
        .gives_nothing(204),
    );
    api.call(
        of_room(Call::post(
            "/api/rooms/{id}/leave",
            "leaveRoom",
            "Ends the caller's membership",
        ))
        .detail("Nobody leaves a direct room or `#general`.")
        .gives_nothing(204)
        .refuses(&[Code::Forbidden]),
    );
    let path = "/api/rooms/{id}/members";
    let list = of_room(Call::get(path, "listMembers", "A room's members by username"));
    api.call(Members::describe(list, any_text()).gives(200, "Users"));
    api.call(
        of_room(Call::post(path, "inviteMembers", "Makes other people members"))
            .takes(invited)
            .gives_nothing(204)
            .refuses(&[Code::Forbidden, Code::UserNotFound]),
    );
}
