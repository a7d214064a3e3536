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
/// How long a request may take that brings a file: a large one over a slow line. Bytes have to come all the time.
pub const UPLOAD_TIME_MAX: Duration = Duration::from_secs(60 * 60);
/// Where files are brought to.
const UPLOADS: [&str; 5] = [
    "/api/files",
    "/files/send",
    "/api/me/avatar",
    "/avatars/send",
    "/import/send",
];

/// Gives a request up that takes too long. A WebSocket is answered at its upgrade, long before.
pub async fn bound(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let most = if UPLOADS.iter().any(|uploads| path.starts_with(uploads)) {
        UPLOAD_TIME_MAX
    } else {
        REQUEST_TIME_MAX
    };
    match tokio::time::timeout(most, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal(Problem::unavailable(1)).into_response(),
    }
}
