//! Collecting matches of a search, newest first, with a limit on how many are looked at: the same for every engine.

use chat::Message;

/// The most matches that are looked at, readable or not.
const LOOKED_AT_MAX: u64 = 4_096;
/// The most and the fewest that are looked at in a statement where the first one was not enough.
const STEP_MAX: u64 = 1_024;
const STEP_MIN: u64 = 16;

/// A stretch of the order in which messages were stored, ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The newest place.
    pub newest: u64,
    /// The oldest place.
    pub oldest: u64,
}

impl Span {
    /// All messages.
    pub const ALL: Self = Self {
        newest: i64::MAX as u64,
        oldest: 0,
    };
}

/// What a search found in a stretch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    /// Place and message, newest first.
    pub found: Vec<(u64, Message)>,
    /// The newest place that was not looked at; `None`: all were.
    pub rest: Option<u64>,
}

/// A search under way.
pub(crate) struct Gathering {
    found: Vec<(u64, Message)>,
    limit: u64,
    looked_at: u64,
    /// What is left of the span; `None`: nothing.
    left: Option<Span>,
}

impl Gathering {
    pub(crate) fn new(span: Span, limit: u64) -> Self {
        Self {
            found: Vec::new(),
            limit: limit.max(1),
            looked_at: 0,
            left: (span.newest >= span.oldest).then_some(span),
        }
    }

    /// Where to look next, and at how many matches; `None`: it is enough.
    pub(crate) fn next(&self) -> Option<(Span, u64)> {
        let enough = self.found.len() as u64 >= self.limit || self.looked_at >= LOOKED_AT_MAX;
        self.left.filter(|_| !enough).map(|span| (span, self.step()))
    }

    /// How many matches it should take to be done, by the share of them that the reader could see so far.
    fn step(&self) -> u64 {
        if self.looked_at == 0 {
            return self.limit;
        }
        let seen = self.found.len() as u64;
        let missing = self.limit.saturating_sub(seen);
        let step = (missing * self.looked_at).checked_div(seen).unwrap_or(STEP_MAX);
        let slack = if seen < self.looked_at { step / 4 } else { 0 };
        (step + slack).clamp(STEP_MIN, STEP_MAX)
    }

    /// How many matches were looked at.
    pub(crate) const fn looked_at(&self) -> u64 {
        self.looked_at
    }

    /// Takes the newest `asked` matches at or above the place `floor`; those that the reader may not see are `None`.
    pub(crate) fn take(&mut self, mut rows: Vec<(u64, Option<Message>)>, asked: u64, floor: u64) {
        rows.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
        self.looked_at += rows.len() as u64;
        let mut seen = if (rows.len() as u64) < asked {
            floor
        } else {
            rows.last().map_or(floor, |(place, _)| *place)
        };
        for (place, message) in rows {
            let Some(message) = message else { continue };
            if self.found.len() as u64 >= self.limit {
                seen = self.found.last().map_or(seen, |(place, _)| *place);
                break;
            }
            self.found.push((place, message));
        }
        self.left = self.left.and_then(|span| {
            let newest = seen.checked_sub(1)?;
            (newest >= span.oldest).then_some(Span { newest, ..span })
        });
    }

    pub(crate) fn candidates(self) -> Candidates {
        Candidates {
            found: self.found,
            rest: self.left.map(|span| span.newest),
        }
    }
}
