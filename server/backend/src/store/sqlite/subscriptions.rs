//! Where browsers want to be told while no page is open.

use async_trait::async_trait;
use chat::UserId;
use sqlx::SqliteConnection;

use super::{
    SqliteStore,
    rows::{Read, all, integer, json_ids},
    statement::statements,
    writer::Job,
};
use crate::store::{Called, Listener, SUBSCRIPTIONS_MAX, Stored, Subscription, Subscriptions, timed::timed};

/// A subscription `s`, with how its user wants to hear of a room as its member `me`.
macro_rules! listener_columns {
    () => {
        "me.level, me.muted, u.quiet_until, u.quiet_from, u.quiet_to, s.endpoint, s.user, s.session, s.key, s.secret, \
         s.created_at"
    };
}

statements! {
    SUBSCRIBE = "INSERT INTO subscriptions (endpoint, user, session, key, secret, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (endpoint) DO UPDATE SET user = excluded.user, session = excluded.session,
                     key = excluded.key, secret = excluded.secret, created_at = excluded.created_at";
    DROP_OLDEST = "DELETE FROM subscriptions WHERE endpoint IN (
                       SELECT endpoint FROM subscriptions WHERE user = ?1 ORDER BY created_at DESC LIMIT -1 OFFSET ?2)";
    UNSUBSCRIBE = "DELETE FROM subscriptions WHERE endpoint = ?1";
    UNSUBSCRIBE_OWN = "DELETE FROM subscriptions WHERE endpoint = ?1 AND user = ?2";
    ANYONE = "SELECT EXISTS (SELECT 1 FROM subscriptions)";
    /// Of these people, and those who want to hear of everything.
    AUDIENCE = concat!(
        "SELECT ", listener_columns!(), " FROM (
             SELECT unhex(j.value) AS user FROM json_each(?2) j
             UNION
             SELECT user FROM members WHERE room = ?1 AND level = 'all'
         ) called
         CROSS JOIN members me ON me.room = ?1 AND me.user = called.user
         CROSS JOIN subscriptions s ON s.user = me.user CROSS JOIN users u ON u.id = me.user LIMIT ?3"
    );
    AUDIENCE_OF_ALL = concat!(
        "SELECT ", listener_columns!(), " FROM members me CROSS JOIN subscriptions s ON s.user = me.user
         CROSS JOIN users u ON u.id = me.user WHERE me.room = ?1 LIMIT ?2"
    );
    KEEP_ONCE = "INSERT INTO keys (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
    KEPT = "SELECT value FROM keys WHERE name = ?1";
}

#[async_trait]
impl Subscriptions for SqliteStore {
    async fn subscribe(&self, subscription: Subscription) -> Stored<()> {
        self.write(Subscribe(subscription)).await
    }

    async fn unsubscribe(&self, endpoint: &str, user: Option<UserId>) -> Stored<bool> {
        let endpoint = endpoint.to_owned();
        self.write(Unsubscribe { endpoint, user }).await
    }

    async fn anyone_subscribes(&self) -> Stored<bool> {
        timed("anyone_subscribes", async {
            Ok(ANYONE.scalar().fetch_one(&self.reads).await?)
        })
        .await
    }

    async fn audience(&self, called: &Called, limit: u64) -> Stored<Vec<Listener>> {
        timed("audience", async {
            let query = if called.all {
                AUDIENCE_OF_ALL.read::<Read<Listener>>().bind(called.room.0)
            } else {
                let users = json_ids(called.users.iter().map(|user| user.0));
                AUDIENCE.read::<Read<Listener>>().bind(called.room.0).bind(users)
            };
            Ok(all(query.bind(integer(limit)).fetch_all(&self.reads).await?))
        })
        .await
    }

    async fn keep_once(&self, name: &str, proposed: &str) -> Stored<String> {
        let (name, proposed) = (name.to_owned(), proposed.to_owned());
        self.write(KeepOnce { name, proposed }).await
    }
}

struct Subscribe(Subscription);

impl Job for Subscribe {
    type Output = ();
    const OP: &'static str = "subscribe";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<()> {
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
        query.bind(created_at.0).execute(&mut *tx).await?;
        let query = DROP_OLDEST.query().bind(user.0).bind(integer(SUBSCRIPTIONS_MAX));
        query.execute(tx).await?;
        Ok(())
    }
}

struct Unsubscribe {
    endpoint: String,
    user: Option<UserId>,
}

impl Job for Unsubscribe {
    type Output = bool;
    const OP: &'static str = "unsubscribe";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<bool> {
        let query = match self.user {
            Some(user) => UNSUBSCRIBE_OWN.query().bind(&self.endpoint).bind(user.0),
            None => UNSUBSCRIBE.query().bind(&self.endpoint),
        };
        Ok(query.execute(tx).await?.rows_affected() > 0)
    }
}

struct KeepOnce {
    name: String,
    proposed: String,
}

impl Job for KeepOnce {
    type Output = String;
    const OP: &'static str = "keep_once";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<String> {
        let query = KEEP_ONCE.query().bind(&self.name).bind(&self.proposed);
        query.execute(&mut *tx).await?;
        Ok(KEPT.scalar().bind(&self.name).fetch_one(tx).await?)
    }
}
