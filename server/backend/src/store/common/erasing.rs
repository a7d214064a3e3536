//! Forgetting people.

use async_trait::async_trait;
use chat::{RoomId, UserId, username::skeleton};

use super::{
    Engine, Operation, Transaction, audit,
    credentials::{delete_sessions_of, delete_tokens_of},
    profiles::{lock_owners, owners, raise_people, rank, replace_avatar},
    statement::{Statement, both, statements},
};
use crate::store::{
    Erased, Erasing, NO_PASSWORD, NewEntry, Stored,
    erasing::{ERASED_NAME, decide_erase, erased_username},
};

statements! {
    ERASE = both(
        "UPDATE users SET username = $2, username_key = $2, skeleton = $3, display_name = $4, display_key = $5,
                          password_hash = $6, role = 'member', avatar_url = NULL, title = NULL, pronouns = NULL,
                          time_zone = NULL, status_text = NULL, status_emoji = NULL, status_until = NULL,
                          quiet_until = NULL, quiet_from = NULL, quiet_to = NULL, deactivated_at = $7,
                          erased_at = $7, erasing = $8
         WHERE id = $1"
    );
    /// The rooms of a few people stay: they are the others' as well.
    LEAVE = both(
        "DELETE FROM members WHERE \"user\" = $1
         AND EXISTS (SELECT 1 FROM rooms r WHERE r.id = members.room AND r.direct_key IS NULL) RETURNING room"
    );
    RENAME = both("UPDATE members SET username_key = $2 WHERE \"user\" = $1");
    CLEAR_DRAFTS = both("DELETE FROM drafts WHERE \"user\" = $1");
    CLEAR_REPLY_DRAFTS = both("DELETE FROM reply_drafts WHERE \"user\" = $1");
    CLEAR_SAVED = both("DELETE FROM saved WHERE \"user\" = $1");
    CLEAR_FOLLOWED = Statement {
        sqlite: "DELETE FROM followers WHERE user = $1 AND following = 1",
        postgres: "DELETE FROM followers WHERE \"user\" = $1 AND following",
    };
    CLEAR_SUBSCRIPTIONS = both("DELETE FROM subscriptions WHERE \"user\" = $1");
    CLEAR_MENTIONS = both("DELETE FROM mentions WHERE \"user\" = $1");
    ERASING = both("SELECT id FROM users WHERE erasing IS NOT NULL ORDER BY id LIMIT 100");
    END = both("UPDATE users SET erasing = NULL WHERE id = $1");
}

const CLEAR: [Statement; 6] = [
    CLEAR_DRAFTS,
    CLEAR_REPLY_DRAFTS,
    CLEAR_SAVED,
    CLEAR_FOLLOWED,
    CLEAR_SUBSCRIPTIONS,
    CLEAR_MENTIONS,
];

#[async_trait]
impl<E: Engine> Erasing for E {
    async fn erase_user(&self, id: UserId, messages: bool, entry: NewEntry) -> Stored<Erased> {
        self.perform(Erase { id, messages, entry }).await
    }

    async fn erasing(&self) -> Stored<Vec<UserId>> {
        let found = self.column("erasing", ERASING).await?;
        Ok(found.into_iter().map(UserId).collect())
    }

    async fn end_erasing(&self, id: UserId) -> Stored<()> {
        self.perform(End(id)).await
    }
}

struct Erase {
    id: UserId,
    messages: bool,
    entry: NewEntry,
}

impl Operation for Erase {
    type Output = Erased;
    const NAME: &'static str = "erase_user";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<Erased> {
        lock_owners(tx).await?;
        let (by, whom) = (rank(self.entry.actor, tx).await?, rank(self.id, tx).await?);
        let owners = owners(tx).await?;
        if let Some(answer) = decide_erase(by, whom, self.entry.actor == self.id, owners) {
            return Ok(answer);
        }
        replace_avatar(self.id, None, tx).await?;
        let username = erased_username(self.id);
        let query = ERASE.bind(self.id.0).bind(&username).bind(skeleton(&username));
        let query = query.bind(ERASED_NAME).bind(ERASED_NAME.to_lowercase());
        let query = query.bind(NO_PASSWORD).bind(self.entry.at.0);
        tx.execute(query.bind(self.messages.then_some(true))).await?;
        let rooms = tx.column(LEAVE.bind(self.id.0)).await?;
        tx.execute(RENAME.bind(self.id.0).bind(&username)).await?;
        for statement in CLEAR {
            tx.execute(statement.bind(self.id.0)).await?;
        }
        raise_people(tx).await?;
        audit::note(&self.entry, tx).await?;
        Ok(Erased::Erased {
            sessions: delete_sessions_of(self.id, None, tx).await?,
            tokens: delete_tokens_of(self.id, tx).await?,
            rooms: rooms.into_iter().map(RoomId).collect(),
        })
    }
}

struct End(UserId);

impl Operation for End {
    type Output = ();
    const NAME: &'static str = "end_erasing";
    const REPEATABLE: bool = true;

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<()> {
        tx.execute(END.bind(self.0.0)).await?;
        Ok(())
    }
}
