//! `/api/messages`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use backend::{
    Code, Problem,
    message::{Post, Posted},
};
use chat::{
    AttachmentId, Message, MessageId, Nonce, RoomId,
    message::{Bound, PAGE_LIMIT_MAX, Thread, Version},
};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    listing::Limit,
    payload::{Id, Parameters, Payload, Reacted},
};
use crate::{
    identity::SignedIn,
    middleware::etag::{Known, versioned},
    openapi::{
        Api, Call,
        schema::{
            any_number, emoji, id, many, meaning, message_body, named, nonce, object, or_null, page_fields,
            time,
        },
    },
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
    #[serde(default)]
    limit: Limit<PAGE_LIMIT_MAX>,
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
        .page_version(&caller, room, paging.bound()?, paging.limit.get())
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
        .page_thread(&caller, root, paging.bound()?, paging.limit.get())
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

/// The calls with which messages are read.
fn describe_reading(api: &mut Api) {
    let paged = |call: Call| {
        let call = call
            .query(
                "before",
                any_number(),
                "Those just before this `seq`; goes with neither `after` nor `around`",
            )
            .query("after", any_number(), "Those just after this `seq`")
            .query("around", any_number(), "Those around this `seq`");
        Limit::<PAGE_LIMIT_MAX>::describe(call)
    };
    let page = Call::get(
        "/api/messages",
        "listMessages",
        "A page of a room's messages; the newest unless told",
    )
    .required_query("room", id(), "The room");
    api.call(
        paged(page)
            .gives(200, "Page")
            .refuses(&[Code::RoomNotFound, Code::NotAMember]),
    );
    let mut fields = page_fields();
    fields.push(("root", meaning(named("Message"), "The message that they answer")));
    api.schema("Thread", object(&fields, &[]));
    let thread = Call::get(
        "/api/threads/{id}",
        "getThread",
        "A message and a page of the replies to it",
    )
    .part("id", id());
    api.call(
        paged(thread)
            .gives(200, "Thread")
            .refuses(&[Code::MessageNotFound, Code::NotAMember]),
    );
    let version = object(
        &[("body", named("Message/properties/body")), ("written_at", time())],
        &[],
    );
    api.schema(
        "History",
        object(
            &[("versions", meaning(many(&version, Some(100)), "Newest first"))],
            &[],
        ),
    );
    api.call(
        Call::get(
            "/api/messages/{id}/history",
            "listVersions",
            "What a message said before its edits",
        )
        .part("id", id())
        .gives(200, "History")
        .refuses(&[Code::MessageNotFound, Code::NotAMember]),
    );
    let pinned = meaning(many(&named("Message"), Some(100)), "Newest first");
    api.schema("Pins", object(&[("messages", pinned)], &[]));
    api.call(
        Call::get("/api/rooms/{id}/pins", "listPins", "A room's pinned messages")
            .part("id", id())
            .gives(200, "Pins")
            .refuses(&[Code::RoomNotFound, Code::NotAMember]),
    );
}

/// Tells of these calls.
pub(super) fn describe(api: &mut Api) {
    describe_reading(api);
    let attachments = json!({ "type": ["array", "null"], "items": true, "maxItems": 0 });
    let post = object(
        &[("room", id()), ("body", message_body())],
        &[
            (
                "nonce",
                meaning(
                    or_null(&nonce()),
                    "The client's own id for the send: the same again gives the first message back",
                ),
            ),
            (
                "thread",
                meaning(or_null(&id()), "The message that it answers, of the same room"),
            ),
            ("attachments", attachments),
        ],
    );
    api.call(
        Call::post("/api/messages", "postMessage", "Posts a message")
            .detail("200 and the first message where the nonce was used before.")
            .takes(post)
            .gives(201, "Message")
            .gives(200, "Message")
            .refuses(&[
                Code::RoomNotFound,
                Code::NotAMember,
                Code::MessageDeleted,
                Code::RoomArchived,
                Code::SlowMode,
            ]),
    );
    let of_message = |call: Call| {
        call.part("id", id())
            .refuses(&[Code::MessageNotFound, Code::NotAMember, Code::RoomArchived])
    };
    let path = "/api/messages/{id}";
    api.call(
        of_message(Call::patch(path, "editMessage", "Gives a message another body"))
            .detail("The author may, and whoever moderates the channel.")
            .takes(object(&[("body", message_body())], &[]))
            .gives(200, "Message")
            .refuses(&[Code::Forbidden, Code::MessageDeleted]),
    );
    api.call(
        of_message(Call::delete(
            path,
            "deleteMessage",
            "Takes away all of a message but its number",
        ))
        .detail("The author may, and whoever moderates the channel.")
        .gives_nothing(204)
        .refuses(&[Code::Forbidden]),
    );
    let path = "/api/messages/{id}/pin";
    api.call(
        of_message(Call::put(path, "pinMessage", "Pins a message to its room"))
            .gives_nothing(204)
            .refuses(&[Code::MessageDeleted, Code::TooMany]),
    );
    api.call(of_message(Call::delete(path, "unpinMessage", "Unpins a message")).gives_nothing(204));
    let path = "/api/messages/{id}/reactions/{emoji}";
    let of_emoji = |call: Call| of_message(call).part("emoji", emoji()).refuses(&[Code::Invalid]);
    api.call(
        of_emoji(Call::put(
            path,
            "react",
            "Puts the caller's reaction under a message",
        ))
        .gives_nothing(204)
        .refuses(&[Code::MessageDeleted, Code::TooMany]),
    );
    api.call(of_emoji(Call::delete(path, "unreact", "Takes the caller's reaction away")).gives_nothing(204));
}
