//! The rules of rooms, and who must stay out.

use async_trait::async_trait;
use chat::{RoomId, Timestamp, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore, audit,
    pool::Work,
    profiles,
    rows::{Read, all, integer, room_columns},
    statement::statements,
};
use crate::store::{
    Ban, Expelled, Expulsion, Moderation, NewEntry, RoomChange, RoomChanged, RoomRecord, Stored,
    people::{RoomFacts, RoomVerdict, decide_expulsion, decide_room},
    timed::timed,
};

statements! {
    /// Changes of one room, of its members by force and of its bans wait for each other.
    LOCK = "SELECT id FROM rooms WHERE id = $1 FOR NO KEY UPDATE";
    FACTS = concat!(
        "SELECT ", room_columns!(), ", me.\"user\" IS NOT NULL AS member, u.role,
                u.deactivated_at IS NOT NULL AS deactivated
         FROM rooms r JOIN users u ON u.id = $2 LEFT JOIN members me ON me.room = r.id AND me.\"user\" = u.id
         WHERE r.id = $1"
    );
    RAISE_ROOMS = "UPDATE looks SET version = version + 1 WHERE what = 'rooms' RETURNING version";
    WRITE = "UPDATE rooms SET name = $2, name_key = $3, topic = $4, description = $5, slow_s = $6,
                              archived_at = CASE WHEN $7 THEN coalesce(archived_at, $8::bigint) END, version = $9
             WHERE id = $1";
    REMOVE = "DELETE FROM members WHERE room = $1 AND \"user\" = $2";
    BAN = "INSERT INTO bans (room, \"user\", banned_by, banned_at, reason) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (room, \"user\") DO NOTHING";
    LIFT = "DELETE FROM bans WHERE room = $1 AND \"user\" = $2";
    IS_BANNED = "SELECT EXISTS (SELECT 1 FROM bans WHERE room = $1 AND \"user\" = $2)";
    BANNED = "SELECT b.\"user\" FROM bans b WHERE b.room = $1 AND b.\"user\" = ANY ($2)";
    PAGE_BANS = "SELECT b.banned_at, b.reason, u.id AS user_id, u.username, u.display_name, u.avatar_url,
                        a.id AS banner_id, a.username AS banner_username, a.display_name AS banner_display_name,
                        a.avatar_url AS banner_avatar_url
                 FROM bans b CROSS JOIN LATERAL (SELECT * FROM users WHERE id = b.\"user\" OFFSET 0) u
                 CROSS JOIN LATERAL (SELECT * FROM users WHERE id = b.banned_by OFFSET 0) a
                 WHERE b.room = $1 AND b.\"user\" > $2 ORDER BY b.\"user\" LIMIT $3";
    CHANGED_AFTER = "SELECT id FROM rooms WHERE version IS NOT NULL AND version > $1 ORDER BY version LIMIT 1000";
}

#[async_trait]
impl Moderation for PostgresStore {
    async fn change_room(&self, change: RoomChange) -> Stored<RoomChanged> {
        timed("change_room", self.pool.run(&change)).await
    }

    async fn expel(&self, expulsion: Expulsion) -> Stored<Expelled> {
        timed("expel", self.pool.run(&expulsion)).await
    }

    async fn lift_ban(&self, room: RoomId, user: UserId, entry: NewEntry) -> Stored<Expelled> {
        timed("lift_ban", self.pool.run(&LiftBan { room, user, entry })).await
    }

    async fn is_banned(&self, room: RoomId, user: UserId) -> Stored<bool> {
        timed("is_banned", async {
            let query = || IS_BANNED.read::<(bool,)>().bind(room.0).bind(user.0);
            Ok(self.pool.optional(query).await?.is_some_and(|(banned,)| banned))
        })
        .await
    }

    async fn banned(&self, room: RoomId, users: &[UserId]) -> Stored<Vec<UserId>> {
        timed("banned", async {
            let users: Vec<Uuid> = users.iter().map(|user| user.0).collect();
            let query = || BANNED.read::<(Uuid,)>().bind(room.0).bind(&users);
            let found = self.pool.rows(query).await?;
            Ok(found.into_iter().map(|(user,)| UserId(user)).collect())
        })
        .await
    }

    async fn page_bans(&self, room: RoomId, after: Option<UserId>, limit: u64) -> Stored<Vec<Ban>> {
        timed("page_bans", async {
            let after = after.map_or(Uuid::nil(), |user| user.0);
            let query = || {
                PAGE_BANS
                    .read::<Read<Ban>>()
                    .bind(room.0)
                    .bind(after)
                    .bind(integer(limit))
            };
            Ok(all(self.pool.rows(query).await?))
        })
        .await
    }

    async fn rooms_changed_after(&self, version: u64) -> Stored<Vec<RoomId>> {
        timed("rooms_changed_after", async {
            let query = || CHANGED_AFTER.read::<(Uuid,)>().bind(integer(version));
            let found = self.pool.rows(query).await?;
            Ok(found.into_iter().map(|(room,)| RoomId(room)).collect())
        })
        .await
    }
}

/// A room, and how someone stands to it; `None`: no such room.
async fn facts(room: RoomId, user: UserId, tx: &mut PgConnection) -> Stored<Option<RoomFacts>> {
    LOCK.query().bind(room.0).execute(&mut *tx).await?;
    let query = FACTS.read::<Read<RoomFacts>>().bind(room.0).bind(user.0);
    Ok(query.fetch_optional(tx).await?.map(|Read(found)| found))
}

impl Work for RoomChange {
    type Output = RoomChanged;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<RoomChanged> {
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

async fn write(room: &RoomRecord, at: Timestamp, tx: &mut PgConnection) -> Stored<()> {
    let version: i64 = RAISE_ROOMS.scalar().fetch_one(&mut *tx).await?;
    let query = WRITE
        .query()
        .bind(room.id.0)
        .bind(&room.name)
        .bind(room.name.to_lowercase())
        .bind(&room.topic);
    let query = query
        .bind(&room.description)
        .bind((room.slow_s > 0).then_some(i64::from(room.slow_s)))
        .bind(room.archived);
    query.bind(at.0).bind(version).execute(tx).await?;
    Ok(())
}

impl Work for Expulsion {
    type Output = Expelled;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<Expelled> {
        let facts = facts(self.room, self.by, tx).await?;
        let whom = profiles::rank(self.user, tx).await?;
        if let Some(answer) = decide_expulsion(facts.as_ref(), self.by, (self.user, whom)) {
            return Ok(answer);
        }
        let query = REMOVE.query().bind(self.room.0).bind(self.user.0);
        let was_member = query.execute(&mut *tx).await?.rows_affected() > 0;
        let mut banned = false;
        if let Some(reason) = &self.ban {
            let query = BAN.query().bind(self.room.0).bind(self.user.0).bind(self.by.0);
            let query = query.bind(self.at.0).bind(reason);
            banned = query.execute(&mut *tx).await?.rows_affected() > 0;
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

impl Work for LiftBan {
    type Output = Expelled;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<Expelled> {
        let facts = facts(self.room, self.entry.actor, tx).await?;
        let whom = profiles::rank(self.user, tx).await?;
        if let Some(answer) = decide_expulsion(facts.as_ref(), self.entry.actor, (self.user, whom)) {
            return Ok(answer);
        }
        let query = LIFT.query().bind(self.room.0).bind(self.user.0);
        if query.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(Expelled::Kept);
        }
        audit::note(&self.entry, tx).await?;
        Ok(Expelled::Done { was_member: false })
    }
}
