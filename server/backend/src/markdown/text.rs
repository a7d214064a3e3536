//! Text between markup: escaped, with its addresses, mentions, rooms, emoji and spoilers.

use std::ops::Range;

use chat::{
    Author,
    mention::{self, Call},
    room::NAME_CHARS_MAX,
};

use super::{ESCAPED, address, emoji, write::Writer};

/// What every link carries: the target learns nothing of this page and cannot reach back to it.
pub(super) const LINK_ATTRIBUTES: &str = r#"rel="noopener noreferrer nofollow ugc" target="_blank""#;

/// Appends `text` so that it reads as itself between tags and in quoted attributes.
pub(super) fn push_escaped(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'', ESCAPED]) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            // What keeps a character from its meaning is not shown.
            _ => "",
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

/// The most spoilers in a message; further ones are read as they are written.
const SPOILERS_MAX: usize = 100;
/// What stands around a spoiler.
const BARS: &str = "||";

/// Something in a text that is more than its characters.
struct Piece<'a> {
    range: Range<usize>,
    is: Is<'a>,
}

enum Is<'a> {
    /// The name of somebody.
    Mention(&'a Author),
    /// A word that calls many.
    Call(Call),
    /// The name of a room, with how its address calls it.
    Room(String),
    /// The name of an emoji.
    Emoji(&'static str),
    /// Bars around a spoiler.
    Bars,
}

impl Writer<'_> {
    /// Appends text with all that is in it. Within a link there are no further links, and no spoilers.
    pub(super) fn text(&mut self, text: &str) {
        // Most texts have nothing.
        if !text.contains(['@', ':', '#', '|']) {
            return push_lines(&mut self.out, text);
        }
        let pieces = pieces(text, self.setting.mentioned);
        let mut pieces = pieces.into_iter().peekable();
        if self.within_link {
            return self.pieces(text, 0..text.len(), &mut pieces);
        }
        for part in address::parts(text) {
            match part.leads_to {
                Some(address) => self.push_address(&text[part.range], &address),
                None => self.pieces(text, part.range, &mut pieces),
            }
        }
    }

    /// Appends an address that stands alone as a link.
    fn push_address(&mut self, written: &str, address: &str) {
        self.push_link_start(address);
        match self.setting.site.and_then(|site| site.place(address)) {
            Some(place) => push_escaped(&mut self.out, &place.name()),
            None => push_escaped(&mut self.out, written),
        }
        self.out.push_str("</a>");
    }

    /// Appends the start tag of a link. A place on this site is told by its path, and opened within the page.
    pub(super) fn push_link_start(&mut self, address: &str) {
        let place = self.setting.site.and_then(|site| site.place(address));
        let (class, href) = match &place {
            Some(place) => ("<a class=\"place\" href=\"", place.path()),
            None => ("<a href=\"", address),
        };
        self.out.push_str(class);
        push_escaped(&mut self.out, href);
        self.out.push('"');
        if place.is_none() {
            self.out.push(' ');
            self.out.push_str(LINK_ATTRIBUTES);
        }
        self.out.push('>');
    }

    /// Appends `text[range]` with those of the pieces that lie in it.
    fn pieces<'p>(
        &mut self,
        text: &str,
        range: Range<usize>,
        pieces: &mut std::iter::Peekable<impl Iterator<Item = Piece<'p>>>,
    ) {
        let mut from = range.start;
        while let Some(piece) = pieces.next_if(|piece| piece.range.start < range.end) {
            // One that began before is part of an address, or of another piece.
            if piece.range.start < from || piece.range.end > range.end {
                continue;
            }
            push_lines(&mut self.out, &text[from..piece.range.start]);
            self.piece(text, &piece);
            from = piece.range.end;
        }
        push_lines(&mut self.out, &text[from..range.end]);
    }

    fn piece(&mut self, text: &str, piece: &Piece<'_>) {
        let written = &text[piece.range.clone()];
        match &piece.is {
            Is::Mention(who) => self.mention(who),
            Is::Call(call) => {
                self.out.push_str("<span class=\"mention\" data-call=\"");
                self.out.push_str(call.name());
                self.out.push_str("\">");
                push_escaped(&mut self.out, written);
                self.out.push_str("</span>");
            }
            Is::Room(_) if self.within_link => push_escaped(&mut self.out, written),
            Is::Room(slug) => {
                self.out.push_str("<a class=\"place\" href=\"/rooms/");
                push_encoded(&mut self.out, slug);
                self.out.push_str("\">");
                push_escaped(&mut self.out, written);
                self.out.push_str("</a>");
            }
            Is::Emoji(emoji) => self.out.push_str(emoji),
            Is::Bars => self.bars(text, &piece.range),
        }
    }

    fn mention(&mut self, who: &Author) {
        let element = if self.within_link { "span" } else { "a" };
        self.out.push('<');
        self.out.push_str(element);
        self.out.push_str(" class=\"mention\" data-user=\"");
        push_escaped(&mut self.out, &who.id.to_string());
        if !self.within_link {
            self.out.push_str("\" href=\"/direct/");
            push_encoded(&mut self.out, &who.username);
        }
        self.out.push_str("\">@");
        push_escaped(&mut self.out, &who.display_name);
        self.out.push_str("</");
        self.out.push_str(element);
        self.out.push('>');
    }

    /// Ends the spoiler that began within the same tag, or notes that one may begin here. Bars with space on the
    /// inner side are a programmer's “or”.
    fn bars(&mut self, text: &str, range: &Range<usize>) {
        let before = text[..range.start].chars().next_back();
        let after = text[range.end..].chars().next();
        let (ends, begins) = (
            !before.is_some_and(char::is_whitespace),
            !after.is_some_and(char::is_whitespace),
        );
        let is_full = self.within_link || self.spoilers >= SPOILERS_MAX;
        let Some(open) = self.open.last_mut().filter(|_| !is_full) else {
            return self.out.push_str(BARS);
        };
        match open.spoiler_at.take() {
            Some(at) if ends && self.out.len() > at + BARS.len() => {
                const START: &str =
                    "<span class=\"spoiler\" role=\"group\" aria-label=\"Spoiler\" tabindex=\"0\"><span>";
                self.out.replace_range(at..at + BARS.len(), START);
                self.out.push_str("</span></span>");
                self.spoilers += 1;
            }
            earlier => {
                open.spoiler_at = if begins { Some(self.out.len()) } else { earlier };
                self.out.push_str(BARS);
            }
        }
    }
}

/// All pieces of a text in order; some may lie in an address, or in each other.
fn pieces<'a>(text: &str, mentioned: &'a [Author]) -> Vec<Piece<'a>> {
    let mut pieces: Vec<Piece<'a>> = mentions(text, mentioned).chain(rooms(text)).collect();
    pieces.extend(emoji::spans(text).map(|(range, emoji)| Piece {
        range,
        is: Is::Emoji(emoji),
    }));
    pieces.extend(text.match_indices(BARS).map(|(at, bars)| Piece {
        range: at..at + bars.len(),
        is: Is::Bars,
    }));
    pieces.sort_by_key(|piece| piece.range.start);
    pieces
}

fn mentions<'a>(text: &str, mentioned: &'a [Author]) -> impl Iterator<Item = Piece<'a>> {
    let of = |name: &str| {
        let mut people = mentioned.iter();
        let person = people.find(|author| author.username.eq_ignore_ascii_case(name));
        Call::of(name).map(Is::Call).or_else(|| person.map(Is::Mention))
    };
    mention::spans(text).filter_map(move |(start, name)| {
        Some(Piece {
            range: start..start + 1 + name.len(),
            is: of(name)?,
        })
    })
}

/// Names of rooms: a `#` at the beginning of a word, and a letter.
fn rooms<'a>(text: &str) -> impl Iterator<Item = Piece<'a>> {
    text.match_indices('#').filter_map(|(at, _)| {
        let is_name = |c: char| c.is_alphanumeric() || c == '-';
        let before = text[..at].chars().next_back();
        let is_inside = before.is_some_and(|c| is_name(c) || matches!(c, '#' | '&' | '/' | '_'));
        let rest = &text[at + 1..];
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let name = rest[..end].trim_end_matches('-');
        let fits = name.starts_with(char::is_alphabetic) && name.chars().count() <= NAME_CHARS_MAX;
        (fits && !is_inside).then_some(())?;
        Some(Piece {
            range: at..at + 1 + name.len(),
            is: Is::Room(chat::room::slug(name)?),
        })
    })
}

/// Appends a part of a path as addresses are written.
pub(super) fn push_encoded(out: &mut String, text: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}
