//! The index of what messages say: an inverted index of tokens, in a table beside the messages.
//!
//! Such an index gives all matches in no order, and of a common word there are too many. So a search reads the newest
//! messages one after another first, which finds what is common, and asks the index for what is farther back:
//! [`Reach`].

use async_trait::async_trait;
use chat::{Message, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore,
    pool::{BULK_MAX, Pool, Work},
    reach::{Reach, Reaches},
    rows::{Read, all, integer, message_columns, unsigned},
    statement::statements,
};
use crate::{
    search::{Entry, Sought},
    store::{Candidates, Search, Span, Stored, gather::Gathering, timed::timed},
};

/// How many older messages are added to the index in one transaction.
const OLDER_A_WORK: i64 = 500;
/// Where the sequence of places starts: see the migration.
const FIRST_PLACE: i64 = 4_294_967_296;

/// The tokens of a message at a place: `tokens` as they came, and the stretches that it is in. What [`Reach`]
/// asks for.
macro_rules! placed {
    ($tokens:literal, $place:literal) => {
        concat!(
            "(",
            $tokens,
            "::tsvector || array_to_tsvector(ARRAY['=p12x' || (",
            $place,
            " >> 12), '=p15x' || (",
            $place,
            " >> 15), '=p18x' || (",
            $place,
            " >> 18)]))"
        )
    };
}
pub(super) use placed;

/// The rows of `newest`, a place and a message each, as messages; those that the reader may not see come without one.
macro_rules! messages_of {
    ($newest:literal) => {
        concat!(
            "WITH ",
            $newest,
            " SELECT newest.place, ",
            message_columns!(),
            " FROM newest
             LEFT JOIN LATERAL (
                 SELECT * FROM messages x
                 WHERE x.id = newest.message AND NOT x.deleted
                   AND (EXISTS (SELECT FROM members WHERE room = x.room AND \"user\" = $5)
                        OR EXISTS (SELECT FROM rooms r
                                   WHERE r.id = x.room AND NOT r.private
                                     AND (SELECT b.room FROM bans b WHERE b.room = r.id AND b.\"user\" = $5) IS NULL
                                     AND NOT EXISTS (SELECT FROM users g WHERE g.id = $5 AND g.role = 'guest')))
                 OFFSET 0
             ) m ON TRUE
             LEFT JOIN LATERAL (SELECT * FROM users WHERE id = m.author OFFSET 0) u ON TRUE"
        )
    };
}

statements! {
    NEWEST_PLACE = "SELECT place FROM message_words ORDER BY place DESC LIMIT 1";
    OLDEST_PLACE = "SELECT place FROM message_words ORDER BY place LIMIT 1";
    /// One message after another, from the newest down. The function is no operator that the index of tokens knows.
    NEAR_MATCHES = messages_of!(
        "newest AS MATERIALIZED (
             SELECT w.place, w.message FROM message_words w
             WHERE w.place <= $2 AND w.place >= $3 AND ts_match_vq(w.tokens, $1::text::tsquery)
             ORDER BY w.place DESC LIMIT $4
         )"
    );
    /// By the index of tokens. That of places would tempt the planner to read all messages, hence the sums.
    FAR_MATCHES = messages_of!(
        "found AS MATERIALIZED (
             SELECT w.place, w.message FROM message_words w
             WHERE w.tokens @@ $1::text::tsquery AND w.place + 0 <= $2 AND w.place + 0 >= $3
         ), newest AS MATERIALIZED (
             SELECT place, message FROM found ORDER BY place DESC LIMIT $4
         )"
    );
    RENEW = concat!(
        "UPDATE message_words SET tokens = ", placed!("$2::text", "place"), " WHERE message = $1"
    );
    FORGET = "DELETE FROM message_words WHERE message = $1";
    /// The number is the lock's name within this database.
    TRY_LOCK = "SELECT pg_try_advisory_xact_lock(7310579621301)";
    NEXT = "SELECT value::uuid FROM meta WHERE key = 'search_next'";
    SET_NEXT = "UPDATE meta SET value = $1::text WHERE key = 'search_next'";
    NO_NEXT = "DELETE FROM meta WHERE key = 'search_next'";
    /// Nobody edits or deletes them until they are indexed.
    OLDER = concat!(
        "SELECT ", message_columns!(), " FROM (
             SELECT * FROM messages WHERE id <= $1 ORDER BY id DESC LIMIT $2 FOR SHARE
         ) m
         CROSS JOIN LATERAL (SELECT * FROM users WHERE id = m.author OFFSET 0) u ORDER BY m.id DESC"
    );
    ADD_OLDER = concat!(
        "INSERT INTO message_words (place, message, tokens)
         SELECT $1 - older.nth, older.message, ", placed!("older.tokens", "($1 - older.nth)"), "
         FROM unnest($2::uuid[], $3::text[]) WITH ORDINALITY older (message, tokens, nth)
         ON CONFLICT (message) DO NOTHING"
    );
}

#[async_trait]
impl Search for PostgresStore {
    async fn search(&self, reader: UserId, sought: &Sought, span: Span, limit: u64) -> Stored<Candidates> {
        timed("search", async {
            let asked = Asked::new(reader, sought, span, limit);
            if let Some(replica) = &self.replica
                && let Some(found) = replica.search(&self.pool, &asked).await?
            {
                return Ok(found);
            }
            asked.ask(&self.pool).await
        })
        .await
    }

    async fn index_older(&self) -> Stored<bool> {
        timed("index_older", self.pool.run(&IndexOlder)).await
    }
}

/// A search, as this engine is asked.
pub(super) struct Asked {
    reader: UserId,
    words: String,
    /// How many words and conditions there are.
    terms: usize,
    span: Span,
    limit: u64,
}

impl Asked {
    pub(super) fn new(reader: UserId, sought: &Sought, span: Span, limit: u64) -> Self {
        Self {
            reader,
            words: sought.tsquery(),
            terms: sought.terms(),
            span,
            limit,
        }
    }

    /// What the server of `pool` finds.
    pub(super) async fn ask(&self, pool: &Pool) -> Stored<Candidates> {
        let query = || NEWEST_PLACE.read::<(i64,)>();
        let Some((place,)) = pool.optional(query).await? else {
            return Ok(Candidates::default());
        };
        let newest = self.span.newest.min(unsigned(place));
        let reaches = Reaches::new(newest, self.terms);
        let mut gathering = Gathering::new(Span { newest, ..self.span }, self.limit);
        while let Some((left, count)) = gathering.next() {
            let reach = reaches.next(left, count, gathering.looked_at());
            let rows = self.matches(pool, &reach, left.newest, count).await?;
            gathering.take(rows, count, reach.floor);
        }
        Ok(gathering.candidates())
    }

    /// The newest `count` matches from the place `newest` down to the end of `reach`.
    async fn matches(
        &self,
        pool: &Pool,
        reach: &Reach,
        newest: u64,
        count: u64,
    ) -> Stored<Vec<(u64, Option<Message>)>> {
        let statement = if reach.is_near() {
            NEAR_MATCHES
        } else {
            FAR_MATCHES
        };
        let words = reach.narrowed(&self.words);
        let query = || {
            let query = statement.read::<Read<(u64, Option<Message>)>>();
            let query = query.bind(words.clone()).bind(integer(newest));
            let query = query.bind(integer(reach.floor)).bind(integer(count));
            query.bind(self.reader.0)
        };
        Ok(all(pool.rows(query).await?))
    }
}

/// Renews what the index holds of a message that was changed and is written, where that is something else now. One
/// that is not in it yet is among the older ones: their turn comes, and finds it as it is.
pub(super) async fn renew(before: &Message, after: &Message, tx: &mut PgConnection) -> Stored<()> {
    let entry = Entry::of(after);
    if entry == Entry::of(before) {
        return Ok(());
    }
    let query = match entry {
        Some(entry) => RENEW.query().bind(after.id.0).bind(entry.vector()),
        None => FORGET.query().bind(after.id.0),
    };
    query.execute(tx).await?;
    Ok(())
}

struct IndexOlder;

impl Work for IndexOlder {
    type Output = bool;
    const REPEATABLE: bool = false;
    const MAX: std::time::Duration = BULK_MAX;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<bool> {
        if !TRY_LOCK.scalar::<bool>().fetch_one(&mut *tx).await? {
            // Another instance is at it.
            return Ok(true);
        }
        let Some(next) = NEXT.scalar::<Uuid>().fetch_optional(&mut *tx).await? else {
            return Ok(false);
        };
        let query = OLDER.read::<Read<Message>>().bind(next).bind(OLDER_A_WORK);
        let messages = all(query.fetch_all(&mut *tx).await?);
        add_older(&messages, tx).await?;
        let last = messages.last().map(|message| message.id.0.as_u128());
        let next = last.and_then(|last| last.checked_sub(1)).map(Uuid::from_u128);
        match next {
            Some(next) => SET_NEXT.query().bind(next.to_string()).execute(tx).await?,
            None => NO_NEXT.query().execute(tx).await?,
        };
        Ok(next.is_some())
    }
}

/// Adds messages below all that are in the index.
async fn add_older(messages: &[Message], tx: &mut PgConnection) -> Stored<()> {
    let (mut ids, mut vectors) = (Vec::new(), Vec::new());
    for message in messages {
        if let Some(entry) = Entry::of(message) {
            ids.push(message.id.0);
            vectors.push(entry.vector());
        }
    }
    let oldest: Option<i64> = OLDEST_PLACE.scalar().fetch_optional(&mut *tx).await?;
    let below = oldest.map_or(FIRST_PLACE, |oldest| oldest.min(FIRST_PLACE));
    ADD_OLDER
        .query()
        .bind(below)
        .bind(ids)
        .bind(vectors)
        .execute(tx)
        .await?;
    Ok(())
}
