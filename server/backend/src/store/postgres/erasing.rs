//! Forgetting people.

use async_trait::async_trait;
use chat::{RoomId, TokenId, UserId, username::skeleton};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore, audit,
    credentials::delete_sessions_of,
    pool::Work,
    profiles::{delete_tokens_of, lock_owners, owners, raise_people, rank, replace_avatar},
    statement::{Statement, statements},
};
use crate::store::{
    Erased, Erasing, NO_PASSWORD, NewEntry, Stored,
    people::{ERASED_NAME, decide_erase, erased_username},
    timed::timed,
};

statements! {
    ERASE = "UPDATE users SET username = $2, username_key = $2, skeleton = $3, display_name = $4, display_key = $5,
                              password_hash = $6, role = 'member', avatar_url = NULL, title = NULL, pronouns = NULL,
                              time_zone = NULL, status_text = NULL, status_emoji = NULL, status_until = NULL,
                              quiet_until = NULL, quiet_from = NULL, quiet_to = NULL, deactivated_at = $7,
                              erased_at = $7, erasing = $8
             WHERE id = $1";
    /// The rooms of a few people stay: they are the others' as well.
    LEAVE = "DELETE FROM members WHERE \"user\" = $1
             AND EXISTS (SELECT 1 FROM rooms r WHERE r.id = members.room AND r.direct_key IS NULL) RETURNING room";
    RENAME = "UPDATE members SET username_key = $2 WHERE \"user\" = $1";
    CLEAR_DRAFTS = "DELETE FROM drafts WHERE \"user\" = $1";
    CLEAR_SAVED = "DELETE FROM saved WHERE \"user\" = $1";
    CLEAR_FOLLOWED = "DELETE FROM followers WHERE \"user\" = $1 AND following";
    CLEAR_SUBSCRIPTIONS = "DELETE FROM subscriptions WHERE \"user\" = $1";
    CLEAR_MENTIONS = "DELETE FROM mentions WHERE \"user\" = $1";
    ERASING = "SELECT id FROM users WHERE erasing IS NOT NULL ORDER BY id LIMIT 100";
    END = "UPDATE users SET erasing = NULL WHERE id = $1";
}

const CLEAR: [Statement; 5] = [
    CLEAR_DRAFTS,
    CLEAR_SAVED,
    CLEAR_FOLLOWED,
    CLEAR_SUBSCRIPTIONS,
    CLEAR_MENTIONS,
];

#[async_trait]
impl Erasing for PostgresStore {
    async fn erase_user(&self, id: UserId, messages: bool, entry: NewEntry) -> Stored<Erased> {
        timed("erase_user", self.pool.run(&Erase { id, messages, entry })).await
    }

    async fn erasing(&self) -> Stored<Vec<UserId>> {
        timed("erasing", async {
            let found = self.pool.rows(|| ERASING.read::<(Uuid,)>()).await?;
            Ok(found.into_iter().map(|(id,)| UserId(id)).collect())
        })
        .await
    }

    async fn end_erasing(&self, id: UserId) -> Stored<()> {
        timed("end_erasing", self.pool.run(&End(id))).await
    }
}

struct Erase {
    id: UserId,
    messages: bool,
    entry: NewEntry,
}

impl Work for Erase {
    type Output = Erased;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<Erased> {
        lock_owners(tx).await?;
        let (by, whom) = (rank(self.entry.actor, tx).await?, rank(self.id, tx).await?);
        let owners = owners(tx).await?;
        if let Some(answer) = decide_erase(by, whom, self.entry.actor == self.id, owners) {
            return Ok(answer);
        }
        replace_avatar(self.id, None, tx).await?;
        let username = erased_username(self.id);
        let query = ERASE
            .query()
            .bind(self.id.0)
            .bind(&username)
            .bind(skeleton(&username));
        let query = query
            .bind(ERASED_NAME)
            .bind(ERASED_NAME.to_lowercase())
            .bind(NO_PASSWORD);
        let query = query.bind(self.entry.at.0).bind(self.messages.then_some(true));
        query.execute(&mut *tx).await?;
        let rooms: Vec<Uuid> = LEAVE.scalar().bind(self.id.0).fetch_all(&mut *tx).await?;
        RENAME
            .query()
            .bind(self.id.0)
            .bind(&username)
            .execute(&mut *tx)
            .await?;
        for statement in CLEAR {
            statement.query().bind(self.id.0).execute(&mut *tx).await?;
        }
        raise_people(tx).await?;
        audit::note(&self.entry, tx).await?;
        let sessions = delete_sessions_of(self.id, None, tx).await?;
        let tokens: Vec<TokenId> = delete_tokens_of(self.id, tx).await?;
        Ok(Erased::Erased {
            sessions,
            tokens,
            rooms: rooms.into_iter().map(RoomId).collect(),
        })
    }
}

struct End(UserId);

impl Work for End {
    type Output = ();
    const REPEATABLE: bool = true;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<()> {
        END.query().bind(self.0.0).execute(tx).await?;
        Ok(())
    }
}
