//! Who people are and what they may do.

use async_trait::async_trait;
use chat::{Profile, Role, TokenId, UserId};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    SqliteStore, attachments, audit,
    credentials::delete_sessions_of,
    rows::{Read, user_columns},
    statement::statements,
    writer::Job,
};
use crate::store::{
    ActiveSet, Looks, NewEntry, ProfileEdit, Profiles, RoleSet, Stored,
    files::{avatar_at, file_folder},
    people::{Rank, decide_active, decide_role},
    timed::timed,
};

statements! {
    PROFILE = concat!(
        "SELECT ", user_columns!(), ", u.title, u.pronouns, u.time_zone, u.created_at FROM users u WHERE u.id = ?1"
    );
    EDIT = "UPDATE users SET title = ifnull(?2, title), pronouns = ifnull(?3, pronouns),
                             time_zone = ifnull(?4, time_zone)
            WHERE id = ?1";
    RENAME = "UPDATE users SET display_name = ?2, display_key = ?3 WHERE id = ?1 AND display_name <> ?2";
    AVATAR = "SELECT avatar_url FROM users WHERE id = ?1";
    SET_AVATAR = "UPDATE users SET avatar_url = ?2 WHERE id = ?1";
    RAISE_PEOPLE = "UPDATE looks SET version = version + 1 WHERE what = 'people'";
    SET_PASSWORD = "UPDATE users SET password_hash = ?3 WHERE id = ?1 AND password_hash = ?2";
    RANK = "SELECT role, deactivated_at IS NOT NULL AS deactivated FROM users WHERE id = ?1";
    OWNERS = "SELECT count(*) FROM users WHERE role = 'owner' AND deactivated_at IS NULL";
    SET_ROLE = "UPDATE users SET role = ?2 WHERE id = ?1";
    SET_ACTIVE = "UPDATE users SET deactivated_at = ?2 WHERE id = ?1";
    DELETE_TOKENS_OF = "DELETE FROM tokens WHERE user = ?1 RETURNING id";
    LOOKS = "SELECT max(version) FILTER (WHERE what = 'people'), max(version) FILTER (WHERE what = 'rooms')
             FROM looks WHERE what IN ('people', 'rooms')";
}

#[async_trait]
impl Profiles for SqliteStore {
    async fn profile(&self, id: UserId) -> Stored<Option<Profile>> {
        timed("profile", async {
            let query = PROFILE.read::<Read<Profile>>().bind(id.0);
            Ok(query.fetch_optional(&self.reads).await?.map(|Read(found)| found))
        })
        .await
    }

    async fn edit_profile(&self, id: UserId, edit: ProfileEdit) -> Stored<Option<Profile>> {
        self.write(EditProfile { id, edit }).await
    }

    async fn set_avatar(&self, id: UserId, url: Option<String>) -> Stored<bool> {
        self.write(SetAvatar { id, url }).await
    }

    async fn set_password(&self, id: UserId, from: String, to: String) -> Stored<bool> {
        self.write(SetPassword { id, from, to }).await
    }

    async fn set_role(&self, id: UserId, to: Role, entry: NewEntry) -> Stored<RoleSet> {
        self.write(SetRole { id, to, entry }).await
    }

    async fn set_active(&self, id: UserId, active: bool, entry: NewEntry) -> Stored<ActiveSet> {
        self.write(SetActive { id, active, entry }).await
    }

    async fn looks(&self) -> Stored<Looks> {
        timed("looks", async {
            let (people, rooms) = LOOKS.read::<(u64, u64)>().fetch_one(&self.reads).await?;
            Ok(Looks { people, rooms })
        })
        .await
    }
}

struct EditProfile {
    id: UserId,
    edit: ProfileEdit,
}

impl Job for EditProfile {
    type Output = Option<Profile>;
    const OP: &'static str = "edit_profile";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Option<Profile>> {
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

impl Job for SetAvatar {
    type Output = bool;
    const OP: &'static str = "set_avatar";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<bool> {
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

impl Job for SetPassword {
    type Output = bool;
    const OP: &'static str = "set_password";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<bool> {
        let query = SET_PASSWORD.query().bind(self.id.0).bind(&self.from);
        Ok(query.bind(&self.to).execute(tx).await?.rows_affected() > 0)
    }
}

/// What a user may do in the workspace at large; `None`: no such user.
pub(super) async fn rank(id: UserId, tx: &mut SqliteConnection) -> Stored<Option<Rank>> {
    let query = RANK.read::<Read<Rank>>().bind(id.0);
    Ok(query.fetch_optional(tx).await?.map(|Read(found)| found))
}

/// Gives a user another picture, which is an upload no more; the one before is among the remains. False: no such user.
pub(super) async fn replace_avatar(id: UserId, url: Option<&str>, tx: &mut SqliteConnection) -> Stored<bool> {
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
pub(super) async fn owners(tx: &mut SqliteConnection) -> Stored<u64> {
    Ok(OWNERS.scalar().fetch_one(tx).await?)
}

/// Notes that people look otherwise.
pub(super) async fn raise_people(tx: &mut SqliteConnection) -> Stored<()> {
    RAISE_PEOPLE.query().execute(tx).await?;
    Ok(())
}

/// Ends a user's tokens.
pub(super) async fn delete_tokens_of(user: UserId, tx: &mut SqliteConnection) -> Stored<Vec<TokenId>> {
    let tokens = DELETE_TOKENS_OF
        .scalar::<Uuid>()
        .bind(user.0)
        .fetch_all(tx)
        .await?;
    Ok(tokens.into_iter().map(TokenId).collect())
}

struct SetRole {
    id: UserId,
    to: Role,
    entry: NewEntry,
}

impl Job for SetRole {
    type Output = RoleSet;
    const OP: &'static str = "set_role";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<RoleSet> {
        let (by, whom) = (rank(self.entry.actor, tx).await?, rank(self.id, tx).await?);
        let owners: u64 = OWNERS.scalar().fetch_one(&mut *tx).await?;
        if let Some(answer) = decide_role(by, whom, self.to, owners) {
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

impl Job for SetActive {
    type Output = ActiveSet;
    const OP: &'static str = "set_active";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<ActiveSet> {
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
