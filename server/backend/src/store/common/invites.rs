//! Invitations.

use async_trait::async_trait;
use chat::{
    InviteId, Role, RoomId, Timestamp, UserId,
    invite::{INVITES_MAX, Invite},
};

use super::{
    Engine, Operation, Transaction,
    accounts::{Admission, create_account, unless_taken},
    audit,
    rooms::join,
    statement::{Argument, Statement, both, ids, lock, sought, statements},
};
use crate::store::{Invites, NewEntry, NewInvite, NewUser, Registered, Stored};

macro_rules! invite_columns {
    () => {
        "i.id, i.code, i.role, i.rooms, i.created_at, i.expires_at, i.uses, i.uses_max, u.id AS user_id, u.username, \
         u.display_name, u.avatar_url"
    };
}

statements! {
    INSERT = both(
        "INSERT INTO invites (id, code, role, rooms, created_by, created_at, expires_at, uses, uses_max)
         SELECT $1, $2, $3, $4, $5, $6, $7, 0, $8 WHERE (SELECT count(*) FROM invites) < $9"
    );
    /// Those that have ended make room for new ones.
    FORGET_ENDED = both("DELETE FROM invites WHERE expires_at <= $1 OR uses >= uses_max");
    LIST = Statement {
        sqlite: concat!(
            "SELECT ", invite_columns!(), " FROM invites i CROSS JOIN users u ON u.id = i.created_by
             ORDER BY i.id DESC LIMIT $1"
        ),
        postgres: concat!(
            "SELECT ", invite_columns!(), " FROM invites i
             CROSS JOIN LATERAL (SELECT * FROM users WHERE id = i.created_by OFFSET 0) u
             ORDER BY i.id DESC LIMIT $1"
        ),
    };
    BY_CODE = Statement {
        sqlite: concat!(
            "SELECT ", invite_columns!(), " FROM invites i CROSS JOIN users u ON u.id = i.created_by WHERE i.code = $1"
        ),
        postgres: concat!(
            "SELECT ", invite_columns!(), " FROM invites i
             CROSS JOIN LATERAL (SELECT * FROM users WHERE id = i.created_by OFFSET 0) u WHERE i.code = $1"
        ),
    };
    DELETE = both("DELETE FROM invites WHERE id = $1");
    USE = both("UPDATE invites SET uses = uses + 1 WHERE id = $1");
    /// Those of the rooms that people can be brought into.
    OPEN = Statement {
        sqlite: "SELECT r.id FROM json_each($1) j CROSS JOIN rooms r ON r.id = unhex(j.value)
                 WHERE r.kind = 'channel' AND r.archived_at IS NULL",
        postgres: "SELECT r.id FROM rooms r
                   WHERE r.id = ANY ($1) AND r.kind = 'channel' AND r.archived_at IS NULL ORDER BY r.id",
    };
    /// Those who use one invitation at once count one after another.
    LOCK = lock("SELECT id FROM invites WHERE code = $1 FOR NO KEY UPDATE");
}

#[async_trait]
impl<E: Engine> Invites for E {
    async fn insert_invite(&self, invite: NewInvite, most: u64, entry: NewEntry) -> Stored<bool> {
        self.perform(InsertInvite { invite, most, entry }).await
    }

    async fn invites(&self) -> Stored<Vec<Invite>> {
        self.rows("invites", LIST.bind(INVITES_MAX)).await
    }

    async fn invite_by_code(&self, code: &str) -> Stored<Option<Invite>> {
        self.row("invite_by_code", BY_CODE.bind(sought(code))).await
    }

    async fn delete_invite(&self, id: InviteId, entry: NewEntry) -> Stored<bool> {
        self.perform(DeleteInvite { id, entry }).await
    }

    async fn create_invited(&self, user: NewUser, code: &str) -> Stored<Registered> {
        let code = code.to_owned();
        unless_taken(self.perform(CreateInvited { user, code }).await)
    }

    async fn accept_invite(&self, code: &str, user: UserId, at: Timestamp) -> Stored<Option<Vec<RoomId>>> {
        let code = code.to_owned();
        self.perform(AcceptInvite { code, user, at }).await
    }
}

struct InsertInvite {
    invite: NewInvite,
    most: u64,
    entry: NewEntry,
}

impl Operation for InsertInvite {
    type Output = bool;
    const NAME: &'static str = "insert_invite";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<bool> {
        let new = &self.invite;
        tx.execute(FORGET_ENDED.bind(new.created_at.0)).await?;
        let rooms = new.rooms.iter().map(|room| room.0).collect();
        let query = INSERT.bind(new.id.0).bind(&new.code).bind(new.role.name());
        let query = query.bind(Argument::Column(rooms)).bind(new.created_by.0);
        let query = query
            .bind(new.created_at.0)
            .bind(new.expires_at.map(|at| at.0))
            .bind(new.uses_max.map(i64::from));
        if tx.execute(query.bind(self.most)).await? == 0 {
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

impl Operation for DeleteInvite {
    type Output = bool;
    const NAME: &'static str = "delete_invite";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<bool> {
        if tx.execute(DELETE.bind(self.id.0)).await? == 0 {
            return Ok(false);
        }
        audit::note(&self.entry, tx).await?;
        Ok(true)
    }
}

/// The invitation of this code, if it is valid.
async fn valid(code: &str, now: Timestamp, tx: &mut impl Transaction) -> Stored<Option<Invite>> {
    tx.execute(LOCK.bind(sought(code))).await?;
    let found: Option<Invite> = tx.row(BY_CODE.bind(sought(code))).await?;
    Ok(found.filter(|invite| invite.is_valid(now)))
}

/// Brings a user into the rooms of an invitation that still take people; gives those that are new to the user.
async fn bring(
    invite: &Invite,
    user: UserId,
    at: Timestamp,
    tx: &mut impl Transaction,
) -> Stored<Vec<RoomId>> {
    let open = tx
        .column(OPEN.bind(ids(invite.rooms.iter().map(|room| room.0))))
        .await?;
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

impl Operation for CreateInvited {
    type Output = Registered;
    const NAME: &'static str = "create_invited";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<Registered> {
        let at = self.user.created_at;
        let Some(invite) = valid(&self.code, at, tx).await? else {
            return Ok(Registered::NotInvited);
        };
        let admission = Admission {
            role: invite.role,
            everyone: invite.role != Role::Guest,
            only_first: false,
        };
        match create_account(&self.user, admission, tx).await? {
            Registered::Created { user, mut rooms } => {
                tx.execute(USE.bind(invite.id.0)).await?;
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

impl Operation for AcceptInvite {
    type Output = Option<Vec<RoomId>>;
    const NAME: &'static str = "accept_invite";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<Option<Vec<RoomId>>> {
        let Some(invite) = valid(&self.code, self.at, tx).await? else {
            return Ok(None);
        };
        let joined = bring(&invite, self.user, self.at, tx).await?;
        if !joined.is_empty() {
            tx.execute(USE.bind(invite.id.0)).await?;
        }
        Ok(Some(joined))
    }
}
