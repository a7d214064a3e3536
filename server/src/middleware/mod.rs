//! What every request passes through, outermost first, with the reason for its place.
//!
//! 1. `request_id` names the request before anything can answer it.
//! 2. `trace` logs it under that name.
//! 3. `catch_panic` turns a fault into an answer, inside the log so that it is seen there.
//! 4. `security` headers go on every answer, faults included.
//! 5. `compression` sees bodies last, so everything inside works on plain bytes.
//! 6. `measure` times what the server did, without compressing.
//! 7. `timeout` and `body limit` bound what a request may take.
//! 8. `identify` looks at cookie or token once.
//! 9. `origin` refuses forged requests, for which it needs the identity.
//!
//! The API adds, inside: `limit` (who asks too often) and `etag` (who has it already).

pub mod client;
pub mod etag;
pub mod limit;
pub mod measure;
pub mod origin;
pub mod security;

use std::{any::Any, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use backend::Code;
use http::StatusCode;
use tower::ServiceBuilder;
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    timeout::TimeoutLayer,
    trace::TraceLayer,
};
use tracing::{Span, info_span};

use crate::{identity::identify, problem::Refusal, state::AppState};

/// The most bytes of a request's body. The longest message is 32,000 bytes of text; JSON may double it.
pub const BODY_BYTES_MAX: usize = 128 * 1024;
/// How long a request may take.
pub const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);
/// Brotli's and gzip's effort for answers made on the fly: beyond this it costs more than it saves.
const COMPRESSION: CompressionLevel = CompressionLevel::Precise(4);

/// Wraps everything that the router knows.
pub fn around(router: Router<AppState>, state: &AppState) -> Router<AppState> {
    router
        .layer(from_fn_with_state(state.clone(), origin::check))
        .layer(from_fn_with_state(state.clone(), identify))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            REQUEST_TIME_MAX,
        ))
        .layer(from_fn(measure::measure))
        .layer(CompressionLayer::new().quality(COMPRESSION))
        .layer(from_fn_with_state(state.clone(), security::headers))
        .layer(
            ServiceBuilder::new()
                .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
                .layer(PropagateRequestIdLayer::x_request_id())
                .layer(TraceLayer::new_for_http().make_span_with(span))
                .layer(CatchPanicLayer::custom(panicked)),
        )
}

fn span(request: &Request) -> Span {
    let id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok());
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    info_span!("request", id, method = %request.method(), route)
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    Refusal::from(Code::Internal).into_response()
}
