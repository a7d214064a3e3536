//! Saved messages.

use async_trait::async_trait;
use chat::{Message, MessageId, Timestamp, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore,
    pool::Work,
    rows::{Read, integer, message_columns},
    statement::statements,
};
use crate::store::{SAVED_MAX, Saved, Saving, Stored, timed::timed};

// `OFFSET 0`: see `rooms`.
statements! {
    IS_SAVED = "SELECT EXISTS (SELECT FROM saved WHERE \"user\" = $1 AND message = $2)";
    /// Two requests at once may pass the limit by one, which harms nobody.
    SAVE = "INSERT INTO saved (\"user\", message, saved_at)
            SELECT $1, $2, $3 WHERE (SELECT count(*) FROM saved WHERE \"user\" = $1) < $4
            ON CONFLICT (\"user\", message) DO NOTHING
            RETURNING message";
    UNSAVE = "DELETE FROM saved WHERE \"user\" = $1 AND message = $2 RETURNING message";
    SAVED = concat!(
        "SELECT s.saved_at, ", message_columns!(), " FROM saved s
         CROSS JOIN LATERAL (SELECT * FROM messages WHERE id = s.message OFFSET 0) m
         CROSS JOIN LATERAL (SELECT * FROM users WHERE id = m.author OFFSET 0) u
         CROSS JOIN LATERAL (SELECT * FROM rooms WHERE id = m.room OFFSET 0) r
         WHERE s.\"user\" = $1 AND (s.saved_at, s.message) < ($2, $3)
           AND (NOT r.private OR (SELECT me.room FROM members me WHERE me.room = m.room AND me.\"user\" = $1) IS NOT NULL)
         ORDER BY s.saved_at DESC, s.message DESC LIMIT $4"
    );
    SAVED_AMONG = "SELECT s.message FROM unnest($2::uuid[]) wanted (id)
                   CROSS JOIN LATERAL (SELECT * FROM saved WHERE \"user\" = $1 AND message = wanted.id OFFSET 0) s";
}

#[async_trait]
impl Saving for PostgresStore {
    async fn save(&self, user: UserId, message: MessageId, at: Timestamp) -> Stored<Saved> {
        timed("save", self.pool.run(&Save { user, message, at })).await
    }

    async fn unsave(&self, user: UserId, message: MessageId) -> Stored<bool> {
        timed("unsave", async {
            let query = || UNSAVE.read::<(Uuid,)>().bind(user.0).bind(message.0);
            Ok(self.pool.optional(query).await?.is_some())
        })
        .await
    }

    async fn saved(
        &self,
        user: UserId,
        before: Option<(Timestamp, MessageId)>,
        limit: u64,
    ) -> Stored<Vec<(Timestamp, Message)>> {
        timed("saved", async {
            let (at, id) = before.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.0, id.0));
            let query = || {
                SAVED
                    .read::<Read<(Timestamp, Message)>>()
                    .bind(user.0)
                    .bind(at)
                    .bind(id)
                    .bind(integer(limit))
            };
            let rows = self.pool.rows(query).await?;
            Ok(rows.into_iter().map(|Read(saved)| saved).collect())
        })
        .await
    }

    async fn saved_among(&self, user: UserId, messages: &[MessageId]) -> Stored<Vec<MessageId>> {
        timed("saved_among", async {
            let ids: Vec<Uuid> = messages.iter().map(|message| message.0).collect();
            let query = || SAVED_AMONG.read::<(Uuid,)>().bind(user.0).bind(&ids);
            let found = self.pool.rows(query).await?;
            Ok(found.into_iter().map(|(id,)| MessageId(id)).collect())
        })
        .await
    }
}

struct Save {
    user: UserId,
    message: MessageId,
    at: Timestamp,
}

impl Work for Save {
    type Output = Saved;
    const REPEATABLE: bool = true;

    async fn apply(&self, connection: &mut PgConnection) -> Stored<Saved> {
        let is_saved = IS_SAVED.scalar().bind(self.user.0).bind(self.message.0);
        if is_saved.fetch_one(&mut *connection).await? {
            return Ok(Saved::Kept);
        }
        let query = SAVE.scalar::<Uuid>().bind(self.user.0).bind(self.message.0);
        let query = query.bind(self.at.0).bind(integer(SAVED_MAX));
        let saved = query.fetch_optional(connection).await?;
        Ok(saved.map_or(Saved::TooMany, |_| Saved::Saved))
    }
}
