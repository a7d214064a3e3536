//! Who sends a request: a session cookie or a bearer token, looked at once and kept with the request.

use app::cookie::Presented;
use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use backend::{Caller, Code, Problem, session::secret::Secret};
use http::{HeaderMap, header, request::Parts};

use crate::{problem::Refusal, state::AppState};

/// How a request says who sends it. `Origin` matters only where the browser adds the proof by itself.
#[derive(Clone, Debug)]
pub enum Identity {
    /// Nothing was presented.
    Anonymous,
    /// Something was presented that is not, or no longer, valid.
    Invalid,
    /// A browser with a valid session cookie.
    Browser(Caller),
    /// A program with a valid token.
    Program(Caller),
}

impl Identity {
    /// Who it is, if anyone.
    #[must_use]
    pub const fn caller(&self) -> Option<&Caller> {
        match self {
            Self::Browser(caller) | Self::Program(caller) => Some(caller),
            Self::Anonymous | Self::Invalid => None,
        }
    }
}

/// Looks at what the request presents, and keeps the answer with it.
pub async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    match identity_of(&state, request.headers()).await {
        Ok(identity) => {
            request.extensions_mut().insert(identity);
            next.run(request).await
        }
        Err(problem) => Refusal(problem).into_response(),
    }
}

async fn identity_of(state: &AppState, headers: &HeaderMap) -> Result<Identity, Problem> {
    // A token, where there is one, decides alone: a program must not act as whoever left a cookie.
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let Some(secret) = value.to_str().ok().and_then(bearer) else {
            return Ok(Identity::Invalid);
        };
        let found = state.backend.authenticate_token(&secret).await?;
        return Ok(found.map_or(Identity::Invalid, Identity::Program));
    }
    match state.cookie.read(headers) {
        Presented::Nothing => Ok(Identity::Anonymous),
        Presented::Malformed => Ok(Identity::Invalid),
        Presented::Secret(secret) => {
            let found = state.backend.authenticate_session(&secret).await?;
            Ok(found.map_or(Identity::Invalid, Identity::Browser))
        }
    }
}

fn bearer(value: &str) -> Option<Secret> {
    let (scheme, token) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Secret::parse_token(token.trim())
    } else {
        None
    }
}

/// The signed-in user; without one the request ends with 401.
#[derive(Clone, Debug)]
pub struct SignedIn(pub Caller);

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let identity = parts.extensions.get::<Identity>();
        identity
            .and_then(Identity::caller)
            .cloned()
            .map(Self)
            .ok_or(Refusal(Code::NotSignedIn.into()))
    }
}
