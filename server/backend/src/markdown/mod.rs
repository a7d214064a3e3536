//! Markdown to HTML that is safe to show to anyone.
//!
//! It is safe by construction: `write` knows every tag and attribute that can come out, and everything
//! else, HTML in the source included, comes out as escaped text. What a chat does differently from a
//! document:
//!
//! - One line break in a paragraph is a line break.
//! - A heading is a paragraph in bold (`<p class="heading"><strong>`): a message is no section of the page,
//!   and a reader who moves by headings must not land in every message.
//! - An image is a link to it: a page must not make its readers' browsers call other hosts.
//! - Links lead to `http`, `https` and `mailto` only, by whole addresses; of any other link the text is left.
//! - Addresses that stand alone become links, names of people who exist mentions, `#room` a link to the room of that
//!   name, `:tada:` the emoji; not in code, and not after a backslash.
//! - A link to a place on this site ([`Site`]) says which, and is followed within the page.
//! - Whether a room of that name exists, or who may see it, changes nothing: everyone gets the same bytes, and nobody
//!   learns of a private room from them.
//! - What stands between `||` is hidden until somebody asks for it: a spoiler.
//! - Code in a fence is coloured by its language ([`highlight`]), with classes.
//! - Nesting stops at [`DEPTH_MAX`], and output beyond [`HTML_BYTES_MAX`] is replaced by the plain source.

mod address;
mod card;
mod emoji;
mod highlight;
mod place;
mod text;
mod write;

#[cfg(any(test, feature = "fuzzed"))]
pub(crate) mod scan;
#[cfg(test)]
mod tests;

use std::ops::Range;

use chat::{Author, UserId, mention::Call};
use pulldown_cmark::{Event, Options, Parser, TextMergeStream};

pub use card::{Card, links, with_cards};
pub(crate) use emoji::named as emoji_named;
pub use place::Site;

/// How deep quotes, lists and emphasis may lie in each other; what lies deeper loses its tags, not its text.
pub const DEPTH_MAX: usize = 16;
/// The most bytes of HTML that a body may become. Ordinary bodies grow by a tenth; what grows further than
/// this is made for it, and comes out as its source.
pub const HTML_BYTES_MAX: usize = 128 * 1024;

/// Stands behind a character that a backslash keeps from meaning anything to us. Bodies hold no control characters,
/// and none comes out.
const ESCAPED: char = '\u{1}';

/// What a body is rendered with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setting<'a> {
    /// The people of whose usernames a mention is made.
    pub mentioned: &'a [Author],
    /// Where this site is, if that is known.
    pub site: Option<&'a Site>,
}

/// The HTML of a body.
#[must_use]
pub fn render(body: &str, setting: Setting<'_>) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let events = Parser::new_ext(body, options).into_offset_iter();
    let events = events.map(|(event, range)| (keep_escape(body, event, &range), range));
    // Text comes in pieces, split where markup could begin: addresses and names are found in the whole of it.
    let events = TextMergeStream::new(address::keep_whole(body, events).map(html_is_text));
    write::write(events, setting).unwrap_or_else(|write::TooLong| plain(body))
}

/// Whether a rendering mentions `user`. A name in code or in an address mentions nobody, and only the renderer
/// knows those; text cannot pretend, as its quotes are escaped.
#[must_use]
pub fn mentions(html: &str, user: UserId) -> bool {
    html.contains(&format!("data-user=\"{user}\""))
}

/// The widest call in a rendering. As with [`mentions`], a word in code calls nobody.
#[must_use]
pub fn call(html: &str) -> Option<Call> {
    let is_there = |call: &Call| html.contains(&format!("data-call=\"{}\"", call.name()));
    [Call::Room, Call::Here].into_iter().find(is_there)
}

/// The parser knows of `\|` and `\#` only that the backslash is gone.
fn keep_escape<'a>(body: &str, event: Event<'a>, range: &Range<usize>) -> Event<'a> {
    match &event {
        Event::Text(text)
            if text.starts_with(['@', '#', ':', '|']) && body[..range.start].ends_with('\\') =>
        {
            let (first, rest) = text.split_at(1);
            Event::Text(format!("{first}{ESCAPED}{rest}").into())
        }
        _ => event,
    }
}

fn html_is_text(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        other => other,
    }
}

fn plain(body: &str) -> String {
    let mut out = String::from("<p>");
    text::push_lines(&mut out, body);
    out.push_str("</p>");
    out
}
