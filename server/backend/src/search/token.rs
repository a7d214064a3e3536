//! Texts as tokens: the same for what is stored and for what is searched, whichever engine keeps the index.
//!
//! Words are runs of letters and digits, folded: lowercase, without accents. A name such as `fooBar` is found whole and
//! by its parts. Where a script has no spaces, every two neighbours are a token, and every one alone can be found too:
//! so a word is found inside of any other without knowing the language. An emoji is a token; its skin tone is not.
//!
//! A token holds letters, digits and pictures only, nothing that means something to an engine.

use super::fold::{Class, class, fold};

/// The most bytes of a token. What is longer is cut, in texts and in queries alike, and so is still found.
pub(crate) const TOKEN_BYTES_MAX: usize = 64;
/// The most parts of one name.
const NAME_PARTS_MAX: usize = 16;

/// A token, and where it stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// As it is searched.
    pub(crate) text: String,
    /// Its first byte in the text.
    pub(crate) start: usize,
    /// The byte after its last.
    pub(crate) end: usize,
    /// Whether it lies within other tokens: then it has no neighbours, and no phrase holds it.
    pub(crate) inner: bool,
}

/// The tokens of `text` in its order.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        let kind = class(c);
        match kind {
            Class::Gap | Class::Silent => {}
            Class::Picture => found.push(token(&text[start..start + c.len_utf8()], start, false)),
            Class::Letter | Class::Ideograph => {
                let mut end = start + c.len_utf8();
                while let Some((at, c)) =
                    rest.next_if(|(_, next)| [kind, Class::Silent].contains(&class(*next)))
                {
                    end = at + c.len_utf8();
                }
                if kind == Class::Letter {
                    name(&text[start..end], start, &mut found);
                } else {
                    run(&text[start..end], start, &mut found);
                }
            }
        }
    }
    found.retain(|token| !token.text.is_empty());
    found
}

fn token(text: &str, start: usize, inner: bool) -> Token {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().filter(|c| class(*c) != Class::Silent) {
        fold(c, &mut folded);
        if folded.len() > TOKEN_BYTES_MAX {
            folded.truncate(folded.floor_char_boundary(TOKEN_BYTES_MAX));
            break;
        }
    }
    Token {
        text: folded,
        start,
        end: start + text.len(),
        inner,
    }
}

/// A word, and where capitals divide it, its parts.
fn name(text: &str, start: usize, found: &mut Vec<Token>) {
    found.push(token(text, start, false));
    let mut from = 0;
    let mut cuts: Vec<usize> = Vec::new();
    let letters: Vec<(usize, char)> = text.char_indices().collect();
    for (n, (at, c)) in letters.iter().enumerate().skip(1) {
        let before = letters[n - 1].1;
        let after = letters.get(n + 1).map(|(_, c)| *c);
        let begins = c.is_uppercase()
            && (before.is_lowercase() || (before.is_uppercase() && after.is_some_and(char::is_lowercase)));
        if begins && cuts.len() < NAME_PARTS_MAX {
            cuts.push(*at);
        }
    }
    if cuts.is_empty() {
        return;
    }
    for to in cuts.into_iter().chain([text.len()]) {
        found.push(token(&text[from..to], start + from, true));
        from = to;
    }
}

/// A run without spaces: every two neighbours, and every one alone.
fn run(text: &str, start: usize, found: &mut Vec<Token>) {
    // What is silent belongs to what it follows.
    let letters: Vec<(usize, char)> = text
        .char_indices()
        .filter(|(_, c)| class(*c) != Class::Silent)
        .collect();
    let end = |n: usize| letters.get(n).map_or(text.len(), |(at, _)| *at);
    let alone = letters.len() == 1;
    for (n, (at, _)) in letters.iter().enumerate() {
        found.push(token(&text[*at..end(n + 1)], start + at, !alone));
        if n + 1 < letters.len() {
            found.push(token(&text[*at..end(n + 2)], start + at, false));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outer(text: &str) -> Vec<String> {
        let found = tokens(text).into_iter();
        found
            .filter(|token| !token.inner)
            .map(|token| token.text)
            .collect()
    }

    fn inner(text: &str) -> Vec<String> {
        let found = tokens(text).into_iter();
        found
            .filter(|token| token.inner)
            .map(|token| token.text)
            .collect()
    }

    #[test]
    fn words_lose_case_and_accents() {
        assert_eq!(
            outer("Élan, Straße; Łódź ＡＢＣ Ångström e\u{301}t\u{e9} naïve"),
            ["elan", "strasse", "lodz", "abc", "angstrom", "ete", "naive"]
        );
        assert_eq!(
            outer("Ωμέγα ЁЖИК İstanbul ΟΔΟΣ"),
            ["ωμεγα", "ежик", "istanbul", "οδοσ"]
        );
    }

    #[test]
    fn scripts_without_spaces_become_pairs_and_singles() {
        assert_eq!(outer("北京大学"), ["北京", "京大", "大学"]);
        assert_eq!(inner("北京大学"), ["北", "京", "大", "学"]);
        assert_eq!(
            outer("私 は iPhone15を買った"),
            ["私", "は", "iphone15", "を買", "買っ", "った"]
        );
        assert_eq!(outer("서울에서"), ["서울", "울에", "에서"]);
    }

    #[test]
    fn names_in_code_and_addresses_are_found_by_their_parts() {
        assert_eq!(outer("foo_bar::baz-qux"), ["foo", "bar", "baz", "qux"]);
        assert_eq!(
            (outer("parseHTTPHeader"), inner("parseHTTPHeader")),
            (
                vec!["parsehttpheader".to_owned()],
                vec!["parse".to_owned(), "http".to_owned(), "header".to_owned()]
            )
        );
        assert_eq!(
            outer("https://example.org/a/b?c=1"),
            ["https", "example", "org", "a", "b", "c", "1"]
        );
    }

    #[test]
    fn an_emoji_is_a_token_whatever_its_colour() {
        assert_eq!(outer("done👍🏽!"), ["done", "👍"]);
        assert_eq!(outer("❤️"), outer("❤"));
    }

    #[test]
    fn a_token_knows_where_it_stands() {
        let text = "— Élan 北京大学";
        let found = tokens(text);
        let places: Vec<&str> = found.iter().map(|token| &text[token.start..token.end]).collect();
        assert_eq!(places, ["Élan", "北", "北京", "京", "京大", "大", "大学", "学"]);
    }

    #[test]
    fn a_word_of_any_length_is_one_short_token() {
        let [only] = &outer(&"é".repeat(5_000))[..] else {
            panic!()
        };
        assert_eq!(only, &"e".repeat(TOKEN_BYTES_MAX));
        assert_eq!(outer(&"ж".repeat(5_000))[0].len(), TOKEN_BYTES_MAX);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn tokens_of_any_text_are_short_plain_and_in_order(text in "\\PC{0,60}") {
            let found = tokens(&text);
            prop_assert!(found.is_sorted_by_key(|token| token.start));
            for token in found {
                prop_assert!(!token.text.is_empty() && token.text.len() <= TOKEN_BYTES_MAX);
                prop_assert!(text.get(token.start..token.end).is_some());
                let plain = |c: char| !c.is_ascii() || c.is_ascii_lowercase() || c.is_ascii_digit();
                prop_assert!(token.text.chars().all(|c| plain(c) && !c.is_whitespace()), "{:?}", token.text);
            }
        }

        #[test]
        fn a_token_is_its_own_token(text in "\\PC{0,20}") {
            for word in outer(&text) {
                prop_assert_eq!(outer(&word), [word.clone()]);
            }
        }
    }
}
