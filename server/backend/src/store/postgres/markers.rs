//! Read markers and mentions.

use async_trait::async_trait;
use chat::{RoomId, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore,
    pool::Work,
    rows::{integer, unsigned},
    statement::statements,
};
use crate::store::{MarkerMove, Markers, Stored, timed::timed};

statements! {
    /// Forwards only, and at most to the newest message.
    MOVE = "UPDATE members SET read_seq = least($3, h.last_seq) FROM room_heads h
            WHERE members.room = $1 AND members.\"user\" = $2 AND h.room = $1
              AND members.read_seq < least($3, h.last_seq)
            RETURNING read_seq";
    IS_MEMBER = "SELECT EXISTS (SELECT 1 FROM members WHERE room = $1 AND \"user\" = $2)";
    UNREAD_MENTIONS = "SELECT x.room, x.seq
                       FROM members me CROSS JOIN LATERAL (
                           SELECT * FROM mentions x
                           WHERE x.\"user\" = $1 AND x.room = me.room AND x.seq > me.read_seq OFFSET 0
                       ) x
                       WHERE me.\"user\" = $1 ORDER BY x.created_at DESC, x.room DESC, x.seq DESC LIMIT 1000";
}

#[async_trait]
impl Markers for PostgresStore {
    async fn mark_read(&self, room: RoomId, user: UserId, seq: u64) -> Stored<MarkerMove> {
        timed("mark_read", self.pool.run(&MarkRead { room, user, seq })).await
    }

    async fn unread_mentions(&self, user: UserId) -> Stored<Vec<(RoomId, u64)>> {
        timed("unread_mentions", async {
            let query = || UNREAD_MENTIONS.read::<(Uuid, i64)>().bind(user.0);
            let rows = self.pool.rows(query).await?.into_iter();
            Ok(rows.map(|(room, seq)| (RoomId(room), unsigned(seq))).collect())
        })
        .await
    }
}

struct MarkRead {
    room: RoomId,
    user: UserId,
    seq: u64,
}

impl Work for MarkRead {
    type Output = MarkerMove;
    const REPEATABLE: bool = true;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<MarkerMove> {
        let query = MOVE
            .scalar::<i64>()
            .bind(self.room.0)
            .bind(self.user.0)
            .bind(integer(self.seq));
        if let Some(seq) = query.fetch_optional(&mut *tx).await? {
            return Ok(MarkerMove::Moved(unsigned(seq)));
        }
        let member: bool = IS_MEMBER
            .scalar()
            .bind(self.room.0)
            .bind(self.user.0)
            .fetch_one(tx)
            .await?;
        Ok(if member {
            MarkerMove::Kept
        } else {
            MarkerMove::NotAMember
        })
    }
}
