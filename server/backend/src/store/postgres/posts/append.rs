//! A batch of messages as one statement, and what it gives back.

use std::collections::HashMap;

use chat::{Message, MessageId, UserId};
use sqlx::{FromRow, PgConnection, Row as _, postgres::PgRow};
use uuid::Uuid;

use super::super::{
    messages::Columns,
    pool::{Turn, Work},
    rows::{Columns as _, Read, all, message_columns, users},
    search::placed,
    statement::statements,
};
use crate::store::{Appended, Hindrance, NewMessage, Stored};

statements! {
    /// One batch for any number of rooms, one round trip: who may post, which nonces are new, which files are there
    /// to be sent, the numbers, the messages, their mentions, their files and their authors' read markers. The heads
    /// of the rooms are locked in the order of their ids, so that two batches never wait for one another.
    APPEND = concat!(
        "WITH new AS (
             SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                                  $10::text[], $11::boolean[], $12::text[], $15::text[])
                           WITH ORDINALITY new (room, id, author, body, html, nonce, created_at, tokens, exempt, calls, attachments,
                                                place)
         ), room AS (
             SELECT found.* FROM (SELECT DISTINCT room FROM new) sought CROSS JOIN LATERAL (
                 SELECT id, archived_at, slow_s FROM rooms WHERE id = sought.room OFFSET 0
             ) found
         ), first AS (
             SELECT min(place) AS place FROM new GROUP BY room, author
         ), wanted AS (
             SELECT w.place, w.file, new.author
             FROM unnest($16::bigint[], $17::uuid[]) w (place, file) JOIN new ON new.place = w.place
         ), withheld AS (
             SELECT w.place FROM wanted w
             WHERE (SELECT f.owner FROM files f WHERE f.id = w.file) IS DISTINCT FROM w.author
                OR (SELECT a.file FROM attachments a WHERE a.file = w.file) IS NOT NULL
                OR EXISTS (SELECT FROM wanted x WHERE x.file = w.file AND x.author = w.author AND x.place < w.place)
         ), fresh AS (
             SELECT new.*, row_number() OVER (PARTITION BY new.room ORDER BY new.place) AS turn
             FROM new JOIN room ON room.id = new.room CROSS JOIN LATERAL (
                 SELECT posted_at FROM members WHERE room = new.room AND \"user\" = new.author OFFSET 0
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
         ), tally AS (
             SELECT room, count(*) AS count, max(created_at) AS last_at FROM fresh GROUP BY room
         ), locked AS (
             SELECT h.room FROM (SELECT room FROM tally ORDER BY room) t CROSS JOIN LATERAL (
                 SELECT room FROM room_heads WHERE room = t.room FOR UPDATE
             ) h
         ), head AS (
             UPDATE room_heads h
             SET last_seq = h.last_seq + t.count, last_rev = h.last_rev + t.count,
                 last_at = greatest(h.last_at, t.last_at)
             FROM tally t JOIN locked ON locked.room = t.room
             WHERE h.room = t.room
             RETURNING h.room, h.last_seq - t.count AS seq, h.last_rev - t.count AS rev
         ), stored AS (
             INSERT INTO messages (id, room, seq, rev, author, body, html, nonce, thread, reply_count, created_at,
                                   edited_at, deleted, pinned, mentions, calls, here, attachments)
             SELECT f.id, f.room, head.seq + f.turn, head.rev + f.turn, f.author, f.body, f.html, f.nonce, NULL, 0,
                    f.created_at, NULL, FALSE, FALSE,
                    coalesce((SELECT c.ids FROM called c WHERE c.place = f.place), '{}'),
                    f.calls, (SELECT c.ids FROM here c WHERE c.place = f.place), f.attachments
             FROM fresh f JOIN head ON head.room = f.room
             RETURNING id, room, seq, rev, author, created_at, mentions, calls, here
         ), placed AS (
             SELECT s.id, f.tokens, nextval('message_places') AS place
             FROM stored s JOIN fresh f ON f.id = s.id ORDER BY f.place
         ), indexed AS (
             INSERT INTO message_words (place, message, tokens)
             SELECT p.place, p.id, ", placed!("p.tokens", "p.place"), " FROM placed p
         ), carried AS (
             SELECT s.id, s.room, w.file FROM stored s JOIN fresh f ON f.id = s.id JOIN wanted w ON w.place = f.place
         ), attached AS (
             INSERT INTO attachments (file, message, room) SELECT c.file, c.id, c.room FROM carried c
         ), fastened AS (
             UPDATE files SET loose_since = NULL FROM carried c WHERE files.id = c.file
         ), marked AS (
             UPDATE members SET read_seq = greatest(members.read_seq, s.seq), posted_at = s.posted_at
             FROM (SELECT room, author, max(seq) AS seq, max(created_at) AS posted_at FROM stored GROUP BY room, author) s
             WHERE members.room = s.room AND members.\"user\" = s.author
         ), noted AS (
             INSERT INTO mentions (\"user\", room, seq, created_at)
             SELECT called.\"user\", s.room, s.seq, s.created_at
             FROM stored s CROSS JOIN LATERAL unnest(s.mentions || s.here) called (\"user\")
             WHERE called.\"user\" <> s.author
             ON CONFLICT (\"user\", room, seq) DO NOTHING
         ), called_all AS (
             INSERT INTO calls (room, seq, author, created_at)
             SELECT s.room, s.seq, s.author, s.created_at FROM stored s WHERE s.calls = 'room'
         )
         SELECT new.id AS new_id, stored.seq AS new_seq, stored.rev AS new_rev, stored.mentions AS new_mentions,
                EXISTS (SELECT FROM room WHERE room.id = new.room) AS room_exists, hindrance.*, ",
        message_columns!(),
        " FROM new LEFT JOIN stored ON stored.id = new.id
         LEFT JOIN LATERAL (
             SELECT x.\"user\" IS NOT NULL AS member, room.archived_at IS NOT NULL AS archived,
                    x.posted_at + room.slow_s * 1000 - new.created_at AS wait_ms
             FROM room LEFT JOIN members x ON x.room = new.room AND x.\"user\" = new.author
             WHERE room.id = new.room AND stored.id IS NULL OFFSET 0
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

/// A batch of messages, for any number of rooms. It is repeatable for whoever looks what an earlier try has stored.
pub(super) struct Append<'a>(pub(super) Vec<&'a NewMessage>);

impl Work for Append<'_> {
    type Output = Vec<(MessageId, Appended)>;
    const REPEATABLE: bool = true;
    const TURN: Turn = Turn::Writes;

    async fn apply(&self, connection: &mut PgConnection) -> Stored<Self::Output> {
        let columns = Columns::new(self.0.iter().copied());
        let rooms: Vec<Uuid> = self.0.iter().map(|message| message.room.0).collect();
        let query = APPEND.read::<Row>().bind(rooms).bind(columns.ids);
        let query = query
            .bind(columns.authors)
            .bind(columns.bodies)
            .bind(columns.html);
        let query = query.bind(columns.nonces).bind(columns.times);
        let query = query.bind(columns.callers).bind(columns.called);
        let exempt: Vec<bool> = self.0.iter().map(|message| message.exempt).collect();
        let query = query.bind(columns.tokens).bind(exempt).bind(columns.calls);
        let query = query.bind(columns.hearers).bind(columns.here);
        let query = query
            .bind(columns.attachments)
            .bind(columns.carriers)
            .bind(columns.files);
        let rows = query.fetch_all(connection).await?;
        let messages: HashMap<MessageId, &NewMessage> =
            self.0.iter().map(|message| (message.id, *message)).collect();
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
pub(in super::super) fn message(new: &NewMessage, seq: u64, rev: u64, mentions: Vec<UserId>) -> Message {
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
pub(super) struct Kept(pub(super) Vec<Uuid>);

impl Work for Kept {
    type Output = Vec<Message>;
    const REPEATABLE: bool = true;

    async fn apply(&self, connection: &mut PgConnection) -> Stored<Vec<Message>> {
        let query = BY_IDS.read::<Read<Message>>().bind(&self.0);
        Ok(all(query.fetch_all(connection).await?))
    }
}
