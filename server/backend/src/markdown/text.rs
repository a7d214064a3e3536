//! Text between markup: escaped, with its addresses and mentions.

use chat::{Author, mention};

use super::address;

/// What every link carries: the target learns nothing of this page and cannot reach back to it.
pub(super) const LINK_ATTRIBUTES: &str = r#"rel="noopener noreferrer nofollow ugc" target="_blank""#;

/// Appends `text` so that it reads as itself between tags and in quoted attributes.
pub(super) fn push_escaped(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// The same with a line break for each line break.
pub(super) fn push_lines(out: &mut String, text: &str) {
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            out.push_str("<br>");
        }
        push_escaped(out, line);
    }
}

/// Appends the start tag of a link.
pub(super) fn push_link_start(out: &mut String, address: &str) {
    out.push_str("<a href=\"");
    push_escaped(out, address);
    out.push_str("\" ");
    out.push_str(LINK_ATTRIBUTES);
    out.push('>');
}

/// Appends text with links and mentions; within a link there are no further links.
pub(super) fn push_text(out: &mut String, text: &str, within_link: bool, mentioned: &[Author]) {
    // Most texts have neither.
    if !text.contains(['@', ':']) {
        return push_lines(out, text);
    }
    let mentions = mentions(text, mentioned);
    let mut mentions = mentions.iter().peekable();
    if within_link {
        return push_mentions(out, text, 0, text.len(), &mut mentions);
    }
    for part in address::parts(text) {
        let (start, end) = (part.range.start, part.range.end);
        match part.leads_to {
            Some(address) => {
                push_link_start(out, &address);
                push_escaped(out, &text[start..end]);
                out.push_str("</a>");
            }
            None => push_mentions(out, text, start, end, &mut mentions),
        }
    }
}

/// Someone's name in a text.
struct Mention<'a> {
    /// Where its `@` is.
    start: usize,
    end: usize,
    who: &'a Author,
}

fn mentions<'a>(text: &str, mentioned: &'a [Author]) -> Vec<Mention<'a>> {
    let of = |name: &str| {
        mentioned
            .iter()
            .find(|author| author.username.eq_ignore_ascii_case(name))
    };
    mention::spans(text)
        .filter_map(|(start, name)| {
            Some(Mention {
                start,
                end: start + 1 + name.len(),
                who: of(name)?,
            })
        })
        .collect()
}

/// Appends `text[start..end]` with those of the mentions that lie in it.
fn push_mentions<'a>(
    out: &mut String,
    text: &str,
    start: usize,
    end: usize,
    mentions: &mut std::iter::Peekable<impl Iterator<Item = &'a Mention<'a>>>,
) {
    let mut from = start;
    while let Some(mention) = mentions.next_if(|mention| mention.start < end) {
        // One that began before is part of an address.
        if mention.start < from || mention.end > end {
            continue;
        }
        push_lines(out, &text[from..mention.start]);
        out.push_str("<span class=\"mention\" data-user=\"");
        push_escaped(out, &mention.who.id.to_string());
        out.push_str("\">@");
        push_escaped(out, &mention.who.display_name);
        out.push_str("</span>");
        from = mention.end;
    }
    push_lines(out, &text[from..end]);
}
