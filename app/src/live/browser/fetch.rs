//! What the browser asks for over HTTP: pages of history, people, who one is. Plain requests: server functions
//! would bring a URL parser along.

use chat::message::{Bound, PAGE_LIMIT, PAGE_LIMIT_MAX};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Document, DomParser, Element, RequestInit, Response, SupportedType};

use super::{act, spawn, window, with};
use crate::live::{Ask, codec, json::Value};

/// How long an answer may take, in milliseconds.
const PATIENCE: u32 = 15_000;
const NOT_SIGNED_IN: u16 = 401;

/// Asks for JSON and reads it. `None`: it did not come, or it is something else.
pub async fn get<T>(path: &str, read: impl FnOnce(&Value<'_>) -> Option<T>) -> Option<T> {
    let response = ask(path).await.filter(Response::ok)?;
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    read(&Value::parse(&text)?)
}

/// Asks for a change. Gives the answer's text or, in words, why there is none.
///
/// # Errors
/// What the server says against it; that it cannot be reached.
pub async fn send(method: &str, path: &str, body: Option<&str>) -> Result<String, String> {
    let init = RequestInit::new();
    init.set_method(method);
    if let Some(body) = body {
        let headers = js_sys::Object::new();
        // An own property of a fresh object can always be set.
        drop(js_sys::Reflect::set(
            &headers,
            &"content-type".into(),
            &"application/json".into(),
        ));
        init.set_headers(&headers);
        init.set_body(&body.into());
    }
    let away = || "the server cannot be reached".to_owned();
    let response = answer(path, &init).await.ok_or_else(away)?;
    let text = JsFuture::from(response.text().map_err(|_| away())?).await;
    let text = text.ok().and_then(|text| text.as_string()).unwrap_or_default();
    if response.ok() {
        return Ok(text);
    }
    let detail = Value::parse(&text).and_then(|problem| problem.get("detail").string());
    Err(detail.unwrap_or_else(|| "the server did not take it".to_owned()))
}

/// Fetches a page of the room's messages for the client.
pub(super) fn messages(ask: Ask, bound: Bound) {
    let Some(room) = with(|client| client.view().room().to_string()) else {
        return;
    };
    let limit = match ask {
        Ask::Part => PAGE_LIMIT_MAX,
        Ask::Newest => PAGE_LIMIT,
    };
    let here = room.clone();
    let bound = match bound {
        Bound::Newest => String::new(),
        Bound::Before(seq) => ["&before=", &seq.to_string()].concat(),
        Bound::After(seq) => ["&after=", &seq.to_string()].concat(),
        Bound::Around(seq) => ["&around=", &seq.to_string()].concat(),
    };
    let path = [
        "/api/messages?room=",
        &room,
        &bound,
        "&limit=",
        &limit.to_string(),
    ]
    .concat();
    spawn(async move {
        let page = get(&path, codec::page).await;
        // The room may have been left meanwhile.
        if with(|client| client.view().room().to_string() == here) == Some(true) {
            act(|client, now| client.page(ask, page, now));
        }
    });
}

/// Tells the client if nobody is signed in.
pub(super) fn who_am_i() {
    spawn(async {
        if ask("/api/me")
            .await
            .is_some_and(|response| response.status() == NOT_SIGNED_IN)
        {
            act(|client, now| client.signed_out(now));
        }
    });
}

/// Asks for a page of the site as text; `None` also where it leads elsewhere.
pub async fn document(path: &str) -> Option<String> {
    let response = ask(path)
        .await
        .filter(|response| response.ok() && !response.redirected())?;
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}

/// A part of a page of this site, as the server renders it.
pub async fn part(path: &str, selector: &str) -> Option<Element> {
    page_of(&document(path).await?)?.query_selector(selector).ok()?
}

/// A page of this site as it came.
pub fn page_of(text: &str) -> Option<Document> {
    let text = without_styles(text);
    let parser = DomParser::new().ok()?;
    parser.parse_from_string(&text, SupportedType::TextHtml).ok()
}

/// A page's text without its styles, which are those that are here already, under a nonce of their own.
fn without_styles(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some((before, style)) = cut(rest, "<style") {
        plain.push_str(before);
        rest = cut(style, "</style>").map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    plain
}

/// What stands before and after `what`. The standard library's search would be the only use of much code.
fn cut<'a>(text: &'a str, what: &str) -> Option<(&'a str, &'a str)> {
    let place = text
        .as_bytes()
        .windows(what.len())
        .position(|part| part == what.as_bytes())?;
    Some((text.get(..place)?, text.get(place + what.len()..)?))
}

async fn ask(path: &str) -> Option<Response> {
    answer(path, &RequestInit::new()).await
}

async fn answer(path: &str, init: &RequestInit) -> Option<Response> {
    init.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE)));
    let answer = JsFuture::from(window().fetch_with_str_and_init(path, init))
        .await
        .ok()?;
    answer.dyn_into().ok()
}
