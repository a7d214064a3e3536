//! `/api/sessions` and `/api/me/password`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use backend::{Credential, store::SessionRecord};
use chat::{
    Code, SessionId, Timestamp,
    user::{PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN},
};
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::{
    auth::{doorstep, with_cookie},
    payload::{Id, Payload},
};
use crate::{
    identity::SignedIn,
    middleware::client::Address,
    openapi::{
        Api, Call,
        schema::{any_text, flag, id, many, meaning, object, text, time},
    },
    problem::Refusal,
    state::AppState,
};

#[derive(Serialize)]
struct Session {
    id: SessionId,
    created_at: Timestamp,
    seen_at: Timestamp,
    /// What the browser called itself.
    agent: String,
    /// Whether the request came with it.
    current: bool,
}

#[derive(Serialize)]
pub(super) struct Sessions {
    sessions: Vec<Session>,
}

#[derive(Deserialize)]
pub(super) struct Passwords {
    current_password: String,
    new_password: String,
}

pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Sessions>, Refusal> {
    let records = state.backend.list_sessions(&caller).await?;
    let shown = |record: SessionRecord| Session {
        current: caller.credential == Credential::Session(record.id),
        id: record.id,
        created_at: record.created_at,
        seen_at: record.seen_at,
        agent: record.agent,
    };
    Ok(Json(Sessions {
        sessions: records.into_iter().map(shown).collect(),
    }))
}

pub(super) async fn end(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(session): Id<SessionId>,
) -> Result<StatusCode, Refusal> {
    state.backend.end_session(&caller, session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Everywhere, here included: the cookie goes too.
pub(super) async fn end_all(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> Result<Response, Refusal> {
    state.backend.sign_out_everywhere(&caller).await?;
    let cleared = [(header::SET_COOKIE, state.cookie.clear())];
    Ok((StatusCode::NO_CONTENT, cleared).into_response())
}

pub(super) async fn change_password(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    address: Address,
    headers: HeaderMap,
    Payload(body): Payload<Passwords>,
) -> Result<Response, Refusal> {
    let changed = state.backend.change_password(
        &caller,
        body.current_password,
        body.new_password,
        doorstep(&address, &headers),
    );
    Ok(with_cookie(&state, StatusCode::OK, changed.await?))
}

/// Tells of these calls.
pub(super) fn describe(api: &mut Api) {
    let session = object(
        &[
            ("id", id()),
            ("created_at", time()),
            ("seen_at", time()),
            ("agent", meaning(any_text(), "What the browser called itself")),
            ("current", meaning(flag(), "Whether the request came with it")),
        ],
        &[],
    );
    let sessions = meaning(many(&session, None), "The one used last first");
    api.schema("Sessions", object(&[("sessions", sessions)], &[]));
    let path = "/api/sessions";
    api.call(Call::get(path, "listSessions", "Where the caller is signed in").gives(200, "Sessions"));
    api.call(
        Call::delete(
            path,
            "endSessions",
            "Signs the caller out everywhere; tokens stay",
        )
        .gives_nothing(204)
        .with_header(204, "Set-Cookie", "SetCookie"),
    );
    api.call(
        Call::delete("/api/sessions/{id}", "endSession", "Signs one browser out")
            .part("id", id())
            .gives_nothing(204)
            .refuses(&[Code::SessionNotFound]),
    );
    let passwords = object(
        &[
            ("current_password", any_text()),
            ("new_password", text(PASSWORD_CHARS_MIN, PASSWORD_BYTES_MAX)),
        ],
        &[],
    );
    api.call(
        Call::post(
            "/api/me/password",
            "changePassword",
            "Changes the caller's password",
        )
        .detail("Ends all of the caller's sessions and begins a new one. Not for programs.")
        .takes(passwords)
        .gives(200, "Me")
        .with_header(200, "Set-Cookie", "SetCookie")
        .refuses(&[Code::Forbidden, Code::UserNotFound]),
    );
}
