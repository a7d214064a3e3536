//! What is done to people by those who may: roles, closing accounts and opening them again.

use std::sync::Arc;

use chat::{Code, Profile, Role, UserId, audit::Deed, permission::Service};

use crate::{
    Backend, Caller, Event, Problem, Result,
    audit::entry,
    room::serve,
    store::{ActiveSet, RoleSet},
};

impl Backend {
    /// Gives a user a role; nobody one above the caller's own, and the last owner stays one.
    ///
    /// # Errors
    /// `forbidden`, `user_not_found`, `last_owner`, `unavailable`.
    pub async fn set_role(self: &Arc<Self>, caller: &Caller, user: UserId, role: Role) -> Result<Profile> {
        // An owner's own stepping down is the caller's right as well.
        serve(caller, Service::Staff)?;
        let entry = entry(caller, Deed::RoleChanged, Some(user), None, role.name());
        self.carry_through(move |backend| async move {
            match backend.store.set_role(user, role, entry).await? {
                RoleSet::Set => backend.tell_user_changed(user).await?,
                RoleSet::Kept => {}
                RoleSet::NotFound => return Err(Code::UserNotFound.into()),
                RoleSet::Forbidden => return Err(Code::Forbidden.into()),
                RoleSet::LastOwner => return Err(Code::LastOwner.into()),
            }
            backend.find_profile(user).await
        })
        .await
    }

    /// Closes an account, which ends its sessions, tokens and connections, or opens it again. Messages and name stay.
    ///
    /// # Errors
    /// `forbidden`, also for one's own account; `user_not_found`, `unavailable`.
    pub async fn set_active(
        self: &Arc<Self>,
        caller: &Caller,
        user: UserId,
        active: bool,
    ) -> Result<Profile> {
        serve(caller, Service::Staff)?;
        if user == caller.id() {
            return Err(Problem::because(
                Code::Forbidden,
                "Nobody deactivates their own account",
            ));
        }
        let deed = if active {
            Deed::Reactivated
        } else {
            Deed::Deactivated
        };
        let entry = entry(caller, deed, Some(user), None, "");
        self.carry_through(move |backend| async move {
            match backend.store.set_active(user, active, entry).await? {
                ActiveSet::Set { sessions, tokens } => {
                    for session in sessions {
                        backend.end_and_tell(session).await?;
                    }
                    for token in tokens {
                        backend.tokens.forget();
                        backend.bus.publish(Event::TokenRevoked { token }).await;
                    }
                }
                ActiveSet::Kept => {}
                ActiveSet::NotFound => return Err(Code::UserNotFound.into()),
                ActiveSet::Forbidden => return Err(Code::Forbidden.into()),
            }
            backend.find_profile(user).await
        })
        .await
    }
}
