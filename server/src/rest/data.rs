//! `/api/me/export`, `/api/export`, `/api/me/erase` and `/api/users/{id}/erase`: taking data along, and leaving none.

use axum::{
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse, Response},
};
use chat::{Code, UserId};
use futures::StreamExt as _;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;

use super::{
    auth::doorstep,
    payload::{Id, Payload},
};
use crate::{
    identity::SignedIn,
    middleware::{client::Address, etag::Streamed},
    openapi::{
        Api, Call,
        schema::{any_text, flag, id, meaning, object},
    },
    problem::Refusal,
    state::AppState,
};

/// One JSON document a line.
const LINES: &str = "application/x-ndjson";

#[derive(Deserialize)]
pub(super) struct EraseMe {
    password: String,
    #[serde(default)]
    keep_messages: bool,
}

#[derive(Deserialize)]
pub(super) struct Erase {
    #[serde(default)]
    keep_messages: bool,
}

pub(super) async fn export_me(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> Result<Response, Refusal> {
    Ok(lines(state.backend.export_own(&caller)?, "my-data.jsonl"))
}

pub(super) async fn export(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> Result<Response, Refusal> {
    Ok(lines(state.backend.export_workspace(&caller)?, "natter.jsonl"))
}

/// Sent as it is read, and not to be kept on the way.
fn lines(pieces: mpsc::Receiver<Bytes>, name: &str) -> Response {
    let pieces = futures::stream::unfold(pieces, |mut pieces| async {
        pieces.recv().await.map(|piece| (piece, pieces))
    });
    // Whoever compresses asks once more after the end.
    let pieces = pieces.fuse().map(Ok::<_, std::convert::Infallible>);
    let body = Body::from_stream(pieces);
    let headers = [
        (header::CONTENT_TYPE, LINES.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let mut response = (headers, body).into_response();
    response.extensions_mut().insert(Streamed);
    response
}

pub(super) async fn erase_me(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    address: Address,
    headers: HeaderMap,
    Payload(body): Payload<EraseMe>,
) -> Result<Response, Refusal> {
    let from = doorstep(&address, &headers);
    let erased = state
        .backend
        .erase_own(&caller, body.password, !body.keep_messages, from);
    erased.await?;
    let cleared = [(header::SET_COOKIE, state.cookie.clear())];
    Ok((StatusCode::NO_CONTENT, cleared).into_response())
}

pub(super) async fn erase(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(user): Id<UserId>,
    Payload(body): Payload<Erase>,
) -> Result<StatusCode, Refusal> {
    let backend = &state.backend;
    backend.erase_user(&caller, user, !body.keep_messages).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells of these calls.
pub(super) fn describe(api: &mut Api) {
    let content = || json!({ LINES: { "schema": { "type": "string" } } });
    api.call(
        Call::get("/api/me/export", "exportMe", "Everything that is one's own, as JSON Lines")
            .detail(
                "Profile, memberships, messages, reactions, files (by their addresses), drafts and what is saved. Each \
                 line names its `type`.",
            )
            .streamed()
            .gives_content(200, content()),
    );
    api.call(
        Call::get(
            "/api/export",
            "exportWorkspace",
            "Everything, as JSON Lines, for the owner",
        )
        .detail("What was said in private included; files by their addresses. Each line names its `type`.")
        .streamed()
        .gives_content(200, content())
        .refuses(&[Code::Forbidden]),
    );
    let keep = || {
        meaning(
            flag(),
            "Whether messages stay, without a name; else they are deleted",
        )
    };
    api.call(
        Call::post("/api/me/erase", "eraseMe", "Erases one's own account")
            .detail(
                "Name, picture, profile, sessions, tokens, drafts and what is saved go at once; messages follow within \
                 moments, as deletions that everyone is told of. Not for programs.",
            )
            .takes(object(&[("password", any_text())], &[("keep_messages", keep())]))
            .gives_nothing(204)
            .with_header(204, "Set-Cookie", "SetCookie")
            .refuses(&[Code::Forbidden, Code::UserNotFound, Code::LastOwner]),
    );
    api.call(
        Call::post(
            "/api/users/{id}/erase",
            "eraseUser",
            "Erases somebody's account, for who may close it",
        )
        .part("id", id())
        .takes(object(&[], &[("keep_messages", keep())]))
        .gives_nothing(204)
        .refuses(&[Code::Forbidden, Code::UserNotFound, Code::LastOwner]),
    );
}
