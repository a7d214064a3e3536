//! `/api/audit`.

use axum::{Json, extract::State};
use chat::{
    AuditId, Code,
    audit::{AuditPage, Deed, PAGE_LIMIT_MAX},
};

use super::payload::Parameters;
use crate::{
    identity::SignedIn,
    openapi::{
        Api, Call,
        schema::{any_text, id, many, meaning, named, object, or_null, time},
    },
    problem::Refusal,
    state::AppState,
};

type Listing = super::listing::Listing<PAGE_LIMIT_MAX, AuditId>;

pub(super) async fn page(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Parameters(Listing { limit, cursor }): Parameters<Listing>,
) -> Result<Json<AuditPage>, Refusal> {
    let page = state.backend.page_audit(&caller, limit.get(), cursor);
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
    let list = Call::get(
        "/api/audit",
        "listAudit",
        "What those with rights have done to people and rooms",
    );
    api.call(
        Listing::describe(list, id())
            .gives(200, "Audit")
            .refuses(&[Code::Forbidden]),
    );
}
