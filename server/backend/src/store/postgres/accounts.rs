//! Users.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chat::{Author, Role, User, UserId, mention::MENTIONS_MAX, username::skeleton};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore,
    rows::{Read, all, integer, sought_key, user_columns},
    statement::statements,
};
use crate::store::{
    Accounts, NewUser, Registered, Stored,
    common::{
        Engine,
        accounts::{CreateUser, CreateUsers, unless_taken},
    },
    prefix::end_of,
    timed::timed,
};

/// The most ids of one question.
const IDS_MAX: usize = 1_000;

statements! {
    INSERT = "INSERT INTO users (id, username, username_key, skeleton, display_name, display_key, password_hash, role,
                                 avatar_url, created_at)
              SELECT row.id, row.username, row.username_key, row.skeleton, row.display_name, row.display_key,
                     row.password_hash, $8, NULL, row.created_at
              FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                          $9::bigint[])
                   row (id, username, username_key, skeleton, display_name, display_key, password_hash, created_at)";
    BY_ID = concat!("SELECT ", user_columns!(), " FROM users u WHERE u.id = $1");
    BY_USERNAME = concat!("SELECT ", user_columns!(), ", u.password_hash FROM users u WHERE u.username_key = $1");
    BY_USERNAMES = concat!("SELECT ", user_columns!(), " FROM users u WHERE u.username_key = ANY ($1)");
    BY_IDS = concat!("SELECT ", user_columns!(), " FROM users u WHERE u.id = ANY ($1)");
    PAGE = concat!(
        "SELECT ", user_columns!(), " FROM users u WHERE u.username_key > $1 ORDER BY u.username_key LIMIT $2"
    );
    /// Together with the next one: joined by OR, the two would walk all users in order.
    PAGE_BY_USERNAME = concat!(
        "SELECT ", user_columns!(), " FROM users u
         WHERE u.username_key >= $1 AND u.username_key < $2 AND u.username_key > $3
         ORDER BY u.username_key LIMIT $4"
    );
    /// Those called so are gathered first: in search of the first few, the planner might walk all users by username.
    PAGE_BY_DISPLAY_NAME = concat!(
        "WITH u AS MATERIALIZED (
             SELECT * FROM users WHERE display_key >= $1 AND display_key < $2 AND username_key > $3
         )
         SELECT ", user_columns!(), " FROM u ORDER BY u.username_key LIMIT $4"
    );
}

#[async_trait]
impl Accounts for PostgresStore {
    async fn create_user(&self, user: NewUser, only_first: bool) -> Stored<Registered> {
        unless_taken(self.perform(CreateUser { user, only_first }).await)
    }

    async fn create_users(&self, users: Vec<NewUser>) -> Stored<()> {
        self.perform(CreateUsers(users)).await
    }

    async fn user(&self, id: UserId) -> Stored<Option<User>> {
        timed("user", async {
            let query = || BY_ID.read::<Read<User>>().bind(id.0);
            Ok(self.pool.optional(query).await?.map(|Read(user)| user))
        })
        .await
    }

    async fn user_by_username(&self, username: &str) -> Stored<Option<User>> {
        timed("user_by_username", async {
            let key = sought_key(username);
            let query = || BY_USERNAME.read::<Read<User>>().bind(&key);
            Ok(self.pool.optional(query).await?.map(|Read(user)| user))
        })
        .await
    }

    async fn users_by_usernames(&self, usernames: &[&str]) -> Stored<Vec<Author>> {
        timed("users_by_usernames", async {
            let names = usernames.iter().take(MENTIONS_MAX);
            let keys: Vec<String> = names.map(|name| sought_key(name)).collect();
            let query = || BY_USERNAMES.read::<Read<Author>>().bind(&keys);
            let found = all(self.pool.rows(query).await?);
            Ok(in_the_order_asked(&keys, found))
        })
        .await
    }

    async fn users_by_ids(&self, ids: &[UserId]) -> Stored<Vec<Author>> {
        timed("users_by_ids", async {
            let ids: Vec<Uuid> = ids.iter().take(IDS_MAX).map(|id| id.0).collect();
            let query = || BY_IDS.read::<Read<Author>>().bind(&ids);
            Ok(all(self.pool.rows(query).await?))
        })
        .await
    }

    async fn password_hash(&self, username: &str) -> Stored<Option<(User, String)>> {
        timed("password_hash", async {
            let key = sought_key(username);
            let query = || BY_USERNAME.read::<Read<(User, String)>>().bind(&key);
            Ok(self.pool.optional(query).await?.map(|Read(found)| found))
        })
        .await
    }

    async fn page_users(&self, query: &str, after: Option<&str>, limit: u64) -> Stored<Vec<User>> {
        timed("page_users", async {
            let (query, after) = (sought_key(query), sought_key(after.unwrap_or_default()));
            if query.is_empty() {
                let page = || PAGE.read::<Read<User>>().bind(&after).bind(integer(limit));
                return Ok(all(self.pool.rows(page).await?));
            }
            self.search_users(&query, &after, limit).await
        })
        .await
    }
}

impl PostgresStore {
    /// Users with a name that begins with `prefix`, after the username `after`, both in lowercase.
    async fn search_users(&self, prefix: &str, after: &str, limit: u64) -> Stored<Vec<User>> {
        let end = end_of(prefix);
        let mut found = BTreeMap::new();
        for statement in [PAGE_BY_USERNAME, PAGE_BY_DISPLAY_NAME] {
            let query = || {
                statement
                    .read::<Read<User>>()
                    .bind(prefix)
                    .bind(&end)
                    .bind(after)
                    .bind(integer(limit))
            };
            let users = all(self.pool.rows(query).await?);
            found.extend(
                users
                    .into_iter()
                    .map(|user| (user.author.username.to_lowercase(), user)),
            );
        }
        Ok(found
            .into_values()
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .collect())
    }
}

fn in_the_order_asked(keys: &[String], mut found: Vec<Author>) -> Vec<Author> {
    found.sort_by_cached_key(|author| {
        let key = author.username.to_lowercase();
        keys.iter().position(|asked| *asked == key)
    });
    found
}

/// Inserts users whose names are free.
pub(super) async fn insert(users: &[NewUser], role: Role, tx: &mut PgConnection) -> Stored<()> {
    let texts = |column: fn(&NewUser) -> String| users.iter().map(column).collect::<Vec<_>>();
    let query = INSERT
        .query()
        .bind(users.iter().map(|user| user.id.0).collect::<Vec<_>>())
        .bind(texts(|user| user.username.clone()))
        .bind(texts(|user| user.username.to_lowercase()))
        .bind(texts(|user| skeleton(&user.username)));
    let query = query
        .bind(texts(|user| user.display_name.clone()))
        .bind(texts(|user| user.display_name.to_lowercase()))
        .bind(texts(|user| user.password_hash.clone()))
        .bind(role.name());
    let times: Vec<i64> = users.iter().map(|user| user.created_at.0).collect();
    query.bind(times).execute(tx).await?;
    Ok(())
}
