//! Who people are and what they may do.

use async_trait::async_trait;
use chat::{Profile, Role, TokenId, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore, attachments, audit,
    credentials::delete_sessions_of,
    pool::Work,
    rows::{Read, unsigned, user_columns},
    statement::statements,
};
use crate::store::{
    ActiveSet, Looks, NewEntry, ProfileEdit, Profiles, RoleSet, Stored,
    files::{avatar_at, file_folder},
    people::{Rank, decide_active, decide_role},
    timed::timed,
};

statements! {
    PROFILE = concat!(
        "SELECT ", user_columns!(), ", u.title, u.pronouns, u.time_zone, u.created_at FROM users u WHERE u.id = $1"
    );
    EDIT = "UPDATE users SET title = coalesce($2, title), pronouns = coalesce($3, pronouns),
                             time_zone = coalesce($4, time_zone)
            WHERE id = $1";
    RENAME = "UPDATE users SET display_name = $2, display_key = $3 WHERE id = $1 AND display_name <> $2";
    AVATAR = "SELECT avatar_url FROM users WHERE id = $1 FOR NO KEY UPDATE";
    SET_AVATAR = "UPDATE users SET avatar_url = $2 WHERE id = $1";
    RAISE_PEOPLE = "UPDATE looks SET version = version + 1 WHERE what = 'people'";
    SET_PASSWORD = "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
    RANK = "SELECT role, deactivated_at IS NOT NULL AS deactivated FROM users WHERE id = $1";
    /// Those who change what owners there are do so one after another.
    LOCK_OWNERS = "SELECT id FROM users WHERE role = 'owner' ORDER BY id FOR NO KEY UPDATE";
    OWNERS = "SELECT count(*) FROM users WHERE role = 'owner' AND deactivated_at IS NULL";
    SET_ROLE = "UPDATE users SET role = $2 WHERE id = $1";
    SET_ACTIVE = "UPDATE users SET deactivated_at = $2 WHERE id = $1";
    DELETE_TOKENS_OF = "DELETE FROM tokens WHERE \"user\" = $1 RETURNING id";
    LOOKS = "SELECT (SELECT version FROM looks WHERE what = 'people'), (SELECT version FROM looks WHERE what = 'rooms')";
}

#[async_trait]
impl Profiles for PostgresStore {
    async fn profile(&self, id: UserId) -> Stored<Option<Profile>> {
        timed("profile", async {
            let query = || PROFILE.read::<Read<Profile>>().bind(id.0);
            Ok(self.pool.optional(query).await?.map(|Read(found)| found))
        })
        .await
    }

    async fn edit_profile(&self, id: UserId, edit: ProfileEdit) -> Stored<Option<Profile>> {
        timed("edit_profile", self.pool.run(&EditProfile { id, edit })).await
    }

    async fn set_avatar(&self, id: UserId, url: Option<String>) -> Stored<bool> {
        timed("set_avatar", self.pool.run(&SetAvatar { id, url })).await
    }

    async fn set_password(&self, id: UserId, from: String, to: String) -> Stored<bool> {
        timed("set_password", self.pool.run(&SetPassword { id, from, to })).await
    }

    async fn set_role(&self, id: UserId, to: Role, entry: NewEntry) -> Stored<RoleSet> {
        timed("set_role", self.pool.run(&SetRole { id, to, entry })).await
    }

    async fn set_active(&self, id: UserId, active: bool, entry: NewEntry) -> Stored<ActiveSet> {
        timed("set_active", self.pool.run(&SetActive { id, active, entry })).await
    }

    async fn looks(&self) -> Stored<Looks> {
        timed("looks", async {
            let found = self.pool.optional(|| LOOKS.read::<(i64, i64)>()).await?;
            let (people, rooms) = found.unwrap_or_default();
            Ok(Looks {
                people: unsigned(people),
                rooms: unsigned(rooms),
            })
        })
        .await
    }
}

struct EditProfile {
    id: UserId,
    edit: ProfileEdit,
}

impl Work for EditProfile {
    type Output = Option<Profile>;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<Option<Profile>> {
        let ProfileEdit {
            display_name,
            title,
            pronouns,
            time_zone,
        } = &self.edit;
        let query = EDIT.query().bind(self.id.0).bind(title).bind(pronouns);
        query.bind(time_zone).execute(&mut *tx).await?;
        if let Some(name) = display_name {
            let query = RENAME
                .query()
                .bind(self.id.0)
                .bind(name)
                .bind(name.to_lowercase());
            if query.execute(&mut *tx).await?.rows_affected() > 0 {
                RAISE_PEOPLE.query().execute(&mut *tx).await?;
            }
        }
        let query = PROFILE.read::<Read<Profile>>().bind(self.id.0);
        Ok(query.fetch_optional(tx).await?.map(|Read(found)| found))
    }
}

struct SetAvatar {
    id: UserId,
    url: Option<String>,
}

impl Work for SetAvatar {
    type Output = bool;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<bool> {
        if !replace_avatar(self.id, self.url.as_deref(), tx).await? {
            return Ok(false);
        }
        RAISE_PEOPLE.query().execute(tx).await?;
        Ok(true)
    }
}

struct SetPassword {
    id: UserId,
    from: String,
    to: String,
}

impl Work for SetPassword {
    type Output = bool;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<bool> {
        let query = SET_PASSWORD.query().bind(self.id.0).bind(&self.from);
        Ok(query.bind(&self.to).execute(tx).await?.rows_affected() > 0)
    }
}

/// What a user may do in the workspace at large; `None`: no such user.
pub(super) async fn rank(id: UserId, tx: &mut PgConnection) -> Stored<Option<Rank>> {
    let query = RANK.read::<Read<Rank>>().bind(id.0);
    Ok(query.fetch_optional(tx).await?.map(|Read(found)| found))
}

/// Gives a user another picture, which is an upload no more; the one before is among the remains. False: no such user.
pub(super) async fn replace_avatar(id: UserId, url: Option<&str>, tx: &mut PgConnection) -> Stored<bool> {
    let query = AVATAR.scalar::<Option<String>>().bind(id.0);
    let Some(before) = query.fetch_optional(&mut *tx).await? else {
        return Ok(false);
    };
    SET_AVATAR.query().bind(id.0).bind(url).execute(&mut *tx).await?;
    if let Some(upload) = url.and_then(avatar_at) {
        attachments::end_upload(upload, id, tx).await?;
    }
    if let Some(gone) = before.as_deref().and_then(avatar_at) {
        attachments::leave(&[file_folder(gone)], tx).await?;
    }
    Ok(true)
}

/// How many own the workspace.
pub(super) async fn owners(tx: &mut PgConnection) -> Stored<u64> {
    Ok(unsigned(OWNERS.scalar().fetch_one(tx).await?))
}

/// Notes that people look otherwise.
pub(super) async fn raise_people(tx: &mut PgConnection) -> Stored<()> {
    RAISE_PEOPLE.query().execute(tx).await?;
    Ok(())
}

/// Ends a user's tokens.
pub(super) async fn delete_tokens_of(user: UserId, tx: &mut PgConnection) -> Stored<Vec<TokenId>> {
    let tokens = DELETE_TOKENS_OF
        .scalar::<Uuid>()
        .bind(user.0)
        .fetch_all(tx)
        .await?;
    Ok(tokens.into_iter().map(TokenId).collect())
}

/// Lets one change of who owns the workspace be decided after the other.
pub(super) async fn lock_owners(tx: &mut PgConnection) -> Stored<()> {
    LOCK_OWNERS.query().execute(tx).await?;
    Ok(())
}

struct SetRole {
    id: UserId,
    to: Role,
    entry: NewEntry,
}

impl Work for SetRole {
    type Output = RoleSet;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<RoleSet> {
        LOCK_OWNERS.query().execute(&mut *tx).await?;
        let (by, whom) = (rank(self.entry.actor, tx).await?, rank(self.id, tx).await?);
        let owners: i64 = OWNERS.scalar().fetch_one(&mut *tx).await?;
        if let Some(answer) = decide_role(by, whom, self.to, unsigned(owners)) {
            return Ok(answer);
        }
        let query = SET_ROLE.query().bind(self.id.0).bind(self.to.name());
        query.execute(&mut *tx).await?;
        audit::note(&self.entry, tx).await?;
        Ok(RoleSet::Set)
    }
}

struct SetActive {
    id: UserId,
    active: bool,
    entry: NewEntry,
}

impl Work for SetActive {
    type Output = ActiveSet;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<ActiveSet> {
        LOCK_OWNERS.query().execute(&mut *tx).await?;
        let (by, whom) = (rank(self.entry.actor, tx).await?, rank(self.id, tx).await?);
        if let Some(answer) = decide_active(by, whom, self.active) {
            return Ok(answer);
        }
        let at = (!self.active).then_some(self.entry.at.0);
        SET_ACTIVE
            .query()
            .bind(self.id.0)
            .bind(at)
            .execute(&mut *tx)
            .await?;
        audit::note(&self.entry, tx).await?;
        let sessions = delete_sessions_of(self.id, None, tx).await?;
        let tokens = DELETE_TOKENS_OF
            .scalar::<Uuid>()
            .bind(self.id.0)
            .fetch_all(tx)
            .await?;
        Ok(ActiveSet::Set {
            sessions,
            tokens: tokens.into_iter().map(TokenId).collect(),
        })
    }
}
