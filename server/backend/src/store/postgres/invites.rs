//! Invitations.

use async_trait::async_trait;
use chat::{
    InviteId, Role, RoomId, Timestamp, UserId,
    invite::{INVITES_MAX, Invite},
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore,
    accounts::{Admission, create_as, unless_taken},
    audit,
    pool::Work,
    rooms::join,
    rows::{Read, all, integer, sought},
    statement::statements,
};
use crate::store::{Invites, NewEntry, NewInvite, NewUser, Registered, Stored, timed::timed};

macro_rules! invite_columns {
    () => {
        "i.id, i.code, i.role, i.rooms, i.created_at, i.expires_at, i.uses, i.uses_max, u.id AS user_id, u.username, \
         u.display_name, u.avatar_url"
    };
}

statements! {
    INSERT = "INSERT INTO invites (id, code, role, rooms, created_by, created_at, expires_at, uses, uses_max)
              SELECT $1, $2, $3, $4, $5, $6, $7, 0, $8
              WHERE (SELECT count(*) FROM invites) < $9";
    /// Those that have ended make room for new ones.
    FORGET_ENDED = "DELETE FROM invites WHERE expires_at <= $1 OR uses >= uses_max";
    LIST = concat!(
        "SELECT ", invite_columns!(), " FROM invites i
         CROSS JOIN LATERAL (SELECT * FROM users WHERE id = i.created_by OFFSET 0) u
         ORDER BY i.id DESC LIMIT $1"
    );
    BY_CODE = concat!(
        "SELECT ", invite_columns!(), " FROM invites i
         CROSS JOIN LATERAL (SELECT * FROM users WHERE id = i.created_by OFFSET 0) u WHERE i.code = $1"
    );
    DELETE = "DELETE FROM invites WHERE id = $1";
    USE = "UPDATE invites SET uses = uses + 1 WHERE id = $1";
    /// Those of the rooms that people can be brought into.
    OPEN = "SELECT r.id FROM rooms r
            WHERE r.id = ANY ($1) AND r.kind = 'channel' AND r.archived_at IS NULL ORDER BY r.id";
    /// Those who use one invitation at once count one after another.
    LOCK = "SELECT id FROM invites WHERE code = $1 FOR NO KEY UPDATE";
}

#[async_trait]
impl Invites for PostgresStore {
    async fn insert_invite(&self, invite: NewInvite, most: u64, entry: NewEntry) -> Stored<bool> {
        timed(
            "insert_invite",
            self.pool.run(&InsertInvite { invite, most, entry }),
        )
        .await
    }

    async fn invites(&self) -> Stored<Vec<Invite>> {
        timed("invites", async {
            let query = || LIST.read::<Read<Invite>>().bind(integer(INVITES_MAX));
            Ok(all(self.pool.rows(query).await?))
        })
        .await
    }

    async fn invite_by_code(&self, code: &str) -> Stored<Option<Invite>> {
        timed("invite_by_code", async {
            let code = sought(code);
            let query = || BY_CODE.read::<Read<Invite>>().bind(&code);
            Ok(self.pool.optional(query).await?.map(|Read(found)| found))
        })
        .await
    }

    async fn delete_invite(&self, id: InviteId, entry: NewEntry) -> Stored<bool> {
        timed("delete_invite", self.pool.run(&DeleteInvite { id, entry })).await
    }

    async fn create_invited(&self, user: NewUser, code: &str) -> Stored<Registered> {
        let code = sought(code);
        timed("create_invited", async {
            unless_taken(self.pool.run(&CreateInvited { user, code }).await)
        })
        .await
    }

    async fn accept_invite(&self, code: &str, user: UserId, at: Timestamp) -> Stored<Option<Vec<RoomId>>> {
        let code = sought(code);
        timed("accept_invite", self.pool.run(&AcceptInvite { code, user, at })).await
    }
}

struct InsertInvite {
    invite: NewInvite,
    most: u64,
    entry: NewEntry,
}

impl Work for InsertInvite {
    type Output = bool;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<bool> {
        let new = &self.invite;
        let query = FORGET_ENDED.query().bind(new.created_at.0);
        query.execute(&mut *tx).await?;
        let query = INSERT
            .query()
            .bind(new.id.0)
            .bind(&new.code)
            .bind(new.role.name())
            .bind(new.rooms.iter().map(|room| room.0).collect::<Vec<_>>());
        let query = query
            .bind(new.created_by.0)
            .bind(new.created_at.0)
            .bind(new.expires_at.map(|at| at.0));
        let query = query.bind(new.uses_max.map(i64::from)).bind(integer(self.most));
        if query.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        audit::note(&self.entry, tx).await?;
        Ok(true)
    }
}

struct DeleteInvite {
    id: InviteId,
    entry: NewEntry,
}

impl Work for DeleteInvite {
    type Output = bool;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<bool> {
        let query = DELETE.query().bind(self.id.0);
        if query.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        audit::note(&self.entry, tx).await?;
        Ok(true)
    }
}

/// The invitation of this code, if it is valid.
async fn valid(code: &str, now: Timestamp, tx: &mut PgConnection) -> Stored<Option<Invite>> {
    LOCK.query().bind(code).execute(&mut *tx).await?;
    let query = BY_CODE.read::<Read<Invite>>().bind(code);
    let found = query.fetch_optional(tx).await?.map(|Read(found)| found);
    Ok(found.filter(|invite| invite.is_valid(now)))
}

/// Brings a user into the rooms of an invitation that still take people; gives those that are new to the user.
async fn bring(invite: &Invite, user: UserId, at: Timestamp, tx: &mut PgConnection) -> Stored<Vec<RoomId>> {
    let query = OPEN.scalar::<Uuid>();
    let ids: Vec<Uuid> = invite.rooms.iter().map(|room| room.0).collect();
    let open: Vec<Uuid> = query.bind(ids).fetch_all(&mut *tx).await?;
    let mut joined = Vec::new();
    for room in open.into_iter().map(RoomId) {
        if !join(room, [user], at, tx).await?.is_empty() {
            joined.push(room);
        }
    }
    Ok(joined)
}

struct CreateInvited {
    user: NewUser,
    code: String,
}

impl Work for CreateInvited {
    type Output = Registered;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<Registered> {
        let at = self.user.created_at;
        let Some(invite) = valid(&self.code, at, tx).await? else {
            return Ok(Registered::NotInvited);
        };
        let admission = Admission {
            role: invite.role,
            everyone: invite.role != Role::Guest,
            only_first: false,
        };
        match create_as(&self.user, admission, tx).await? {
            Registered::Created { user, mut rooms } => {
                USE.query().bind(invite.id.0).execute(&mut *tx).await?;
                rooms.extend(bring(&invite, self.user.id, at, tx).await?);
                Ok(Registered::Created { user, rooms })
            }
            refused => Ok(refused),
        }
    }
}

struct AcceptInvite {
    code: String,
    user: UserId,
    at: Timestamp,
}

impl Work for AcceptInvite {
    type Output = Option<Vec<RoomId>>;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<Option<Vec<RoomId>>> {
        let Some(invite) = valid(&self.code, self.at, tx).await? else {
            return Ok(None);
        };
        let joined = bring(&invite, self.user, self.at, tx).await?;
        if !joined.is_empty() {
            USE.query().bind(invite.id.0).execute(tx).await?;
        }
        Ok(Some(joined))
    }
}
