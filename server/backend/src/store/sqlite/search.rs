//! The index of what messages say: a table of FTS5, whose rows have the messages' numbers.
//!
//! FTS5 walks matches from the newest row down and stops at the limit, so a common word costs no more than a rare one.

use async_trait::async_trait;
use chat::{Message, UserId};
use sqlx::SqliteConnection;

use super::{
    SqliteStore,
    rows::{Read, all, integer, message_columns},
    statement::statements,
    writer::Job,
};
use crate::{
    search::{Entry, Sought},
    store::{Candidates, Search, Span, Stored, gather::Gathering, timed::timed},
};

/// How many older messages are added to the index in one transaction.
const OLDER_A_JOB: i64 = 500;

statements! {
    /// Rows that the reader may not see come without a message.
    MATCHES = concat!(
        "SELECT f.place, ", message_columns!(), "
         FROM (SELECT rowid AS place FROM message_words
               WHERE message_words MATCH ?1 AND rowid <= ?2 AND rowid >= ?3 ORDER BY rowid DESC LIMIT ?4) f
         LEFT JOIN messages m ON m.rowid = f.place AND m.deleted = 0
           AND (EXISTS (SELECT 1 FROM members me WHERE me.room = m.room AND me.user = ?5)
                OR EXISTS (SELECT 1 FROM rooms r WHERE r.id = m.room AND r.private = 0
                             AND NOT EXISTS (SELECT 1 FROM bans b WHERE b.room = r.id AND b.user = ?5)
                             AND NOT EXISTS (SELECT 1 FROM users g WHERE g.id = ?5 AND g.role = 'guest')))
         LEFT JOIN users u ON u.id = m.author"
    );
    FORGET = "DELETE FROM message_words WHERE rowid = (SELECT rowid FROM messages WHERE id = ?1)";
    ADD = "INSERT INTO message_words (rowid, words, marks) SELECT rowid, ?2, ?3 FROM messages WHERE id = ?1";
    NEXT = "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'search_next'";
    SET_NEXT = "UPDATE meta SET value = ?1 WHERE key = 'search_next'";
    NO_NEXT = "DELETE FROM meta WHERE key = 'search_next'";
    OLDER = concat!(
        "SELECT m.rowid AS place, ", message_columns!(), " FROM messages m CROSS JOIN users u ON u.id = m.author
         WHERE m.rowid <= ?1 ORDER BY m.rowid DESC LIMIT ?2"
    );
}

#[async_trait]
impl Search for SqliteStore {
    async fn search(&self, reader: UserId, sought: &Sought, span: Span, limit: u64) -> Stored<Candidates> {
        timed("search", async {
            let words = sought.match_expression();
            let mut gathering = Gathering::new(span, limit);
            while let Some((left, count)) = gathering.next() {
                let query = MATCHES
                    .read::<Read<(u64, Option<Message>)>>()
                    .bind(&words)
                    .bind(integer(left.newest))
                    .bind(integer(left.oldest));
                let query = query.bind(integer(count)).bind(reader.0);
                let rows = query.fetch_all(&self.reads).await?;
                gathering.take(all(rows), count, left.oldest);
            }
            Ok(gathering.candidates())
        })
        .await
    }

    async fn index_older(&self) -> Stored<bool> {
        // The writer is everyone's: it is asked only where there is something to write.
        if NEXT.scalar::<i64>().fetch_optional(&self.reads).await?.is_none() {
            return Ok(false);
        }
        self.write(IndexOlder).await
    }
}

/// Renews what the index holds of a message that was changed and is written, where that is something else now.
pub(super) async fn renew(before: &Message, after: &Message, tx: &mut SqliteConnection) -> Stored<()> {
    let entry = Entry::of(after);
    if entry == Entry::of(before) {
        return Ok(());
    }
    FORGET.query().bind(after.id.0).execute(&mut *tx).await?;
    if let Some(entry) = entry {
        add(after, entry, tx).await?;
    }
    Ok(())
}

async fn add(message: &Message, entry: Entry, tx: &mut SqliteConnection) -> Stored<()> {
    let query = ADD.query().bind(message.id.0).bind(entry.words);
    query.bind(entry.marks).execute(tx).await?;
    Ok(())
}

struct IndexOlder;

impl Job for IndexOlder {
    type Output = bool;
    const OP: &'static str = "index_older";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<bool> {
        let Some(next) = NEXT.scalar::<i64>().fetch_optional(&mut *tx).await? else {
            return Ok(false);
        };
        let query = OLDER.read::<Read<(u64, Option<Message>)>>().bind(next);
        let mut rows = all(query.bind(OLDER_A_JOB).fetch_all(&mut *tx).await?);
        // FTS5 writes ascending rows together.
        rows.reverse();
        for (_, message) in &rows {
            let Some(message) = message else { continue };
            if let Some(entry) = Entry::of(message) {
                // It may have been edited, and so indexed, meanwhile.
                FORGET.query().bind(message.id.0).execute(&mut *tx).await?;
                add(message, entry, tx).await?;
            }
        }
        let next = rows.first().map_or(0, |(place, _)| integer(*place) - 1);
        if next > 0 {
            SET_NEXT.query().bind(next.to_string()).execute(tx).await?;
        } else {
            NO_NEXT.query().execute(tx).await?;
        }
        Ok(next > 0)
    }
}
