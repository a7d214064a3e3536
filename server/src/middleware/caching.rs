//! Who may keep an answer. Every answer says so; `docs/caching.md` has the table.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderValue, StatusCode, header};

/// Answers for which nobody has said anything else are for once: without a word, caches may keep what they like,
/// a 404 too.
pub async fn forbid(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response
            .headers_mut()
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
    }
    response
}
