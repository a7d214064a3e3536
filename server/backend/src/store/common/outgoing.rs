//! Outgoing webhooks, and how far each was told of each room.

use chat::{Timestamp, WebhookId};

use super::{
    Operation, Transaction,
    programs::lock_programs,
    statement::{Query, Statement, both, statements},
};
use crate::store::{Cursor, Outgoing, Stop, Stored};

/// For all webhooks of public channels, with what the engine calls public.
macro_rules! follow_new_rooms {
    ($public:literal) => {
        concat!(
            "INSERT INTO webhook_cursors (webhook, room, rev, seq, attempts, due_at)
             SELECT w.id, r.id, 0, 0, 0, 0 FROM outgoing_webhooks w CROSS JOIN rooms r
             WHERE w.room IS NULL AND ",
            $public,
            " AND NOT EXISTS (SELECT 1 FROM webhook_cursors c WHERE c.webhook = w.id AND c.room = r.id)"
        )
    };
}
statements! {
    INSERT_OUTGOING = both(
        "INSERT INTO outgoing_webhooks (id, room, name, url, secret, changes, created_by, created_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8
         WHERE (SELECT count(*) FROM outgoing_webhooks) < $9"
    );
    FOLLOW_ROOM = both(
        "INSERT INTO webhook_cursors (webhook, room, rev, seq, attempts, due_at)
         SELECT $1, h.room, h.last_rev, h.last_seq, 0, 0 FROM room_heads h WHERE h.room = $2"
    );
    FOLLOW_ROOMS = Statement {
        sqlite: "INSERT INTO webhook_cursors (webhook, room, rev, seq, attempts, due_at)
                 SELECT $1, h.room, h.last_rev, h.last_seq, 0, 0
                 FROM rooms r CROSS JOIN room_heads h ON h.room = r.id WHERE r.private = 0",
        postgres: "INSERT INTO webhook_cursors (webhook, room, rev, seq, attempts, due_at)
                   SELECT $1, h.room, h.last_rev, h.last_seq, 0, 0
                   FROM rooms r JOIN room_heads h ON h.room = r.id WHERE NOT r.private",
    };
    /// Channels that came to be later are told of from their beginning.
    FOLLOW_NEW_ROOMS = Statement {
        sqlite: follow_new_rooms!("r.private = 0"),
        postgres: follow_new_rooms!("NOT r.private"),
    };
    OUTGOING = both(
        "SELECT id, room, name, url, secret, changes, created_by, created_at, stopped_at, fault
         FROM outgoing_webhooks ORDER BY id LIMIT 100"
    );
    HAS_OUTGOING = both("SELECT EXISTS (SELECT 1 FROM outgoing_webhooks)");
    DELETE_OUTGOING = both("DELETE FROM outgoing_webhooks WHERE id = $1");
    STOP_OUTGOING = both("UPDATE outgoing_webhooks SET stopped_at = $2, fault = $3 WHERE id = $1");
    /// What a webhook that goes on was told in vain counts no more.
    FORGIVE = both("UPDATE webhook_cursors SET attempts = 0, due_at = 0 WHERE webhook = $1 AND attempts > 0");
    IS_DUE = Statement {
        sqlite: "SELECT EXISTS (
                     SELECT 1 FROM outgoing_webhooks w CROSS JOIN webhook_cursors c ON c.webhook = w.id
                                   CROSS JOIN room_heads h ON h.room = c.room
                     WHERE w.stopped_at IS NULL AND c.due_at <= $1 AND h.last_rev > c.rev
                 )",
        postgres: "SELECT EXISTS (
                       SELECT 1 FROM outgoing_webhooks w JOIN webhook_cursors c ON c.webhook = w.id
                                     JOIN room_heads h ON h.room = c.room
                       WHERE w.stopped_at IS NULL AND c.due_at <= $1 AND h.last_rev > c.rev
                   )",
    };
    /// Two instances that claim at once do not wait for each other, nor get the same.
    CLAIM = Statement {
        sqlite: "UPDATE webhook_cursors SET due_at = $2
                 WHERE (webhook, room) IN (
                     SELECT c.webhook, c.room FROM outgoing_webhooks w CROSS JOIN webhook_cursors c ON c.webhook = w.id
                                                   CROSS JOIN room_heads h ON h.room = c.room
                     WHERE w.stopped_at IS NULL AND c.due_at <= $1 AND h.last_rev > c.rev LIMIT $3
                 )
                 RETURNING webhook, room, rev, seq, attempts, due_at",
        postgres: "UPDATE webhook_cursors c SET due_at = $2
                   FROM (
                       SELECT c.webhook, c.room FROM outgoing_webhooks w JOIN webhook_cursors c ON c.webhook = w.id
                                                     JOIN room_heads h ON h.room = c.room
                       WHERE w.stopped_at IS NULL AND c.due_at <= $1 AND h.last_rev > c.rev
                       LIMIT $3 FOR UPDATE OF c SKIP LOCKED
                   ) due
                   WHERE c.webhook = due.webhook AND c.room = due.room
                   RETURNING c.webhook, c.room, c.rev, c.seq, c.attempts, c.due_at",
    };
    MOVE = both(
        "UPDATE webhook_cursors SET rev = $5, seq = $6, attempts = $7, due_at = $8
         WHERE webhook = $1 AND room = $2 AND rev = $3 AND due_at = $4"
    );
}

/// All webhooks.
pub(super) fn all() -> Query {
    OUTGOING.into()
}

/// Whether there is any webhook.
pub(super) fn any() -> Query {
    HAS_OUTGOING.into()
}

/// Whether anything is left to tell anyone.
pub(super) fn is_due(now: Timestamp) -> Query {
    IS_DUE.bind(now.0)
}

/// Keeps a webhook and where it begins; false: there are as many as there may be.
pub(super) struct InsertOutgoing {
    pub(super) webhook: Outgoing,
    pub(super) most: u64,
}

impl Operation for InsertOutgoing {
    type Output = bool;
    const NAME: &'static str = "insert_outgoing";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<bool> {
        lock_programs(tx).await?;
        let webhook = &self.webhook;
        let query = INSERT_OUTGOING
            .bind(webhook.id.0)
            .bind(webhook.room.map(|room| room.0));
        let query = query.bind(&webhook.name).bind(&webhook.url).bind(&webhook.key);
        let query = query.bind(webhook.changes).bind(webhook.created_by.0);
        if tx
            .execute(query.bind(webhook.created_at.0).bind(self.most))
            .await?
            == 0
        {
            return Ok(false);
        }
        let follow = match webhook.room {
            Some(room) => FOLLOW_ROOM.bind(webhook.id.0).bind(room.0),
            None => FOLLOW_ROOMS.bind(webhook.id.0),
        };
        tx.execute(follow).await?;
        Ok(true)
    }
}

/// Deletes a webhook; false: there is none.
pub(super) struct DeleteOutgoing(pub(super) WebhookId);

impl Operation for DeleteOutgoing {
    type Output = bool;
    const NAME: &'static str = "delete_outgoing";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<bool> {
        Ok(tx.execute(DELETE_OUTGOING.bind(self.0.0)).await? > 0)
    }
}

/// Stops a webhook or lets it go on; false: there is none.
pub(super) struct StopOutgoing {
    pub(super) id: WebhookId,
    pub(super) stop: Option<Stop>,
}

impl Operation for StopOutgoing {
    type Output = bool;
    const NAME: &'static str = "stop_outgoing";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<bool> {
        let stop = self.stop.as_ref();
        let query = STOP_OUTGOING.bind(self.id.0).bind(stop.map(|stop| stop.at.0));
        let found = tx
            .execute(query.bind(stop.map(|stop| stop.fault.as_str())))
            .await?
            > 0;
        if stop.is_none() {
            tx.execute(FORGIVE.bind(self.id.0)).await?;
        }
        Ok(found)
    }
}

/// Gives webhooks of all public channels their cursors in new ones.
pub(super) struct FollowNewRooms;

impl Operation for FollowNewRooms {
    type Output = ();
    const NAME: &'static str = "follow_new_rooms";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<()> {
        tx.execute(FOLLOW_NEW_ROOMS).await?;
        Ok(())
    }
}

/// Takes cursors that are due.
pub(super) struct ClaimCursors {
    pub(super) now: Timestamp,
    pub(super) until: Timestamp,
    pub(super) limit: u64,
}

impl Operation for ClaimCursors {
    type Output = Vec<Cursor>;
    const NAME: &'static str = "claim_cursors";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<Vec<Cursor>> {
        tx.rows(CLAIM.bind(self.now.0).bind(self.until.0).bind(self.limit))
            .await
    }
}

/// Moves a cursor on; false: it is not where it was.
pub(super) struct MoveCursor {
    pub(super) claimed: Cursor,
    pub(super) to: Cursor,
}

impl Operation for MoveCursor {
    type Output = bool;
    const NAME: &'static str = "move_cursor";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<bool> {
        let Self { claimed, to } = self;
        let query = MOVE.bind(claimed.webhook.0).bind(claimed.room.0);
        let query = query.bind(claimed.rev).bind(claimed.due_at.0);
        let query = query.bind(to.rev).bind(to.seq);
        let query = query.bind(i64::from(to.attempts)).bind(to.due_at.0);
        Ok(tx.execute(query).await? > 0)
    }
}
