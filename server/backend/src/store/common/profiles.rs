//! Who people are and what they may do.

use async_trait::async_trait;
use chat::{Profile, Role, UserId};

use super::{
    Engine, Operation, Transaction, attachments, audit,
    credentials::{delete_sessions_of, delete_tokens_of},
    statement::{Statement, both, lock, statements},
};
use crate::store::{
    ActiveSet, Looks, NewEntry, ProfileEdit, Profiles, RoleSet, Stored,
    files::{avatar_at, file_folder},
    profiles::{Rank, decide_active, decide_role},
    rows::{unsigned, user_columns},
};

statements! {
    PROFILE = both(concat!(
        "SELECT ", user_columns!(), ", u.title, u.pronouns, u.time_zone, u.created_at FROM users u WHERE u.id = $1"
    ));
    EDIT = both(
        "UPDATE users SET title = coalesce($2, title), pronouns = coalesce($3, pronouns),
                          time_zone = coalesce($4, time_zone)
         WHERE id = $1"
    );
    RENAME = both("UPDATE users SET display_name = $2, display_key = $3 WHERE id = $1 AND display_name <> $2");
    AVATAR = Statement {
        sqlite: "SELECT avatar_url FROM users WHERE id = $1",
        postgres: "SELECT avatar_url FROM users WHERE id = $1 FOR NO KEY UPDATE",
    };
    SET_AVATAR = both("UPDATE users SET avatar_url = $2 WHERE id = $1");
    RAISE_PEOPLE = both("UPDATE looks SET version = version + 1 WHERE what = 'people'");
    SET_PASSWORD = both("UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2");
    RANK = both("SELECT role, deactivated_at IS NOT NULL AS deactivated FROM users WHERE id = $1");
    /// Those who change what owners there are do so one after another.
    LOCK_OWNERS = lock("SELECT id FROM users WHERE role = 'owner' ORDER BY id FOR NO KEY UPDATE");
    OWNERS = both("SELECT count(*) FROM users WHERE role = 'owner' AND deactivated_at IS NULL");
    SET_ROLE = both("UPDATE users SET role = $2 WHERE id = $1");
    SET_ACTIVE = both("UPDATE users SET deactivated_at = $2 WHERE id = $1");
    LOOKS = both(
        "SELECT (SELECT version FROM looks WHERE what = 'people') AS people,
                (SELECT version FROM looks WHERE what = 'rooms') AS rooms"
    );
}

#[async_trait]
impl<E: Engine> Profiles for E {
    async fn profile(&self, id: UserId) -> Stored<Option<Profile>> {
        self.row("profile", PROFILE.bind(id.0)).await
    }

    async fn edit_profile(&self, id: UserId, edit: ProfileEdit) -> Stored<Option<Profile>> {
        self.perform(EditProfile { id, edit }).await
    }

    async fn set_avatar(&self, id: UserId, url: Option<String>) -> Stored<bool> {
        self.perform(SetAvatar { id, url }).await
    }

    async fn set_password(&self, id: UserId, from: String, to: String) -> Stored<bool> {
        self.perform(SetPassword { id, from, to }).await
    }

    async fn set_role(&self, id: UserId, to: Role, entry: NewEntry) -> Stored<RoleSet> {
        self.perform(SetRole { id, to, entry }).await
    }

    async fn set_active(&self, id: UserId, active: bool, entry: NewEntry) -> Stored<ActiveSet> {
        self.perform(SetActive { id, active, entry }).await
    }

    async fn looks(&self) -> Stored<Looks> {
        Ok(self.row("looks", LOOKS).await?.unwrap_or_default())
    }
}

struct EditProfile {
    id: UserId,
    edit: ProfileEdit,
}

impl Operation for EditProfile {
    type Output = Option<Profile>;
    const NAME: &'static str = "edit_profile";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<Option<Profile>> {
        let ProfileEdit {
            display_name,
            title,
            pronouns,
            time_zone,
        } = &self.edit;
        let query = EDIT.bind(self.id.0).bind(title.as_deref());
        tx.execute(query.bind(pronouns.as_deref()).bind(time_zone.as_deref()))
            .await?;
        if let Some(name) = display_name {
            let query = RENAME.bind(self.id.0).bind(name).bind(name.to_lowercase());
            if tx.execute(query).await? > 0 {
                raise_people(tx).await?;
            }
        }
        tx.row(PROFILE.bind(self.id.0)).await
    }
}

struct SetAvatar {
    id: UserId,
    url: Option<String>,
}

impl Operation for SetAvatar {
    type Output = bool;
    const NAME: &'static str = "set_avatar";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<bool> {
        if !replace_avatar(self.id, self.url.as_deref(), tx).await? {
            return Ok(false);
        }
        raise_people(tx).await?;
        Ok(true)
    }
}

struct SetPassword {
    id: UserId,
    from: String,
    to: String,
}

impl Operation for SetPassword {
    type Output = bool;
    const NAME: &'static str = "set_password";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<bool> {
        let query = SET_PASSWORD.bind(self.id.0).bind(&self.from).bind(&self.to);
        Ok(tx.execute(query).await? > 0)
    }
}

/// What a user may do in the workspace at large; `None`: no such user.
pub(super) async fn rank(id: UserId, tx: &mut impl Transaction) -> Stored<Option<Rank>> {
    tx.row(RANK.bind(id.0)).await
}

/// Gives a user another picture, which is an upload no more; the one before is among the remains.
pub(super) async fn replace_avatar(id: UserId, url: Option<&str>, tx: &mut impl Transaction) -> Stored<bool> {
    let Some(before) = tx.cell::<Option<String>>(AVATAR.bind(id.0)).await? else {
        return Ok(false);
    };
    tx.execute(SET_AVATAR.bind(id.0).bind(url)).await?;
    if let Some(upload) = url.and_then(avatar_at) {
        attachments::end_upload(upload, id, tx).await?;
    }
    if let Some(gone) = before.as_deref().and_then(avatar_at) {
        attachments::leave(vec![file_folder(gone)], tx).await?;
    }
    Ok(true)
}

/// Lets one change of who owns the workspace be decided after the other.
pub(super) async fn lock_owners(tx: &mut impl Transaction) -> Stored<()> {
    tx.execute(LOCK_OWNERS).await?;
    Ok(())
}

/// How many own the workspace.
pub(super) async fn owners(tx: &mut impl Transaction) -> Stored<u64> {
    Ok(unsigned(tx.scalar(OWNERS).await?))
}

/// Notes that people look otherwise.
pub(super) async fn raise_people(tx: &mut impl Transaction) -> Stored<()> {
    tx.execute(RAISE_PEOPLE).await?;
    Ok(())
}

struct SetRole {
    id: UserId,
    to: Role,
    entry: NewEntry,
}

impl Operation for SetRole {
    type Output = RoleSet;
    const NAME: &'static str = "set_role";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<RoleSet> {
        lock_owners(tx).await?;
        let (by, whom) = (rank(self.entry.actor, tx).await?, rank(self.id, tx).await?);
        if let Some(answer) = decide_role(by, whom, self.to, owners(tx).await?) {
            return Ok(answer);
        }
        tx.execute(SET_ROLE.bind(self.id.0).bind(self.to.name())).await?;
        audit::note(&self.entry, tx).await?;
        Ok(RoleSet::Set)
    }
}

struct SetActive {
    id: UserId,
    active: bool,
    entry: NewEntry,
}

impl Operation for SetActive {
    type Output = ActiveSet;
    const NAME: &'static str = "set_active";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<ActiveSet> {
        lock_owners(tx).await?;
        let (by, whom) = (rank(self.entry.actor, tx).await?, rank(self.id, tx).await?);
        if let Some(answer) = decide_active(by, whom, self.active) {
            return Ok(answer);
        }
        let at = (!self.active).then_some(self.entry.at.0);
        tx.execute(SET_ACTIVE.bind(self.id.0).bind(at)).await?;
        audit::note(&self.entry, tx).await?;
        Ok(ActiveSet::Set {
            sessions: delete_sessions_of(self.id, None, tx).await?,
            tokens: delete_tokens_of(self.id, tx).await?,
        })
    }
}
