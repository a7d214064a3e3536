//! Where browsers want to be told while no page is open.

use async_trait::async_trait;
use chat::UserId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore,
    pool::Work,
    rows::{Read, all, integer},
    statement::statements,
};
use crate::store::{Called, Listener, SUBSCRIPTIONS_MAX, Stored, Subscription, Subscriptions, timed::timed};

/// A subscription `s`, with how its user `u` wants to hear of a room as its member `me`.
macro_rules! listener_columns {
    () => {
        "me.level, me.muted, u.quiet_until, u.quiet_from, u.quiet_to, s.endpoint, s.\"user\", s.session, s.key, s.secret, \
         s.created_at"
    };
}

// `OFFSET 0`: see `rooms`.
statements! {
    SUBSCRIBE = "INSERT INTO subscriptions (endpoint, \"user\", session, key, secret, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (endpoint) DO UPDATE SET \"user\" = excluded.\"user\", session = excluded.session,
                     key = excluded.key, secret = excluded.secret, created_at = excluded.created_at";
    DROP_OLDEST = "DELETE FROM subscriptions WHERE endpoint = ANY (ARRAY(
                       SELECT endpoint FROM subscriptions WHERE \"user\" = $1 ORDER BY created_at DESC OFFSET $2))";
    UNSUBSCRIBE = "DELETE FROM subscriptions WHERE endpoint = $1 RETURNING \"user\"";
    UNSUBSCRIBE_OWN = "DELETE FROM subscriptions WHERE endpoint = $1 AND \"user\" = $2 RETURNING \"user\"";
    ANYONE = "SELECT \"user\" FROM subscriptions LIMIT 1";
    /// Of these people, and those who want to hear of everything.
    AUDIENCE = concat!(
        "SELECT ", listener_columns!(), " FROM (
             SELECT unnest($2::uuid[]) AS \"user\"
             UNION
             SELECT \"user\" FROM members WHERE room = $1 AND level = 'all'
         ) called
         CROSS JOIN LATERAL (SELECT * FROM members WHERE room = $1 AND \"user\" = called.\"user\" OFFSET 0) me
         CROSS JOIN LATERAL (SELECT * FROM subscriptions WHERE \"user\" = called.\"user\" OFFSET 0) s
         CROSS JOIN LATERAL (SELECT * FROM users WHERE id = called.\"user\" OFFSET 0) u LIMIT $3"
    );
    AUDIENCE_OF_ALL = concat!(
        "SELECT ", listener_columns!(), " FROM members me
         CROSS JOIN LATERAL (SELECT * FROM subscriptions WHERE \"user\" = me.\"user\" OFFSET 0) s
         CROSS JOIN LATERAL (SELECT * FROM users WHERE id = me.\"user\" OFFSET 0) u WHERE me.room = $1 LIMIT $2"
    );
    KEEP_ONCE = "INSERT INTO keys (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    KEPT = "SELECT value FROM keys WHERE name = $1";
}

#[async_trait]
impl Subscriptions for PostgresStore {
    async fn subscribe(&self, subscription: Subscription) -> Stored<()> {
        timed("subscribe", self.pool.run(&Subscribe(subscription))).await
    }

    async fn unsubscribe(&self, endpoint: &str, user: Option<UserId>) -> Stored<bool> {
        timed("unsubscribe", async {
            let query = || match user {
                Some(user) => UNSUBSCRIBE_OWN.read::<(Uuid,)>().bind(endpoint).bind(user.0),
                None => UNSUBSCRIBE.read::<(Uuid,)>().bind(endpoint),
            };
            Ok(self.pool.optional(query).await?.is_some())
        })
        .await
    }

    async fn anyone_subscribes(&self) -> Stored<bool> {
        timed("anyone_subscribes", async {
            let query = || ANYONE.read::<(Uuid,)>();
            Ok(self.pool.optional(query).await?.is_some())
        })
        .await
    }

    async fn audience(&self, called: &Called, limit: u64) -> Stored<Vec<Listener>> {
        timed("audience", async {
            let users: Vec<Uuid> = called.users.iter().map(|user| user.0).collect();
            let query = || match called.all {
                true => AUDIENCE_OF_ALL
                    .read::<Read<Listener>>()
                    .bind(called.room.0)
                    .bind(integer(limit)),
                false => AUDIENCE
                    .read::<Read<Listener>>()
                    .bind(called.room.0)
                    .bind(&users)
                    .bind(integer(limit)),
            };
            Ok(all(self.pool.rows(query).await?))
        })
        .await
    }

    async fn keep_once(&self, name: &str, proposed: &str) -> Stored<String> {
        timed("keep_once", self.pool.run(&KeepOnce { name, proposed })).await
    }
}

struct Subscribe(Subscription);

impl Work for Subscribe {
    type Output = ();
    const REPEATABLE: bool = true;

    async fn apply(&self, connection: &mut PgConnection) -> Stored<()> {
        let Subscription {
            endpoint,
            user,
            session,
            key,
            secret,
            created_at,
        } = &self.0;
        let query = SUBSCRIBE.query().bind(endpoint).bind(user.0);
        let query = query
            .bind(session.map(|session| session.0))
            .bind(key)
            .bind(secret);
        query.bind(created_at.0).execute(&mut *connection).await?;
        let query = DROP_OLDEST.query().bind(user.0).bind(integer(SUBSCRIPTIONS_MAX));
        query.execute(connection).await?;
        Ok(())
    }
}

struct KeepOnce<'a> {
    name: &'a str,
    proposed: &'a str,
}

impl Work for KeepOnce<'_> {
    type Output = String;
    const REPEATABLE: bool = true;

    async fn apply(&self, connection: &mut PgConnection) -> Stored<String> {
        let query = KEEP_ONCE.query().bind(self.name).bind(self.proposed);
        query.execute(&mut *connection).await?;
        Ok(KEPT.scalar().bind(self.name).fetch_one(connection).await?)
    }
}
