//! What people type to search: words, `"phrases"`, `beginnings*`, operators such as `from:rosa`, and `-` for what must
//! not be there. Whatever has no meaning as syntax is searched as words, so that nothing people type is an error.

use crate::Timestamp;

/// The most bytes of a query.
pub const QUERY_BYTES_MAX: usize = 512;
/// The most parts of a query.
pub const PARTS_MAX: usize = 24;
/// The most results of a page.
pub const RESULTS_MAX: u64 = 50;
/// How many results a page has unless told.
pub const RESULTS: u64 = 20;

const MS_PER_DAY: i64 = 86_400_000;

/// A query as it was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// What has to be there.
    pub all: Vec<Part>,
    /// What must not.
    pub none: Vec<Part>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A word.
    Word(String),
    /// Words that begin so: `wor*`.
    Prefix(String),
    /// Words in this order with nothing in between.
    Phrase(String),
    /// `from:`, a username, or `me`.
    From(String),
    /// `in:`, the address of a room.
    In(String),
    /// `before:`, a date or a time: earlier than it begins.
    Before(Timestamp),
    /// `after:`, a date or a time: later than it ends.
    After(Timestamp),
    /// `has:`.
    Has(Has),
    /// `is:`.
    Is(Is),
}

/// What a message can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Has {
    /// A link.
    Link,
    /// Somebody who is mentioned.
    Mention,
    /// A reaction.
    Reaction,
    /// A file.
    File,
    /// A picture.
    Image,
}

/// What a message can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// Pinned to its room.
    Pinned,
    /// A reply in a thread.
    Thread,
    /// Edited.
    Edited,
}

/// Why a text is no query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAQuery {
    /// More than [`QUERY_BYTES_MAX`] bytes.
    TooLong,
    /// More than [`PARTS_MAX`] parts.
    TooManyParts,
}

impl NotAQuery {
    /// The reason in words for a person.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooLong => "has more than 512 bytes",
            Self::TooManyParts => "has more than 24 words and conditions",
        }
    }
}

impl Query {
    /// Whether it asks for nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.all.is_empty() && self.none.is_empty()
    }
}

/// Reads a query that was typed to its end.
///
/// # Errors
/// [`NotAQuery`], for its size alone.
pub fn parse(text: &str) -> Result<Query, NotAQuery> {
    if text.len() > QUERY_BYTES_MAX {
        return Err(NotAQuery::TooLong);
    }
    let mut query = Query::default();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if query.all.len() + query.none.len() >= PARTS_MAX {
            return Err(NotAQuery::TooManyParts);
        }
        let (part, not, after) = next(rest);
        match part {
            Some(part) if not => query.none.push(part),
            Some(part) => query.all.push(part),
            None => {}
        }
        rest = after.trim_start();
    }
    Ok(query)
}

/// Reads a query that is still being typed: its last word may be the beginning of one.
///
/// # Errors
/// Those of [`parse`].
pub fn parse_typing(text: &str) -> Result<Query, NotAQuery> {
    let mut query = parse(text)?;
    if !text.ends_with(char::is_whitespace)
        && let Some(last) = query.all.last_mut()
        && let Part::Word(word) = last
        && text.ends_with(word.as_str())
    {
        *last = Part::Prefix(std::mem::take(word));
    }
    Ok(query)
}

/// A date such as `2026-11-23`, or a time: when it begins, and when it is over. In UTC.
#[must_use]
pub fn moment(text: &str) -> Option<(Timestamp, Timestamp)> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some((time, time.plus_ms(1)));
    }
    let day: Timestamp = (text.len() == 10)
        .then(|| format!("{text}T00:00:00Z").parse().ok())
        .flatten()?;
    // The 31st of February is taken for a day in March by the arithmetic, but is none.
    (day.to_string().get(..10) == Some(text)).then(|| (day, day.plus_ms(MS_PER_DAY)))
}

/// The first part of `text`, which does not begin with a space; whether it must not be there; and the rest.
fn next(text: &str) -> (Option<Part>, bool, &str) {
    let negated = text
        .strip_prefix('-')
        .filter(|after| after.starts_with(|c: char| !c.is_whitespace() && c != '-'));
    let (not, text) = negated.map_or((false, text), |after| (true, after));
    if let Some((phrase, rest)) = quoted(text) {
        let part = (!phrase.trim().is_empty()).then(|| Part::Phrase(phrase.to_owned()));
        return (part, not, rest);
    }
    if let Some((name, after)) = text.split_once(':')
        && let Some((value, rest)) = quoted(after)
        && let Some(part) = operator(name, value, not)
    {
        return (Some(part), not, rest);
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let operator = word
        .split_once(':')
        .and_then(|(name, value)| operator(name, value, not));
    (operator.or_else(|| plain(word)), not, rest)
}

/// What stands in quotation marks at the beginning of `text`, and what comes after; a mark that is never closed
/// reaches to the end.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let is_mark = |c: char| matches!(c, '"' | '“' | '”' | '„');
    let inside = text.strip_prefix(is_mark)?;
    Some(inside.split_once(is_mark).unwrap_or((inside, "")))
}

fn plain(word: &str) -> Option<Part> {
    let begun = word.trim_end_matches('*');
    match begun {
        "" => None,
        _ if begun.len() < word.len() => Some(Part::Prefix(begun.to_owned())),
        _ => Some(Part::Word(word.to_owned())),
    }
}

/// What `name:value` means; `None`: it is text.
fn operator(name: &str, value: &str, not: bool) -> Option<Part> {
    let value = value.trim();
    if value.is_empty() {
        return None;
    }
    let lower = value.to_ascii_lowercase();
    Some(match name.to_ascii_lowercase().as_str() {
        "from" => Part::From(value.trim_start_matches('@').to_owned()),
        "in" => Part::In(value.trim_start_matches('#').to_lowercase()),
        "before" if !not => Part::Before(moment(value)?.0),
        "after" if !not => Part::After(moment(value)?.1),
        "has" => Part::Has(match lower.as_str() {
            "link" | "links" => Has::Link,
            "mention" | "mentions" => Has::Mention,
            "reaction" | "reactions" => Has::Reaction,
            "file" | "files" => Has::File,
            "image" | "images" => Has::Image,
            _ => return None,
        }),
        "is" => Part::Is(match lower.as_str() {
            "pinned" => Is::Pinned,
            "thread" => Is::Thread,
            "edited" => Is::Edited,
            _ => return None,
        }),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
