//! Mentions: which usernames a body calls on.

use serde::{Deserialize, Serialize};

use crate::username::is_username_char;

/// The most different people that one message can mention; further names stay plain text.
pub const MENTIONS_MAX: usize = 50;

/// A word after an `@` that calls on more than one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// `@here`: the members who are there.
    Here,
    /// `@room`: every member.
    Room,
}

impl Call {
    /// The call of this name, in any case. No user has such a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        [Self::Room, Self::Here]
            .into_iter()
            .find(|call| call.name().eq_ignore_ascii_case(name))
    }

    /// The call's name, without the `@`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::Here => "here",
        }
    }
}

/// The widest call in a text.
#[must_use]
pub fn call(text: &str) -> Option<Call> {
    spans(text).filter_map(|(_, name)| Call::of(name)).max()
}

/// The usernames that follow an `@` in `body`, in order, each once, at most [`MENTIONS_MAX`]. [`Call`]s are none.
///
/// They are candidates: who of them exists is the server's to say. An `@` inside a word, as in an
/// e-mail address, calls nobody.
#[must_use]
pub fn candidates(body: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for (at, name) in spans(body) {
        debug_assert_eq!(&body[at..=at], "@");
        if Call::of(name).is_none()
            && found.len() < MENTIONS_MAX
            && !found.iter().any(|known| known.eq_ignore_ascii_case(name))
        {
            found.push(name);
        }
    }
    found
}

/// Where each possible mention in `text` starts (at its `@`) and the username that follows.
pub fn spans(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices('@').filter_map(|(at, _)| {
        let inside_word = text[..at]
            .chars()
            .next_back()
            .is_some_and(|c| c.is_alphanumeric() || is_username_char(c));
        let rest = &text[at + 1..];
        let end = rest.find(|c| !is_username_char(c)).unwrap_or(rest.len());
        // A dot or dash at the end belongs to the sentence, not to the name.
        let name = rest[..end].trim_end_matches(['.', '-', '_']);
        (!inside_word && crate::username::parse(name) == Ok(name)).then_some((at, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_after_an_at_sign_are_candidates_once_each() {
        assert_eq!(candidates("@mei, ask @tomasz.w. Or (@Mei)!"), ["mei", "tomasz.w"]);
        assert_eq!(
            candidates("mail rosa@example.org or @@ or @-x"),
            Vec::<&str>::new()
        );
    }

    #[test]
    fn everyone_is_called_by_a_word_of_its_own() {
        assert_eq!(call("@here, look"), Some(Call::Here));
        assert_eq!(call("(@Room) and @here"), Some(Call::Room));
        for none in ["room", "@rooms", "a@room.org", "@here2", ""] {
            assert_eq!(call(none), None, "{none}");
        }
        assert_eq!(candidates("@room @mei @here"), ["mei"]);
    }

    #[test]
    fn their_number_is_bounded() {
        let many: String = (0..10_000).map(|n| format!("@u{n} ")).collect();
        assert_eq!(candidates(&many).len(), MENTIONS_MAX);
    }
}
