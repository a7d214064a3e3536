//! Threads: a message and the replies to it.
//!
//! A reply is a transaction of its own and not one of a batch: it reads its root under the lock of the room's head,
//! so that no root is deleted between the look and the reply.

use async_trait::async_trait;
use chat::{
    Message, MessageId, RoomId,
    message::{Bound, Thread},
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore, attachments, changing,
    messages::once_each,
    pool::Work,
    posts::{FILE_INDEX, NONCE_INDEX, message},
    rows::{Read, integer, message_columns, unsigned, users, with_head},
    search::placed,
    statement::statements,
};
use crate::{
    search::Entry,
    store::{
        Head, Hindrance, NewMessage, Replied, Stored, Threads, files::attachments_text, thread::Span,
        timed::timed,
    },
};

statements! {
    LOCK = "SELECT room FROM room_heads WHERE room = $1 FOR NO KEY UPDATE";
    BY_NONCE = concat!(
        "SELECT ", message_columns!(), " FROM messages m
         CROSS JOIN LATERAL (SELECT * FROM users WHERE id = m.author OFFSET 0) u
         WHERE m.author = $1 AND m.nonce = $2"
    );
    /// What could keep the author `$2` from posting into the room `$1` at `$3`.
    HINDRANCE = "SELECT x.\"user\" IS NOT NULL AS member, r.archived_at IS NOT NULL AS archived,
                        x.posted_at + r.slow_s * 1000 - $3 AS wait_ms
                 FROM rooms r LEFT JOIN members x ON x.room = r.id AND x.\"user\" = $2 WHERE r.id = $1";
    /// How many of the files are `$2`'s and on no message. Nobody takes them away or sends them before the commit.
    LOOSE = "SELECT count(*) FROM (SELECT id FROM files
                                   WHERE id = ANY ($1) AND owner = $2 AND loose_since IS NOT NULL FOR UPDATE) own";
    /// The root that a reply to `$1` answers, and whether it was deleted.
    ROOT = "SELECT root.id, root.deleted FROM messages m
            CROSS JOIN LATERAL (SELECT * FROM messages WHERE id = coalesce(m.thread, m.id) OFFSET 0) root
            WHERE m.id = $1 AND m.room = $2";
    /// The numbers, the reply, its mentions, its author's read marker, and its root's count.
    REPLY = concat!("WITH called AS (
                 SELECT array_agg(u.id ORDER BY c.turn) AS ids
                 FROM unnest($9::uuid[]) WITH ORDINALITY c (id, turn)
                 CROSS JOIN LATERAL (SELECT id FROM users WHERE id = c.id OFFSET 0) u
             ), head AS (
                 UPDATE room_heads
                 SET last_seq = last_seq + 1, last_rev = last_rev + 2, last_at = greatest(last_at, $8)
                 WHERE room = $2
                 RETURNING last_seq AS seq, last_rev - 1 AS rev
             ), stored AS (
                 INSERT INTO messages (id, room, seq, rev, author, body, html, nonce, thread, reply_count, created_at,
                                       edited_at, deleted, pinned, mentions, calls, here, attachments)
                 SELECT $1, $2, head.seq, head.rev, $3, $4, $5, $6, $7, 0, $8, NULL, FALSE, FALSE,
                        coalesce((SELECT ids FROM called), '{}'), $11, $12, $13
                 FROM head
                 RETURNING seq, rev, mentions, here
             ), placed AS (
                 SELECT nextval('message_places') AS place FROM stored
             ), indexed AS (
                 INSERT INTO message_words (place, message, tokens)
                 SELECT p.place, $1, ", placed!("$10::text", "p.place"), " FROM placed p
             ), attached AS (
                 INSERT INTO attachments (file, message, room) SELECT file, $1, $2 FROM unnest($14::uuid[]) c (file)
             ), fastened AS (
                 UPDATE files SET loose_since = NULL WHERE id = ANY ($14)
             ), counted AS (
                 UPDATE messages SET rev = head.rev + 1, reply_count = reply_count + 1 FROM head WHERE id = $7
             ), marked AS (
                 UPDATE members SET read_seq = greatest(read_seq, stored.seq), posted_at = $8
                 FROM stored WHERE room = $2 AND \"user\" = $3
             ), noted AS (
                 INSERT INTO mentions (\"user\", room, seq, created_at)
                 SELECT called.\"user\", $2, stored.seq, $8
                 FROM stored CROSS JOIN LATERAL unnest(stored.mentions || stored.here) called (\"user\")
                 WHERE called.\"user\" <> $3
                 ON CONFLICT (\"user\", room, seq) DO NOTHING
             ), called_all AS (
                 INSERT INTO calls (room, seq, author, created_at)
                 SELECT $2, stored.seq, $3, $8 FROM stored WHERE $11::text = 'room'
             )
             SELECT seq, rev, mentions FROM stored");
    /// Who answers (`$5`) follows the thread `$1`, and so do the members who are mentioned.
    FOLLOW = "INSERT INTO followers (root, \"user\", room, following, read_seq, since)
              SELECT $1, me.\"user\", $2, TRUE, CASE WHEN me.\"user\" = $5 THEN $3::bigint ELSE $3 - 1 END, $4
              FROM unnest($6::uuid[]) part (id)
              CROSS JOIN LATERAL (SELECT \"user\" FROM members WHERE room = $2 AND \"user\" = part.id OFFSET 0) me
              ON CONFLICT (root, \"user\") DO UPDATE
              SET following = TRUE, read_seq = greatest(followers.read_seq, excluded.read_seq),
                  since = CASE WHEN followers.following THEN followers.since ELSE excluded.since END";
    /// Who is answered follows the thread, unless he or she wanted to do so no longer.
    FOLLOW_ROOT = "INSERT INTO followers (root, \"user\", room, following, read_seq, since)
                   SELECT m.id, m.author, m.room, TRUE, $2::bigint - 1, $3 FROM messages m WHERE m.id = $1
                   ON CONFLICT (root, \"user\") DO NOTHING";
    /// Head, root and replies in one statement, hence of one moment. What the span means: see [`Span`].
    THREAD = concat!(
        "SELECT h.room AS head_room, h.last_seq, h.last_rev, ", message_columns!(), "
         FROM (
             SELECT $1::uuid AS id
             UNION ALL
             (SELECT x.id FROM messages x WHERE x.thread = $1 AND x.seq < $2 ORDER BY x.seq DESC LIMIT $3)
             UNION ALL
             (SELECT x.id FROM messages x WHERE x.thread = $1 AND x.seq >= $2 ORDER BY x.seq LIMIT $4)
         ) found
         CROSS JOIN LATERAL (SELECT * FROM messages WHERE id = found.id OFFSET 0) m
         CROSS JOIN LATERAL (SELECT * FROM users WHERE id = m.author OFFSET 0) u
         CROSS JOIN LATERAL (SELECT * FROM room_heads WHERE room = m.room OFFSET 0) h"
    );
}

#[async_trait]
impl Threads for PostgresStore {
    async fn reply(&self, to: MessageId, message: NewMessage) -> Stored<Replied> {
        timed("reply", async {
            let reply = Reply { to, message };
            match self.pool.run(&reply).await {
                // The same nonce, or the same file, was used in another room at this very moment: now it can be seen.
                Err(error) if matches!(error.taken(), Some(NONCE_INDEX | FILE_INDEX)) => {
                    self.pool.run(&reply).await
                }
                result => result,
            }
        })
        .await
    }

    async fn thread(&self, root: MessageId, bound: Bound, limit: u64) -> Stored<Option<Thread>> {
        timed("thread", async {
            let span = Span::new(bound, limit);
            let query = || {
                THREAD
                    .read::<Read<(Head, Option<Message>)>>()
                    .bind(root.0)
                    .bind(integer(span.place))
                    .bind(integer(span.down))
                    .bind(integer(span.up))
            };
            let found = with_head(self.pool.rows(query).await?);
            Ok(found.and_then(|(head, messages)| span.thread(root, messages, head)))
        })
        .await
    }
}

struct Reply {
    to: MessageId,
    message: NewMessage,
}

impl Work for Reply {
    type Output = Replied;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<Replied> {
        let new = &self.message;
        let lock = LOCK.scalar::<Uuid>().bind(new.room.0);
        let room_exists = lock.fetch_optional(&mut *tx).await?.is_some();
        // A repeated nonce comes before every refusal: its author may have left since.
        if let Some(first) = first(new, tx).await? {
            return Ok(Replied::Repeated(first));
        }
        if !room_exists {
            return Ok(Replied::RoomNotFound);
        }
        let query = HINDRANCE
            .read::<Read<Hindrance>>()
            .bind(new.room.0)
            .bind(new.author.id.0);
        let Read(hindrance) = query.bind(new.created_at.0).fetch_one(&mut *tx).await?;
        if hindrance.hinders(new.exempt) {
            return Ok(hindrance.refusal().into());
        }
        match root(self.to, new.room, tx).await? {
            Some((_, false)) if !are_loose(new, tx).await? => Ok(Replied::AttachmentNotFound),
            Some((root, false)) => store(new, root, tx).await,
            Some((_, true)) => Ok(Replied::RootDeleted),
            None => Ok(Replied::RootNotFound),
        }
    }
}

/// The message that the author sent under the same nonce before.
async fn first(new: &NewMessage, tx: &mut PgConnection) -> Stored<Option<Message>> {
    let Some(nonce) = &new.nonce else { return Ok(None) };
    let query = BY_NONCE
        .read::<Read<Message>>()
        .bind(new.author.id.0)
        .bind(nonce.as_str());
    Ok(query.fetch_optional(tx).await?.map(|Read(first)| first))
}

/// Whether all files of a reply are its author's and on no message.
async fn are_loose(new: &NewMessage, tx: &mut PgConnection) -> Stored<bool> {
    if new.attachments.is_empty() {
        return Ok(true);
    }
    let query = LOOSE.scalar::<i64>().bind(attachments::ids(&new.attachments));
    let loose = query.bind(new.author.id.0).fetch_one(tx).await?;
    Ok(unsigned(loose) == new.attachments.len() as u64)
}

async fn root(to: MessageId, room: RoomId, tx: &mut PgConnection) -> Stored<Option<(MessageId, bool)>> {
    let query = ROOT.read::<(Uuid, bool)>().bind(to.0).bind(room.0);
    let found = query.fetch_optional(tx).await?;
    Ok(found.map(|(id, deleted)| (MessageId(id), deleted)))
}

async fn store(new: &NewMessage, root: MessageId, tx: &mut PgConnection) -> Stored<Replied> {
    let query = REPLY
        .read::<(i64, i64, Vec<Uuid>)>()
        .bind(new.id.0)
        .bind(new.room.0)
        .bind(new.author.id.0)
        .bind(&new.body)
        .bind(&new.html);
    let query = query
        .bind(new.nonce.as_ref().map(chat::Nonce::as_str))
        .bind(root.0)
        .bind(new.created_at.0)
        .bind(once_each(&new.mentions).collect::<Vec<Uuid>>())
        .bind(Entry::of_new(new, true).vector())
        .bind(new.calls.map(chat::Call::name))
        .bind((!new.here.is_empty()).then(|| once_each(&new.here).collect::<Vec<Uuid>>()))
        .bind(attachments_text(&new.attachments))
        .bind(attachments::ids(&new.attachments));
    let (seq, rev, mentions) = query.fetch_one(&mut *tx).await?;
    let reply = Message {
        thread: Some(root),
        ..message(new, unsigned(seq), unsigned(rev), users(mentions))
    };
    follow(root, &reply, tx).await?;
    Ok(Replied::Stored {
        reply,
        root: Box::new(changing::by_id(root, tx).await?),
    })
}

/// Has those follow the thread who take part in it by this reply.
async fn follow(root: MessageId, reply: &Message, tx: &mut PgConnection) -> Stored<()> {
    let part = [&[reply.author.id], reply.mentions.as_slice()].concat();
    let query = FOLLOW
        .query()
        .bind(root.0)
        .bind(reply.room.0)
        .bind(integer(reply.seq))
        .bind(reply.created_at.0);
    let query = query
        .bind(reply.author.id.0)
        .bind(once_each(&part).collect::<Vec<Uuid>>());
    query.execute(&mut *tx).await?;
    let query = FOLLOW_ROOT.query().bind(root.0).bind(integer(reply.seq));
    query.bind(reply.created_at.0).execute(tx).await?;
    Ok(())
}
