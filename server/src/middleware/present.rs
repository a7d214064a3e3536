//! Refusals for people: where a browser asks for a page, it gets one, not problem details.

use app::shell::error_document;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use backend::Code;
use http::{HeaderMap, HeaderValue, Method, header};

use crate::state::AppState;

/// Keeps the status and what else the refusal says to programs; only its body becomes a page.
pub async fn present(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let by_person = asks_for_page(request.headers());
    let again = request.method() == Method::GET;
    let response = next.run(request).await;
    match response.extensions().get::<Code>() {
        Some(code) if by_person => page(&state, *code, again, response),
        _ => response,
    }
}

fn page(state: &AppState, code: Code, again: bool, response: Response) -> Response {
    let (html, policy) = error_document(state.leptos.clone(), code, again);
    let (refused, _) = response.into_parts();
    let mut response = (refused.status, Html(html)).into_response();
    let headers = response.headers_mut();
    for name in [
        header::RETRY_AFTER,
        header::CACHE_CONTROL,
        header::WWW_AUTHENTICATE,
    ] {
        if let Some(value) = refused.headers.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Browsers name HTML when they open an address; programs, and scripts that fetch, do not.
fn asks_for_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|value| value.contains("text/html"))
}
