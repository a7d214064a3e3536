//! `/api/sessions` and `/api/me/password`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use backend::{Credential, store::SessionRecord};
use chat::{SessionId, Timestamp};
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::{
    auth::{doorstep, with_cookie},
    payload::{Id, Payload},
};
use crate::{identity::SignedIn, middleware::client::Address, problem::Refusal, state::AppState};

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
