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
//! - Addresses that stand alone become links, and names of people who exist become mentions; not in code.
//! - Nesting stops at [`DEPTH_MAX`], and output beyond [`HTML_BYTES_MAX`] is replaced by the plain source.

mod address;
mod text;
mod write;

#[cfg(test)]
mod scan;
#[cfg(test)]
mod tests;

use chat::{Author, UserId};
use pulldown_cmark::{Event, Options, Parser, TextMergeStream};

/// How deep quotes, lists and emphasis may lie in each other; what lies deeper loses its tags, not its text.
pub const DEPTH_MAX: usize = 16;
/// The most bytes of HTML that a body may become. Ordinary bodies grow by a tenth; what grows further than
/// this is made for it, and comes out as its source.
pub const HTML_BYTES_MAX: usize = 128 * 1024;

/// The HTML of a body. `mentioned` are the people of whose usernames a mention is made.
#[must_use]
pub fn render(body: &str, mentioned: &[Author]) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let events = Parser::new_ext(body, options).into_offset_iter();
    // Text comes in pieces, split where markup could begin: addresses and names are found in the whole of it.
    let events = TextMergeStream::new(address::keep_whole(body, events).map(html_is_text));
    write::write(events, mentioned).unwrap_or_else(|write::TooLong| plain(body))
}

/// Whether a rendering mentions `user`. A name in code or in an address mentions nobody, and only the renderer
/// knows those; text cannot pretend, as its quotes are escaped.
#[must_use]
pub fn mentions(html: &str, user: UserId) -> bool {
    html.contains(&format!("data-user=\"{user}\""))
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
