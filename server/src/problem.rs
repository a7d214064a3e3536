//! Refusals as HTTP answers: RFC 9457 problem details. The only place that turns one into the other.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use backend::{Code, Problem};
use chat::error::Fault;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// A refusal on its way out.
#[derive(Debug)]
pub struct Refusal(pub Problem);

/// Problem details with Natter's stable `code` and, for validation, the fields at fault.
#[derive(Serialize)]
struct Details<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Fault],
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self(Problem {
            code,
            detail,
            faults,
            retry_after_s,
        }) = self;
        let details = Details {
            r#type: format!("urn:natter:problem:{code}"),
            title: code.title(),
            status: code.status(),
            detail: &detail,
            code: code.as_str(),
            errors: &faults,
        };
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(details)).into_response();
        // For whoever has to show the refusal to a person instead.
        response.extensions_mut().insert(code);
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if code == Code::NotSignedIn {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self(code.into())
    }
}
