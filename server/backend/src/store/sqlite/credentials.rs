//! Sessions and tokens.

use async_trait::async_trait;
use chat::{SessionId, Timestamp, TokenId, User, UserId};
use serde::Serialize;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    SqliteStore,
    rows::{Read, all, hex, json, json_ids, user_columns},
    statement::statements,
    writer::Job,
};
use crate::store::{
    Credentials, SecretHash, SessionRecord, Stored, TokenRecord,
    common::{Engine, credentials::DeleteSessionsOf},
    timed::timed,
};

/// The most tokens of one statement.
const TOKENS_A_STATEMENT: usize = 1_000;

statements! {
    INSERT_SESSION = "INSERT INTO sessions (id, hash, user, created_at, seen_at, agent)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    SESSION_BY_HASH = concat!(
        "SELECT s.id, s.hash, s.created_at, s.seen_at, s.agent, ", user_columns!(),
        " FROM sessions s CROSS JOIN users u ON u.id = s.user WHERE s.hash = ?1 AND u.deactivated_at IS NULL"
    );
    /// Never back: a slow instance must not undo what a quick one noted.
    TOUCH_SESSION = "UPDATE sessions SET seen_at = ?2 WHERE id = ?1 AND seen_at < ?2";
    DELETE_SESSION = "DELETE FROM sessions WHERE id = ?1";
    SESSIONS_OF = "SELECT id, hash, user, created_at, seen_at, agent FROM sessions
                   WHERE user = ?1 ORDER BY seen_at DESC, id DESC LIMIT 100";
    DELETE_STALE_SESSIONS = "DELETE FROM sessions WHERE id IN (
                                 SELECT id FROM sessions WHERE created_at < ?1 OR seen_at < ?2 LIMIT ?3)";
    STANDING_SESSIONS = "SELECT s.id FROM json_each(?1) j CROSS JOIN sessions s ON s.id = unhex(j.value)
                         WHERE s.created_at > ?2 AND s.seen_at > ?3";
    STANDING_TOKENS = "SELECT t.id FROM json_each(?1) j CROSS JOIN tokens t ON t.id = unhex(j.value)";
    INSERT_TOKENS = "INSERT INTO tokens (id, hash, user, name, created_at)
                     SELECT unhex(row.value ->> 'id'), unhex(row.value ->> 'hash'), unhex(row.value ->> 'user'),
                            row.value ->> 'name', row.value ->> 'created_at'
                     FROM json_each(?1) row";
    INSERT_TOKEN = "INSERT INTO tokens (id, hash, user, name, created_at) SELECT ?1, ?2, ?3, ?4, ?5
                    WHERE (SELECT count(*) FROM tokens WHERE user = ?3) < ?6";
    TOKENS = "SELECT id, hash, user, name, created_at FROM tokens
              WHERE user = ?1 ORDER BY created_at DESC, id DESC LIMIT 100";
    TOKEN_BY_HASH = concat!(
        "SELECT t.id, t.hash, t.user, t.name, t.created_at, ", user_columns!(),
        " FROM tokens t CROSS JOIN users u ON u.id = t.user WHERE t.hash = ?1 AND u.deactivated_at IS NULL"
    );
    DELETE_TOKEN = "DELETE FROM tokens WHERE id = ?1 AND user = ?2";
}

#[async_trait]
impl Credentials for SqliteStore {
    async fn insert_session(&self, session: SessionRecord) -> Stored<()> {
        self.write(InsertSession(session)).await
    }

    async fn session_by_hash(&self, hash: &SecretHash) -> Stored<Option<(SessionRecord, User)>> {
        timed("session_by_hash", async {
            let query = SESSION_BY_HASH
                .read::<Read<(SessionRecord, User)>>()
                .bind(&hash[..]);
            Ok(query.fetch_optional(&self.reads).await?.map(|Read(found)| found))
        })
        .await
    }

    async fn touch_session(&self, id: SessionId, seen_at: Timestamp) -> Stored<()> {
        self.write(TouchSession(id, seen_at)).await
    }

    async fn delete_session(&self, id: SessionId) -> Stored<bool> {
        self.write(DeleteSession(id)).await
    }

    async fn sessions_of(&self, user: UserId) -> Stored<Vec<SessionRecord>> {
        timed("sessions_of", async {
            let query = SESSIONS_OF.read::<Read<SessionRecord>>().bind(user.0);
            Ok(all(query.fetch_all(&self.reads).await?))
        })
        .await
    }

    async fn delete_sessions_of(&self, user: UserId, except: Option<SessionId>) -> Stored<Vec<SessionId>> {
        self.perform(DeleteSessionsOf { user, except }).await
    }

    async fn delete_stale_sessions(
        &self,
        created_before: Timestamp,
        seen_before: Timestamp,
        limit: u64,
    ) -> Stored<u64> {
        self.write(DeleteStaleSessions {
            created_before,
            seen_before,
            limit: limit.cast_signed(),
        })
        .await
    }

    async fn standing_sessions(
        &self,
        ids: &[SessionId],
        created_after: Timestamp,
        seen_after: Timestamp,
    ) -> Stored<Vec<SessionId>> {
        timed("standing_sessions", async {
            let query = STANDING_SESSIONS
                .scalar()
                .bind(json_ids(ids.iter().map(|id| id.0)));
            let query = query.bind(created_after.0).bind(seen_after.0);
            let found: Vec<Uuid> = query.fetch_all(&self.reads).await?;
            Ok(found.into_iter().map(SessionId).collect())
        })
        .await
    }

    async fn standing_tokens(&self, ids: &[TokenId]) -> Stored<Vec<TokenId>> {
        timed("standing_tokens", async {
            let query = STANDING_TOKENS.scalar().bind(json_ids(ids.iter().map(|id| id.0)));
            let found: Vec<Uuid> = query.fetch_all(&self.reads).await?;
            Ok(found.into_iter().map(TokenId).collect())
        })
        .await
    }

    async fn insert_tokens(&self, tokens: Vec<TokenRecord>) -> Stored<()> {
        self.write(InsertTokens(tokens)).await
    }

    async fn insert_token(&self, token: TokenRecord, most: u64) -> Stored<bool> {
        self.write(InsertToken { token, most }).await
    }

    async fn tokens(&self, user: UserId) -> Stored<Vec<TokenRecord>> {
        timed("tokens", async {
            let query = TOKENS.read::<Read<TokenRecord>>().bind(user.0);
            Ok(all(query.fetch_all(&self.reads).await?))
        })
        .await
    }

    async fn token_by_hash(&self, hash: &SecretHash) -> Stored<Option<(TokenRecord, User)>> {
        timed("token_by_hash", async {
            let query = TOKEN_BY_HASH.read::<Read<(TokenRecord, User)>>().bind(&hash[..]);
            Ok(query.fetch_optional(&self.reads).await?.map(|Read(found)| found))
        })
        .await
    }

    async fn delete_token(&self, user: UserId, id: TokenId) -> Stored<bool> {
        self.write(DeleteToken { user, id }).await
    }
}

struct InsertSession(SessionRecord);

impl Job for InsertSession {
    type Output = ();
    const OP: &'static str = "insert_session";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<()> {
        let SessionRecord {
            id,
            hash,
            user,
            created_at,
            seen_at,
            agent,
        } = &self.0;
        let query = INSERT_SESSION.query().bind(id.0).bind(&hash[..]).bind(user.0);
        let query = query.bind(created_at.0).bind(seen_at.0).bind(agent);
        query.execute(tx).await?;
        Ok(())
    }
}

struct TouchSession(SessionId, Timestamp);

impl Job for TouchSession {
    type Output = ();
    const OP: &'static str = "touch_session";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<()> {
        let Self(id, seen_at) = self;
        TOUCH_SESSION
            .query()
            .bind(id.0)
            .bind(seen_at.0)
            .execute(tx)
            .await?;
        Ok(())
    }
}

struct DeleteSession(SessionId);

impl Job for DeleteSession {
    type Output = bool;
    const OP: &'static str = "delete_session";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<bool> {
        Ok(DELETE_SESSION
            .query()
            .bind(self.0.0)
            .execute(tx)
            .await?
            .rows_affected()
            > 0)
    }
}

struct DeleteStaleSessions {
    created_before: Timestamp,
    seen_before: Timestamp,
    limit: i64,
}

impl Job for DeleteStaleSessions {
    type Output = u64;
    const OP: &'static str = "delete_stale_sessions";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<u64> {
        let query = DELETE_STALE_SESSIONS
            .query()
            .bind(self.created_before.0)
            .bind(self.seen_before.0)
            .bind(self.limit);
        Ok(query.execute(tx).await?.rows_affected())
    }
}

struct InsertTokens(Vec<TokenRecord>);

/// A token as [`INSERT_TOKENS`] reads it.
#[derive(Serialize)]
struct Row<'a> {
    id: String,
    hash: String,
    user: String,
    name: &'a str,
    created_at: i64,
}

impl<'a> Row<'a> {
    fn new(token: &'a TokenRecord) -> Self {
        let hash = token.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            id: hex(token.id.0),
            hash,
            user: hex(token.user.0),
            name: &token.name,
            created_at: token.created_at.0,
        }
    }
}

impl Job for InsertTokens {
    type Output = ();
    const OP: &'static str = "insert_tokens";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<()> {
        for tokens in self.0.chunks(TOKENS_A_STATEMENT) {
            let rows: Vec<Row<'_>> = tokens.iter().map(Row::new).collect();
            INSERT_TOKENS.query().bind(json(&rows)).execute(&mut *tx).await?;
        }
        Ok(())
    }
}

struct InsertToken {
    token: TokenRecord,
    most: u64,
}

impl Job for InsertToken {
    type Output = bool;
    const OP: &'static str = "insert_token";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<bool> {
        let TokenRecord {
            id,
            hash,
            user,
            name,
            created_at,
        } = &self.token;
        let query = INSERT_TOKEN.query().bind(id.0).bind(&hash[..]).bind(user.0);
        let query = query.bind(name).bind(created_at.0).bind(self.most.cast_signed());
        Ok(query.execute(tx).await?.rows_affected() > 0)
    }
}

struct DeleteToken {
    user: UserId,
    id: TokenId,
}

impl Job for DeleteToken {
    type Output = bool;
    const OP: &'static str = "delete_token";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<bool> {
        let query = DELETE_TOKEN.query().bind(self.id.0).bind(self.user.0);
        Ok(query.execute(tx).await?.rows_affected() > 0)
    }
}
