//! How well a message answers a query: how often it says the words for its length, whether they stand together, and how
//! long ago it was. Whole numbers, so that every process puts messages in the same order.

use chat::{Message, Timestamp};

use super::{
    place::{Hit, Text},
    sought::Sought,
};

/// How soon another occurrence of a word stops to matter, as in BM25.
const SATURATION: f64 = 1.2;
/// How much the length of a message matters, as in BM25.
const LENGTH_SHARE: f64 = 0.5;
/// How many tokens a message usually has.
const USUAL_TOKENS: f64 = 12.0;
/// What it is worth when one word follows the other as in the query.
const TOGETHER: f64 = 1.0;
/// After how many days a message is worth half of what it would be worth today, as far as its age matters.
const HALF_DAYS: f64 = 30.0;
/// How much of its worth a message keeps however old it is.
const AGELESS: f64 = 0.4;
/// Fractions that are told apart.
const SCALE: f64 = 1_000_000.0;

const MS_PER_DAY: f64 = 86_400_000.0;

/// The score of a message, at the time `now`.
pub(super) fn score(message: &Message, sought: &Sought, now: Timestamp) -> u32 {
    let text = Text::new(&message.body);
    let hits = text.hits(sought);
    let worth = 1.0 + said(&text, &hits) + TOGETHER * together(&hits);
    let days = (now.0.saturating_sub(message.created_at.0)).max(0) as f64 / MS_PER_DAY;
    let recency = AGELESS + (1.0 - AGELESS) * HALF_DAYS / (HALF_DAYS + days);
    // Far below the largest whole number: a query has a few dozen words.
    (worth * recency * SCALE) as u32
}

/// How much the message says the words.
fn said(text: &Text<'_>, hits: &[Hit]) -> f64 {
    let length = 1.0 - LENGTH_SHARE + LENGTH_SHARE * text.outer.len() as f64 / USUAL_TOKENS;
    let terms = hits.iter().map(|hit| hit.term + 1).max().unwrap_or(0);
    let of_term = |term: usize| {
        let times = hits.iter().filter(|hit| hit.term == term).count() as f64;
        times * (SATURATION + 1.0) / (times + SATURATION * length)
    };
    (0..terms).map(of_term).sum()
}

/// How many words that follow each other in the query do so in the message.
fn together(hits: &[Hit]) -> f64 {
    let terms = hits.iter().map(|hit| hit.term).max().unwrap_or(0);
    let follows = |term: &usize| {
        let next = |hit: &Hit| hit.at.map(|at| at + hit.length);
        let first = hits.iter().filter(|hit| hit.term == *term).filter_map(next);
        first.into_iter().any(|place| {
            hits.iter()
                .any(|hit| hit.term == term + 1 && hit.at == Some(place))
        })
    };
    (0..terms).filter(follows).count() as f64
}
