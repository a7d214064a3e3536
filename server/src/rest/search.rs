//! `/api/search`.

use axum::{Json, extract::State};
use backend::search::{Asked, Found, Results};
use chat::{
    Code, Message,
    search::{RESULTS, RESULTS_MAX},
};
use serde::{Deserialize, Serialize};

use super::{listing::Limit, payload::Parameters};
use crate::{
    identity::SignedIn,
    openapi::{
        Api, Call,
        schema::{any_text, many, meaning, named, object, or_null},
    },
    problem::Refusal,
    state::AppState,
};

#[derive(Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    q: String,
    room: Option<String>,
    from: Option<String>,
    before: Option<String>,
    after: Option<String>,
    #[serde(default)]
    limit: Limit<RESULTS_MAX, RESULTS>,
    cursor: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Page {
    results: Vec<Shown>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    message: Message,
    highlight: String,
}

impl From<Found> for Shown {
    fn from(Found { message, highlight }: Found) -> Self {
        Self { message, highlight }
    }
}

impl From<Search> for Asked {
    fn from(search: Search) -> Self {
        Self {
            q: search.q,
            typing: false,
            room: search.room,
            from: search.from,
            before: search.before,
            after: search.after,
            limit: search.limit.get(),
            cursor: search.cursor.filter(|cursor| !cursor.is_empty()),
        }
    }
}

pub(super) async fn search(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Parameters(search): Parameters<Search>,
) -> Result<Json<Page>, Refusal> {
    let Results { results, next_cursor } = state.backend.search_messages(&caller, &search.into()).await?;
    Ok(Json(Page {
        results: results.into_iter().map(Shown::from).collect(),
        next_cursor,
    }))
}

/// Tells of this call.
pub(super) fn describe(api: &mut Api) {
    let highlight = meaning(
        any_text(),
        "A piece of the message as safe HTML, what was found in `<mark>`",
    );
    let found = object(&[("message", named("Message")), ("highlight", highlight)], &[]);
    let most = usize::try_from(RESULTS_MAX).ok();
    api.schema(
        "Results",
        object(
            &[
                ("results", many(&found, most)),
                ("next_cursor", or_null(&any_text())),
            ],
            &[],
        ),
    );
    let search = Call::get("/api/search", "searchMessages", "Messages that the caller may read")
        .detail(
            "Words, `\"phrases\"`, `beginnings*`, `from:`, `in:`, `before:`, `after:`, `has:`, `is:`, and `-` before what must \
             not be there. There must be a `q` or another condition.",
        )
        .query("q", any_text(), "Words and operators, at most 512 bytes and 24 of them")
        .query("room", any_text(), "Only in this room: its id or slug")
        .query("from", any_text(), "Only by this user: id or username")
        .query("before", any_text(), "Only before this date or time")
        .query("after", any_text(), "Only after this date or time");
    api.call(
        Limit::<RESULTS_MAX, RESULTS>::describe(search)
            .query(
                "cursor",
                any_text(),
                "The `next_cursor` of the page before, of the same search",
            )
            .gives(200, "Results")
            .refuses(&[Code::RoomNotFound, Code::NotAMember]),
    );
}
