//! Saved messages.

use async_trait::async_trait;
use chat::{Message, MessageId, Timestamp, UserId};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    SqliteStore,
    rows::{Read, integer, json_ids, message_columns},
    statement::statements,
    writer::Job,
};
use crate::store::{SAVED_MAX, Saved, Saving, Stored, timed::timed};

statements! {
    IS_SAVED = "SELECT EXISTS (SELECT 1 FROM saved WHERE user = ?1 AND message = ?2)";
    COUNT_SAVED = "SELECT count(*) FROM saved WHERE user = ?1";
    SAVE = "INSERT INTO saved (user, message, saved_at) VALUES (?1, ?2, ?3)";
    UNSAVE = "DELETE FROM saved WHERE user = ?1 AND message = ?2";
    SAVED = concat!(
        "SELECT s.saved_at, ", message_columns!(), " FROM saved s CROSS JOIN messages m ON m.id = s.message
         CROSS JOIN users u ON u.id = m.author CROSS JOIN rooms r ON r.id = m.room
         WHERE s.user = ?1 AND (s.saved_at, s.message) < (?2, ?3)
           AND (r.private = 0 OR EXISTS (SELECT 1 FROM members me WHERE me.room = m.room AND me.user = ?1))
         ORDER BY s.saved_at DESC, s.message DESC LIMIT ?4"
    );
    SAVED_AMONG = "SELECT s.message FROM json_each(?2) j CROSS JOIN saved s ON s.user = ?1 AND s.message = unhex(j.value)";
}

#[async_trait]
impl Saving for SqliteStore {
    async fn save(&self, user: UserId, message: MessageId, at: Timestamp) -> Stored<Saved> {
        self.write(Save { user, message, at }).await
    }

    async fn unsave(&self, user: UserId, message: MessageId) -> Stored<bool> {
        self.write(Unsave { user, message }).await
    }

    async fn saved(
        &self,
        user: UserId,
        before: Option<(Timestamp, MessageId)>,
        limit: u64,
    ) -> Stored<Vec<(Timestamp, Message)>> {
        timed("saved", async {
            let (at, id) = before.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.0, id.0));
            let query = SAVED.read::<Read<(Timestamp, Message)>>().bind(user.0).bind(at);
            let query = query.bind(id).bind(integer(limit));
            let rows = query.fetch_all(&self.reads).await?;
            Ok(rows.into_iter().map(|Read(saved)| saved).collect())
        })
        .await
    }

    async fn saved_among(&self, user: UserId, messages: &[MessageId]) -> Stored<Vec<MessageId>> {
        timed("saved_among", async {
            let ids = json_ids(messages.iter().map(|message| message.0));
            let query = SAVED_AMONG.scalar::<Uuid>().bind(user.0).bind(ids);
            let found = query.fetch_all(&self.reads).await?;
            Ok(found.into_iter().map(MessageId).collect())
        })
        .await
    }
}

struct Save {
    user: UserId,
    message: MessageId,
    at: Timestamp,
}

impl Job for Save {
    type Output = Saved;
    const OP: &'static str = "save";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Saved> {
        let is_saved = IS_SAVED.scalar().bind(self.user.0).bind(self.message.0);
        if is_saved.fetch_one(&mut *tx).await? {
            return Ok(Saved::Kept);
        }
        let count: u64 = COUNT_SAVED.scalar().bind(self.user.0).fetch_one(&mut *tx).await?;
        if count >= SAVED_MAX {
            return Ok(Saved::TooMany);
        }
        let query = SAVE.query().bind(self.user.0).bind(self.message.0);
        query.bind(self.at.0).execute(tx).await?;
        Ok(Saved::Saved)
    }
}

struct Unsave {
    user: UserId,
    message: MessageId,
}

impl Job for Unsave {
    type Output = bool;
    const OP: &'static str = "unsave";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<bool> {
        let query = UNSAVE.query().bind(self.user.0).bind(self.message.0);
        Ok(query.execute(tx).await?.rows_affected() > 0)
    }
}
