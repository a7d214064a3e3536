//! Read markers and mentions.

use async_trait::async_trait;
use chat::{Marker, RoomId, Timestamp, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore,
    pool::Work,
    rows::{integer, unsigned},
    statement::statements,
};
use crate::store::{MarkedUnread, MarkerMove, Markers, Stored, timed::timed};

statements! {
    /// Forwards only, and at most to the newest message; not by the word of someone who does not know that it went back.
    MOVE = "UPDATE members SET read_seq = least($3, h.last_seq) FROM room_heads h
            WHERE members.room = $1 AND members.\"user\" = $2 AND h.room = $1
              AND members.read_seq < least($3, h.last_seq) AND coalesce(members.read_turn, members.joined_at) <= $4
            RETURNING read_seq, coalesce(read_turn, joined_at)";
    /// Back to where the message `$3` is unread, in a new turn. Forwards it does not move.
    UNREAD = "UPDATE members SET read_seq = least(read_seq, $3::bigint - 1),
                                 read_turn = greatest(coalesce(read_turn, joined_at) + 1, $4)
              FROM room_heads h
              WHERE members.room = $1 AND members.\"user\" = $2 AND h.room = $1
              RETURNING read_seq, read_turn, h.last_seq";
    IS_MEMBER = "SELECT EXISTS (SELECT 1 FROM members WHERE room = $1 AND \"user\" = $2)";
    UNREAD_MENTIONS = "SELECT x.room, x.seq
                       FROM members me CROSS JOIN LATERAL (
                           SELECT x.room, x.seq, x.created_at FROM mentions x
                           WHERE x.\"user\" = $1 AND x.room = me.room AND x.seq > me.read_seq
                           UNION ALL
                           SELECT c.room, c.seq, c.created_at FROM calls c
                           WHERE c.room = me.room AND c.seq > me.read_seq AND c.author <> $1
                             AND (SELECT x.seq FROM mentions x
                                  WHERE x.\"user\" = $1 AND x.room = c.room AND x.seq = c.seq) IS NULL
                           OFFSET 0
                       ) x
                       WHERE me.\"user\" = $1 ORDER BY x.created_at DESC, x.room DESC, x.seq DESC LIMIT 1000";
}

#[async_trait]
impl Markers for PostgresStore {
    async fn mark_read(&self, room: RoomId, user: UserId, seq: u64, turn: Option<u64>) -> Stored<MarkerMove> {
        let turn = turn.unwrap_or(u64::MAX);
        timed(
            "mark_read",
            self.pool.run(&MarkRead {
                room,
                user,
                seq,
                turn,
            }),
        )
        .await
    }

    async fn mark_unread(&self, room: RoomId, user: UserId, seq: u64, at: Timestamp) -> Stored<MarkedUnread> {
        timed("mark_unread", async {
            let query = || {
                UNREAD
                    .read::<(i64, i64, i64)>()
                    .bind(room.0)
                    .bind(user.0)
                    .bind(integer(seq.max(1)))
                    .bind(at.0)
            };
            let moved = self.pool.optional(query).await?;
            Ok(moved.map_or(MarkedUnread::NotAMember, |(seq, turn, last_seq)| {
                MarkedUnread::Moved {
                    marker: marker(seq, turn),
                    last_seq: unsigned(last_seq),
                }
            }))
        })
        .await
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
    turn: u64,
}

fn marker(seq: i64, turn: i64) -> Marker {
    Marker {
        turn: unsigned(turn),
        seq: unsigned(seq),
    }
}

impl Work for MarkRead {
    type Output = MarkerMove;
    const REPEATABLE: bool = true;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<MarkerMove> {
        let query = MOVE
            .read::<(i64, i64)>()
            .bind(self.room.0)
            .bind(self.user.0)
            .bind(integer(self.seq))
            .bind(integer(self.turn));
        if let Some((seq, turn)) = query.fetch_optional(&mut *tx).await? {
            return Ok(MarkerMove::Moved(marker(seq, turn)));
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
