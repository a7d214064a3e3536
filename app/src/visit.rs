//! Who asks for a page or sends a form, and what the answer is made with.

use std::sync::Arc;

use backend::{Backend, Caller};
use http::{HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::{
    address::Query,
    cookie::{self, SessionCookie},
};

/// How long a browser remembers a choice: as long as browsers let it.
const REMEMBERED_S: i64 = 400 * 24 * 60 * 60;

/// The request as pages and server functions see it. The server gives one into the context of each.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Who is signed in.
    pub caller: Option<Caller>,
    /// Where the request came from, for limits.
    pub address: String,
    /// What the browser calls itself; may be empty.
    pub agent: String,
    /// Where the site is, for links that leave it.
    pub origin: String,
    /// How session cookies are written.
    pub cookie: SessionCookie,
    /// Where people reach this site: its origin.
    pub site: Arc<str>,
}

pub(crate) fn visit() -> Visit {
    expect_context()
}

/// Where the site is, for links that leave it.
pub(crate) fn origin() -> String {
    visit().origin
}

pub(crate) fn backend() -> Arc<Backend> {
    expect_context()
}

/// The request's path and query, from the root.
pub(crate) fn here() -> String {
    expect_context::<Parts>()
        .uri
        .path_and_query()
        .map_or_else(|| "/".to_owned(), ToString::to_string)
}

/// What stands behind the `?` of the request.
pub(crate) fn query() -> Query {
    Query::read(expect_context::<Parts>().uri.query().unwrap_or_default())
}

/// The request's cookie of this name.
pub(crate) fn cookie(name: &str) -> Option<String> {
    cookie::read(&use_context::<Parts>()?.headers, name).map(ToOwned::to_owned)
}

/// The `Set-Cookie` with which the browser remembers a choice; an empty one it forgets.
pub(crate) fn remember(name: &str, value: &str) -> String {
    let max_age_s = if value.is_empty() { 0 } else { REMEMBERED_S };
    cookie::line(name, value, max_age_s, visit().cookie.secure())
}

/// Gives the answer its status.
pub(crate) fn answer_with(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}

/// Adds a header to the answer; a value that no header can hold is left out.
pub(crate) fn answer_header(name: header::HeaderName, value: &str) {
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(value)) {
        response.append_header(name, value);
    }
}

/// Sends the browser elsewhere; whatever it asked with, and not only when it says that it likes HTML.
pub(crate) fn go_to(path: &str, status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
        response.insert_header(header::LOCATION, location);
        response.set_status(status);
    }
}
