//! Weak entity tags for what the API gives: who has it already gets 304 and no body.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use backend::Code;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::problem::Refusal;

/// Tags successful answers to GET and compares them with what the client has.
pub async fn tag(mut request: Request, next: Next) -> Response {
    let method = request.method().clone();
    if !matches!(method, Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    // HEAD is told what GET would be, and that takes the body.
    *request.method_mut() = Method::GET;
    let response = next.run(request).await;
    let response = match response.status() {
        StatusCode::OK => tagged(response, known.as_ref()).await,
        _ => response,
    };
    if method == Method::HEAD {
        response.map(|_| Body::empty())
    } else {
        response
    }
}

async fn tagged(response: Response, known: Option<&HeaderValue>) -> Response {
    let (mut parts, body) = response.into_parts();
    // The body was built in memory by a handler of ours, whose own limits bound it.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Refusal::from(Code::Internal).into_response();
    };
    let tag = weak_tag(&bytes);
    let same = known
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| names(value, &tag));
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, value);
    }
    mark_private(&mut parts.headers);
    if same {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// Answers depend on who asks: only that browser may keep them, and asks again each time.
fn mark_private(headers: &mut HeaderMap) {
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-cache"));
}

fn weak_tag(bytes: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    format!("W/\"{:016x}\"", u64::from_be_bytes([a, b, c, d, e, f, g, h]))
}

/// Whether an `If-None-Match` names this tag. Tags are compared weakly, as RFC 9110 has it for this header.
fn names(value: &str, tag: &str) -> bool {
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    value.trim() == "*" || value.split(',').any(|one| strong(one) == strong(tag))
}
