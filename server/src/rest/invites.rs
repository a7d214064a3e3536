//! `/api/invites`.

use axum::{Json, extract::State};
use backend::invite::InviteDraft;
use chat::{
    Code, InviteId, Role, RoomId,
    invite::{EXPIRES_IN_S_MAX, Invite, ROOMS_MAX, USES_MAX},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::payload::{Id, Payload};
use crate::{
    identity::SignedIn,
    openapi::{
        Api, Call,
        schema::{any_text, id, many, meaning, named, number, object, or_null, role, time},
    },
    problem::Refusal,
    state::AppState,
};

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

/// Tells of these calls.
pub(super) fn describe(api: &mut Api) {
    api.schema(
        "Invite",
        object(
            &[
                ("id", id()),
                ("code", meaning(any_text(), "The secret of the link")),
                ("url", meaning(any_text(), "The link")),
                ("role", role()),
                ("rooms", many(&id(), Some(ROOMS_MAX))),
                ("created_by", named("Author")),
                ("created_at", time()),
                ("expires_at", meaning(or_null(&time()), "`null`: never")),
                ("uses", number()),
                (
                    "uses_max",
                    meaning(or_null(&number()), "`null`: as often as anyone likes"),
                ),
            ],
            &[],
        ),
    );
    api.schema(
        "Invites",
        object(&[("invites", many(&named("Invite"), None))], &[]),
    );
    let uses = json!({ "type": ["integer", "null"], "minimum": 1, "maximum": USES_MAX });
    let expires = json!({ "type": ["integer", "null"], "minimum": 1, "maximum": EXPIRES_IN_S_MAX });
    let given = json!({ "enum": ["member", "guest", null] });
    let create = object(
        &[],
        &[
            ("role", meaning(given, "What the person is to be; else a member")),
            (
                "rooms",
                meaning(many(&id(), Some(ROOMS_MAX)), "What the person is brought into"),
            ),
            ("expires_in_s", expires),
            ("uses_max", uses),
        ],
    );
    let path = "/api/invites";
    api.call(
        Call::post(path, "createInvite", "Makes a link with which people register")
            .takes(create)
            .gives(201, "Invite")
            .refuses(&[
                Code::Forbidden,
                Code::RoomNotFound,
                Code::NotAMember,
                Code::RoomArchived,
                Code::TooMany,
            ]),
    );
    api.call(
        Call::get(path, "listInvites", "The invitations")
            .gives(200, "Invites")
            .refuses(&[Code::Forbidden]),
    );
    api.call(
        Call::delete("/api/invites/{id}", "revokeInvite", "Takes an invitation back")
            .part("id", id())
            .gives_nothing(204)
            .refuses(&[Code::Forbidden, Code::InviteNotFound]),
    );
}
