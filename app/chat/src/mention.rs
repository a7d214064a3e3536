//! Mentions: which usernames a body calls on.

use crate::username::is_username_char;

/// The most different people that one message can mention; further names stay plain text.
pub const MENTIONS_MAX: usize = 50;

/// The usernames that follow an `@` in `body`, in order, each once, at most [`MENTIONS_MAX`].
///
/// They are candidates: who of them exists is the server's to say. An `@` inside a word, as in an
/// e-mail address, calls nobody.
#[must_use]
pub fn candidates(body: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for (at, name) in spans(body) {
        debug_assert_eq!(&body[at..=at], "@");
        if found.len() < MENTIONS_MAX && !found.iter().any(|known| known.eq_ignore_ascii_case(name)) {
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
    fn their_number_is_bounded() {
        let many: String = (0..10_000).map(|n| format!("@u{n} ")).collect();
        assert_eq!(candidates(&many).len(), MENTIONS_MAX);
    }
}
