//! Followed threads.

use async_trait::async_trait;
use chat::{Message, MessageId, RoomId, Timestamp, UserId};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    SqliteStore,
    rows::{Read, all, integer, json_ids, message_columns},
    statement::statements,
    writer::Job,
};
use crate::store::{
    FOLLOWED_MAX, FOLLOWERS_MAX, Followed, Following, Stored, UNREAD_REPLIES_MAX, UnreadThread,
    thread::{Stand, in_order},
    timed::timed,
};

statements! {
    /// From now on: what was said before counts as read.
    FOLLOW = "INSERT INTO followers (root, user, room, following, read_seq, since)
              SELECT ?1, ?2, h.room, 1, h.last_seq, ?4 FROM room_heads h WHERE h.room = ?3
              ON CONFLICT (root, user) DO UPDATE SET following = 1, read_seq = excluded.read_seq, since = excluded.since
              WHERE following = 0";
    UNFOLLOW = "UPDATE followers SET following = 0 WHERE root = ?1 AND user = ?2 AND following = 1";
    FOLLOWS = "SELECT EXISTS (SELECT 1 FROM followers WHERE root = ?1 AND user = ?2 AND following = 1)";
    READ_THREAD = "UPDATE followers SET read_seq = ?3 WHERE root = ?1 AND user = ?2 AND following = 1 AND read_seq < ?3";
    FOLLOWED = "SELECT f.root,
                       (SELECT count(*) FROM (SELECT 1 FROM messages x
                        WHERE x.thread = f.root AND x.seq > max(f.read_seq, me.read_seq) AND x.author <> ?1 AND x.deleted = 0
                        LIMIT ?3)) AS unread,
                       (SELECT x.created_at FROM messages x WHERE x.thread = f.root ORDER BY x.seq DESC LIMIT 1) AS last_at
                FROM (SELECT root, room, read_seq FROM followers
                      WHERE user = ?1 AND following = 1 ORDER BY since DESC LIMIT ?2) f
                CROSS JOIN members me ON me.room = f.room AND me.user = ?1";
    UNREAD_THREADS = "SELECT f.root, f.room
                      FROM (SELECT root, room, read_seq FROM followers
                            WHERE user = ?1 AND following = 1 ORDER BY since DESC LIMIT ?2) f
                      CROSS JOIN members me ON me.room = f.room AND me.user = ?1
                      WHERE EXISTS (SELECT 1 FROM messages x
                                    WHERE x.thread = f.root AND x.seq > max(f.read_seq, me.read_seq) AND x.author <> ?1
                                      AND x.deleted = 0)";
    FOLLOWERS = "SELECT user FROM followers WHERE root = ?1 AND following = 1 LIMIT ?2";
    ROOTS = concat!(
        "SELECT ", message_columns!(), " FROM json_each(?1) j CROSS JOIN messages m ON m.id = unhex(j.value)
         CROSS JOIN users u ON u.id = m.author"
    );
}

#[async_trait]
impl Following for SqliteStore {
    async fn follow(&self, root: &Message, user: UserId, follow: bool, at: Timestamp) -> Stored<bool> {
        let root = root.clone();
        self.write(Follow {
            root,
            user,
            follow,
            at,
        })
        .await
    }

    async fn follows(&self, root: MessageId, user: UserId) -> Stored<bool> {
        timed("follows", async {
            let query = FOLLOWS.scalar().bind(root.0).bind(user.0);
            Ok(query.fetch_one(&self.reads).await?)
        })
        .await
    }

    async fn read_thread(&self, root: MessageId, user: UserId, seq: u64) -> Stored<bool> {
        self.write(ReadThread { root, user, seq }).await
    }

    async fn followed(&self, user: UserId, limit: u64) -> Stored<Vec<Followed>> {
        timed("followed", async {
            let query = FOLLOWED.read::<(Uuid, u64, Option<i64>)>().bind(user.0);
            let query = query
                .bind(integer(FOLLOWED_MAX))
                .bind(integer(UNREAD_REPLIES_MAX));
            let rows = query.fetch_all(&self.reads).await?.into_iter();
            let stands = in_order(rows.map(Stand::of), limit);
            let ids = json_ids(stands.iter().map(|stand| stand.root.0));
            let query = ROOTS.read::<Read<Message>>().bind(ids);
            let roots = all(query.fetch_all(&self.reads).await?);
            Ok(stands
                .into_iter()
                .filter_map(|stand| stand.with(&roots))
                .collect())
        })
        .await
    }

    async fn unread_threads(&self, user: UserId) -> Stored<Vec<UnreadThread>> {
        timed("unread_threads", async {
            let query = UNREAD_THREADS.read::<(Uuid, Uuid)>().bind(user.0);
            let found = query.bind(integer(FOLLOWED_MAX)).fetch_all(&self.reads).await?;
            let thread = |(root, room)| UnreadThread {
                root: MessageId(root),
                room: RoomId(room),
            };
            Ok(found.into_iter().map(thread).collect())
        })
        .await
    }

    async fn followers(&self, root: MessageId) -> Stored<Vec<UserId>> {
        timed("followers", async {
            let query = FOLLOWERS
                .scalar::<Uuid>()
                .bind(root.0)
                .bind(integer(FOLLOWERS_MAX));
            let found = query.fetch_all(&self.reads).await?;
            Ok(found.into_iter().map(UserId).collect())
        })
        .await
    }
}

struct Follow {
    root: Message,
    user: UserId,
    follow: bool,
    at: Timestamp,
}

impl Job for Follow {
    type Output = bool;
    const OP: &'static str = "follow";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<bool> {
        let query = match self.follow {
            false => UNFOLLOW.query().bind(self.root.id.0).bind(self.user.0),
            true => FOLLOW
                .query()
                .bind(self.root.id.0)
                .bind(self.user.0)
                .bind(self.root.room.0)
                .bind(self.at.0),
        };
        Ok(query.execute(tx).await?.rows_affected() > 0)
    }
}

struct ReadThread {
    root: MessageId,
    user: UserId,
    seq: u64,
}

impl Job for ReadThread {
    type Output = bool;
    const OP: &'static str = "read_thread";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<bool> {
        let query = READ_THREAD.query().bind(self.root.0).bind(self.user.0);
        Ok(query.bind(integer(self.seq)).execute(tx).await?.rows_affected() > 0)
    }
}
