//! What is looked for, in terms of the index and of no engine.

use chat::{Message, Timestamp};

use super::{entry::Mark, token::tokens};

/// The fewest characters of a beginning; what is shorter is taken for a word.
const PREFIX_CHARS_MIN: usize = 2;

/// Something that the index can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Term {
    /// These tokens, one after the other.
    Tokens(Vec<String>),
    /// The same, and the last is the beginning of a token.
    Prefix(Vec<String>),
    /// A mark.
    Mark(Mark),
}

/// Terms of which any will do.
pub(crate) type Clause = Vec<Term>;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sought {
    /// All of these have to hold. At least one.
    pub(crate) all: Vec<Clause>,
    /// None of these may.
    pub(crate) none: Vec<Clause>,
    /// Not earlier than this.
    pub(crate) from: Option<Timestamp>,
    /// Earlier than this.
    pub(crate) below: Option<Timestamp>,
}

impl Term {
    /// The term for words that stand next to each other; `None`: there is nothing to look for in them.
    pub(crate) fn of_words(text: &str) -> Option<Self> {
        let words = outer(text);
        (!words.is_empty()).then_some(Self::Tokens(words))
    }

    /// The term for a word that begins so.
    pub(crate) fn of_prefix(text: &str) -> Option<Self> {
        let words = outer(text);
        let last = words.last()?;
        let short = last.chars().count() < PREFIX_CHARS_MIN;
        Some(if short {
            Self::Tokens(words)
        } else {
            Self::Prefix(words)
        })
    }
}

fn outer(text: &str) -> Vec<String> {
    let found = tokens(text).into_iter().filter(|token| !token.inner);
    found.map(|token| token.text).collect()
}

impl Sought {
    /// Whether a message was written at a time that is looked for: the index knows days only.
    pub(crate) fn covers(&self, message: &Message) -> bool {
        self.from.is_none_or(|from| message.created_at >= from)
            && self.below.is_none_or(|below| message.created_at < below)
    }

    /// The words that are looked for, each as it has to stand in a message.
    pub(crate) fn words(&self) -> impl Iterator<Item = &Term> {
        self.all
            .iter()
            .flatten()
            .filter(|term| !matches!(term, Term::Mark(_)))
    }

    /// As FTS5 reads it. Tokens hold nothing that could end a text in quotation marks.
    pub(crate) fn match_expression(&self) -> String {
        let write = |term: &Term| match term {
            Term::Tokens(tokens) => format!("\"{}\"", tokens.join("\" + \"")),
            Term::Prefix(tokens) => format!("\"{}\" *", tokens.join("\" + \"")),
            Term::Mark(mark) => format!("\"{}\"", mark.text()),
        };
        let clause = |clause: &Clause| {
            let terms: Vec<String> = clause.iter().map(write).collect();
            format!("({})", terms.join(" OR "))
        };
        let mut expression = self.all.iter().map(clause).collect::<Vec<_>>().join(" AND ");
        if !self.none.is_empty() {
            let none: Vec<String> = self.none.iter().map(clause).collect();
            expression = format!("({expression}) NOT ({})", none.join(" OR "));
        }
        expression
    }

    /// As PostgreSQL reads a `tsquery`.
    pub(crate) fn tsquery(&self) -> String {
        let write = |term: &Term| match term {
            Term::Tokens(tokens) => format!("'{}'", tokens.join("' <-> '")),
            Term::Prefix(tokens) => format!("'{}':*", tokens.join("' <-> '")),
            Term::Mark(mark) => format!("'{}'", mark.text()),
        };
        let clause = |clause: &Clause| {
            let terms: Vec<String> = clause.iter().map(write).collect();
            format!("({})", terms.join(" | "))
        };
        let all = self.all.iter().map(clause);
        let none = self.none.iter().map(|none| format!("!{}", clause(none)));
        all.chain(none).collect::<Vec<_>>().join(" & ")
    }
    /// How many terms there are.
    pub(crate) fn terms(&self) -> usize {
        self.all.iter().chain(&self.none).map(Vec::len).sum()
    }
}
