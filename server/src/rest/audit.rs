//! `/api/audit`.

use axum::{Json, extract::State};
use chat::{
    AuditId, Code,
    audit::{AuditPage, Deed},
};
use serde::Deserialize;

use super::payload::Parameters;
use crate::{
    identity::SignedIn,
    openapi::{
        Api, Call,
        schema::{any_number, any_text, id, many, meaning, named, object, or_null, time},
    },
    problem::Refusal,
    state::AppState,
};

/// How many entries a page has unless told.
const LIMIT: u64 = 50;

#[derive(Deserialize)]
pub(super) struct Listing {
    limit: Option<u64>,
    cursor: Option<AuditId>,
}

pub(super) async fn page(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Parameters(Listing { limit, cursor }): Parameters<Listing>,
) -> Result<Json<AuditPage>, Refusal> {
    let page = state.backend.page_audit(&caller, limit.unwrap_or(LIMIT), cursor);
    Ok(Json(page.await?))
}

/// Tells of this call.
pub(super) fn describe(api: &mut Api) {
    let names: Vec<&str> = Deed::ALL.iter().map(|deed| deed.name()).collect();
    let mut action = any_text();
    action["examples"] = names.into();
    let room = object(&[("id", id()), ("name", any_text())], &[]);
    let entry = object(
        &[
            ("id", id()),
            ("at", time()),
            ("actor", meaning(named("Author"), "Who did it")),
            ("action", action),
            ("user", meaning(or_null(&named("Author")), "To whom")),
            ("room", meaning(or_null(&room), "In which room")),
            ("detail", any_text()),
        ],
        &[],
    );
    api.schema(
        "Audit",
        object(
            &[
                ("entries", meaning(many(&entry, Some(100)), "Newest first")),
                ("next_cursor", or_null(&id())),
            ],
            &[],
        ),
    );
    api.call(
        Call::get(
            "/api/audit",
            "listAudit",
            "What those with rights have done to people and rooms",
        )
        .query("limit", any_number(), "At most so many, 1 to 100; else 50")
        .query("cursor", id(), "The `next_cursor` of the page before")
        .gives(200, "Audit")
        .refuses(&[Code::Forbidden]),
    );
}
