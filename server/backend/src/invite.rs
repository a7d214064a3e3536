//! Invitations: links that let people in.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chat::{
    Code, InviteId, Problem, Role, RoomId, RoomKind, Timestamp,
    audit::Deed,
    invite::{CODE_CHARS_MAX, EXPIRES_IN_S_MAX, INVITES_MAX, Invite, ROOMS_MAX, USES_MAX},
    permission::{Action, Service},
    quota::Quota,
};

use crate::{
    Backend, Caller, Result,
    audit::entry,
    room::serve,
    stamp::{new_id, now},
    store::NewInvite,
};

/// An invitation to make, as it came in.
#[derive(Clone, Debug, Default)]
pub struct InviteDraft {
    /// What those become who use it; `None`: members.
    pub role: Option<Role>,
    /// The rooms that they come into.
    pub rooms: Vec<RoomId>,
    /// After how many seconds it ends; `None`: it does not.
    pub expires_in_s: Option<u64>,
    /// How often it can be used; `None`: as often as anyone likes.
    pub uses_max: Option<u32>,
}

impl Backend {
    /// Makes an invitation.
    ///
    /// # Errors
    /// `forbidden`, `invalid` with the field at fault, `room_not_found`, `not_a_member` for a room that the caller is
    /// not in, `too_many`, `too_fast`, `unavailable`.
    pub async fn create_invite(self: &Arc<Self>, caller: &Caller, draft: InviteDraft) -> Result<Invite> {
        serve(caller, Service::Invites)?;
        let new = check_draft(caller, draft)?;
        for room in &new.rooms {
            if self.allow(caller, *room, Action::Invite).await?.kind != RoomKind::Channel {
                return Err(Code::Forbidden.into());
            }
        }
        self.limiter
            .take(Quota::Invite, &caller.id().to_string())
            .await
            .allowed()?;
        let invite = Invite {
            id: new.id,
            code: new.code.clone(),
            role: new.role,
            rooms: new.rooms.clone(),
            created_by: caller.author.clone(),
            created_at: new.created_at,
            expires_at: new.expires_at,
            uses: 0,
            uses_max: new.uses_max,
        };
        let entry = entry(caller, Deed::InviteCreated, None, None, new.role.name());
        match self.store.insert_invite(new, INVITES_MAX, entry).await? {
            true => Ok(invite),
            false => Err(Code::TooMany.into()),
        }
    }

    /// The invitations, newest first.
    ///
    /// # Errors
    /// `forbidden`, `unavailable`.
    pub async fn list_invites(&self, caller: &Caller) -> Result<Vec<Invite>> {
        serve(caller, Service::Invites)?;
        Ok(self.store.invites().await?)
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// `forbidden`, `invite_not_found`, `unavailable`.
    pub async fn revoke_invite(&self, caller: &Caller, invite: InviteId) -> Result<()> {
        serve(caller, Service::Invites)?;
        let entry = entry(caller, Deed::InviteRevoked, None, None, "");
        match self.store.delete_invite(invite, entry).await? {
            true => Ok(()),
            false => Err(Code::InviteNotFound.into()),
        }
    }

    /// The invitation of this code, while it is valid; whoever has the code may know of it.
    ///
    /// # Errors
    /// `invite_invalid`, `unavailable`.
    pub async fn find_invite(&self, code: &str) -> Result<Invite> {
        if code.is_empty() || code.len() > CODE_CHARS_MAX {
            return Err(Code::InviteInvalid.into());
        }
        let found = self.store.invite_by_code(code).await?;
        let valid = found.filter(|invite| invite.is_valid(now()));
        Ok(valid.ok_or(Code::InviteInvalid)?)
    }

    /// Brings the caller into an invitation's rooms; gives those that are new to the caller.
    ///
    /// # Errors
    /// `invite_invalid`, `unavailable`.
    pub async fn accept_invite(self: &Arc<Self>, caller: &Caller, code: &str) -> Result<Vec<RoomId>> {
        self.find_invite(code).await?;
        let (code, user) = (code.to_owned(), caller.id());
        self.carry_through(move |backend| async move {
            let joined = backend.store.accept_invite(&code, user, now()).await?;
            let joined = joined.ok_or(Code::InviteInvalid)?;
            for room in &joined {
                backend.tell_joined(*room, &[user]).await;
            }
            Ok(joined)
        })
        .await
    }
}

fn check_draft(caller: &Caller, draft: InviteDraft) -> Result<NewInvite> {
    let InviteDraft {
        role,
        mut rooms,
        expires_in_s,
        uses_max,
    } = draft;
    let role = role.unwrap_or(Role::Member);
    if !matches!(role, Role::Member | Role::Guest) {
        return Err(Problem::invalid("role", "must be member or guest"));
    }
    rooms.sort_unstable();
    rooms.dedup();
    if rooms.len() > ROOMS_MAX {
        return Err(Problem::invalid("rooms", "must name at most 20 rooms"));
    }
    if role == Role::Guest && rooms.is_empty() {
        return Err(Problem::invalid(
            "rooms",
            "must name a room that the guest comes into",
        ));
    }
    if uses_max.is_some_and(|uses| !(1..=USES_MAX).contains(&uses)) {
        return Err(Problem::invalid("uses", "must be 1 to 10000"));
    }
    if expires_in_s.is_some_and(|seconds| !(1..=EXPIRES_IN_S_MAX).contains(&seconds)) {
        return Err(Problem::invalid("expires_in_s", "must be 1 to 31536000"));
    }
    let created_at = now();
    let ends = |seconds: u64| i64::try_from(seconds * 1_000).unwrap_or(i64::MAX);
    Ok(NewInvite {
        id: InviteId(new_id()),
        code: draw_code(),
        role,
        rooms,
        created_by: caller.id(),
        created_at,
        expires_at: expires_in_s.map(|seconds| Timestamp(created_at.0.saturating_add(ends(seconds)))),
        uses_max,
    })
}

/// 16 random bytes as 22 characters that need no encoding in an address.
fn draw_code() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
}
