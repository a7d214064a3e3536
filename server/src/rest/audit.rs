//! `/api/audit`.

use axum::{Json, extract::State};
use chat::{AuditId, audit::AuditPage};
use serde::Deserialize;

use super::payload::Parameters;
use crate::{identity::SignedIn, problem::Refusal, state::AppState};

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
