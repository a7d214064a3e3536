//! Read markers and mentions.

use async_trait::async_trait;
use chat::{Marker, RoomId, Timestamp, UserId};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{SqliteStore, rows::integer, statement::statements, writer::Job};
use crate::store::{MarkedUnread, MarkerMove, Markers, Stored, timed::timed};

statements! {
    /// Forwards only, and at most to the newest message; not by the word of someone who does not know that it went back.
    MOVE = "UPDATE members SET read_seq = min(?3, h.last_seq) FROM room_heads h
            WHERE members.room = ?1 AND members.user = ?2 AND h.room = ?1
              AND members.read_seq < min(?3, h.last_seq) AND coalesce(members.read_turn, members.joined_at) <= ?4
            RETURNING read_seq, coalesce(read_turn, joined_at)";
    /// Back to where the message `?3` is unread, in a new turn. Forwards it does not move.
    UNREAD = "UPDATE members SET read_seq = min(read_seq, ?3 - 1),
                                 read_turn = max(coalesce(read_turn, joined_at) + 1, ?4)
              FROM room_heads h
              WHERE members.room = ?1 AND members.user = ?2 AND h.room = ?1
              RETURNING read_seq, read_turn, (SELECT last_seq FROM room_heads WHERE room = ?1)";
    IS_MEMBER = "SELECT EXISTS (SELECT 1 FROM members WHERE room = ?1 AND user = ?2)";
    UNREAD_MENTIONS = "SELECT x.room, x.seq, x.created_at
                       FROM members me CROSS JOIN mentions x
                         ON x.user = ?1 AND x.room = me.room AND x.seq > me.read_seq
                       WHERE me.user = ?1
                       UNION ALL
                       SELECT c.room, c.seq, c.created_at
                       FROM members me CROSS JOIN calls c
                         ON c.room = me.room AND c.seq > me.read_seq AND c.author <> ?1
                       WHERE me.user = ?1
                         AND NOT EXISTS (SELECT 1 FROM mentions x WHERE x.user = ?1 AND x.room = c.room AND x.seq = c.seq)
                       ORDER BY 3 DESC, 1 DESC, 2 DESC LIMIT 1000";
}

#[async_trait]
impl Markers for SqliteStore {
    async fn mark_read(&self, room: RoomId, user: UserId, seq: u64, turn: Option<u64>) -> Stored<MarkerMove> {
        let turn = turn.unwrap_or(u64::MAX);
        self.write(MarkRead {
            room,
            user,
            seq,
            turn,
        })
        .await
    }

    async fn mark_unread(&self, room: RoomId, user: UserId, seq: u64, at: Timestamp) -> Stored<MarkedUnread> {
        self.write(MarkUnread { room, user, seq, at }).await
    }

    async fn unread_mentions(&self, user: UserId) -> Stored<Vec<(RoomId, u64)>> {
        timed("unread_mentions", async {
            let rows = UNREAD_MENTIONS
                .read::<(Uuid, u64, i64)>()
                .bind(user.0)
                .fetch_all(&self.reads)
                .await?;
            Ok(rows
                .into_iter()
                .map(|(room, seq, _)| (RoomId(room), seq))
                .collect())
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

impl Job for MarkRead {
    type Output = MarkerMove;
    const OP: &'static str = "mark_read";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<MarkerMove> {
        let query = MOVE
            .read::<(u64, u64)>()
            .bind(self.room.0)
            .bind(self.user.0)
            .bind(integer(self.seq))
            .bind(integer(self.turn));
        if let Some((seq, turn)) = query.fetch_optional(&mut *tx).await? {
            return Ok(MarkerMove::Moved(Marker { turn, seq }));
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

struct MarkUnread {
    room: RoomId,
    user: UserId,
    seq: u64,
    at: Timestamp,
}

impl Job for MarkUnread {
    type Output = MarkedUnread;
    const OP: &'static str = "mark_unread";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<MarkedUnread> {
        let query = UNREAD
            .read::<(u64, u64, u64)>()
            .bind(self.room.0)
            .bind(self.user.0);
        let query = query.bind(integer(self.seq.max(1))).bind(self.at.0);
        let moved = query.fetch_optional(tx).await?;
        Ok(moved.map_or(MarkedUnread::NotAMember, |(seq, turn, last_seq)| {
            MarkedUnread::Moved {
                marker: Marker { turn, seq },
                last_seq,
            }
        }))
    }
}
