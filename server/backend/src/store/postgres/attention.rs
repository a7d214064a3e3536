//! What people want to be told of, and what they say of themselves.

use async_trait::async_trait;
use chat::{Custom, Notify, Quiet, RoomId, UserId};
use uuid::Uuid;

use super::{
    PostgresStore,
    rows::{Read, all, integer},
    statement::statements,
};
use crate::store::{Attention, Stored, timed::timed};

/// The most people of one question.
const IDS_MAX: usize = 1_000;

statements! {
    SET_NOTIFY = "UPDATE members SET level = $3, muted = $4 WHERE room = $1 AND \"user\" = $2 RETURNING room";
    QUIET = "SELECT quiet_until, quiet_from, quiet_to FROM users WHERE id = $1";
    SET_QUIET = "UPDATE users SET quiet_until = $2, quiet_from = $3, quiet_to = $4 WHERE id = $1 RETURNING id";
    CUSTOMS = "SELECT u.id AS user_id, u.status_text, u.status_emoji, u.status_until
               FROM users u WHERE u.id = ANY ($1) AND u.status_text IS NOT NULL";
    SET_CUSTOM = "UPDATE users SET status_text = $2, status_emoji = $3, status_until = $4 WHERE id = $1 RETURNING id";
    MEMBER_IDS = "SELECT \"user\" FROM members WHERE room = $1 LIMIT $2";
}

#[async_trait]
impl Attention for PostgresStore {
    async fn set_notify(&self, room: RoomId, user: UserId, notify: Notify) -> Stored<bool> {
        timed("set_notify", async {
            let query = || {
                SET_NOTIFY
                    .read::<(Uuid,)>()
                    .bind(room.0)
                    .bind(user.0)
                    .bind(notify.level.map(chat::Level::name))
                    .bind(notify.muted)
            };
            Ok(self.pool.optional(query).await?.is_some())
        })
        .await
    }

    async fn quiet(&self, user: UserId) -> Stored<Quiet> {
        timed("quiet", async {
            let query = || QUIET.read::<Read<Quiet>>().bind(user.0);
            let found = self.pool.optional(query).await?;
            Ok(found.map_or_else(Quiet::default, |Read(quiet)| quiet))
        })
        .await
    }

    async fn set_quiet(&self, user: UserId, quiet: Quiet) -> Stored<()> {
        timed("set_quiet", async {
            let Quiet { until, daily } = quiet;
            let query = || {
                SET_QUIET
                    .read::<(Uuid,)>()
                    .bind(user.0)
                    .bind(until.map(|until| until.0))
                    .bind(daily.map(|(from, _)| i64::from(from)))
                    .bind(daily.map(|(_, to)| i64::from(to)))
            };
            self.pool.optional(query).await.map(drop)
        })
        .await
    }

    async fn customs(&self, users: &[UserId]) -> Stored<Vec<(UserId, Custom)>> {
        timed("customs", async {
            let ids: Vec<Uuid> = users.iter().take(IDS_MAX).map(|user| user.0).collect();
            let query = || CUSTOMS.read::<Read<(UserId, Custom)>>().bind(&ids);
            Ok(all(self.pool.rows(query).await?))
        })
        .await
    }

    async fn set_custom(&self, user: UserId, custom: Option<Custom>) -> Stored<()> {
        timed("set_custom", async {
            let custom = custom.as_ref();
            let query = || {
                SET_CUSTOM
                    .read::<(Uuid,)>()
                    .bind(user.0)
                    .bind(custom.map(|custom| custom.text.as_str()))
                    .bind(custom.map(|custom| custom.emoji.as_str()))
                    .bind(custom.and_then(|custom| custom.until).map(|until| until.0))
            };
            self.pool.optional(query).await.map(drop)
        })
        .await
    }

    async fn member_ids(&self, room: RoomId, limit: u64) -> Stored<Vec<UserId>> {
        timed("member_ids", async {
            let query = || MEMBER_IDS.read::<(Uuid,)>().bind(room.0).bind(integer(limit));
            let ids = self.pool.rows(query).await?;
            Ok(ids.into_iter().map(|(id,)| UserId(id)).collect())
        })
        .await
    }
}
