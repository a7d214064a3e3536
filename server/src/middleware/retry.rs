//! Whoever is told to come back later is told when.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderValue, StatusCode, header};

/// In how many seconds, where whatever refused did not say.
const SECONDS: &str = "1";

/// Sees to it that every 429 and 503 carries `Retry-After`, pages and forms included.
pub async fn after(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if matches!(
        response.status(),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    ) {
        response
            .headers_mut()
            .entry(header::RETRY_AFTER)
            .or_insert(HeaderValue::from_static(SECONDS));
    }
    response
}
