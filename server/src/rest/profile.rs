//! `/api/me` and `/api/users/{id}`.

use axum::{Json, extract::State};
use backend::{Problem, store::ProfileEdit};
use chat::{Profile, Role, UserId};
use serde::{Deserialize, Serialize};

use super::payload::{Id, Payload};
use crate::{identity::SignedIn, problem::Refusal, state::AppState};

#[derive(Serialize)]
pub(super) struct Shown {
    user: Profile,
}

#[derive(Deserialize)]
pub(super) struct Edit {
    display_name: Option<String>,
    title: Option<String>,
    pronouns: Option<String>,
    time_zone: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Change {
    role: Option<Role>,
    deactivated: Option<bool>,
}

pub(super) async fn me(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Shown>, Refusal> {
    let user = state.backend.find_profile(caller.id()).await?;
    Ok(Json(Shown { user }))
}

pub(super) async fn edit(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Payload(body): Payload<Edit>,
) -> Result<Json<Shown>, Refusal> {
    let edit = ProfileEdit {
        display_name: body.display_name,
        title: body.title,
        pronouns: body.pronouns,
        time_zone: body.time_zone,
    };
    let user = state.backend.edit_profile(&caller, edit).await?;
    Ok(Json(Shown { user }))
}

pub(super) async fn get(
    State(state): State<AppState>,
    SignedIn(_): SignedIn,
    Id(user): Id<UserId>,
) -> Result<Json<Shown>, Refusal> {
    let user = state.backend.find_profile(user).await?;
    Ok(Json(Shown { user }))
}

/// Role or account, one at a time: each is decided by itself.
pub(super) async fn change(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(user): Id<UserId>,
    Payload(body): Payload<Change>,
) -> Result<Json<Shown>, Refusal> {
    let backend = &state.backend;
    let user = match (body.role, body.deactivated) {
        (Some(role), None) => backend.set_role(&caller, user, role).await?,
        (None, Some(deactivated)) => backend.set_active(&caller, user, !deactivated).await?,
        _ => return Err(Problem::invalid("role", "or deactivated is required, and not both").into()),
    };
    Ok(Json(Shown { user }))
}
