//! Where in a message the words stand that are looked for.

use super::{
    sought::{Sought, Term},
    token::{Token, tokens},
};

/// The most places of one word that are looked at: nobody reads more, and a body can hold thousands.
const HITS_A_TERM_MAX: usize = 32;

/// A message's body as tokens.
pub(super) struct Text<'a> {
    pub(super) body: &'a str,
    /// Those with neighbours.
    pub(super) outer: Vec<Token>,
    inner: Vec<Token>,
}

/// Where a term stands: which word that is looked for, and from which token to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// Which of the words that are looked for.
    pub(super) term: usize,
    /// Its number among the tokens with neighbours; `None`: it lies within one.
    pub(super) at: Option<usize>,
    /// How many tokens it is.
    pub(super) length: usize,
    /// Its first byte in the body.
    pub(super) start: usize,
    /// The byte after its last.
    pub(super) end: usize,
}

impl<'a> Text<'a> {
    pub(super) fn new(body: &'a str) -> Self {
        let (inner, outer) = tokens(body).into_iter().partition(|token| token.inner);
        Self { body, outer, inner }
    }

    /// All places of what is sought, by where they begin.
    pub(super) fn hits(&self, sought: &Sought) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (term, what) in sought.words().enumerate() {
            let (words, begun) = match what {
                Term::Tokens(words) => (words, false),
                Term::Prefix(words) => (words, true),
                Term::Mark(_) => continue,
            };
            self.look(words, begun, term, &mut hits);
        }
        hits.sort_by_key(|hit| (hit.start, hit.end));
        hits
    }

    fn look(&self, words: &[String], begun: bool, term: usize, hits: &mut Vec<Hit>) {
        let fits = |n: usize, text: &str| {
            words.get(n).is_some_and(|word| {
                text == word || (begun && n + 1 == words.len() && text.starts_with(word.as_str()))
            })
        };
        let most = hits.len() + HITS_A_TERM_MAX;
        for (at, window) in self.outer.windows(words.len().max(1)).enumerate() {
            if hits.len() < most
                && window.iter().enumerate().all(|(n, token)| fits(n, &token.text))
                && let (Some(first), Some(last)) = (window.first(), window.last())
            {
                hits.push(Hit {
                    term,
                    at: Some(at),
                    length: window.len(),
                    start: first.start,
                    end: last.end,
                });
            }
        }
        if words.len() == 1 {
            let inner = self.inner.iter().filter(|token| fits(0, &token.text));
            let room = most - hits.len();
            hits.extend(inner.take(room).map(|token| Hit {
                term,
                at: None,
                length: 1,
                start: token.start,
                end: token.end,
            }));
        }
    }
}
