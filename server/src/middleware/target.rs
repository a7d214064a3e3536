//! Only addresses of this server: a path, with or without a query.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use backend::{Code, Problem};

use crate::problem::Refusal;

/// Refuses what is meant for proxies (`CONNECT`, `host:port` as the target): there is no path to route by.
pub async fn check(request: Request, next: Next) -> Response {
    match request.uri().path_and_query() {
        Some(target) if target.path().starts_with('/') => next.run(request).await,
        _ => Refusal(Problem::because(Code::Malformed, "The request names no path")).into_response(),
    }
}
