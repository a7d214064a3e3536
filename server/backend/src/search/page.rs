//! Ranking blocks of the newest matches, and paging through them.

use chat::{Message, UserId};

use super::{cursor::Cursor, highlight::highlight, rank::score, sought::Sought};
use crate::store::{Candidates, Search, Span, Stored};

/// How many of the newest matches are ranked together.
pub const BLOCK: u64 = 256;
/// How many blocks are read for one page: where conditions rule nearly all out, a page is short rather than slow.
const BLOCKS_A_PAGE: usize = 3;

/// A message that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The message.
    pub message: Message,
    /// The piece of it that was found: HTML with nothing but text and `<mark>`.
    pub highlight: String,
}

/// One page of what was found.
#[derive(Clone, Debug, Default)]
pub struct Results {
    /// The best of the newest matches first.
    pub results: Vec<Found>,
    /// What to ask the next page with; `None`: this is the last one.
    pub next_cursor: Option<String>,
}

/// One page of at most `limit` results that `reader` may read, after `cursor`.
///
/// # Errors
/// The store's.
pub async fn page<S: Search + ?Sized>(
    store: &S,
    reader: UserId,
    sought: &Sought,
    mut cursor: Option<Cursor>,
    limit: usize,
) -> Stored<Results> {
    let mut page = Results::default();
    for _ in 0..BLOCKS_A_PAGE {
        let Block { candidates, ends } = read_block(store, reader, sought, cursor).await?;
        let mut left = rank_block(candidates, sought, &ends);
        left.retain(|ranked| cursor.is_none_or(|cursor| ranked.key() < cursor.last));
        let wanted = limit - page.results.len();
        let more = left.len() > wanted;
        left.truncate(wanted);
        let last = left.last().map_or(FIRST, Ranked::key);
        page.results
            .extend(left.into_iter().map(|ranked| ranked.shown(sought)));
        cursor = if more {
            Some(Cursor { last, ..ends })
        } else {
            ends.below()
        };
        if cursor.is_none() || page.results.len() >= limit {
            break;
        }
    }
    page.next_cursor = cursor.map(|next| next.write(reader, sought));
    Ok(page)
}

/// The block that `cursor` is in, read again, or the newest one.
async fn read_block<S: Search + ?Sized>(
    store: &S,
    reader: UserId,
    sought: &Sought,
    cursor: Option<Cursor>,
) -> Stored<Block> {
    let span = cursor.map_or(Span::ALL, |cursor| Span {
        newest: cursor.newest,
        oldest: cursor.oldest,
    });
    let begun = cursor.filter(|cursor| cursor.last != FIRST);
    // A block that is read again can have grown by edits.
    let limit = if begun.is_some() { 2 * BLOCK } else { BLOCK };
    let Candidates { found, rest } = store.search(reader, sought, span, limit).await?;
    let newest = found.first().map_or(span.newest, |(place, _)| *place);
    let mut candidates = found;
    candidates.retain(|(_, message)| sought.covers(message));
    let times = candidates.iter().map(|(_, message)| message.created_at);
    let ends = Cursor {
        newest: begun.map_or(newest, |cursor| cursor.newest),
        oldest: rest.map_or(span.oldest, |rest| rest.saturating_add(1)),
        now: begun.map_or_else(|| times.max().unwrap_or_default(), |cursor| cursor.now),
        last: FIRST,
    };
    Ok(Block { candidates, ends })
}

/// Before every result.
const FIRST: (u32, u64) = (u32::MAX, u64::MAX);

/// Matches that are ranked together.
struct Block {
    candidates: Vec<(u64, Message)>,
    /// Its ends, before its first result.
    ends: Cursor,
}

/// A match with its worth.
struct Ranked {
    score: u32,
    place: u64,
    message: Message,
}

impl Ranked {
    const fn key(&self) -> (u32, u64) {
        (self.score, self.place)
    }

    fn shown(self, sought: &Sought) -> Found {
        Found {
            highlight: highlight(&chat::excerpt::text(&self.message.html), sought),
            message: self.message,
        }
    }
}

fn rank_block(candidates: Vec<(u64, Message)>, sought: &Sought, ends: &Cursor) -> Vec<Ranked> {
    let mut ranked: Vec<Ranked> = candidates
        .into_iter()
        .map(|(place, message)| Ranked {
            score: score(&message, sought, ends.now),
            place,
            message,
        })
        .collect();
    ranked.sort_by_key(|ranked| std::cmp::Reverse(ranked.key()));
    ranked
}

impl Cursor {
    /// The beginning of the block below; `None`: there is none.
    fn below(self) -> Option<Self> {
        let newest = self.oldest.checked_sub(1).filter(|newest| *newest > 0)?;
        Some(Self {
            newest,
            oldest: 0,
            last: FIRST,
            ..self
        })
    }
}
