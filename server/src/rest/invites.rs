//! `/api/invites`.

use axum::{Json, extract::State};
use backend::invite::InviteDraft;
use chat::{InviteId, Role, RoomId, invite::Invite};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::payload::{Id, Payload};
use crate::{identity::SignedIn, problem::Refusal, state::AppState};

#[derive(Deserialize)]
pub(super) struct Create {
    role: Option<Role>,
    #[serde(default)]
    rooms: Vec<RoomId>,
    expires_in_s: Option<u64>,
    uses_max: Option<u32>,
}

/// An invitation with its link.
#[derive(Serialize)]
pub(super) struct Linked {
    #[serde(flatten)]
    invite: Invite,
    url: String,
}

#[derive(Serialize)]
pub(super) struct List {
    invites: Vec<Linked>,
}

fn linked(state: &AppState, invite: Invite) -> Linked {
    Linked {
        url: format!("{}/invite/{}", state.origin, invite.code),
        invite,
    }
}

pub(super) async fn create(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Payload(body): Payload<Create>,
) -> Result<(StatusCode, Json<Linked>), Refusal> {
    let draft = InviteDraft {
        role: body.role,
        rooms: body.rooms,
        expires_in_s: body.expires_in_s,
        uses_max: body.uses_max,
    };
    let invite = state.backend.create_invite(&caller, draft).await?;
    Ok((StatusCode::CREATED, Json(linked(&state, invite))))
}

pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> Result<Json<List>, Refusal> {
    let invites = state.backend.list_invites(&caller).await?;
    let invites = invites.into_iter().map(|invite| linked(&state, invite));
    Ok(Json(List {
        invites: invites.collect(),
    }))
}

pub(super) async fn revoke(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(invite): Id<InviteId>,
) -> Result<StatusCode, Refusal> {
    state.backend.revoke_invite(&caller, invite).await?;
    Ok(StatusCode::NO_CONTENT)
}
