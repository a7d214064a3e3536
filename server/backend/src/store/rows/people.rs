//! People, and how they sign in.

use chat::{Author, Custom, Notify, Profile, Quiet, SessionId, Timestamp, TokenId, User, UserId};
use uuid::Uuid;

use super::{
    columns::{Columns, FromColumns, part},
    text::{hash, level, role, unknown},
};
use crate::store::{Listener, Looks, SessionRecord, Subscription, TokenRecord, profiles::Rank};

impl FromColumns for Author {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            id: UserId(row.value("user_id")?),
            username: row.value("username")?,
            display_name: row.value("display_name")?,
            avatar_url: row.value("avatar_url")?,
        })
    }
}

impl FromColumns for User {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        let author = part(row)?;
        Ok(Self {
            author,
            role: role(row.text("role")?)?,
            deactivated: row.value("deactivated")?,
            status: None,
            custom: custom(row)?,
            bot: row.value("bot")?,
        })
    }
}

impl FromColumns for (User, String) {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        let user = part(row)?;
        Ok((user, row.value("password_hash")?))
    }
}

impl FromColumns for (SessionRecord, User) {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        let user: User = part(row)?;
        let session = SessionRecord {
            id: SessionId(row.value("id")?),
            hash: hash(row.bytes("hash")?)?,
            user: user.author.id,
            created_at: Timestamp(row.value("created_at")?),
            seen_at: Timestamp(row.value("seen_at")?),
            agent: row.value::<Option<String>>("agent")?.unwrap_or_default(),
        };
        Ok((session, user))
    }
}

impl FromColumns for SessionRecord {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            id: SessionId(row.value("id")?),
            hash: hash(row.bytes("hash")?)?,
            user: UserId(row.value("user")?),
            created_at: Timestamp(row.value("created_at")?),
            seen_at: Timestamp(row.value("seen_at")?),
            agent: row.value::<Option<String>>("agent")?.unwrap_or_default(),
        })
    }
}

/// A user with what he or she tells of himself or herself.
impl FromColumns for Profile {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        let text = |column| Ok::<_, sqlx::Error>(row.value::<Option<String>>(column)?.unwrap_or_default());
        Ok(Self {
            user: part(row)?,
            title: text("title")?,
            pronouns: text("pronouns")?,
            time_zone: text("time_zone")?,
            created_at: Timestamp(row.value("created_at")?),
        })
    }
}

impl FromColumns for Looks {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            people: row.number("people")?,
            rooms: row.number("rooms")?,
        })
    }
}

/// What someone may do in the workspace at large.
impl FromColumns for Rank {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            role: role(row.text("role")?)?,
            deactivated: row.value("deactivated")?,
        })
    }
}

impl FromColumns for TokenRecord {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok(Self {
            id: TokenId(row.value("id")?),
            hash: hash(row.bytes("hash")?)?,
            user: UserId(row.value("user")?),
            name: row.value("name")?,
            created_at: Timestamp(row.value("created_at")?),
        })
    }
}

impl FromColumns for (TokenRecord, User) {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        Ok((part(row)?, part(row)?))
    }
}

impl FromColumns for Quiet {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        let minute = |column| -> sqlx::Result<Option<u16>> {
            let minute: Option<i64> = row.value(column)?;
            Ok(minute.and_then(|minute| u16::try_from(minute).ok()))
        };
        Ok(Self {
            until: row.value::<Option<i64>>("quiet_until")?.map(Timestamp),
            daily: minute("quiet_from")?.zip(minute("quiet_to")?),
        })
    }
}

impl FromColumns for Listener {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        let subscription = Subscription {
            endpoint: row.value("endpoint")?,
            user: UserId(row.value("user")?),
            session: row.value::<Option<Uuid>>("session")?.map(SessionId),
            key: row.value("key")?,
            secret: row.value("secret")?,
            created_at: Timestamp(row.value("created_at")?),
        };
        Ok(Self {
            notify: Notify {
                level: level(row.maybe_text("level")?)?,
                muted: row.value::<Option<bool>>("muted")?.unwrap_or(false),
            },
            quiet: part(row)?,
            subscription,
        })
    }
}

impl FromColumns for (UserId, Custom) {
    fn from_columns(row: &impl Columns) -> sqlx::Result<Self> {
        let custom = custom(row)?.ok_or_else(|| unknown("status", "none"))?;
        Ok((UserId(row.value("user_id")?), custom))
    }
}

/// What a user says of himself or herself.
fn custom(row: &impl Columns) -> sqlx::Result<Option<Custom>> {
    let text: Option<String> = row.value("status_text")?;
    let emoji: Option<String> = row.value("status_emoji")?;
    let until: Option<i64> = row.value("status_until")?;
    Ok(text.zip(emoji).map(|(text, emoji)| Custom {
        text,
        emoji,
        until: until.map(Timestamp),
    }))
}

/// The user whose columns begin with `prefix`; `None`: there is none.
pub(super) fn author_as(prefix: &str, row: &impl Columns) -> sqlx::Result<Option<Author>> {
    let column = |name: &str| format!("{prefix}_{name}");
    let Some(id) = row.value::<Option<Uuid>>(&column("id"))? else {
        return Ok(None);
    };
    Ok(Some(Author {
        id: UserId(id),
        username: row.value(&column("username"))?,
        display_name: row.value(&column("display_name"))?,
        avatar_url: row.value(&column("avatar_url"))?,
    }))
}

/// The same where there is always one.
pub(super) fn known_author_as(prefix: &str, row: &impl Columns) -> sqlx::Result<Author> {
    author_as(prefix, row)?.ok_or_else(|| unknown(prefix, "nobody"))
}
