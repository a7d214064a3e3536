//! The rules of rooms, and who must stay out.

use async_trait::async_trait;
use chat::{RoomId, Timestamp, UserId};
use uuid::Uuid;

use super::{
    Engine, Operation, Transaction, audit, profiles,
    statement::{Statement, both, ids, lock, statements},
};
use crate::store::{
    Ban, Expelled, Expulsion, Moderation, NewEntry, RoomChange, RoomChanged, RoomRecord, Stored,
    moderation::{RoomFacts, RoomVerdict, decide_expulsion, decide_room},
    rows::room_columns,
};

/// What a ban `b` of `u` by `a` is shown with.
macro_rules! ban_columns {
    () => {
        "b.banned_at, b.reason, u.id AS user_id, u.username, u.display_name, u.avatar_url,
         a.id AS banner_id, a.username AS banner_username, a.display_name AS banner_display_name,
         a.avatar_url AS banner_avatar_url"
    };
}

statements! {
    /// Changes of one room, of its members by force and of its bans wait for each other.
    LOCK = lock("SELECT id FROM rooms WHERE id = $1 FOR NO KEY UPDATE");
    FACTS = both(concat!(
        "SELECT ", room_columns!(), ", me.\"user\" IS NOT NULL AS member, u.role,
                u.deactivated_at IS NOT NULL AS deactivated
         FROM rooms r JOIN users u ON u.id = $2 LEFT JOIN members me ON me.room = r.id AND me.\"user\" = u.id
         WHERE r.id = $1"
    ));
    RAISE_ROOMS = both("UPDATE looks SET version = version + 1 WHERE what = 'rooms' RETURNING version");
    WRITE = both(
        "UPDATE rooms SET name = $2, name_key = $3, topic = $4, description = $5, slow_s = $6,
                          archived_at = CASE WHEN $7 THEN coalesce(archived_at, CAST($8 AS bigint)) END, version = $9
         WHERE id = $1"
    );
    REMOVE = both("DELETE FROM members WHERE room = $1 AND \"user\" = $2");
    BAN = both(
        "INSERT INTO bans (room, \"user\", banned_by, banned_at, reason) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (room, \"user\") DO NOTHING"
    );
    LIFT = both("DELETE FROM bans WHERE room = $1 AND \"user\" = $2");
    IS_BANNED = both("SELECT EXISTS (SELECT 1 FROM bans WHERE room = $1 AND \"user\" = $2)");
    BANNED = Statement {
        sqlite: "SELECT b.user FROM json_each($2) j CROSS JOIN bans b ON b.room = $1 AND b.user = unhex(j.value)",
        postgres: "SELECT b.\"user\" FROM bans b WHERE b.room = $1 AND b.\"user\" = ANY ($2)",
    };
    PAGE_BANS = Statement {
        sqlite: concat!(
            "SELECT ", ban_columns!(), "
             FROM bans b CROSS JOIN users u ON u.id = b.user CROSS JOIN users a ON a.id = b.banned_by
             WHERE b.room = $1 AND b.user > $2 ORDER BY b.user LIMIT $3"
        ),
        postgres: concat!(
            "SELECT ", ban_columns!(), "
             FROM bans b CROSS JOIN LATERAL (SELECT * FROM users WHERE id = b.\"user\" OFFSET 0) u
             CROSS JOIN LATERAL (SELECT * FROM users WHERE id = b.banned_by OFFSET 0) a
             WHERE b.room = $1 AND b.\"user\" > $2 ORDER BY b.\"user\" LIMIT $3"
        ),
    };
    CHANGED_AFTER = both(
        "SELECT id FROM rooms WHERE version IS NOT NULL AND version > $1 ORDER BY version LIMIT 1000"
    );
}

#[async_trait]
impl<E: Engine> Moderation for E {
    async fn change_room(&self, change: RoomChange) -> Stored<RoomChanged> {
        self.perform(change).await
    }

    async fn expel(&self, expulsion: Expulsion) -> Stored<Expelled> {
        self.perform(expulsion).await
    }

    async fn lift_ban(&self, room: RoomId, user: UserId, entry: NewEntry) -> Stored<Expelled> {
        self.perform(LiftBan { room, user, entry }).await
    }

    async fn is_banned(&self, room: RoomId, user: UserId) -> Stored<bool> {
        self.scalar("is_banned", IS_BANNED.bind(room.0).bind(user.0))
            .await
    }

    async fn banned(&self, room: RoomId, users: &[UserId]) -> Stored<Vec<UserId>> {
        let query = BANNED.bind(room.0).bind(ids(users.iter().map(|user| user.0)));
        let found = self.column("banned", query).await?;
        Ok(found.into_iter().map(UserId).collect())
    }

    async fn page_bans(&self, room: RoomId, after: Option<UserId>, limit: u64) -> Stored<Vec<Ban>> {
        let after = after.map_or(Uuid::nil(), |user| user.0);
        let query = PAGE_BANS.bind(room.0).bind(after).bind(limit);
        self.rows("page_bans", query).await
    }

    async fn rooms_changed_after(&self, version: u64) -> Stored<Vec<RoomId>> {
        let found = self
            .column("rooms_changed_after", CHANGED_AFTER.bind(version))
            .await?;
        Ok(found.into_iter().map(RoomId).collect())
    }
}

/// A room, and how someone stands to it; `None`: no such room.
async fn facts(room: RoomId, user: UserId, tx: &mut impl Transaction) -> Stored<Option<RoomFacts>> {
    tx.execute(LOCK.bind(room.0)).await?;
    tx.row(FACTS.bind(room.0).bind(user.0)).await
}

impl Operation for RoomChange {
    type Output = RoomChanged;
    const NAME: &'static str = "change_room";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<RoomChanged> {
        let Some(facts) = facts(self.room, self.by, tx).await? else {
            return Ok(RoomChanged::NotFound);
        };
        match decide_room(&facts, self) {
            RoomVerdict::Answer(answer) => Ok(answer),
            RoomVerdict::Write(room, entry) => {
                write(&room, self.at, tx).await?;
                audit::note(&entry, tx).await?;
                Ok(RoomChanged::Changed)
            }
        }
    }
}

async fn write(room: &RoomRecord, at: Timestamp, tx: &mut impl Transaction) -> Stored<()> {
    let version: i64 = tx.scalar(RAISE_ROOMS).await?;
    let query = WRITE
        .bind(room.id.0)
        .bind(&room.name)
        .bind(room.name.to_lowercase());
    let query = query.bind(&room.topic).bind(&room.description);
    let query = query.bind((room.slow_s > 0).then_some(i64::from(room.slow_s)));
    tx.execute(query.bind(room.archived).bind(at.0).bind(version))
        .await?;
    Ok(())
}

impl Operation for Expulsion {
    type Output = Expelled;
    const NAME: &'static str = "expel";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<Expelled> {
        let facts = facts(self.room, self.by, tx).await?;
        let whom = profiles::rank(self.user, tx).await?;
        if let Some(answer) = decide_expulsion(facts.as_ref(), self.by, (self.user, whom)) {
            return Ok(answer);
        }
        let was_member = tx.execute(REMOVE.bind(self.room.0).bind(self.user.0)).await? > 0;
        let mut banned = false;
        if let Some(reason) = &self.ban {
            let query = BAN.bind(self.room.0).bind(self.user.0).bind(self.by.0);
            banned = tx.execute(query.bind(self.at.0).bind(reason)).await? > 0;
        }
        if !was_member && !banned {
            return Ok(Expelled::Kept);
        }
        audit::note(&self.told(), tx).await?;
        Ok(Expelled::Done { was_member })
    }
}

struct LiftBan {
    room: RoomId,
    user: UserId,
    entry: NewEntry,
}

impl Operation for LiftBan {
    type Output = Expelled;
    const NAME: &'static str = "lift_ban";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<Expelled> {
        let facts = facts(self.room, self.entry.actor, tx).await?;
        let whom = profiles::rank(self.user, tx).await?;
        if let Some(answer) = decide_expulsion(facts.as_ref(), self.entry.actor, (self.user, whom)) {
            return Ok(answer);
        }
        if tx.execute(LIFT.bind(self.room.0).bind(self.user.0)).await? == 0 {
            return Ok(Expelled::Kept);
        }
        audit::note(&self.entry, tx).await?;
        Ok(Expelled::Done { was_member: false })
    }
}
