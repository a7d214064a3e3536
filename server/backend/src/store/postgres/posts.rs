//! Posting: each room has a queue of its own.
//!
//! While one commit of a room is in flight, the next batch collects; a batch is one statement, which is a
//! transaction by itself. So a quiet room waits for one round trip, and in a busy one a commit is shared by as many
//! as there are. No timer is involved. Order and gaplessness come from the row of the room's head, which stays
//! locked from the taking of numbers to the commit, whichever instance posts.
//!
//! The statement sees what was committed when it began. A nonce that another instance stores meanwhile is therefore
//! found by the unique index alone: the statement fails, nothing is kept, and the next try sees the first message. The
//! same goes for a file, which the primary key of `attachments` keeps from going on two messages.

use std::{
    collections::{HashMap, VecDeque},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

use chat::{Message, MessageId, RoomId, UserId};
use futures::FutureExt;
use metrics::histogram;
use parking_lot::Mutex;
use sqlx::{FromRow, PgConnection, Row as _, postgres::PgRow};
use tokio::{
    sync::{Notify, Semaphore, oneshot},
    time::{Instant, timeout_at},
};
use uuid::Uuid;

use super::{
    messages::Columns,
    pool::{Failure, Pool, Turn, WRITERS_MAX, Work},
    rows::{Columns as _, Read, all, message_columns, users},
    search::placed,
    statement::statements,
};
use crate::store::{Appended, Hindrance, NewMessage, StoreError, Stored};

/// The most messages of one statement.
const BATCH_MAX: usize = 256;
/// The most messages that wait, in all rooms together.
const WAITING_MAX: usize = 4_096;
/// How many rooms write at once. Fewer than may write: what else there is to write finds a turn too.
const ROOMS_AT_ONCE: usize = WRITERS_MAX - 2;
/// How long a batch may take, all tries included.
const BATCH_TIME_MAX: Duration = Duration::from_secs(3);
/// How often a batch is tried: nonces meet, connections die, deadlocks are resolved.
const TRIES_MAX: u32 = 5;
/// The names of the constraints in the schema.
pub(super) const NONCE_INDEX: &str = "messages_by_nonce";
const ID_INDEX: &str = "messages_pkey";
pub(super) const FILE_INDEX: &str = "attachments_pkey";

statements! {
    /// One room, one batch, one round trip: who may post, which nonces are new, which files are there to be sent,
    /// the numbers, the messages, their mentions, their files and their authors' read markers.
    APPEND = concat!(
        "WITH new AS (
             SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                                  $10::text[], $11::boolean[], $12::text[], $15::text[])
                           WITH ORDINALITY new (id, author, body, html, nonce, created_at, tokens, exempt, calls, attachments,
                                                place)
         ), room AS (
             SELECT archived_at, slow_s FROM rooms WHERE id = $1
         ), first AS (
             SELECT min(place) AS place FROM new GROUP BY author
         ), wanted AS (
             SELECT w.place, w.file, new.author
             FROM unnest($16::bigint[], $17::uuid[]) w (place, file) JOIN new ON new.place = w.place
         ), withheld AS (
             SELECT w.place FROM wanted w
             WHERE (SELECT f.owner FROM files f WHERE f.id = w.file) IS DISTINCT FROM w.author
                OR (SELECT a.file FROM attachments a WHERE a.file = w.file) IS NOT NULL
                OR EXISTS (SELECT FROM wanted x WHERE x.file = w.file AND x.author = w.author AND x.place < w.place)
         ), fresh AS (
             SELECT new.*, row_number() OVER (ORDER BY new.place) AS turn
             FROM new CROSS JOIN room CROSS JOIN LATERAL (
                 SELECT posted_at FROM members WHERE room = $1 AND \"user\" = new.author OFFSET 0
             ) member
             WHERE room.archived_at IS NULL
               AND (room.slow_s IS NULL OR new.exempt
                    OR (new.place IN (SELECT place FROM first)
                        AND coalesce(member.posted_at + room.slow_s * 1000 <= new.created_at, TRUE)))
               AND (SELECT x.id FROM messages x WHERE x.author = new.author AND x.nonce = new.nonce) IS NULL
               AND new.place NOT IN (SELECT w.place FROM withheld w)
         ), called AS (
             SELECT c.place, array_agg(u.id ORDER BY c.turn) AS ids
             FROM unnest($8::bigint[], $9::uuid[]) WITH ORDINALITY c (place, id, turn)
             CROSS JOIN LATERAL (SELECT id FROM users WHERE id = c.id OFFSET 0) u
             GROUP BY c.place
         ), here AS (
             SELECT c.place, array_agg(c.id) AS ids
             FROM unnest($13::bigint[], $14::uuid[]) c (place, id) GROUP BY c.place
         ), head AS (
             UPDATE room_heads h
             SET last_seq = h.last_seq + f.count, last_rev = h.last_rev + f.count,
                 last_at = greatest(h.last_at, f.last_at)
             FROM (SELECT count(*) AS count, max(created_at) AS last_at FROM fresh) f
             WHERE h.room = $1 AND f.count > 0
             RETURNING h.last_seq - f.count AS seq, h.last_rev - f.count AS rev
         ), stored AS (
             INSERT INTO messages (id, room, seq, rev, author, body, html, nonce, thread, reply_count, created_at,
                                   edited_at, deleted, pinned, mentions, calls, here, attachments)
             SELECT f.id, $1, head.seq + f.turn, head.rev + f.turn, f.author, f.body, f.html, f.nonce, NULL, 0,
                    f.created_at, NULL, FALSE, FALSE,
                    coalesce((SELECT c.ids FROM called c WHERE c.place = f.place), '{}'),
                    f.calls, (SELECT c.ids FROM here c WHERE c.place = f.place), f.attachments
             FROM fresh f CROSS JOIN head
             RETURNING id, seq, rev, author, created_at, mentions, calls, here
         ), placed AS (
             SELECT s.id, f.tokens, nextval('message_places') AS place
             FROM stored s JOIN fresh f ON f.id = s.id ORDER BY f.turn
         ), indexed AS (
             INSERT INTO message_words (place, message, tokens)
             SELECT p.place, p.id, ", placed!("p.tokens", "p.place"), " FROM placed p
         ), carried AS (
             SELECT s.id, w.file FROM stored s JOIN fresh f ON f.id = s.id JOIN wanted w ON w.place = f.place
         ), attached AS (
             INSERT INTO attachments (file, message, room) SELECT c.file, c.id, $1 FROM carried c
         ), fastened AS (
             UPDATE files SET loose_since = NULL FROM carried c WHERE files.id = c.file
         ), marked AS (
             UPDATE members SET read_seq = greatest(members.read_seq, s.seq), posted_at = s.posted_at
             FROM (SELECT author, max(seq) AS seq, max(created_at) AS posted_at FROM stored GROUP BY author) s
             WHERE members.room = $1 AND members.\"user\" = s.author
         ), noted AS (
             INSERT INTO mentions (\"user\", room, seq, created_at)
             SELECT called.\"user\", $1, s.seq, s.created_at
             FROM stored s CROSS JOIN LATERAL unnest(s.mentions || s.here) called (\"user\")
             WHERE called.\"user\" <> s.author
             ON CONFLICT (\"user\", room, seq) DO NOTHING
         ), called_all AS (
             INSERT INTO calls (room, seq, author, created_at)
             SELECT $1, s.seq, s.author, s.created_at FROM stored s WHERE s.calls = 'room'
         )
         SELECT new.id AS new_id, stored.seq AS new_seq, stored.rev AS new_rev, stored.mentions AS new_mentions,
                EXISTS (SELECT FROM room) AS room_exists, hindrance.*, ",
        message_columns!(),
        " FROM new LEFT JOIN stored ON stored.id = new.id
         LEFT JOIN LATERAL (
             SELECT x.\"user\" IS NOT NULL AS member, room.archived_at IS NOT NULL AS archived,
                    x.posted_at + room.slow_s * 1000 - new.created_at AS wait_ms
             FROM room LEFT JOIN members x ON x.room = $1 AND x.\"user\" = new.author
             WHERE stored.id IS NULL OFFSET 0
         ) hindrance ON TRUE
         LEFT JOIN LATERAL (
             SELECT * FROM messages x WHERE x.author = new.author AND x.nonce = new.nonce OFFSET 0
         ) m ON TRUE
         LEFT JOIN LATERAL (SELECT * FROM users WHERE id = m.author OFFSET 0) u ON TRUE"
    );
    /// What an earlier try of a batch has stored.
    BY_IDS = concat!(
        "SELECT ", message_columns!(), " FROM messages m
         CROSS JOIN LATERAL (SELECT * FROM users WHERE id = m.author OFFSET 0) u WHERE m.id = ANY ($1)"
    );
}

/// Where messages are posted.
pub(super) struct Posts(Arc<Rooms>);

struct Rooms {
    pool: Arc<Pool>,
    queues: Mutex<Queues>,
    writing: Semaphore,
    /// A room has nothing more to write.
    quiet: Notify,
}

#[derive(Default)]
struct Queues {
    /// The rooms that are being written to, with what waits there.
    rooms: HashMap<RoomId, VecDeque<Pending>>,
    waiting: usize,
    closed: bool,
}

/// A message with the way back to whoever posts it.
struct Pending {
    message: NewMessage,
    reply: oneshot::Sender<Stored<Appended>>,
}

impl Posts {
    pub(super) fn new(pool: Arc<Pool>) -> Self {
        Self(Arc::new(Rooms {
            pool,
            queues: Mutex::default(),
            writing: Semaphore::new(ROOMS_AT_ONCE),
            quiet: Notify::new(),
        }))
    }

    /// Posts `message`, once it is durable. A caller who stops waiting does not undo it.
    pub(super) async fn append(&self, message: NewMessage) -> Stored<Appended> {
        let (reply, answer) = oneshot::channel();
        self.0.accept(Pending { message, reply })?;
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::unavailable("the writing of the room has ended")))
    }

    /// How many messages wait.
    pub(super) fn waiting(&self) -> usize {
        self.0.queues.lock().waiting
    }

    /// Takes no more messages, and writes those that were accepted.
    pub(super) async fn close(&self) {
        self.0.queues.lock().closed = true;
        loop {
            let quiet = self.0.quiet.notified();
            if self.0.queues.lock().rooms.is_empty() {
                return;
            }
            quiet.await;
        }
    }
}

impl Rooms {
    fn accept(self: &Arc<Self>, pending: Pending) -> Stored<()> {
        let room = pending.message.room;
        let mut queues = self.queues.lock();
        if queues.closed {
            return Err(StoreError::unavailable("the store is closed"));
        }
        if queues.waiting >= WAITING_MAX {
            return Err(StoreError::unavailable("too many messages wait to be written"));
        }
        queues.waiting += 1;
        if let Some(queue) = queues.rooms.get_mut(&room) {
            queue.push_back(pending);
        } else {
            queues.rooms.insert(room, VecDeque::from([pending]));
            tokio::spawn(Arc::clone(self).write(room));
        }
        Ok(())
    }

    /// Writes batch after batch until nothing waits for this room.
    async fn write(self: Arc<Self>, room: RoomId) {
        while let Some(batch) = self.next(room) {
            // A panic is caught here: the room could not be posted to any more. Its senders see their reply dropped.
            let written = AssertUnwindSafe(self.post(room, batch)).catch_unwind().await;
            if written.is_err() {
                tracing::error!("the writing of a batch panicked");
            }
        }
        self.quiet.notify_waiters();
    }

    /// What waits for the room, up to a batch; `None`: nothing does, and the room is taken off the list.
    fn next(&self, room: RoomId) -> Option<Vec<Pending>> {
        let mut queues = self.queues.lock();
        let queue = queues.rooms.get_mut(&room)?;
        let batch: Vec<Pending> = queue.drain(..queue.len().min(BATCH_MAX)).collect();
        queues.waiting -= batch.len();
        if batch.is_empty() {
            queues.rooms.remove(&room);
            return None;
        }
        Some(batch)
    }

    async fn post(&self, room: RoomId, batch: Vec<Pending>) {
        let deadline = Instant::now() + BATCH_TIME_MAX;
        let Ok(Ok(_turn)) = timeout_at(deadline, self.writing.acquire()).await else {
            return refuse(batch, "too many rooms are written to");
        };
        let (firsts, repeats) = part(batch);
        histogram!("database_batch_size").record(firsts.len() as f64);
        let started = Instant::now();
        let results = match self.pool.guarded(self.store(room, &firsts, deadline)).await {
            Ok(results) => results,
            Err(error) if firsts.len() == 1 => HashMap::from([(firsts[0].message.id, Err(error))]),
            Err(error @ StoreError::Unavailable(_)) => {
                tracing::warn!(%error, posts = firsts.len(), "a batch could not be written");
                HashMap::new()
            }
            Err(error) => {
                tracing::warn!(%error, posts = firsts.len(), "a batch was refused, its posts are written one by one");
                self.store_alone(room, &firsts).await
            }
        };
        histogram!("database_commit_duration_seconds").record(started.elapsed());
        answer(firsts, repeats, results);
    }

    /// One by one, so that a message that cannot be stored harms nobody else.
    async fn store_alone(&self, room: RoomId, posts: &[Pending]) -> Results {
        let mut results = HashMap::new();
        for post in posts {
            let deadline = Instant::now() + BATCH_TIME_MAX;
            let alone = self.store(room, std::slice::from_ref(post), deadline);
            match self.pool.guarded(alone).await {
                Ok(result) => results.extend(result),
                Err(error) => drop(results.insert(post.message.id, Err(error))),
            }
        }
        results
    }

    /// Stores a batch of messages, no two of which have one nonce. An error means that nothing of it is known to be
    /// stored.
    async fn store(&self, room: RoomId, posts: &[Pending], deadline: Instant) -> Stored<Results> {
        let mut results = Results::new();
        for tries in 1.. {
            let messages: Vec<&NewMessage> = posts
                .iter()
                .map(|post| &post.message)
                .filter(|message| !results.contains_key(&message.id))
                .collect();
            let again = tries > 1;
            match self.pool.once(&Append { room, messages }, deadline).await {
                Ok(found) => {
                    results.extend(found.into_iter().map(|(id, appended)| (id, Ok(appended))));
                    break;
                }
                Err(failure) if tries < TRIES_MAX && may_pass(&failure, again) => {
                    // The connection may have died after the commit. What is there under our ids is ours.
                    results.extend(self.kept(posts, deadline).await?);
                }
                Err(failure) => return Err(failure.error),
            }
        }
        Ok(results)
    }

    /// Those of the messages that an earlier try has stored.
    async fn kept(&self, posts: &[Pending], deadline: Instant) -> Stored<Results> {
        let ids = posts.iter().map(|post| post.message.id.0).collect();
        let found = self.pool.once(&Kept(ids), deadline).await;
        let messages = found.map_err(|failure| failure.error)?.into_iter();
        Ok(messages
            .map(|message| (message.id, Ok(Appended::Stored(message))))
            .collect())
    }
}

type Results = HashMap<MessageId, Stored<Appended>>;

/// Whether another try of a batch may succeed. `again`: an earlier try may still be under way where its connection
/// died, and then holds our own ids.
fn may_pass(failure: &Failure, again: bool) -> bool {
    let taken = failure.error.taken();
    failure.passes() || matches!(taken, Some(NONCE_INDEX | FILE_INDEX)) || (again && taken == Some(ID_INDEX))
}

/// The posts to store, and those that repeat the nonce of one of them.
fn part(batch: Vec<Pending>) -> (Vec<Pending>, Vec<(MessageId, Pending)>) {
    let (mut firsts, mut repeats) = (Vec::with_capacity(batch.len()), Vec::new());
    let mut seen = HashMap::new();
    for post in batch {
        let message = &post.message;
        let known = message.nonce.clone().and_then(|nonce| {
            let id = *seen.entry((message.author.id, nonce)).or_insert(message.id);
            (id != message.id).then_some(id)
        });
        match known {
            Some(first) => repeats.push((first, post)),
            None => firsts.push(post),
        }
    }
    (firsts, repeats)
}

/// Tells everyone. Whoever no longer waits is not told; what was written stays.
fn answer(firsts: Vec<Pending>, repeats: Vec<(MessageId, Pending)>, mut results: Results) {
    let unknown = || StoreError::unavailable("the batch could not be written");
    for (first, repeat) in repeats {
        let result = match results.get(&first) {
            Some(Ok(Appended::Stored(message) | Appended::Repeated(message))) => {
                Ok(Appended::Repeated(message.clone()))
            }
            Some(Ok(refused)) => Ok(refused.clone()),
            Some(Err(_)) | None => Err(unknown()),
        };
        repeat.reply.send(result).ok();
    }
    for post in firsts {
        let result = results.remove(&post.message.id);
        post.reply.send(result.unwrap_or_else(|| Err(unknown()))).ok();
    }
}

fn refuse(batch: Vec<Pending>, reason: &'static str) {
    for post in batch {
        post.reply.send(Err(StoreError::unavailable(reason))).ok();
    }
}

/// A batch for one room. It is repeatable for [`Rooms::store`], which looks what an earlier try has stored.
struct Append<'a> {
    room: RoomId,
    messages: Vec<&'a NewMessage>,
}

impl Work for Append<'_> {
    type Output = Vec<(MessageId, Appended)>;
    const REPEATABLE: bool = true;
    const TURN: Turn = Turn::Writes;

    async fn apply(&self, connection: &mut PgConnection) -> Stored<Self::Output> {
        let columns = Columns::new(self.messages.iter().copied());
        let query = APPEND.read::<Row>().bind(self.room.0).bind(columns.ids);
        let query = query
            .bind(columns.authors)
            .bind(columns.bodies)
            .bind(columns.html);
        let query = query.bind(columns.nonces).bind(columns.times);
        let query = query.bind(columns.callers).bind(columns.called);
        let exempt: Vec<bool> = self.messages.iter().map(|message| message.exempt).collect();
        let query = query.bind(columns.tokens).bind(exempt).bind(columns.calls);
        let query = query.bind(columns.hearers).bind(columns.here);
        let query = query
            .bind(columns.attachments)
            .bind(columns.carriers)
            .bind(columns.files);
        let rows = query.fetch_all(connection).await?;
        let messages: HashMap<MessageId, &NewMessage> = self
            .messages
            .iter()
            .map(|message| (message.id, *message))
            .collect();
        let appended = |row: Row| {
            let new = messages.get(&row.id)?;
            Some((new.id, row.appended(new)))
        };
        Ok(rows.into_iter().filter_map(appended).collect())
    }
}

/// What became of a message.
struct Row {
    id: MessageId,
    /// `seq`, `rev` and mentions, where it was stored.
    stored: Option<(u64, u64, Vec<UserId>)>,
    /// The message that had the nonce before.
    first: Option<Message>,
    room_exists: bool,
    /// What kept the author from posting, where the room exists and the message was not stored.
    hindrance: Option<Hindrance>,
}

impl FromRow<'_, PgRow> for Row {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let stored = match row.try_get::<Option<Vec<Uuid>>, _>("new_mentions")? {
            Some(mentions) => Some((row.number("new_seq")?, row.number("new_rev")?, users(mentions))),
            None => None,
        };
        let repeated = row.try_get::<Option<Uuid>, _>("id")?.is_some();
        let hindered = row.try_get::<Option<bool>, _>("member")?.is_some();
        Ok(Self {
            hindrance: if hindered {
                Some(Read::from_row(row)?.0)
            } else {
                None
            },
            id: MessageId(row.try_get("new_id")?),
            stored,
            first: if repeated {
                Some(Read::from_row(row)?.0)
            } else {
                None
            },
            room_exists: row.try_get("room_exists")?,
        })
    }
}

impl Row {
    /// A repeated nonce comes before every refusal: its author may have left since.
    fn appended(self, new: &NewMessage) -> Appended {
        match (self.stored, self.first) {
            (Some((seq, rev, mentions)), _) => Appended::Stored(message(new, seq, rev, mentions)),
            (None, Some(first)) => Appended::Repeated(first),
            (None, None) if self.room_exists => match self.hindrance {
                Some(hindrance) if new.attachments.is_empty() || hindrance.hinders(new.exempt) => {
                    hindrance.refusal()
                }
                Some(_) => Appended::AttachmentNotFound,
                None => Appended::NotAMember,
            },
            (None, None) => Appended::RoomNotFound,
        }
    }
}

/// The message that `new` becomes.
pub(super) fn message(new: &NewMessage, seq: u64, rev: u64, mentions: Vec<UserId>) -> Message {
    Message {
        id: new.id,
        room: new.room,
        seq,
        rev,
        author: new.author.clone(),
        body: new.body.clone(),
        html: new.html.clone(),
        created_at: new.created_at,
        edited_at: None,
        deleted: false,
        pinned: false,
        thread: None,
        reply_count: 0,
        nonce: new.nonce.clone(),
        reactions: Vec::new(),
        attachments: new.attachments.clone(),
        mentions,
        calls: new.calls,
    }
}

/// Messages by their ids.
struct Kept(Vec<Uuid>);

impl Work for Kept {
    type Output = Vec<Message>;
    const REPEATABLE: bool = true;

    async fn apply(&self, connection: &mut PgConnection) -> Stored<Vec<Message>> {
        let query = BY_IDS.read::<Read<Message>>().bind(&self.0);
        Ok(all(query.fetch_all(connection).await?))
    }
}

#[cfg(test)]
mod tests;
