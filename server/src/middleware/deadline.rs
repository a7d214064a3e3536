//! No request takes for ever.

use std::time::Duration;

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use backend::Problem;

use crate::problem::Refusal;

/// How long a client may pause in the middle of a body. Shorter than [`REQUEST_TIME_MAX`], so that a client that
/// stalls is told that its request is malformed and not that the server is away.
pub const BODY_PAUSE_MAX: Duration = Duration::from_secs(10);
/// How long a request may take.
pub const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);

/// Gives a request up that takes too long. A WebSocket is answered at its upgrade, long before.
pub async fn bound(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIME_MAX, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal(Problem::unavailable(1)).into_response(),
    }
}
