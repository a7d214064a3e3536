//! `/api/reports`.

use axum::{Json, extract::State};
use chat::{MessageId, ReportId, report::ReportPage};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::payload::{Id, Parameters, Payload};
use crate::{identity::SignedIn, problem::Refusal, state::AppState};

/// How many reports a page has unless told.
const LIMIT: u64 = 50;

#[derive(Deserialize)]
pub(super) struct Message {
    message: MessageId,
    reason: String,
}

#[derive(Deserialize)]
pub(super) struct Listing {
    #[serde(default)]
    resolved: bool,
    limit: Option<u64>,
    cursor: Option<ReportId>,
}

#[derive(Deserialize)]
pub(super) struct Decision {
    #[serde(default)]
    resolution: String,
}

#[derive(Serialize)]
pub(super) struct Accepted {
    /// Nothing: the caller has reported the message before.
    id: Option<ReportId>,
}

pub(super) async fn report(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Payload(body): Payload<Message>,
) -> Result<(StatusCode, Json<Accepted>), Refusal> {
    let report = state.backend.report_message(&caller, body.message, &body.reason);
    let id = report.await?;
    let status = if id.is_some() {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(Accepted { id })))
}

pub(super) async fn page(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Parameters(listing): Parameters<Listing>,
) -> Result<Json<ReportPage>, Refusal> {
    let Listing {
        resolved,
        limit,
        cursor,
    } = listing;
    let limit = limit.unwrap_or(LIMIT);
    let page = state.backend.page_reports(&caller, resolved, limit, cursor);
    Ok(Json(page.await?))
}

pub(super) async fn resolve(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(report): Id<ReportId>,
    Payload(Decision { resolution }): Payload<Decision>,
) -> Result<StatusCode, Refusal> {
    let backend = &state.backend;
    backend.resolve_report(&caller, report, &resolution).await?;
    Ok(StatusCode::NO_CONTENT)
}
