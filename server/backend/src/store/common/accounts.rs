//! How an account begins.

use chat::{Author, Role, RoomId, User, room::GENERAL, username::skeleton};
use uuid::Uuid;

use super::{
    Operation, Transaction,
    rooms::{create_channel, join},
    statement::{both, lock, statements},
};
use crate::store::{NewChannel, NewUser, Registered, StoreError, Stored};

/// The most users of one statement.
const USERS_AT_ONCE: usize = 1_000;

statements! {
    /// What a registration depends on.
    STANDING = both(
        "SELECT EXISTS (SELECT 1 FROM users) AS anyone,
                EXISTS (SELECT 1 FROM users WHERE skeleton = $1) AS taken,
                (SELECT id FROM rooms WHERE slug = $2) AS general"
    );
    /// Lets one registration after the other find out whether it is the first. The number says nothing; it is the
    /// lock's name within this database, and ends with the transaction.
    LOCK_FIRST = lock("SELECT pg_advisory_xact_lock(7310579621301)");
    TAKEN = both("SELECT EXISTS (SELECT 1 FROM users WHERE skeleton = $1)");
}

/// The names of the constraints in PostgreSQL's schema.
const USERNAME_INDEX: &str = "users_username_key_key";
const SKELETON_INDEX: &str = "users_skeleton_key";

/// Creates a user.
pub(in crate::store) struct CreateUser {
    pub(in crate::store) user: NewUser,
    pub(in crate::store) only_first: bool,
}

impl Operation for CreateUser {
    type Output = Registered;
    const NAME: &'static str = "create_user";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<Registered> {
        let admission = Admission {
            role: Role::Member,
            everyone: true,
            only_first: self.only_first,
        };
        create_account(&self.user, admission, tx).await
    }
}

/// Creates members who are in no room, whose names are free.
pub(in crate::store) struct CreateUsers(pub(in crate::store) Vec<NewUser>);

impl Operation for CreateUsers {
    type Output = ();
    const NAME: &'static str = "create_users";
    const BULK: bool = true;

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<()> {
        for users in self.0.chunks(USERS_AT_ONCE) {
            tx.insert_users(users, Role::Member).await?;
        }
        Ok(())
    }
}

/// As what a user is created.
#[derive(Clone, Copy)]
pub(super) struct Admission {
    /// The role, unless it is the first user, who is the owner.
    pub(super) role: Role,
    /// Whether the user becomes a member of the room for everybody.
    pub(super) everyone: bool,
    /// Whether anyone but the first is refused.
    pub(super) only_first: bool,
}

/// Creates a user, with the room for everybody where it is the first one.
pub(super) async fn create_account(
    user: &NewUser,
    admission: Admission,
    tx: &mut impl Transaction,
) -> Stored<Registered> {
    let (anyone, taken, general) = standing(user, tx).await?;
    if anyone && admission.only_first {
        return Ok(Registered::Closed);
    }
    if taken {
        return Ok(Registered::Taken);
    }
    let role = if anyone { admission.role } else { Role::Owner };
    tx.insert_users(std::slice::from_ref(user), role).await?;
    let rooms = match general.map(RoomId) {
        Some(general) if admission.everyone => {
            join(general, [user.id], user.created_at, tx).await?;
            vec![general]
        }
        None if !anyone => {
            create_channel(&NewChannel::general(user), tx).await?;
            vec![user.general]
        }
        _ => Vec::new(),
    };
    Ok(Registered::Created {
        user: created(user, role),
        rooms,
    })
}

/// Whether there is anyone, whether the name is taken, and the channel that everybody is in.
type Standing = (bool, bool, Option<Uuid>);

/// Where nobody is yet, the others who see the same have to wait until this one is done.
async fn standing(user: &NewUser, tx: &mut impl Transaction) -> Stored<Standing> {
    let ask = || STANDING.bind(skeleton(&user.username)).bind(GENERAL);
    let mut standing = tx.fetch_optional::<Standing>(ask()).await?;
    if !standing.is_some_and(|(anyone, ..)| anyone) {
        tx.execute(LOCK_FIRST).await?;
        standing = tx.fetch_optional(ask()).await?;
    }
    standing.ok_or_else(|| StoreError::failed("a question without a row"))
}

fn created(user: &NewUser, role: Role) -> User {
    User {
        author: Author {
            id: user.id,
            username: user.username.clone(),
            display_name: user.display_name.clone(),
            avatar_url: None,
        },
        role,
        deactivated: false,
        status: None,
        custom: None,
        bot: false,
    }
}

/// `result`, unless another registration of the same name was first: both had found it free.
pub(in crate::store) fn unless_taken(result: Stored<Registered>) -> Stored<Registered> {
    match result {
        Err(error) if matches!(error.taken(), Some(USERNAME_INDEX | SKELETON_INDEX)) => Ok(Registered::Taken),
        result => result,
    }
}

/// Creates a member who is in no room yet; false: the username, or one that looks like it, is taken.
pub(super) async fn insert_member(user: &NewUser, tx: &mut impl Transaction) -> Stored<bool> {
    let taken: bool = tx.scalar(TAKEN.bind(skeleton(&user.username))).await?;
    if !taken {
        tx.insert_users(std::slice::from_ref(user), Role::Member).await?;
    }
    Ok(!taken)
}
