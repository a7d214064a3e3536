//! Code in colours: what is a keyword, a string, a comment.
//!
//! Our own, because every message that is posted passes here. The libraries were looked at: `syntect` compiles a
//! regular expression for each rule of a grammar when it first needs it (tens of milliseconds a language, then
//! megabytes that stay) and one line of 8,000 characters can hold it up at will; grammars for tree-sitter are C code
//! of hundreds of kilobytes each. This reads each character once, and knows as much of a language as a glance
//! takes in. What it takes wrongly is coloured wrongly, no more.

mod language;
#[cfg(test)]
mod tests;

pub(super) use language::Language;
use language::{Comment, Style};

use super::text::push_escaped;

/// The most coloured pieces of a message; what comes after them is plain. Each takes some 25 bytes of markup.
pub(super) const PIECES_MAX: usize = 1_500;

/// What a piece of code is. Styles know it by one letter: a message is sent to everyone with all of its markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Keyword,
    Text,
    Comment,
    Number,
    Function,
    Type,
    Property,
    Added,
    Deleted,
    Plain,
}

impl Piece {
    const fn class(self) -> Option<&'static str> {
        Some(match self {
            Self::Keyword => "k",
            Self::Text => "s",
            Self::Comment => "c",
            Self::Number => "n",
            Self::Function => "f",
            Self::Type => "t",
            Self::Property => "p",
            Self::Added => "a",
            Self::Deleted => "d",
            Self::Plain => return None,
        })
    }
}

/// Appends `code` in the colours of `language`; `pieces` is how many more there may be.
pub(super) fn push_code(out: &mut String, code: &str, language: &Language, pieces: &mut usize) {
    match language.style {
        Style::Words => push_words(out, code, language, pieces),
        Style::Tags => push_tags(out, code, pieces),
        Style::Lines => push_diff(out, code, pieces),
    }
}

fn push(out: &mut String, text: &str, piece: Piece, pieces: &mut usize) {
    match piece.class() {
        Some(class) if *pieces > 0 && !text.is_empty() => {
            *pieces -= 1;
            out.push_str("<span class=\"");
            out.push_str(class);
            out.push_str("\">");
            push_escaped(out, text);
            out.push_str("</span>");
        }
        _ => push_escaped(out, text),
    }
}

/// Languages of words, numbers, strings and comments.
fn push_words(out: &mut String, code: &str, language: &Language, pieces: &mut usize) {
    let mut at = 0;
    // What is plain is kept together and written with the next piece.
    let mut plain_from = 0;
    while at < code.len() {
        let (length, piece) = next(code, at, language);
        if piece != Piece::Plain {
            push_escaped(out, &code[plain_from..at]);
            push(out, &code[at..at + length], piece, pieces);
            plain_from = at + length;
        }
        at += length;
    }
    push_escaped(out, &code[plain_from..]);
}

/// How long the piece that begins at `at` is, and what.
fn next(code: &str, at: usize, language: &Language) -> (usize, Piece) {
    let rest = &code[at..];
    let Some(first) = rest.chars().next() else {
        return (rest.len(), Piece::Plain);
    };
    let before = code[..at].chars().next_back();
    if let Some(length) = comment(rest, before, language) {
        return (length, Piece::Comment);
    }
    if let Some(length) = quoted(rest, first, before, language) {
        let is_key = language.key.is_some() && is_key(&rest[length..], language);
        return (length, if is_key { Piece::Property } else { Piece::Text });
    }
    if first.is_ascii_digit() {
        return (number(rest), Piece::Number);
    }
    if language.is_word_start(first) {
        return word(rest, language);
    }
    (first.len_utf8(), Piece::Plain)
}

fn comment(rest: &str, before: Option<char>, language: &Language) -> Option<usize> {
    language.comments.iter().find_map(|comment| match *comment {
        Comment::Line(start) => rest.starts_with(start).then(|| line(rest)),
        // In a shell, `$#` and `a#b` are none.
        Comment::Word(start) => {
            let begins = before.is_none_or(char::is_whitespace);
            (begins && rest.starts_with(start)).then(|| line(rest))
        }
        Comment::Block(start, end) => rest.strip_prefix(start).map(|inside| {
            inside
                .find(end)
                .map_or(rest.len(), |at| start.len() + at + end.len())
        }),
    })
}

fn line(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// The length of a string with its quotes; it ends with the line unless its language lets it go on.
fn quoted(rest: &str, first: char, before: Option<char>, language: &Language) -> Option<usize> {
    for triple in language.long_quotes {
        if let Some(inside) = rest.strip_prefix(triple) {
            let end = inside.find(triple);
            return Some(end.map_or(rest.len(), |at| triple.len() * 2 + at));
        }
    }
    if !language.quotes.contains(first) {
        return None;
    }
    // `don't`, and a lifetime of Rust.
    let is_within_word = first == '\'' && before.is_some_and(char::is_alphanumeric);
    if is_within_word || (first == '\'' && language.has_lifetimes && !is_character(rest)) {
        return None;
    }
    let goes_on = first == '`';
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' if !goes_on => return Some(at),
            c if c == first => return Some(at + c.len_utf8()),
            _ => {}
        }
    }
    Some(rest.len())
}

/// Whether `'a'` or `'\n'` begins here.
fn is_character(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    let (first, second) = (chars.next(), chars.next());
    first == Some('\\') || second == Some('\'')
}

fn number(rest: &str) -> usize {
    let mut before = ' ';
    for (at, c) in rest.char_indices() {
        let is_range = c == '.' && rest[at..].starts_with("..");
        let is_part = c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '%');
        let is_exponent = matches!(c, '+' | '-') && matches!(before, 'e' | 'E');
        if is_range || !(is_part || is_exponent) {
            return at;
        }
        before = c;
    }
    rest.len()
}

fn word(rest: &str, language: &Language) -> (usize, Piece) {
    let length = rest
        .char_indices()
        .skip(1)
        .find(|(_, c)| !language.is_word(*c))
        .map_or(rest.len(), |(at, _)| at);
    let (word, after) = rest.split_at(length);
    let piece = if language.is_keyword(word) {
        Piece::Keyword
    } else if language.key.is_some() {
        if is_key(after, language) {
            Piece::Property
        } else {
            Piece::Plain
        }
    } else if after.starts_with('(') || (language.has_macros && after.starts_with("!(")) {
        Piece::Function
    } else if language.has_types && word.starts_with(|c: char| c.is_uppercase()) {
        Piece::Type
    } else {
        Piece::Plain
    };
    (length, piece)
}

/// Whether what stands before `after` is the name of a value.
fn is_key(after: &str, language: &Language) -> bool {
    language
        .key
        .is_some_and(|sign| after.trim_start_matches(' ').starts_with(sign))
}

/// HTML and its relatives.
fn push_tags(out: &mut String, code: &str, pieces: &mut usize) {
    let mut rest = code;
    while let Some(at) = rest.find('<') {
        push_escaped(out, &rest[..at]);
        rest = &rest[at..];
        if let Some(inside) = rest.strip_prefix("<!--") {
            let end = inside.find("-->").map_or(rest.len(), |end| end + 7);
            push(out, &rest[..end], Piece::Comment, pieces);
            rest = &rest[end..];
            continue;
        }
        let end = rest.find('>').map_or(rest.len(), |end| end + 1);
        push_tag(out, &rest[..end], pieces);
        rest = &rest[end..];
    }
    push_escaped(out, rest);
}

fn push_tag(out: &mut String, tag: &str, pieces: &mut usize) {
    let name = tag.trim_start_matches(['<', '/', '?', '!']);
    let start = tag.len() - name.len();
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | ':' | '_' | '.');
    let end = name.find(|c| !is_part(c)).unwrap_or(name.len());
    push_escaped(out, &tag[..start]);
    push(out, &name[..end], Piece::Keyword, pieces);
    let mut rest = &name[end..];
    while let Some(first) = rest.chars().next() {
        let (length, piece) = match first {
            '"' | '\'' => (rest[1..].find(first).map_or(rest.len(), |at| at + 2), Piece::Text),
            _ if is_part(first) => (rest.find(|c| !is_part(c)).unwrap_or(rest.len()), Piece::Property),
            _ => (first.len_utf8(), Piece::Plain),
        };
        push(out, &rest[..length], piece, pieces);
        rest = &rest[length..];
    }
}

/// What changed, line by line.
fn push_diff(out: &mut String, code: &str, pieces: &mut usize) {
    for whole in code.split_inclusive('\n') {
        let line = whole.strip_suffix('\n').unwrap_or(whole);
        let piece = match line.as_bytes() {
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Piece::Comment,
            [b'+', ..] => Piece::Added,
            [b'-', ..] => Piece::Deleted,
            [b'@', b'@', ..] => Piece::Property,
            _ if line.starts_with("diff ") || line.starts_with("index ") => Piece::Comment,
            _ => Piece::Plain,
        };
        push(out, line, piece, pieces);
        out.push_str(&whole[line.len()..]);
    }
}
