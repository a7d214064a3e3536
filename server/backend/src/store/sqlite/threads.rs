//! Threads: a message and the replies to it.

use async_trait::async_trait;
use chat::{
    MessageId, RoomId,
    message::{Bound, Thread},
};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    SqliteStore, changing, messages,
    rows::{integer, message_columns, with_head},
    statement::statements,
    writer::Job,
};
use crate::store::{Appended, NewMessage, Replied, Stored, Threads, thread::Span, timed::timed};

statements! {
    /// The root that a reply to `?1` answers, and whether it was deleted.
    ROOT = "SELECT root.id, root.deleted FROM messages m
            CROSS JOIN messages root ON root.id = ifnull(m.thread, m.id)
            WHERE m.id = ?1 AND m.room = ?2";
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
                let root = Box::new(changing::count_replies(root, new.room, 1, tx).await?);
                Ok(Replied::Stored { reply, root })
            }
            refused => Ok(as_reply(refused)),
        }
    }
}

async fn root(to: MessageId, room: RoomId, tx: &mut SqliteConnection) -> Stored<Option<(MessageId, bool)>> {
    let query = ROOT.read::<(Uuid, bool)>().bind(to.0).bind(room.0);
    let found = query.fetch_optional(tx).await?;
    Ok(found.map(|(id, deleted)| (MessageId(id), deleted)))
}

/// Why there is no reply: what would have kept the author from posting at all comes before what is wrong with the
/// thread, so that who may not read the room learns nothing of what is in it.
async fn refuse(new: &NewMessage, thread: Replied, tx: &mut SqliteConnection) -> Stored<Replied> {
    let refusal = messages::refusal(new, tx).await?;
    Ok(refusal.map_or(thread, as_reply))
}

/// What kept a message from being stored, as what kept the reply from it.
fn as_reply(refusal: Appended) -> Replied {
    match refusal {
        Appended::Stored(first) | Appended::Repeated(first) => Replied::Repeated(first),
        Appended::NotAMember => Replied::NotAMember,
        Appended::RoomNotFound => Replied::RoomNotFound,
        Appended::AttachmentNotFound => Replied::AttachmentNotFound,
    }
}
