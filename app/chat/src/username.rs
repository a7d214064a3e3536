//! Usernames: what is allowed, and when two of them look alike.

/// The most characters of a username.
pub const USERNAME_CHARS_MAX: usize = 32;

/// Why a text is no username.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAUsername {
    /// There is nothing in it.
    Empty,
    /// More than [`USERNAME_CHARS_MAX`] characters.
    TooLong,
    /// It may only hold `a-z`, `A-Z`, `0-9`, `.`, `_` and `-`, and must start and end with a letter or digit.
    BadCharacter,
}

impl NotAUsername {
    /// The reason in words for a person.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Empty => "is required",
            Self::TooLong => "must have at most 32 characters",
            Self::BadCharacter => {
                "may hold letters a-z, digits, dots, dashes and underscores, and starts and ends with a letter or digit"
            }
        }
    }
}

/// The username as it is stored.
///
/// # Errors
/// [`NotAUsername`] says what is wrong with it.
pub fn parse(text: &str) -> Result<&str, NotAUsername> {
    let name = text.trim();
    let is_edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if name.is_empty() {
        Err(NotAUsername::Empty)
    } else if name.chars().count() > USERNAME_CHARS_MAX {
        Err(NotAUsername::TooLong)
    } else if !name.chars().all(is_username_char)
        || !is_edge(name.chars().next())
        || !is_edge(name.chars().last())
    {
        Err(NotAUsername::BadCharacter)
    } else {
        Ok(name)
    }
}

/// Whether `c` may stand in a username.
#[must_use]
pub const fn is_username_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// What is left of a username when everything that the eye confuses is made the same.
///
/// Two usernames with one skeleton look alike, so only the first of them can be registered. Case,
/// the three separators, `0`/`o`, `1`/`l`, `rn`/`m` and `vv`/`w` count as the same.
#[must_use]
pub fn skeleton(username: &str) -> String {
    let plain: String = username
        .chars()
        .map(|c| match c.to_ascii_lowercase() {
            '0' => 'o',
            '1' => 'l',
            '.' | '_' => '-',
            other => other,
        })
        .collect();
    plain.replace("rn", "m").replace("vv", "w")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_pass_and_others_say_why_not() {
        assert_eq!(parse(" rosa.lindqvist "), Ok("rosa.lindqvist"));
        assert_eq!(parse("R2-d2_x"), Ok("R2-d2_x"));
        assert_eq!(parse("  "), Err(NotAUsername::Empty));
        assert_eq!(parse(&"a".repeat(33)), Err(NotAUsername::TooLong));
        for bad in ["rоsa", "rosa lind", ".rosa", "rosa-", "../etc", "rosa\u{0}"] {
            assert_eq!(parse(bad), Err(NotAUsername::BadCharacter), "{bad:?}");
        }
    }

    #[test]
    fn names_that_look_alike_share_a_skeleton() {
        for (one, other) in [
            ("Rosa", "rosa"),
            ("r0sa", "rosa"),
            ("al.ex", "a1_ex"),
            ("barney", "bamey"),
        ] {
            assert_eq!(skeleton(one), skeleton(other), "{one} {other}");
        }
        assert_ne!(skeleton("user-1-2"), skeleton("user-12"));
    }
}
