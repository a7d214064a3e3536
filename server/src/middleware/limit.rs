//! How many API requests someone may make.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use chat::quota::Quota;

use super::client::Address;
use crate::{identity::Identity, problem::Refusal, state::AppState};

/// Counts a request that changes something; opening pages is free.
pub async fn count_changes(state: State<AppState>, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        next.run(request).await
    } else {
        count(state, request, next).await
    }
}

/// Counts the request for the user, or for the address where nobody is signed in.
pub async fn count(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Identity>().and_then(Identity::caller);
    let subject = match caller {
        Some(caller) => caller.id().to_string(),
        None => Address::of(request.extensions()).0,
    };
    match state.backend.limiter.take(Quota::Api, &subject).await.allowed() {
        Ok(()) => next.run(request).await,
        Err(problem) => Refusal(problem).into_response(),
    }
}
