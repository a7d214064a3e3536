//! Users.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chat::{Author, Role, User, UserId, mention::MENTIONS_MAX, username::skeleton};
use serde::Serialize;
use sqlx::SqliteConnection;

use super::{
    SqliteStore,
    rows::{Read, all, hex, integer, json, json_ids, user_columns},
    statement::statements,
};
use crate::store::{
    Accounts, NewUser, Registered, Stored,
    common::{
        Engine,
        accounts::{CreateUser, CreateUsers},
    },
    prefix::end_of,
    timed::timed,
};

/// The most ids of one question.
const IDS_MAX: usize = 1_000;

statements! {
    INSERT = "INSERT INTO users (id, username, username_key, skeleton, display_name, display_key, password_hash, role,
                                 avatar_url, created_at)
              SELECT unhex(row.value ->> 'id'), row.value ->> 'username', row.value ->> 'username_key',
                     row.value ->> 'skeleton', row.value ->> 'display_name', row.value ->> 'display_key',
                     row.value ->> 'password_hash', row.value ->> 'role', NULL, row.value ->> 'created_at'
              FROM json_each(?1) row";
    BY_ID = concat!("SELECT ", user_columns!(), " FROM users u WHERE u.id = ?1");
    BY_USERNAME = concat!("SELECT ", user_columns!(), ", u.password_hash FROM users u WHERE u.username_key = ?1");
    BY_USERNAMES = concat!(
        "SELECT ", user_columns!(), " FROM json_each(?1) j CROSS JOIN users u ON u.username_key = j.value"
    );
    BY_IDS = concat!("SELECT ", user_columns!(), " FROM json_each(?1) j CROSS JOIN users u ON u.id = unhex(j.value)");
    PAGE = concat!(
        "SELECT ", user_columns!(), " FROM users u WHERE u.username_key > ?1 ORDER BY u.username_key LIMIT ?2"
    );
    /// Together with the next one: joined by OR, the two would walk all users in order.
    PAGE_BY_USERNAME = concat!(
        "SELECT ", user_columns!(), " FROM users u
         WHERE u.username_key >= max(?1, ?3) AND u.username_key < ?2 AND +u.username_key > ?3
         ORDER BY u.username_key LIMIT ?4"
    );
    PAGE_BY_DISPLAY_NAME = concat!(
        "SELECT ", user_columns!(), " FROM users u
         WHERE u.display_key >= ?1 AND u.display_key < ?2 AND u.username_key > ?3
         ORDER BY u.username_key LIMIT ?4"
    );
}

#[async_trait]
impl Accounts for SqliteStore {
    async fn create_user(&self, user: NewUser, only_first: bool) -> Stored<Registered> {
        self.perform(CreateUser { user, only_first }).await
    }

    async fn create_users(&self, users: Vec<NewUser>) -> Stored<()> {
        self.perform(CreateUsers(users)).await
    }

    async fn user(&self, id: UserId) -> Stored<Option<User>> {
        timed("user", async {
            let user = BY_ID
                .read::<Read<User>>()
                .bind(id.0)
                .fetch_optional(&self.reads)
                .await?;
            Ok(user.map(|Read(user)| user))
        })
        .await
    }

    async fn user_by_username(&self, username: &str) -> Stored<Option<User>> {
        timed("user_by_username", async {
            let query = BY_USERNAME.read::<Read<User>>().bind(username.to_lowercase());
            Ok(query.fetch_optional(&self.reads).await?.map(|Read(user)| user))
        })
        .await
    }

    async fn users_by_usernames(&self, usernames: &[&str]) -> Stored<Vec<Author>> {
        timed("users_by_usernames", async {
            let mut keys: Vec<String> = Vec::new();
            for key in usernames
                .iter()
                .take(MENTIONS_MAX)
                .map(|name| name.to_lowercase())
            {
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
            let query = BY_USERNAMES.read::<Read<Author>>().bind(json(&keys));
            Ok(all(query.fetch_all(&self.reads).await?))
        })
        .await
    }

    async fn users_by_ids(&self, ids: &[UserId]) -> Stored<Vec<Author>> {
        timed("users_by_ids", async {
            let mut ids: Vec<_> = ids.iter().take(IDS_MAX).map(|id| id.0).collect();
            ids.sort_unstable();
            ids.dedup();
            let query = BY_IDS.read::<Read<Author>>().bind(json_ids(ids));
            Ok(all(query.fetch_all(&self.reads).await?))
        })
        .await
    }

    async fn password_hash(&self, username: &str) -> Stored<Option<(User, String)>> {
        timed("password_hash", async {
            let query = BY_USERNAME
                .read::<Read<(User, String)>>()
                .bind(username.to_lowercase());
            Ok(query.fetch_optional(&self.reads).await?.map(|Read(found)| found))
        })
        .await
    }

    async fn page_users(&self, query: &str, after: Option<&str>, limit: u64) -> Stored<Vec<User>> {
        timed("page_users", async {
            let (query, after) = (query.to_lowercase(), after.unwrap_or_default().to_lowercase());
            if query.is_empty() {
                let page = PAGE.read::<Read<User>>().bind(after).bind(integer(limit));
                return Ok(all(page.fetch_all(&self.reads).await?));
            }
            self.search_users(&query, &after, limit).await
        })
        .await
    }
}

impl SqliteStore {
    /// Users with a name that begins with `prefix`, after the username `after`, both in lowercase.
    async fn search_users(&self, prefix: &str, after: &str, limit: u64) -> Stored<Vec<User>> {
        let end = end_of(prefix);
        let mut found = BTreeMap::new();
        for statement in [PAGE_BY_USERNAME, PAGE_BY_DISPLAY_NAME] {
            let query = statement
                .read::<Read<User>>()
                .bind(prefix)
                .bind(&end)
                .bind(after)
                .bind(integer(limit));
            let users = all(query.fetch_all(&self.reads).await?);
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

/// A user as [`INSERT`] reads it.
#[derive(Serialize)]
struct Row<'a> {
    id: String,
    username: &'a str,
    username_key: String,
    skeleton: String,
    display_name: &'a str,
    display_key: String,
    password_hash: &'a str,
    role: &'static str,
    created_at: i64,
}

impl<'a> Row<'a> {
    fn new(user: &'a NewUser, role: Role) -> Self {
        Self {
            id: hex(user.id.0),
            username: &user.username,
            username_key: user.username.to_lowercase(),
            skeleton: skeleton(&user.username),
            display_name: &user.display_name,
            display_key: user.display_name.to_lowercase(),
            password_hash: &user.password_hash,
            role: role.name(),
            created_at: user.created_at.0,
        }
    }
}

/// Inserts users whose names are free.
pub(super) async fn insert(users: &[NewUser], role: Role, tx: &mut SqliteConnection) -> Stored<()> {
    let rows: Vec<Row<'_>> = users.iter().map(|user| Row::new(user, role)).collect();
    INSERT.query().bind(json(&rows)).execute(tx).await?;
    Ok(())
}
