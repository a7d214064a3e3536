//! Invitations.

use async_trait::async_trait;
use chat::{
    InviteId, Role, RoomId, Timestamp, UserId,
    invite::{INVITES_MAX, Invite},
};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    SqliteStore, accounts, audit,
    rooms::join,
    rows::{Read, all, integer, json_ids, pack},
    statement::statements,
    writer::Job,
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
              SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8 WHERE (SELECT count(*) FROM invites) < ?9";
    /// Those that have ended make room for new ones.
    FORGET_ENDED = "DELETE FROM invites WHERE expires_at <= ?1 OR uses >= uses_max";
    LIST = concat!(
        "SELECT ", invite_columns!(), " FROM invites i CROSS JOIN users u ON u.id = i.created_by
         ORDER BY i.id DESC LIMIT ?1"
    );
    BY_CODE = concat!(
        "SELECT ", invite_columns!(), " FROM invites i CROSS JOIN users u ON u.id = i.created_by WHERE i.code = ?1"
    );
    DELETE = "DELETE FROM invites WHERE id = ?1";
    USE = "UPDATE invites SET uses = uses + 1 WHERE id = ?1";
    /// Those of the rooms that people can be brought into.
    OPEN = "SELECT r.id FROM json_each(?1) j CROSS JOIN rooms r ON r.id = unhex(j.value)
            WHERE r.kind = 'channel' AND r.archived_at IS NULL";
}

#[async_trait]
impl Invites for SqliteStore {
    async fn insert_invite(&self, invite: NewInvite, most: u64, entry: NewEntry) -> Stored<bool> {
        self.write(InsertInvite { invite, most, entry }).await
    }

    async fn invites(&self) -> Stored<Vec<Invite>> {
        timed("invites", async {
            let query = LIST.read::<Read<Invite>>().bind(integer(INVITES_MAX));
            Ok(all(query.fetch_all(&self.reads).await?))
        })
        .await
    }

    async fn invite_by_code(&self, code: &str) -> Stored<Option<Invite>> {
        timed("invite_by_code", async {
            let query = BY_CODE.read::<Read<Invite>>().bind(code);
            Ok(query.fetch_optional(&self.reads).await?.map(|Read(found)| found))
        })
        .await
    }

    async fn delete_invite(&self, id: InviteId, entry: NewEntry) -> Stored<bool> {
        self.write(DeleteInvite { id, entry }).await
    }

    async fn create_invited(&self, user: NewUser, code: &str) -> Stored<Registered> {
        let code = code.to_owned();
        self.write(CreateInvited { user, code }).await
    }

    async fn accept_invite(&self, code: &str, user: UserId, at: Timestamp) -> Stored<Option<Vec<RoomId>>> {
        let code = code.to_owned();
        self.write(AcceptInvite { code, user, at }).await
    }
}

struct InsertInvite {
    invite: NewInvite,
    most: u64,
    entry: NewEntry,
}

impl Job for InsertInvite {
    type Output = bool;
    const OP: &'static str = "insert_invite";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<bool> {
        let new = &self.invite;
        let query = FORGET_ENDED.query().bind(new.created_at.0);
        query.execute(&mut *tx).await?;
        let query = INSERT
            .query()
            .bind(new.id.0)
            .bind(&new.code)
            .bind(new.role.name())
            .bind(pack_rooms(&new.rooms));
        let query = query
            .bind(new.created_by.0)
            .bind(new.created_at.0)
            .bind(new.expires_at.map(|at| at.0));
        let query = query.bind(new.uses_max).bind(integer(self.most));
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

impl Job for DeleteInvite {
    type Output = bool;
    const OP: &'static str = "delete_invite";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<bool> {
        let query = DELETE.query().bind(self.id.0);
        if query.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        audit::note(&self.entry, tx).await?;
        Ok(true)
    }
}

/// The invitation of this code, if it is valid.
async fn valid(code: &str, now: Timestamp, tx: &mut SqliteConnection) -> Stored<Option<Invite>> {
    let query = BY_CODE.read::<Read<Invite>>().bind(code);
    let found = query.fetch_optional(tx).await?.map(|Read(found)| found);
    Ok(found.filter(|invite| invite.is_valid(now)))
}

/// Brings a user into the rooms of an invitation that still take people; gives those that are new to the user.
async fn bring(
    invite: &Invite,
    user: UserId,
    at: Timestamp,
    tx: &mut SqliteConnection,
) -> Stored<Vec<RoomId>> {
    let query = OPEN.scalar::<Uuid>();
    let ids = json_ids(invite.rooms.iter().map(|room| room.0));
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

impl Job for CreateInvited {
    type Output = Registered;
    const OP: &'static str = "create_invited";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Registered> {
        let at = self.user.created_at;
        let Some(invite) = valid(&self.code, at, tx).await? else {
            return Ok(Registered::NotInvited);
        };
        let everyone = invite.role != Role::Guest;
        match accounts::create_as(&self.user, invite.role, everyone, tx).await? {
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

impl Job for AcceptInvite {
    type Output = Option<Vec<RoomId>>;
    const OP: &'static str = "accept_invite";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Option<Vec<RoomId>>> {
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

fn pack_rooms(rooms: &[RoomId]) -> Vec<u8> {
    pack(rooms.iter().map(|room| UserId(room.0)))
}
