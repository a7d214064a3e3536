//! What the fuzzer calls: readers of what anybody may send, each with what must hold of its answer. Compiled with the
//! feature `fuzzed` only; the inputs come from `deploy/fuzz/cargo`.
use chat::{Timestamp, UserId, attachment::NAME_CHARS_MAX};
use uuid::Uuid;

use crate::{
    markdown::{DEPTH_MAX, HTML_BYTES_MAX, Setting, links, render, scan},
    picture,
    search::{Cursor, Sought},
    sniff,
    webhook::slack,
};

pub use crate::import::fuzzed::{archive, day};

/// A list is two elements deep, and a table's cell with code in it the deepest of what does not nest.
const DOM_DEPTH_MAX: usize = 2 * DEPTH_MAX + 10;
/// What a fuzzer draws: larger pictures are slow to draw and teach nothing.
const DRAWN_BYTES_MAX: usize = 64 * 1024;
/// The most links that anybody follows of one message.
const LINKS_MAX: usize = 8;

/// Any body becomes HTML of known tags, closed in order, that a browser understands as it was written.
pub fn markdown(text: &str) {
    let Ok(body) = chat::body::parse(text) else {
        return;
    };
    let html = render(&body, Setting::default());
    assert!(
        html.len() <= HTML_BYTES_MAX.max(6 * text.len()),
        "{} bytes",
        html.len()
    );
    let (written, seen) = (scan::scan(&html), scan::browse(&html));
    assert!(written.depth <= DOM_DEPTH_MAX, "{} deep", written.depth);
    assert_eq!(written.tags, seen.tags, "{html}");
    assert!(links(&html, LINKS_MAX).len() <= LINKS_MAX);
}

/// Any words are a query or refused for their size, and no query breaks what is made of it for either engine.
pub fn search(text: &str) {
    for query in [chat::search::parse(text), chat::search::parse_typing(text)]
        .into_iter()
        .flatten()
    {
        let Some(sought) = Sought::of(query) else {
            continue;
        };
        let expressions = [sought.match_expression(), sought.tsquery()];
        assert!(expressions.iter().all(|expression| !expression.contains('\0')));
    }
}

/// Any text is a cursor that this search gave, or refused; what was written is read back.
pub fn cursor(text: &str, words: &str, moved: [u64; 3]) {
    let Some(sought) = chat::search::parse(words).ok().and_then(Sought::of) else {
        return;
    };
    let reader = UserId(Uuid::from_u128(u128::from(moved[0])));
    assert_eq!(Cursor::read(text, reader, &sought), None, "nobody guesses a sum");
    let given = Cursor::at(moved[0], moved[1], Timestamp(moved[2].cast_signed()));
    let written = given.write(reader, &sought);
    assert_eq!(Cursor::read(&written, reader, &sought), Some(given));
    let another = UserId(Uuid::from_u128(u128::from(moved[0]) + 1));
    assert_eq!(
        Cursor::read(&written, another, &sought),
        None,
        "a cursor is its reader's own"
    );
}

/// Any bytes are some type; a picture of them is drawn within its limits or refused, and what was drawn is the same
/// kind of picture and can be drawn again.
pub fn upload(bytes: &[u8]) {
    let kind = sniff::media_type(&bytes[..bytes.len().min(sniff::HEAD_BYTES)]);
    let Some(format) = picture::format(kind).filter(|_| bytes.len() <= DRAWN_BYTES_MAX) else {
        return;
    };
    let Ok(drawn) = picture::draw(format, bytes) else {
        return;
    };
    assert_eq!(sniff::media_type(&drawn.bytes), kind);
    assert!(
        drawn
            .smaller
            .iter()
            .all(|smaller| smaller.width < drawn.width && smaller.height > 0)
    );
    let again = picture::draw(format, &drawn.bytes);
    assert!(again.is_ok(), "what was drawn cannot be drawn: {again:?}");
}

/// Any name comes out as one that means nothing to any file system.
pub fn file_name(name: &str) {
    let clean = chat::attachment::clean_name(name);
    assert!(!clean.is_empty() && clean.chars().count() <= NAME_CHARS_MAX);
    assert!(!clean.contains(['/', '\\', '\0', '\r', '\n', '"']), "{clean:?}");
    assert!(clean != "." && clean != "..");
    assert_eq!(chat::attachment::clean_name(&clean), clean, "clean stays clean");
}

/// Any JSON posts a body that a message may have, or is refused.
pub fn webhook(payload: &serde_json::Value) {
    if let Ok(body) = slack::body(payload) {
        assert!(body.chars().count() <= chat::body::BODY_CHARS_MAX);
        markdown(&body);
    }
}
