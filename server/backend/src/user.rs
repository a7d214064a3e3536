//! Finding people.

use chat::{Code, Status, User, UserId};

use crate::{Backend, Result, stamp::now};

/// The most users of a page.
pub const PAGE_LIMIT_MAX: u64 = 100;

/// The most people that are listed because their names are almost right.
const NEAR_MAX: u64 = 10;

/// One page of users.
#[derive(Clone, Debug)]
pub struct UserPage {
    /// By username, ascending.
    pub users: Vec<User>,
    /// What to ask the next page with; `None`: this is the last one.
    pub next_cursor: Option<String>,
}

impl Backend {
    /// People by username, with their status; with a query, those whose username or display name begins with it. Where
    /// nobody's does, those whose name almost does, the best first.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn list_users(&self, query: &str, limit: u64, cursor: Option<&str>) -> Result<UserPage> {
        let (query, limit) = (query.trim(), limit.clamp(1, PAGE_LIMIT_MAX));
        let mut users = self.store.page_users(query, cursor, limit + 1).await?;
        if users.is_empty() && cursor.is_none() && !query.is_empty() {
            for id in self.near_people(query, limit.min(NEAR_MAX)).await? {
                users.extend(self.store.user(id).await?);
            }
        }
        self.user_page(users, limit).await
    }

    /// The user of this username, with status.
    ///
    /// # Errors
    /// `user_not_found`, `unavailable`.
    pub async fn find_user(&self, username: &str) -> Result<User> {
        let mut user = self
            .store
            .user_by_username(username)
            .await?
            .ok_or(Code::UserNotFound)?;
        user.status = self.presence.statuses(&[user.author.id]).await.pop().flatten();
        user.custom = user.custom.filter(|custom| custom.is_shown(now()));
        Ok(user)
    }

    /// Whether these users are there, in the order asked; `None`: not known.
    pub async fn statuses(&self, users: &[UserId]) -> Vec<Option<Status>> {
        self.presence.statuses(users).await
    }

    /// Cuts a list that was read one too long, and adds who is there.
    pub(crate) async fn user_page(&self, mut users: Vec<User>, limit: u64) -> Result<UserPage> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = users.len() > limit;
        users.truncate(limit);
        let ids: Vec<UserId> = users.iter().map(|user| user.author.id).collect();
        for (user, status) in users.iter_mut().zip(self.presence.statuses(&ids).await) {
            user.status = status;
            user.custom = user.custom.take().filter(|custom| custom.is_shown(now()));
        }
        let next_cursor = if more {
            users.last().map(|user| user.author.username.clone())
        } else {
            None
        };
        Ok(UserPage { users, next_cursor })
    }
}
