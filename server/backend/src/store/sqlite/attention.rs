//! What people want to be told of, and what they say of themselves.

use async_trait::async_trait;
use chat::{Custom, Notify, Quiet, RoomId, Timestamp, UserId};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    SqliteStore,
    rows::{Read, all, integer, json_ids},
    statement::statements,
    writer::Job,
};
use crate::store::{Attention, Stored, timed::timed};

/// The most people of one question.
const IDS_MAX: usize = 1_000;

statements! {
    SET_NOTIFY = "UPDATE members SET level = ?3, muted = ?4 WHERE room = ?1 AND user = ?2";
    QUIET = "SELECT quiet_until, quiet_from, quiet_to FROM users WHERE id = ?1";
    SET_QUIET = "UPDATE users SET quiet_until = ?2, quiet_from = ?3, quiet_to = ?4 WHERE id = ?1";
    CUSTOMS = "SELECT u.id AS user_id, u.status_text, u.status_emoji, u.status_until
               FROM json_each(?1) j CROSS JOIN users u ON u.id = unhex(j.value) WHERE u.status_text IS NOT NULL";
    SET_CUSTOM = "UPDATE users SET status_text = ?2, status_emoji = ?3, status_until = ?4 WHERE id = ?1";
    MEMBER_IDS = "SELECT user FROM members WHERE room = ?1 LIMIT ?2";
}

#[async_trait]
impl Attention for SqliteStore {
    async fn set_notify(&self, room: RoomId, user: UserId, notify: Notify) -> Stored<bool> {
        self.write(SetNotify { room, user, notify }).await
    }

    async fn quiet(&self, user: UserId) -> Stored<Quiet> {
        timed("quiet", async {
            let query = QUIET.read::<Read<Quiet>>().bind(user.0);
            let found = query.fetch_optional(&self.reads).await?;
            Ok(found.map_or_else(Quiet::default, |Read(quiet)| quiet))
        })
        .await
    }

    async fn set_quiet(&self, user: UserId, quiet: Quiet) -> Stored<()> {
        self.write(SetQuiet { user, quiet }).await
    }

    async fn customs(&self, users: &[UserId]) -> Stored<Vec<(UserId, Custom)>> {
        timed("customs", async {
            let ids = json_ids(users.iter().take(IDS_MAX).map(|user| user.0));
            Ok(all(CUSTOMS.read().bind(ids).fetch_all(&self.reads).await?))
        })
        .await
    }

    async fn set_custom(&self, user: UserId, custom: Option<Custom>) -> Stored<()> {
        self.write(SetCustom { user, custom }).await
    }

    async fn member_ids(&self, room: RoomId, limit: u64) -> Stored<Vec<UserId>> {
        timed("member_ids", async {
            let query = MEMBER_IDS.scalar::<Uuid>().bind(room.0).bind(integer(limit));
            let ids = query.fetch_all(&self.reads).await?;
            Ok(ids.into_iter().map(UserId).collect())
        })
        .await
    }
}

struct SetNotify {
    room: RoomId,
    user: UserId,
    notify: Notify,
}

impl Job for SetNotify {
    type Output = bool;
    const OP: &'static str = "set_notify";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<bool> {
        let query = SET_NOTIFY.query().bind(self.room.0).bind(self.user.0);
        let query = query
            .bind(self.notify.level.map(chat::Level::name))
            .bind(self.notify.muted);
        Ok(query.execute(tx).await?.rows_affected() > 0)
    }
}

struct SetQuiet {
    user: UserId,
    quiet: Quiet,
}

impl Job for SetQuiet {
    type Output = ();
    const OP: &'static str = "set_quiet";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<()> {
        let Quiet { until, daily } = self.quiet;
        let query = SET_QUIET
            .query()
            .bind(self.user.0)
            .bind(until.map(|until| until.0));
        let query = query
            .bind(daily.map(|(from, _)| from))
            .bind(daily.map(|(_, to)| to));
        query.execute(tx).await?;
        Ok(())
    }
}

struct SetCustom {
    user: UserId,
    custom: Option<Custom>,
}

impl Job for SetCustom {
    type Output = ();
    const OP: &'static str = "set_custom";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<()> {
        let custom = self.custom.as_ref();
        let query = SET_CUSTOM
            .query()
            .bind(self.user.0)
            .bind(custom.map(|custom| custom.text.as_str()))
            .bind(custom.map(|custom| custom.emoji.as_str()));
        let until = custom.and_then(|custom| custom.until);
        query
            .bind(until.map(|Timestamp(until)| until))
            .execute(tx)
            .await?;
        Ok(())
    }
}
