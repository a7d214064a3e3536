//! What every request passes through, outermost first, with the reason for its place.
//!
//! 1. `request_id` names the request before anything can answer it.
//! 2. `trace` logs it under that name.
//! 3. `client` finds out whose address it comes from.
//! 4. `measure` times it, faults included: they are what alerts are about.
//! 5. `security` headers go on every answer.
//! 6. `caching` says who may keep it, where nobody else did.
//! 7. `retry` tells whoever is to come back later when, pages included.
//! 8. `compression` sees bodies last, so everything inside works on plain bytes.
//! 9. `present` turns a refusal into a page where a person asked for one.
//! 10. `catch_panic` turns a fault into a refusal.
//! 11. `target` refuses what is no address here, before anything looks for its path.
//! 12. `deadline`, `body time` and `body limit` bound what a request may take.
//! 13. `identify` looks at cookie or token once.
//! 14. `origin` refuses forged requests, for which it needs the identity.
//!
//! The API adds, inside: `limit` (who asks too often) and `etag` (who has it already).

pub mod caching;
pub mod client;
pub mod deadline;
pub mod etag;
pub mod limit;
pub mod measure;
pub mod origin;
pub mod present;
pub mod request_id;
pub mod retry;
pub mod security;
pub mod target;

use std::{any::Any, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use backend::Code;
use http::{Extensions, HeaderMap, StatusCode, Version};
use tower::ServiceBuilder;
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, Predicate as _},
    },
    timeout::RequestBodyTimeoutLayer,
    trace::TraceLayer,
};
use tracing::{Span, debug, field::Empty, info_span};

use self::request_id::RequestId;
use crate::{identity::identify, problem::Refusal, state::AppState};

/// The most bytes of a request's body. The longest message is 32,000 bytes of text; JSON may double it.
pub const BODY_BYTES_MAX: usize = 128 * 1024;
/// Brotli's and gzip's effort for answers made on the fly: beyond this it costs more than it saves.
const COMPRESSION: CompressionLevel = CompressionLevel::Precise(4);

/// Wraps everything that the router knows. One layer of the router's made of many: the router boxes what each layer
/// makes of each route, and clones it whole for every request.
pub fn around(router: Router<AppState>, state: &AppState) -> Router<AppState> {
    router.layer(
        ServiceBuilder::new()
            .layer(from_fn(request_id::name))
            .layer(
                TraceLayer::new_for_http()
                    .make_span_with(span)
                    .on_response(answered),
            )
            .layer(from_fn_with_state(state.clone(), client::locate))
            .layer(from_fn(measure::measure))
            .layer(from_fn_with_state(state.clone(), security::headers))
            .layer(from_fn(caching::forbid))
            .layer(from_fn(retry::after))
            .layer(
                CompressionLayer::new()
                    .quality(COMPRESSION)
                    .compress_when(DefaultPredicate::new().and(is_ours)),
            )
            .layer(from_fn_with_state(state.clone(), present::present))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn(target::check))
            .layer(from_fn(deadline::bound))
            .layer(RequestBodyTimeoutLayer::new(deadline::BODY_PAUSE_MAX))
            .map_request(|request: http::Request<_>| request.map(Body::new))
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .layer(from_fn_with_state(state.clone(), identify))
            .layer(from_fn_with_state(state.clone(), origin::check)),
    )
}

/// An answer whose bytes are somebody's file, to be passed on as they are: its length is known and parts of it are
/// asked for.
#[derive(Clone, Copy, Debug)]
pub struct AsItIs;

fn is_ours(_: StatusCode, _: Version, _: &HeaderMap, extensions: &Extensions) -> bool {
    extensions.get::<AsItIs>().is_none()
}

fn span(request: &Request) -> Span {
    let id = request.extensions().get::<RequestId>().map(RequestId::as_str);
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let traceparent = request
        .headers()
        .get("traceparent")
        .and_then(|value| value.to_str().ok());
    info_span!("request", id, method = %request.method(), route, status = Empty, traceparent)
}

fn answered(response: &Response, latency: Duration, span: &Span) {
    let status = response.status().as_u16();
    span.record("status", status);
    debug!(status, latency_us = latency.as_micros(), "answered");
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    Refusal::from(Code::Internal).into_response()
}
