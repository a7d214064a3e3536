//! Followed threads.

use async_trait::async_trait;
use chat::{Message, MessageId, RoomId, Timestamp, UserId};
use uuid::Uuid;

use super::{
    PostgresStore,
    rows::{Read, all, integer, message_columns, unsigned},
    statement::statements,
};
use crate::store::{
    FOLLOWED_MAX, FOLLOWERS_MAX, Followed, Following, Stored, UNREAD_REPLIES_MAX, UnreadThread,
    thread::{Stand, in_order},
    timed::timed,
};

// `OFFSET 0`: see `rooms`.
statements! {
    /// From now on: what was said before counts as read.
    FOLLOW = "INSERT INTO followers (root, \"user\", room, following, read_seq, since)
              SELECT $1, $2, h.room, TRUE, h.last_seq, $4 FROM room_heads h WHERE h.room = $3
              ON CONFLICT (root, \"user\") DO UPDATE
              SET following = TRUE, read_seq = excluded.read_seq, since = excluded.since
              WHERE NOT followers.following
              RETURNING root";
    UNFOLLOW = "UPDATE followers SET following = FALSE WHERE root = $1 AND \"user\" = $2 AND following RETURNING root";
    FOLLOWS = "SELECT root FROM followers WHERE root = $1 AND \"user\" = $2 AND following";
    READ_THREAD = "UPDATE followers SET read_seq = $3
                   WHERE root = $1 AND \"user\" = $2 AND following AND read_seq < $3
                   RETURNING root";
    FOLLOWED = "SELECT f.root,
                       (SELECT count(*) FROM (
                            SELECT FROM messages x
                            WHERE x.thread = f.root AND x.seq > greatest(f.read_seq, me.read_seq) AND x.author <> $1
                              AND NOT x.deleted
                            LIMIT $3
                        ) unread) AS unread,
                       (SELECT x.created_at FROM messages x WHERE x.thread = f.root ORDER BY x.seq DESC LIMIT 1) AS last_at
                FROM (SELECT root, room, read_seq FROM followers
                      WHERE \"user\" = $1 AND following ORDER BY since DESC LIMIT $2) f
                CROSS JOIN LATERAL (SELECT * FROM members WHERE room = f.room AND \"user\" = $1 OFFSET 0) me";
    UNREAD_THREADS = "SELECT f.root, f.room
                      FROM (SELECT root, room, read_seq FROM followers
                            WHERE \"user\" = $1 AND following ORDER BY since DESC LIMIT $2) f
                      CROSS JOIN LATERAL (SELECT * FROM members WHERE room = f.room AND \"user\" = $1 OFFSET 0) me
                      WHERE (SELECT x.id FROM messages x
                             WHERE x.thread = f.root AND x.seq > greatest(f.read_seq, me.read_seq) AND x.author <> $1
                               AND NOT x.deleted
                             LIMIT 1) IS NOT NULL";
    FOLLOWERS = "SELECT \"user\" FROM followers WHERE root = $1 AND following LIMIT $2";
    ROOTS = concat!(
        "SELECT ", message_columns!(), " FROM unnest($1::uuid[]) wanted (id)
         CROSS JOIN LATERAL (SELECT * FROM messages WHERE id = wanted.id OFFSET 0) m
         CROSS JOIN LATERAL (SELECT * FROM users WHERE id = m.author OFFSET 0) u"
    );
}

#[async_trait]
impl Following for PostgresStore {
    async fn follow(&self, root: &Message, user: UserId, follow: bool, at: Timestamp) -> Stored<bool> {
        timed("follow", async {
            let query = || match follow {
                false => UNFOLLOW.read::<(Uuid,)>().bind(root.id.0).bind(user.0),
                true => FOLLOW
                    .read::<(Uuid,)>()
                    .bind(root.id.0)
                    .bind(user.0)
                    .bind(root.room.0)
                    .bind(at.0),
            };
            Ok(self.pool.optional(query).await?.is_some())
        })
        .await
    }

    async fn follows(&self, root: MessageId, user: UserId) -> Stored<bool> {
        timed("follows", async {
            let query = || FOLLOWS.read::<(Uuid,)>().bind(root.0).bind(user.0);
            Ok(self.pool.optional(query).await?.is_some())
        })
        .await
    }

    async fn read_thread(&self, root: MessageId, user: UserId, seq: u64) -> Stored<bool> {
        timed("read_thread", async {
            let query = || {
                READ_THREAD
                    .read::<(Uuid,)>()
                    .bind(root.0)
                    .bind(user.0)
                    .bind(integer(seq))
            };
            Ok(self.pool.optional(query).await?.is_some())
        })
        .await
    }

    async fn followed(&self, user: UserId, limit: u64) -> Stored<Vec<Followed>> {
        timed("followed", async {
            let query = || {
                FOLLOWED
                    .read::<(Uuid, i64, Option<i64>)>()
                    .bind(user.0)
                    .bind(integer(FOLLOWED_MAX))
                    .bind(integer(UNREAD_REPLIES_MAX))
            };
            let rows = self.pool.rows(query).await?.into_iter();
            let stand = |(root, unread, last_at)| Stand::of((root, unsigned(unread), last_at));
            let stands = in_order(rows.map(stand), limit);
            let ids: Vec<Uuid> = stands.iter().map(|stand| stand.root.0).collect();
            let query = || ROOTS.read::<Read<Message>>().bind(&ids);
            let roots = all(self.pool.rows(query).await?);
            Ok(stands
                .into_iter()
                .filter_map(|stand| stand.with(&roots))
                .collect())
        })
        .await
    }

    async fn unread_threads(&self, user: UserId) -> Stored<Vec<UnreadThread>> {
        timed("unread_threads", async {
            let query = || {
                UNREAD_THREADS
                    .read::<(Uuid, Uuid)>()
                    .bind(user.0)
                    .bind(integer(FOLLOWED_MAX))
            };
            let thread = |(root, room)| UnreadThread {
                root: MessageId(root),
                room: RoomId(room),
            };
            let found = self.pool.rows(query).await?;
            Ok(found.into_iter().map(thread).collect())
        })
        .await
    }

    async fn followers(&self, root: MessageId) -> Stored<Vec<UserId>> {
        timed("followers", async {
            let query = || {
                FOLLOWERS
                    .read::<(Uuid,)>()
                    .bind(root.0)
                    .bind(integer(FOLLOWERS_MAX))
            };
            let found = self.pool.rows(query).await?;
            Ok(found.into_iter().map(|(user,)| UserId(user)).collect())
        })
        .await
    }
}
