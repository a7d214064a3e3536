//! `/api/reports`.

use axum::{Json, extract::State};
use chat::{
    Code, MessageId, ReportId,
    report::{PAGE_LIMIT_MAX, REASON_CHARS_MAX, ReportPage},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{
    listing::Limit,
    payload::{Id, Parameters, Payload},
};
use crate::{
    identity::SignedIn,
    openapi::{
        Api, Call,
        schema::{any_text, flag, id, line, many, meaning, named, number, object, or_null, text, time},
    },
    problem::Refusal,
    state::AppState,
};

#[derive(Deserialize)]
pub(super) struct Message {
    message: MessageId,
    reason: String,
}

#[derive(Deserialize)]
pub(super) struct Listing {
    #[serde(default)]
    resolved: bool,
    #[serde(default)]
    limit: Limit<PAGE_LIMIT_MAX>,
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
    let page = state.backend.page_reports(&caller, resolved, limit.get(), cursor);
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

/// Tells of these calls.
pub(super) fn describe(api: &mut Api) {
    let report = object(
        &[
            ("id", id()),
            ("message", id()),
            ("room", id()),
            ("room_name", any_text()),
            ("slug", any_text()),
            ("seq", number()),
            ("author", named("Author")),
            (
                "body",
                meaning(any_text(), "What the message said when it was reported"),
            ),
            ("reporter", named("Author")),
            ("reason", any_text()),
            ("created_at", time()),
            ("resolved_at", or_null(&time())),
            ("resolved_by", or_null(&named("Author"))),
            ("resolution", any_text()),
        ],
        &[],
    );
    api.schema(
        "Reports",
        object(
            &[
                ("reports", many(&report, Some(100))),
                ("next_cursor", or_null(&id())),
            ],
            &[],
        ),
    );
    let accepted = meaning(
        or_null(&id()),
        "`null`: the caller has reported it already, and that waits",
    );
    api.schema("Accepted", object(&[("id", accepted)], &[]));
    let path = "/api/reports";
    api.call(
        Call::post(
            path,
            "reportMessage",
            "Asks those who keep order to look at a message",
        )
        .takes(object(
            &[("message", id()), ("reason", line(REASON_CHARS_MAX))],
            &[],
        ))
        .gives(201, "Accepted")
        .gives(200, "Accepted")
        .refuses(&[
            Code::MessageNotFound,
            Code::MessageDeleted,
            Code::NotAMember,
            Code::TooMany,
        ]),
    );
    let list = Call::get(path, "listReports", "What was reported").query(
        "resolved",
        flag(),
        "Those that were resolved, instead of those that wait",
    );
    api.call(
        Limit::<PAGE_LIMIT_MAX>::describe(list)
            .query("cursor", id(), "The `next_cursor` of the page before")
            .gives(200, "Reports")
            .refuses(&[Code::Forbidden]),
    );
    let decision = object(&[], &[("resolution", text(0, REASON_CHARS_MAX))]);
    api.call(
        Call::post(
            "/api/reports/{id}/resolve",
            "resolveReport",
            "Says what became of a report",
        )
        .part("id", id())
        .takes(decision)
        .gives_nothing(204)
        .refuses(&[Code::Forbidden, Code::ReportNotFound]),
    );
}
