//! Messages: each room's log. How one is posted: see [`posts`](super::posts).

use std::{collections::HashSet, time::Duration};

use async_trait::async_trait;
use chat::{
    Message, MessageId, Nonce, RoomId, UserId,
    message::{Bound, Page},
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore,
    pool::{BULK_MAX, Pool, Work},
    rows::{Read, integer, message_columns, with_head},
    search::placed,
    statement::statements,
};
use crate::{
    search::Entry,
    store::{
        Appended, Changes, Head, Messages, NewMessage, Stored, files::attachments_text, timed::timed,
        window::Window,
    },
};

/// The most messages of one statement.
const MESSAGES_A_STATEMENT: usize = 1_000;

// `OFFSET 0` keeps the planner from reading all users for the authors of a page.
statements! {
    BY_ID = concat!(
        "SELECT ", message_columns!(), " FROM messages m JOIN users u ON u.id = m.author WHERE m.id = $1"
    );
    BY_NONCE = concat!(
        "SELECT ", message_columns!(), " FROM messages m JOIN users u ON u.id = m.author
         WHERE m.author = $1 AND m.nonce = $2"
    );
    /// Takes the room's next numbers. The row stays locked until the commit, so the order of numbers is the order of
    /// commits.
    TAKE_MANY = "UPDATE room_heads
                 SET last_seq = last_seq + $2, last_rev = last_rev + $2, last_at = greatest(last_at, $3)
                 WHERE room = $1
                 RETURNING room AS head_room, last_seq, last_rev";
    INSERT_MANY = "INSERT INTO messages (id, room, seq, rev, author, body, html, nonce, thread, reply_count,
                                         created_at, edited_at, deleted, pinned, mentions, calls, attachments)
                   SELECT row.id, $1, $2 + row.place, $3 + row.place, row.author, row.body, row.html, row.nonce, NULL,
                          0, row.created_at, NULL, FALSE, FALSE, '{}', row.calls, row.attachments
                   FROM unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::text[],
                               $11::text[])
                        WITH ORDINALITY row (id, author, body, html, nonce, created_at, calls, attachments, place)";
    INSERT_MANY_CALLS = "INSERT INTO calls (room, seq, author, created_at)
                         SELECT $1, $2 + row.place, row.author, row.created_at
                         FROM unnest($3::uuid[], $4::bigint[], $5::text[])
                              WITH ORDINALITY row (author, created_at, calls, place)
                         WHERE row.calls = 'room'";
    /// Puts files on the messages that they came with.
    ATTACH_MANY = "WITH attached AS (
                       INSERT INTO attachments (file, message, room)
                       SELECT c.file, c.message, $1 FROM unnest($2::uuid[], $3::uuid[]) c (file, message)
                   )
                   UPDATE files SET loose_since = NULL WHERE id = ANY ($2)";
    INSERT_MANY_WORDS = concat!(
        "WITH placed AS (
             SELECT row.id, row.tokens, nextval('message_places') AS place
             FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY row (id, tokens, nth) ORDER BY row.nth
         )
         INSERT INTO message_words (place, message, tokens)
         SELECT p.place, p.id, ", placed!("p.tokens", "p.place"), " FROM placed p"
    );
    /// Of the people mentioned, those who exist; by the message's place in the batch, from 1.
    INSERT_MANY_MENTIONS = "WITH called AS (
                                SELECT c.place, c.turn, u.id
                                FROM unnest($3::bigint[], $4::uuid[]) WITH ORDINALITY c (place, id, turn)
                                CROSS JOIN LATERAL (SELECT id FROM users WHERE id = c.id OFFSET 0) u
                            ), noted AS (
                                UPDATE messages m SET mentions = c.ids
                                FROM (SELECT place, array_agg(id ORDER BY turn) AS ids FROM called GROUP BY place) c
                                WHERE m.room = $1 AND m.seq = $2 + c.place
                                RETURNING m.seq, m.created_at, m.author
                            )
                            INSERT INTO mentions (\"user\", room, seq, created_at)
                            SELECT c.id, $1, n.seq, n.created_at FROM called c JOIN noted n ON n.seq = $2 + c.place
                            WHERE c.id <> n.author";
    /// Head and messages in one statement, hence of one moment. What the window means: see [`Window`].
    PAGE = concat!(
        "SELECT h.room AS head_room, h.last_seq, h.last_rev, ", message_columns!(), " FROM room_heads h
         LEFT JOIN LATERAL (
             SELECT * FROM messages
             WHERE room = $1 AND seq <= $3 AND seq > greatest($2, least($3, h.last_seq) - $4) OFFSET 0
         ) m ON TRUE
         LEFT JOIN LATERAL (SELECT * FROM users WHERE id = m.author OFFSET 0) u ON TRUE
         WHERE h.room = $1 ORDER BY m.seq"
    );
    CHANGES = concat!(
        "SELECT h.room AS head_room, h.last_seq, h.last_rev, ", message_columns!(), " FROM room_heads h
         LEFT JOIN LATERAL (
             SELECT * FROM messages WHERE room = $1 AND rev > $2 ORDER BY rev LIMIT $3
         ) m ON TRUE
         LEFT JOIN LATERAL (SELECT * FROM users WHERE id = m.author OFFSET 0) u ON TRUE
         WHERE h.room = $1 ORDER BY m.rev"
    );
}

#[async_trait]
impl Messages for PostgresStore {
    async fn append(&self, message: NewMessage) -> Stored<Appended> {
        timed("append", self.posts.append(message)).await
    }

    async fn append_batch(&self, room: RoomId, messages: Vec<NewMessage>) -> Stored<Option<Head>> {
        timed("append_batch", self.pool.run(&AppendBatch { room, messages })).await
    }

    async fn message_by_nonce(&self, author: UserId, nonce: &Nonce) -> Stored<Option<Message>> {
        timed("message_by_nonce", async {
            let query = || {
                BY_NONCE
                    .read::<Read<Message>>()
                    .bind(author.0)
                    .bind(nonce.as_str())
            };
            Ok(self.pool.optional(query).await?.map(|Read(message)| message))
        })
        .await
    }

    async fn message(&self, id: MessageId) -> Stored<Option<Message>> {
        timed("message", async {
            let query = || BY_ID.read::<Read<Message>>().bind(id.0);
            Ok(self.pool.optional(query).await?.map(|Read(message)| message))
        })
        .await
    }

    async fn page(&self, room: RoomId, bound: Bound, limit: u64) -> Stored<Page> {
        timed("page", async {
            let window = Window::new(bound, limit);
            if let Some(replica) = &self.replica
                && let Some(found) = replica.read(&self.pool, room, window).await?
            {
                return Ok(window.page_of(room, Some(found)));
            }
            let found = read_window(&self.pool, room, window).await?;
            Ok(window.page_of(room, found))
        })
        .await
    }

    async fn changes(&self, room: RoomId, after_rev: u64, limit: u64) -> Stored<Option<Changes>> {
        timed("changes", async {
            let query = || {
                CHANGES
                    .read::<Read<(Head, Option<Message>)>>()
                    .bind(room.0)
                    .bind(integer(after_rev))
                    .bind(integer(limit))
            };
            let found = with_head(self.pool.rows(query).await?);
            Ok(found.map(|(head, messages)| Changes { messages, head }))
        })
        .await
    }
}

/// The head of `room` and what the window holds of it, at one moment; `None`: no such room.
pub(super) async fn read_window(
    pool: &Pool,
    room: RoomId,
    window: Window,
) -> Stored<Option<(Head, Vec<Message>)>> {
    let query = || {
        PAGE.read::<Read<(Head, Option<Message>)>>()
            .bind(room.0)
            .bind(integer(window.above))
            .bind(integer(window.upto))
            .bind(integer(window.limit))
    };
    Ok(with_head(pool.rows(query).await?))
}

struct AppendBatch {
    room: RoomId,
    messages: Vec<NewMessage>,
}

impl Work for AppendBatch {
    type Output = Option<Head>;
    const REPEATABLE: bool = false;
    const MAX: Duration = BULK_MAX;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<Option<Head>> {
        let Some(head) = self.take(tx).await? else {
            return Ok(None);
        };
        // Numbers before the first of the batch.
        let before = |last: u64| integer(last) - integer(self.messages.len() as u64);
        let (mut seq, mut rev) = (before(head.last_seq), before(head.last_rev));
        for messages in self.messages.chunks(MESSAGES_A_STATEMENT) {
            self.insert(messages, seq, rev, tx).await?;
            seq += integer(messages.len() as u64);
            rev += integer(messages.len() as u64);
        }
        Ok(Some(head))
    }
}

impl AppendBatch {
    /// Takes numbers for all; gives the head after them.
    async fn take(&self, tx: &mut PgConnection) -> Stored<Option<Head>> {
        let times = self.messages.iter().map(|message| message.created_at.0);
        let query = TAKE_MANY
            .read::<Read<Head>>()
            .bind(self.room.0)
            .bind(integer(self.messages.len() as u64))
            .bind(times.max().unwrap_or(i64::MIN));
        Ok(query.fetch_optional(tx).await?.map(|Read(head)| head))
    }

    /// Inserts `messages`, whose numbers begin after `seq` and `rev`.
    async fn insert(&self, messages: &[NewMessage], seq: i64, rev: i64, tx: &mut PgConnection) -> Stored<()> {
        let columns = Columns::new(messages);
        let query = INSERT_MANY.query().bind(self.room.0).bind(seq).bind(rev);
        let query = query.bind(columns.ids).bind(columns.authors).bind(columns.bodies);
        let query = query.bind(columns.html).bind(columns.nonces).bind(&columns.times);
        let query = query.bind(&columns.calls).bind(columns.attachments);
        query.execute(&mut *tx).await?;
        if columns.calls.iter().any(Option::is_some) {
            let authors: Vec<Uuid> = messages.iter().map(|message| message.author.id.0).collect();
            let query = INSERT_MANY_CALLS
                .query()
                .bind(self.room.0)
                .bind(seq)
                .bind(authors);
            let query = query.bind(&columns.times).bind(&columns.calls);
            query.execute(&mut *tx).await?;
        }
        if !columns.files.is_empty() {
            let on = messages
                .iter()
                .flat_map(|message| message.attachments.iter().map(|_| message.id.0));
            attach_many(self.room, columns.files, on.collect(), tx).await?;
        }
        let ids: Vec<Uuid> = messages.iter().map(|message| message.id.0).collect();
        index_words(ids, columns.tokens, tx).await?;
        if !columns.called.is_empty() {
            let query = INSERT_MANY_MENTIONS.query().bind(self.room.0).bind(seq);
            query
                .bind(columns.callers)
                .bind(columns.called)
                .execute(tx)
                .await?;
        }
        Ok(())
    }
}

/// Puts files on messages of `room`: each on the one at its place in `on`.
pub(super) async fn attach_many(
    room: RoomId,
    files: Vec<Uuid>,
    on: Vec<Uuid>,
    tx: &mut PgConnection,
) -> Stored<()> {
    let query = ATTACH_MANY.query().bind(room.0).bind(files).bind(on);
    query.execute(tx).await?;
    Ok(())
}

/// Writes what the index of words holds of new messages.
pub(super) async fn index_words(ids: Vec<Uuid>, tokens: Vec<String>, tx: &mut PgConnection) -> Stored<()> {
    let query = INSERT_MANY_WORDS.query().bind(ids).bind(tokens);
    query.execute(tx).await?;
    Ok(())
}

/// Messages as columns, which is how a statement takes many.
pub(super) struct Columns<'a> {
    pub(super) ids: Vec<Uuid>,
    pub(super) authors: Vec<Uuid>,
    pub(super) bodies: Vec<&'a str>,
    pub(super) html: Vec<&'a str>,
    pub(super) nonces: Vec<Option<&'a str>>,
    pub(super) times: Vec<i64>,
    /// What the index of words holds of each.
    pub(super) tokens: Vec<String>,
    /// For each person mentioned, the message's place in the batch, from 1.
    pub(super) callers: Vec<i64>,
    /// The people mentioned, each once a message.
    pub(super) called: Vec<Uuid>,
    pub(super) calls: Vec<Option<&'static str>>,
    /// The same for those who are called because they are there.
    pub(super) hearers: Vec<i64>,
    pub(super) here: Vec<Uuid>,
    /// The files of each, as readers get them.
    pub(super) attachments: Vec<Option<String>>,
    /// For each file, the message's place in the batch, from 1.
    pub(super) carriers: Vec<i64>,
    /// The files.
    pub(super) files: Vec<Uuid>,
}

impl<'a> Columns<'a> {
    pub(super) fn new(messages: impl IntoIterator<Item = &'a NewMessage, IntoIter: Clone>) -> Self {
        let messages = messages.into_iter();
        let calls: Vec<(i64, Uuid)> = (1..)
            .zip(messages.clone())
            .flat_map(|(place, message)| once_each(&message.mentions).map(move |user| (place, user)))
            .collect();
        let heard: Vec<(i64, Uuid)> = (1..)
            .zip(messages.clone())
            .flat_map(|(place, message)| once_each(&message.here).map(move |user| (place, user)))
            .collect();
        let files: Vec<(i64, Uuid)> = (1..)
            .zip(messages.clone())
            .flat_map(|(place, message)| message.attachments.iter().map(move |file| (place, file.id.0)))
            .collect();
        Self {
            attachments: messages
                .clone()
                .map(|message| attachments_text(&message.attachments))
                .collect(),
            carriers: files.iter().map(|(place, _)| *place).collect(),
            files: files.into_iter().map(|(_, file)| file).collect(),
            ids: messages.clone().map(|message| message.id.0).collect(),
            authors: messages.clone().map(|message| message.author.id.0).collect(),
            bodies: messages.clone().map(|message| &*message.body).collect(),
            html: messages.clone().map(|message| &*message.html).collect(),
            nonces: messages
                .clone()
                .map(|message| message.nonce.as_ref().map(chat::Nonce::as_str))
                .collect(),
            tokens: messages
                .clone()
                .map(|message| Entry::of_new(message, false).vector())
                .collect(),
            calls: messages
                .clone()
                .map(|message| message.calls.map(chat::Call::name))
                .collect(),
            times: messages.map(|message| message.created_at.0).collect(),
            callers: calls.iter().map(|(place, _)| *place).collect(),
            called: calls.into_iter().map(|(_, user)| user).collect(),
            hearers: heard.iter().map(|(place, _)| *place).collect(),
            here: heard.into_iter().map(|(_, user)| user).collect(),
        }
    }
}

pub(super) fn once_each(users: &[UserId]) -> impl Iterator<Item = Uuid> {
    let mut once = HashSet::new();
    users
        .iter()
        .filter(move |user| once.insert(**user))
        .map(|user| user.0)
}
