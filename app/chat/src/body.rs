//! Message bodies: Markdown source as people typed it.

/// The most characters of a body, after trimming.
pub const BODY_CHARS_MAX: usize = 8_000;

/// Why a text is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotABody {
    /// Nothing is left after trimming.
    Empty,
    /// More than [`BODY_CHARS_MAX`] characters are left.
    TooLong,
    /// It holds a control character other than a line break or a tab.
    ControlCharacter,
}

impl NotABody {
    /// The reason in words for a person.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Empty => "is empty",
            Self::TooLong => "has more than 8,000 characters",
            Self::ControlCharacter => "holds a control character",
        }
    }
}

/// The body as it is stored: trimmed, with `\n` for every line break.
///
/// # Errors
/// [`NotABody`] says what is wrong with it.
pub fn parse(text: &str) -> Result<String, NotABody> {
    let body = text.trim();
    if body.is_empty() {
        return Err(NotABody::Empty);
    }
    let body = with_plain_breaks(body);
    if body.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(NotABody::ControlCharacter);
    }
    // Bytes bound characters from above, so most bodies need no count.
    if body.len() > BODY_CHARS_MAX && body.chars().count() > BODY_CHARS_MAX {
        return Err(NotABody::TooLong);
    }
    Ok(body)
}

/// Not by `replace`: browsers would load its search for texts of any length.
fn with_plain_breaks(text: &str) -> String {
    let mut parts = text.split('\r');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push('\n');
        plain.push_str(part.strip_prefix('\n').unwrap_or(part));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_trimmed_and_their_line_breaks_made_one() {
        assert_eq!(parse("  a\r\nb\rc\t\n "), Ok("a\nb\nc".into()));
        assert_eq!(parse("a\r\r\nb\r\n\nc"), Ok("a\n\nb\n\nc".into()));
    }

    #[test]
    fn the_limit_counts_characters_not_bytes() {
        assert!(parse(&"語".repeat(BODY_CHARS_MAX)).is_ok());
        assert_eq!(parse(&"語".repeat(BODY_CHARS_MAX + 1)), Err(NotABody::TooLong));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        assert_eq!(parse(" \n\t "), Err(NotABody::Empty));
        assert_eq!(parse("a\u{0}b"), Err(NotABody::ControlCharacter));
        assert_eq!(parse("a\u{1b}[31m"), Err(NotABody::ControlCharacter));
    }
}
