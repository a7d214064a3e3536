//! Weak entity tags for what the API gives: who has it already gets 304 and no body.
//!
//! A call whose answer has a version compares before it builds anything: see [`Known`]. All others are compared by
//! their bytes, which saves only the way to the client.

use std::convert::Infallible;

use axum::{
    body::{Body, to_bytes},
    extract::{FromRequestParts, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use backend::{Code, cache::Encoded, version::Tag};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use sha2::{Digest, Sha256};

use crate::problem::Refusal;

/// An answer that is sent as it is made, however long it is: it is not gathered to be compared.
#[derive(Clone, Copy, Debug)]
pub struct Streamed;

/// What the client says that it has, with `If-None-Match`.
pub struct Known(Option<HeaderValue>);

impl Known {
    /// Whether it says anything.
    #[must_use]
    pub const fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// The answer for a client that has this version: 304; `None`: it does not have it.
    #[must_use]
    pub fn unchanged(&self, tag: &Tag) -> Option<Response> {
        let value = weak(tag.as_str());
        is_known(self.0.as_ref(), &value).then(|| {
            let mut response = with_tag(StatusCode::NOT_MODIFIED.into_response(), &value);
            mark_varying(response.headers_mut());
            response
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Known {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.get(header::IF_NONE_MATCH).cloned()))
    }
}

/// JSON of this version.
#[must_use]
pub fn versioned(tag: &Tag, Encoded(json): Encoded) -> Response {
    let response = ([(header::CONTENT_TYPE, "application/json")], json).into_response();
    with_tag(response, &weak(tag.as_str()))
}

fn weak(tag: &str) -> String {
    format!("W/\"{tag}\"")
}

fn is_known(known: Option<&HeaderValue>, tag: &str) -> bool {
    known
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| names(value, tag))
}

fn with_tag(mut response: Response, tag: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(header::ETAG, value);
    }
    mark_private(response.headers_mut());
    response
}

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
        StatusCode::OK if !response.headers().contains_key(header::ETAG) && is_whole(&response) => {
            tagged(response, known.as_ref()).await
        }
        _ => response,
    };
    if method == Method::HEAD {
        response.map(|_| Body::empty())
    } else {
        response
    }
}

fn is_whole(response: &Response) -> bool {
    response.extensions().get::<Streamed>().is_none()
}

async fn tagged(response: Response, known: Option<&HeaderValue>) -> Response {
    let (parts, body) = response.into_parts();
    // The body was built in memory by a handler of ours, whose own limits bound it.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Refusal::from(Code::Internal).into_response();
    };
    let tag = tag_of_bytes(&bytes);
    let same = is_known(known, &tag);
    let mut response = with_tag(Response::from_parts(parts, Body::from(bytes)), &tag);
    if same {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
        response.headers_mut().remove(header::CONTENT_LENGTH);
        mark_varying(response.headers_mut());
    }
    response
}

/// 304 says what 200 would. The encoder says it only of bodies, and here is none.
fn mark_varying(headers: &mut HeaderMap) {
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
}

/// Answers depend on who asks: only that browser may keep them, and asks again each time.
fn mark_private(headers: &mut HeaderMap) {
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-cache"));
}

fn tag_of_bytes(bytes: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    weak(&format!("{:016x}", u64::from_be_bytes([a, b, c, d, e, f, g, h])))
}

/// Whether an `If-None-Match` names this tag. Tags are compared weakly, as RFC 9110 has it for this header.
fn names(value: &str, tag: &str) -> bool {
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    value.trim() == "*" || value.split(',').any(|one| strong(one) == strong(tag))
}
