//! Emoji: what one may react with.
//!
//! The rule is the grammar of Unicode's emoji sequences (UTS #51) over whole blocks of characters and not over a
//! table of those that have a picture today: next year's emoji is taken without a new version, and a text or a
//! piece of markup never is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most bytes of an emoji. The longest that is in use, two people of two skin tones who kiss, has 35.
pub const EMOJI_BYTES_MAX: usize = 64;

/// Asks for the coloured picture where there is a plain one too; whether it is written depends on the keyboard.
const COLOURED: char = '\u{fe0f}';
const JOINER: char = '\u{200d}';
const KEYCAP: &str = "\u{20e3}";
const LAST_TAG: char = '\u{e007f}';

/// One emoji, however many characters it takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Emoji(String);

/// An emoji is one emoji sequence of Unicode in at most [`EMOJI_BYTES_MAX`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnEmoji;

impl fmt::Display for NotAnEmoji {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not one emoji")
    }
}

impl std::error::Error for NotAnEmoji {}

impl Emoji {
    /// Takes `text` as an emoji.
    ///
    /// # Errors
    /// [`NotAnEmoji`] where it is anything else, also several emoji or one with something around it.
    pub fn new(text: impl Into<String>) -> Result<Self, NotAnEmoji> {
        let text = text.into();
        let mut parts = text.split(JOINER);
        (text.len() <= EMOJI_BYTES_MAX && parts.all(part))
            .then_some(Self(text))
            .ok_or(NotAnEmoji)
    }

    /// The emoji as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What tells it from other emoji: two keyboards that write the same one differently have the same key.
    #[must_use]
    pub fn key(&self) -> String {
        key(&self.0)
    }
}

/// The key of an emoji that was accepted before: see [`Emoji::key`].
#[must_use]
pub fn key(emoji: &str) -> String {
    emoji.replace(COLOURED, "")
}

impl TryFrom<String> for Emoji {
    type Error = NotAnEmoji;

    fn try_from(text: String) -> Result<Self, NotAnEmoji> {
        Self::new(text)
    }
}

impl From<Emoji> for String {
    fn from(emoji: Emoji) -> Self {
        emoji.0
    }
}

/// Whether this is what stands between two joiners: a flag, a keycap, or a picture with what may follow it.
fn part(text: &str) -> bool {
    let mut rest = text.chars();
    match rest.next() {
        Some(first) if is_letter_of_flag(first) => {
            rest.next().is_some_and(is_letter_of_flag) && rest.next().is_none()
        }
        Some('0'..='9' | '#' | '*') => rest.as_str().trim_start_matches(COLOURED) == KEYCAP,
        Some(first) if is_picture(first) => is_tail(rest.as_str()),
        _ => false,
    }
}

/// What may follow a picture: a skin tone or the wish for colour, then tags as England's flag has them.
fn is_tail(text: &str) -> bool {
    let text = text
        .strip_prefix(|c| is_skin_tone(c) || c == COLOURED)
        .unwrap_or(text);
    let Some(tags) = text.strip_suffix(LAST_TAG) else {
        return text.is_empty();
    };
    !tags.is_empty() && tags.chars().all(|c| ('\u{e0020}'..='\u{e007e}').contains(&c))
}

const fn is_letter_of_flag(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

const fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

/// The blocks that hold emoji, and the few that lie elsewhere.
const fn is_picture(c: char) -> bool {
    matches!(
        c,
        '©' | '®' | '‼' | '⁉' | '™' | 'ℹ' | 'Ⓜ' | '〰' | '〽' | '㊗' | '㊙'
            | '\u{2194}'..='\u{21aa}'
            | '\u{231a}'..='\u{23ff}'
            | '\u{25aa}'..='\u{25fe}'
            | '\u{2600}'..='\u{27bf}'
            | '\u{2934}'..='\u{2935}'
            | '\u{2b05}'..='\u{2b55}'
            | '\u{1f000}'..='\u{1faff}'
    ) && !is_letter_of_flag(c)
        && !is_skin_tone(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_kind_of_sequence_is_one_emoji() {
        for text in [
            "👍",
            "👍🏽",
            "🦆",
            "❤️",
            "❤",
            "☕",
            "✅",
            "©️",
            "1️⃣",
            "#️⃣",
            "*⃣",
            "🇵🇱",
            "👩‍💻",
            "👩🏾‍💻",
            "🏳️‍🌈",
            "❤️‍🔥",
            "👨‍👩‍👧‍👦",
            "👨🏻‍❤️‍💋‍👨🏿",
            "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
            "🫨",
            "🧑‍🦽‍➡️",
        ] {
            assert_eq!(Emoji::new(text).as_ref().map(Emoji::as_str), Ok(text), "{text}");
        }
    }

    #[test]
    fn what_is_not_one_emoji_is_refused() {
        for text in [
            "",
            " ",
            "a",
            "1",
            "12",
            "👍👍",
            "👍 ",
            " 👍",
            ":tada:",
            "<b>",
            "\u{200d}",
            "👍\u{200d}",
            "\u{200d}👍",
            "\u{fe0f}",
            "🏽",
            "🇵",
            "🇵🇱🇵🇱",
            "1\u{20e3}\u{20e3}",
            "👍\u{fe0f}\u{fe0f}",
            "👍\u{e0067}",
            "👍\u{e007f}",
            "👍\u{0}",
            "👍/..",
            "\u{202e}👍",
            "語",
            "👍\u{301}",
        ] {
            assert_eq!(Emoji::new(text), Err(NotAnEmoji), "{text:?}");
        }
        assert_eq!(
            Emoji::new("👍\u{200d}".repeat(9) + "👍"),
            Err(NotAnEmoji),
            "too long"
        );
        assert_eq!(Emoji::new("👍".repeat(250_000)), Err(NotAnEmoji));
    }

    #[test]
    fn keyboards_that_write_one_emoji_differently_mean_the_same() {
        let key = |text| Emoji::new(text).unwrap().key();
        assert_eq!(key("❤️"), key("❤"));
        assert_eq!(key("1️⃣"), key("1⃣"));
        assert_ne!(key("👍"), key("👍🏽"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_that_is_taken_has_letters_markup_or_spaces(text in "\\PC{0,8}") {
            if let Ok(emoji) = Emoji::new(text) {
                let strange = |c: char| c.is_alphabetic() && !matches!(c, 'ℹ' | 'Ⓜ') && !('\u{1f100}'..='\u{1f1ff}').contains(&c);
                prop_assert!(!emoji.as_str().contains(['<', '>', '&', '"', '\'', '/', ' ']));
                prop_assert!(!emoji.as_str().chars().any(strange), "{}", emoji.as_str());
            }
        }
    }
}
