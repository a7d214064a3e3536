//! `/api/me` and `/api/users/{id}`.

use axum::{Json, extract::State};
use backend::{Problem, store::ProfileEdit};
use chat::{
    Code, Profile, Role, UserId,
    user::{DISPLAY_NAME_CHARS_MAX, PRONOUNS_CHARS_MAX, TIME_ZONE_CHARS_MAX, TITLE_CHARS_MAX},
};
use serde::{Deserialize, Serialize};

use super::payload::{Id, Payload};
use crate::{
    identity::SignedIn,
    openapi::{
        Api, Call,
        schema::{
            any_text, flag, id, line, meaning, named, object, or_null, role, text, time, user_extras,
            user_fields,
        },
    },
    problem::Refusal,
    state::AppState,
};

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

/// Tells of these calls.
pub(super) fn describe(api: &mut Api) {
    let mut fields = user_fields();
    fields.extend([
        ("title", any_text()),
        ("pronouns", any_text()),
        ("time_zone", any_text()),
        ("created_at", time()),
    ]);
    api.schema("Profile", object(&fields, &user_extras()));
    api.schema("Shown", object(&[("user", named("Profile"))], &[]));
    api.call(Call::get("/api/me", "getMe", "Who is signed in").gives(200, "Shown"));
    let edit = object(
        &[],
        &[
            ("display_name", or_null(&line(DISPLAY_NAME_CHARS_MAX))),
            ("title", or_null(&text(0, TITLE_CHARS_MAX))),
            ("pronouns", or_null(&text(0, PRONOUNS_CHARS_MAX))),
            ("time_zone", or_null(&text(0, TIME_ZONE_CHARS_MAX))),
        ],
    );
    api.call(
        Call::patch(
            "/api/me",
            "editMe",
            "Changes one's own profile; what is absent stays",
        )
        .takes(edit)
        .gives(200, "Shown"),
    );
    let path = "/api/users/{id}";
    api.call(
        Call::get(path, "getUser", "Somebody's profile")
            .part("id", id())
            .gives(200, "Shown")
            .refuses(&[Code::UserNotFound]),
    );
    let change = object(
        &[],
        &[
            ("role", or_null(&role())),
            (
                "deactivated",
                meaning(or_null(&flag()), "Whether the account is closed"),
            ),
        ],
    );
    api.call(
        Call::patch(
            path,
            "changeUser",
            "Gives somebody a role, or closes or opens an account; one at a time",
        )
        .part("id", id())
        .takes(change)
        .gives(200, "Shown")
        .refuses(&[Code::Forbidden, Code::UserNotFound, Code::LastOwner]),
    );
}
