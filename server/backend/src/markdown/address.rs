//! Which addresses a link may lead to, and where they are in a text.

use std::ops::Range;

use linkify::{LinkFinder, LinkKind};
use pulldown_cmark::{Event, Tag, TagEnd};
use url::Url;

/// The schemes of links. Nothing else is let through, whatever new scheme browsers may learn.
const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

/// The address in its normal form, if a link may lead there. Relative ones may not: what they are relative to
/// differs between the page, a notification and a bot.
pub(super) fn safe(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    SCHEMES.contains(&url.scheme()).then(|| url.into())
}

/// A part of a text: an address with where it leads, or something else (`None`).
pub(super) struct Part {
    pub(super) range: Range<usize>,
    pub(super) leads_to: Option<String>,
}

/// Takes a text apart into addresses and what is between them.
pub(super) fn parts(text: &str) -> impl Iterator<Item = Part> + use<'_> {
    LinkFinder::new().spans(text).map(|span| {
        let leads_to = match span.kind() {
            Some(LinkKind::Url) => safe(span.as_str()),
            Some(LinkKind::Email) => safe(&format!("mailto:{}", span.as_str())),
            _ => None,
        };
        let range = span.start()..span.end();
        Part { range, leads_to }
    })
}

/// Makes emphasis that begins inside an address the plain characters that it is written with, so that
/// `https://example.org/_a/b_` stays in one piece.
pub(super) fn keep_whole<'a>(
    body: &'a str,
    events: impl Iterator<Item = (Event<'a>, Range<usize>)>,
) -> impl Iterator<Item = Event<'a>> {
    let addresses = addresses(body);
    let inside = move |at: usize| {
        let next = addresses.partition_point(|address| address.end <= at);
        addresses.get(next).is_some_and(|address| address.start < at)
    };
    // For each open emphasis, how many characters at either end are to be put back.
    let mut open: Vec<usize> = Vec::new();
    events.map(move |(event, range)| match &event {
        Event::Start(tag) if let Some(width) = width(tag, &body[range.start..]) => {
            let width = if inside(range.start) { width } else { 0 };
            open.push(width);
            match width {
                0 => event,
                _ => Event::Text(body[range.start..range.start + width].into()),
            }
        }
        Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough) => match open.pop() {
            Some(width) if width > 0 => Event::Text(body[range.end - width..range.end].into()),
            _ => event,
        },
        _ => event,
    })
}

/// Where the addresses in the source are, in order.
fn addresses(body: &str) -> Vec<Range<usize>> {
    if !body.contains("://") {
        return Vec::new();
    }
    let mut finder = LinkFinder::new();
    let found = finder.kinds(&[LinkKind::Url]).links(body);
    found.map(|link| link.start()..link.end()).collect()
}

/// How many characters begin and end this emphasis; `None`: it is none.
fn width(tag: &Tag<'_>, source: &str) -> Option<usize> {
    match tag {
        Tag::Emphasis => Some(1),
        Tag::Strong => Some(2),
        Tag::Strikethrough => Some(if source.starts_with("~~") { 2 } else { 1 }),
        _ => None,
    }
}
