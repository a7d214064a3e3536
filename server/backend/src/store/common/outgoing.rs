//! Outgoing webhooks, and how far each was told of each room.

use chat::{RoomId, WebhookId};

use super::{
    Operation, Transaction,
    programs::lock_programs,
    statement::{Argument, Query, Statement, both, ids, statements},
};
use crate::store::{Claim, Cursor, Outgoing, Stop, Stored};

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
/// Whether something is left to tell, where the cursors `c` of the webhooks `w` are joined so, and with them the heads `h`.
macro_rules! is_due {
    ($joined:literal) => {
        concat!(
            "SELECT EXISTS (
                 SELECT 1 FROM outgoing_webhooks w ",
            $joined,
            " WHERE w.stopped_at IS NULL AND c.due_at <= $1 AND h.last_rev > c.rev
             )"
        )
    };
}

/// The claim, where they are joined so.
macro_rules! claim_sqlite {
    ($joined:literal) => {
        concat!(
            "UPDATE webhook_cursors SET due_at = $2
             WHERE (webhook, room) IN (
                 SELECT c.webhook, c.room FROM outgoing_webhooks w ",
            $joined,
            " WHERE w.stopped_at IS NULL AND c.due_at <= $1 AND h.last_rev > c.rev LIMIT $3
             )
             RETURNING webhook, room, rev, seq, attempts, due_at"
        )
    };
}

/// The claim of what was found and locked so.
macro_rules! claim_postgres {
    ($found:literal) => {
        concat!(
            "UPDATE webhook_cursors c SET due_at = $2 FROM (",
            $found,
            ") due WHERE c.webhook = due.webhook AND c.room = due.room
             RETURNING c.webhook, c.room, c.rev, c.seq, c.attempts, c.due_at"
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
        sqlite: is_due!("CROSS JOIN webhook_cursors c ON c.webhook = w.id CROSS JOIN room_heads h ON h.room = c.room"),
        postgres: is_due!("JOIN webhook_cursors c ON c.webhook = w.id JOIN room_heads h ON h.room = c.room"),
    };
    /// The same in some rooms, whose cursors are looked up one by one.
    IS_DUE_IN = Statement {
        sqlite: is_due!(
            "CROSS JOIN json_each($2) j CROSS JOIN webhook_cursors c ON c.webhook = w.id AND c.room = unhex(j.value)
             CROSS JOIN room_heads h ON h.room = c.room"
        ),
        postgres: is_due!(
            "CROSS JOIN unnest($2::uuid[]) r (room)
             CROSS JOIN LATERAL (SELECT * FROM webhook_cursors WHERE webhook = w.id AND room = r.room OFFSET 0) c
             CROSS JOIN LATERAL (SELECT * FROM room_heads WHERE room = c.room OFFSET 0) h"
        ),
    };
    /// Two instances that claim at once do not wait for each other, nor get the same.
    CLAIM = Statement {
        sqlite: claim_sqlite!(
            "CROSS JOIN webhook_cursors c ON c.webhook = w.id CROSS JOIN room_heads h ON h.room = c.room"
        ),
        postgres: claim_postgres!(
            "SELECT c.webhook, c.room FROM outgoing_webhooks w JOIN webhook_cursors c ON c.webhook = w.id
                                           JOIN room_heads h ON h.room = c.room
             WHERE w.stopped_at IS NULL AND c.due_at <= $1 AND h.last_rev > c.rev
             LIMIT $3 FOR UPDATE OF c SKIP LOCKED"
        ),
    };
    CLAIM_IN = Statement {
        sqlite: claim_sqlite!(
            "CROSS JOIN json_each($4) j CROSS JOIN webhook_cursors c ON c.webhook = w.id AND c.room = unhex(j.value)
             CROSS JOIN room_heads h ON h.room = c.room"
        ),
        postgres: claim_postgres!(
            "SELECT d.webhook, d.room FROM outgoing_webhooks w CROSS JOIN unnest($4::uuid[]) r (room)
             CROSS JOIN LATERAL (
                 SELECT c.webhook, c.room FROM webhook_cursors c
                 WHERE c.webhook = w.id AND c.room = r.room AND c.due_at <= $1
                       AND c.rev < (SELECT h.last_rev FROM room_heads h WHERE h.room = c.room)
                 OFFSET 0 FOR UPDATE SKIP LOCKED
             ) d
             WHERE w.stopped_at IS NULL LIMIT $3"
        ),
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
pub(super) fn is_due(claim: &Claim) -> Query {
    match &claim.rooms {
        None => IS_DUE.bind(claim.now.0),
        Some(rooms) => IS_DUE_IN.bind(claim.now.0).bind(among(rooms)),
    }
}

fn among(rooms: &[RoomId]) -> Argument {
    ids(rooms.iter().map(|room| room.0))
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
pub(super) struct ClaimCursors(pub(super) Claim);

impl Operation for ClaimCursors {
    type Output = Vec<Cursor>;
    const NAME: &'static str = "claim_cursors";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<Vec<Cursor>> {
        let Claim {
            rooms,
            now,
            until,
            limit,
        } = &self.0;
        let query = match rooms {
            None => CLAIM.bind(now.0).bind(until.0).bind(*limit),
            Some(rooms) => {
                let query = CLAIM_IN.bind(now.0).bind(until.0);
                query.bind(*limit).bind(among(rooms))
            }
        };
        tx.rows(query).await
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
