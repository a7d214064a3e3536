//! Threads: a message and the replies to it.

use async_trait::async_trait;
use chat::{
    Message, MessageId, RoomId,
    message::{Bound, Thread},
};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    SqliteStore, changing, messages,
    rows::{integer, json_ids, message_columns, with_head},
    statement::statements,
    writer::Job,
};
use crate::store::{Appended, NewMessage, Replied, Stored, Threads, thread::Span, timed::timed};

statements! {
    /// The root that a reply to `?1` answers, and whether it was deleted.
    ROOT = "SELECT root.id, root.deleted FROM messages m
            CROSS JOIN messages root ON root.id = ifnull(m.thread, m.id)
            WHERE m.id = ?1 AND m.room = ?2";
    /// Who answers (`?5`) follows the thread `?1`, and so do the members who are mentioned.
    FOLLOW = "INSERT INTO followers (root, user, room, following, read_seq, since)
              SELECT ?1, me.user, ?2, 1, CASE WHEN me.user = ?5 THEN ?3 ELSE ?3 - 1 END, ?4
              FROM json_each(?6) j CROSS JOIN members me ON me.room = ?2 AND me.user = unhex(j.value)
              WHERE TRUE
              ON CONFLICT (root, user) DO UPDATE SET following = 1, read_seq = max(read_seq, excluded.read_seq),
                  since = CASE WHEN following = 1 THEN since ELSE excluded.since END";
    /// Who is answered follows the thread, unless he or she wanted to do so no longer.
    FOLLOW_ROOT = "INSERT INTO followers (root, user, room, following, read_seq, since)
                   SELECT m.id, m.author, m.room, 1, ?2 - 1, ?3 FROM messages m WHERE m.id = ?1
                   ON CONFLICT (root, user) DO NOTHING";
    /// Head, root and replies in one statement, hence of one moment. What the span means: see [`Span`].
    THREAD = concat!(
        "SELECT h.room AS head_room, h.last_seq, h.last_rev, ", message_columns!(), "
         FROM (SELECT id FROM (SELECT ?1 AS id)
               UNION ALL
               SELECT id FROM (SELECT x.id FROM messages x WHERE x.thread = ?1 AND x.seq < ?2 ORDER BY x.seq DESC LIMIT ?3)
               UNION ALL
               SELECT id FROM (SELECT x.id FROM messages x WHERE x.thread = ?1 AND x.seq >= ?2 ORDER BY x.seq LIMIT ?4)
              ) found
         CROSS JOIN messages m ON m.id = found.id CROSS JOIN users u ON u.id = m.author
         CROSS JOIN room_heads h ON h.room = m.room"
    );
}

#[async_trait]
impl Threads for SqliteStore {
    async fn reply(&self, to: MessageId, message: NewMessage) -> Stored<Replied> {
        self.write(Reply { to, message }).await
    }

    async fn thread(&self, root: MessageId, bound: Bound, limit: u64) -> Stored<Option<Thread>> {
        timed("thread", async {
            let span = Span::new(bound, limit);
            let query = THREAD.read().bind(root.0).bind(integer(span.place));
            let query = query.bind(integer(span.down)).bind(integer(span.up));
            let found = with_head(query.fetch_all(&self.reads).await?);
            Ok(found.and_then(|(head, messages)| span.thread(root, messages, head)))
        })
        .await
    }
}

struct Reply {
    to: MessageId,
    message: NewMessage,
}

impl Job for Reply {
    type Output = Replied;
    const OP: &'static str = "reply";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Replied> {
        let new = &self.message;
        let root = match root(self.to, new.room, tx).await? {
            Some((id, false)) => id,
            Some((_, true)) => return refuse(new, Replied::RootDeleted, tx).await,
            None => return refuse(new, Replied::RootNotFound, tx).await,
        };
        match messages::append(new, Some(root), tx).await? {
            Appended::Stored(reply) => {
                follow(root, &reply, tx).await?;
                let root = Box::new(changing::count_replies(root, new.room, 1, tx).await?);
                Ok(Replied::Stored { reply, root })
            }
            refused => Ok(refused.into()),
        }
    }
}

async fn root(to: MessageId, room: RoomId, tx: &mut SqliteConnection) -> Stored<Option<(MessageId, bool)>> {
    let query = ROOT.read::<(Uuid, bool)>().bind(to.0).bind(room.0);
    let found = query.fetch_optional(tx).await?;
    Ok(found.map(|(id, deleted)| (MessageId(id), deleted)))
}

/// Has those follow the thread who take part in it by this reply.
async fn follow(root: MessageId, reply: &Message, tx: &mut SqliteConnection) -> Stored<()> {
    let part = [&[reply.author.id], reply.mentions.as_slice()].concat();
    let query = FOLLOW
        .query()
        .bind(root.0)
        .bind(reply.room.0)
        .bind(integer(reply.seq))
        .bind(reply.created_at.0);
    let query = query
        .bind(reply.author.id.0)
        .bind(json_ids(part.into_iter().map(|user| user.0)));
    query.execute(&mut *tx).await?;
    let query = FOLLOW_ROOT.query().bind(root.0).bind(integer(reply.seq));
    query.bind(reply.created_at.0).execute(tx).await?;
    Ok(())
}

/// Why there is no reply: what would have kept the author from posting at all comes before what is wrong with the
/// thread, so that who may not read the room learns nothing of what is in it.
async fn refuse(new: &NewMessage, thread: Replied, tx: &mut SqliteConnection) -> Stored<Replied> {
    let refusal = messages::refusal(new, tx).await?;
    Ok(refusal.map_or(thread, Replied::from))
}
