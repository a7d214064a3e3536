//! Sessions and tokens.

use async_trait::async_trait;
use chat::{SessionId, Timestamp, TokenId, User, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore,
    pool::Work,
    rows::{Read, all, user_columns},
    statement::statements,
};
use crate::store::{
    Credentials, SecretHash, SessionRecord, Stored, TokenRecord,
    common::{Engine, credentials::DeleteSessionsOf},
    timed::timed,
};

/// The most tokens of one statement.
const TOKENS_A_STATEMENT: usize = 1_000;

statements! {
    INSERT_SESSION = "INSERT INTO sessions (id, hash, \"user\", created_at, seen_at, agent)
                      VALUES ($1, $2, $3, $4, $5, $6)";
    SESSION_BY_HASH = concat!(
        "SELECT s.id, s.hash, s.created_at, s.seen_at, s.agent, ", user_columns!(),
        " FROM sessions s JOIN users u ON u.id = s.\"user\" WHERE s.hash = $1 AND u.deactivated_at IS NULL"
    );
    /// Never back: a slow instance must not undo what a quick one noted.
    TOUCH_SESSION = "UPDATE sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2";
    DELETE_SESSION = "DELETE FROM sessions WHERE id = $1";
    SESSIONS_OF = "SELECT id, hash, \"user\", created_at, seen_at, agent FROM sessions
                   WHERE \"user\" = $1 ORDER BY seen_at DESC, id DESC LIMIT 100";
    /// Two walks of an index each up to a limit, whatever the planner believes of how many are stale.
    DELETE_STALE_SESSIONS = "DELETE FROM sessions WHERE id = ANY (ARRAY (
                                 (SELECT id FROM sessions WHERE created_at < $1 ORDER BY created_at LIMIT $3)
                                 UNION (SELECT id FROM sessions WHERE seen_at < $2 ORDER BY seen_at LIMIT $3)))";
    STANDING_SESSIONS = "SELECT s.id FROM sessions s
                         WHERE s.id = ANY ($1) AND s.created_at > $2 AND s.seen_at > $3";
    STANDING_TOKENS = "SELECT t.id FROM tokens t WHERE t.id = ANY ($1)";
    INSERT_TOKENS = "INSERT INTO tokens (id, hash, \"user\", name, created_at)
                     SELECT row.id, row.hash, row.owner, row.name, row.created_at
                     FROM unnest($1::uuid[], $2::bytea[], $3::uuid[], $4::text[], $5::bigint[])
                          row (id, hash, owner, name, created_at)";
    /// Those who make tokens for the same user at once wait for each other, and nobody else for them.
    LOCK_OWNER = "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE";
    INSERT_TOKEN = "INSERT INTO tokens (id, hash, \"user\", name, created_at) SELECT $1, $2, $3, $4, $5
                    WHERE (SELECT count(*) FROM tokens WHERE \"user\" = $3) < $6";
    TOKENS = "SELECT id, hash, \"user\", name, created_at FROM tokens
              WHERE \"user\" = $1 ORDER BY created_at DESC, id DESC LIMIT 100";
    TOKEN_BY_HASH = concat!(
        "SELECT t.id, t.hash, t.\"user\", t.name, t.created_at, ", user_columns!(),
        " FROM tokens t JOIN users u ON u.id = t.\"user\" WHERE t.hash = $1 AND u.deactivated_at IS NULL"
    );
    DELETE_TOKEN = "DELETE FROM tokens WHERE id = $1 AND \"user\" = $2";
}

#[async_trait]
impl Credentials for PostgresStore {
    async fn insert_session(&self, session: SessionRecord) -> Stored<()> {
        timed("insert_session", self.pool.run(&InsertSession(session))).await
    }

    async fn session_by_hash(&self, hash: &SecretHash) -> Stored<Option<(SessionRecord, User)>> {
        timed("session_by_hash", async {
            let query = || {
                SESSION_BY_HASH
                    .read::<Read<(SessionRecord, User)>>()
                    .bind(&hash[..])
            };
            Ok(self.pool.optional(query).await?.map(|Read(found)| found))
        })
        .await
    }

    async fn touch_session(&self, id: SessionId, seen_at: Timestamp) -> Stored<()> {
        timed("touch_session", self.pool.run(&TouchSession(id, seen_at))).await
    }

    async fn delete_session(&self, id: SessionId) -> Stored<bool> {
        timed("delete_session", self.pool.run(&DeleteSession(id))).await
    }

    async fn sessions_of(&self, user: UserId) -> Stored<Vec<SessionRecord>> {
        timed("sessions_of", async {
            let query = || SESSIONS_OF.read::<Read<SessionRecord>>().bind(user.0);
            Ok(all(self.pool.rows(query).await?))
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
        let stale = DeleteStaleSessions {
            created_before,
            seen_before,
            limit: limit.cast_signed(),
        };
        timed("delete_stale_sessions", self.pool.run(&stale)).await
    }

    async fn standing_sessions(
        &self,
        ids: &[SessionId],
        created_after: Timestamp,
        seen_after: Timestamp,
    ) -> Stored<Vec<SessionId>> {
        timed("standing_sessions", async {
            let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
            let query = || {
                STANDING_SESSIONS
                    .read::<(Uuid,)>()
                    .bind(&ids)
                    .bind(created_after.0)
                    .bind(seen_after.0)
            };
            let found = self.pool.rows(query).await?;
            Ok(found.into_iter().map(|(id,)| SessionId(id)).collect())
        })
        .await
    }

    async fn standing_tokens(&self, ids: &[TokenId]) -> Stored<Vec<TokenId>> {
        timed("standing_tokens", async {
            let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
            let found = self
                .pool
                .rows(|| STANDING_TOKENS.read::<(Uuid,)>().bind(&ids))
                .await?;
            Ok(found.into_iter().map(|(id,)| TokenId(id)).collect())
        })
        .await
    }

    async fn insert_tokens(&self, tokens: Vec<TokenRecord>) -> Stored<()> {
        timed("insert_tokens", self.pool.run(&InsertTokens(tokens))).await
    }

    async fn insert_token(&self, token: TokenRecord, most: u64) -> Stored<bool> {
        timed("insert_token", self.pool.run(&InsertToken { token, most })).await
    }

    async fn tokens(&self, user: UserId) -> Stored<Vec<TokenRecord>> {
        timed("tokens", async {
            let query = || TOKENS.read::<Read<TokenRecord>>().bind(user.0);
            Ok(all(self.pool.rows(query).await?))
        })
        .await
    }

    async fn token_by_hash(&self, hash: &SecretHash) -> Stored<Option<(TokenRecord, User)>> {
        timed("token_by_hash", async {
            let query = || TOKEN_BY_HASH.read::<Read<(TokenRecord, User)>>().bind(&hash[..]);
            Ok(self.pool.optional(query).await?.map(|Read(found)| found))
        })
        .await
    }

    async fn delete_token(&self, user: UserId, id: TokenId) -> Stored<bool> {
        timed("delete_token", self.pool.run(&DeleteToken { user, id })).await
    }
}

struct InsertSession(SessionRecord);

impl Work for InsertSession {
    type Output = ();
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<()> {
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

impl Work for TouchSession {
    type Output = ();
    const REPEATABLE: bool = true;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<()> {
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

impl Work for DeleteSession {
    type Output = bool;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<bool> {
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

impl Work for DeleteStaleSessions {
    type Output = u64;
    const REPEATABLE: bool = true;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<u64> {
        let query = DELETE_STALE_SESSIONS
            .query()
            .bind(self.created_before.0)
            .bind(self.seen_before.0)
            .bind(self.limit);
        Ok(query.execute(tx).await?.rows_affected())
    }
}

struct InsertTokens(Vec<TokenRecord>);

impl Work for InsertTokens {
    type Output = ();
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<()> {
        for tokens in self.0.chunks(TOKENS_A_STATEMENT) {
            let query = INSERT_TOKENS
                .query()
                .bind(tokens.iter().map(|token| token.id.0).collect::<Vec<_>>())
                .bind(tokens.iter().map(|token| token.hash.to_vec()).collect::<Vec<_>>());
            let query = query
                .bind(tokens.iter().map(|token| token.user.0).collect::<Vec<_>>())
                .bind(tokens.iter().map(|token| token.name.as_str()).collect::<Vec<_>>());
            let times: Vec<i64> = tokens.iter().map(|token| token.created_at.0).collect();
            query.bind(times).execute(&mut *tx).await?;
        }
        Ok(())
    }
}

struct InsertToken {
    token: TokenRecord,
    most: u64,
}

impl Work for InsertToken {
    type Output = bool;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<bool> {
        let TokenRecord {
            id,
            hash,
            user,
            name,
            created_at,
        } = &self.token;
        LOCK_OWNER.query().bind(user.0).execute(&mut *tx).await?;
        let query = INSERT_TOKEN.query().bind(id.0).bind(&hash[..]).bind(user.0);
        let query = query.bind(name).bind(created_at.0).bind(self.most.cast_signed());
        Ok(query.execute(tx).await?.rows_affected() > 0)
    }
}

struct DeleteToken {
    user: UserId,
    id: TokenId,
}

impl Work for DeleteToken {
    type Output = bool;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<bool> {
        let query = DELETE_TOKEN.query().bind(self.id.0).bind(self.user.0);
        Ok(query.execute(tx).await?.rows_affected() > 0)
    }
}
