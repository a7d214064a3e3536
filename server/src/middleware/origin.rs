//! Refuses what other sites make a signed-in browser send.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use backend::Code;
use http::header;

use crate::{identity::Identity, problem::Refusal, state::AppState};

/// A request that changes state must come from a page of this site when a cookie authenticates it. Where
/// nobody is signed in yet, a foreign `Origin` is refused too: nobody should be signed in by another site.
/// The WebSocket is a GET but opens a door, so its handler checks the same.
pub async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let identity = request.extensions().get::<Identity>();
    let proven = matches!(identity, Some(Identity::Program(_)));
    let by_cookie = matches!(identity, Some(Identity::Browser(_)));
    let named = request.headers().contains_key(header::ORIGIN);
    let needs_origin = !request.method().is_safe() && !proven && (by_cookie || named);
    if needs_origin && !state.origin.allows(request.headers()) {
        return Refusal::from(Code::ForeignOrigin).into_response();
    }
    next.run(request).await
}
