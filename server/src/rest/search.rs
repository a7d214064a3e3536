//! `/api/search`.

use axum::{Json, extract::State};
use backend::search::{Asked, Found, Results};
use chat::{Message, search::RESULTS};
use serde::{Deserialize, Serialize};

use super::payload::Parameters;
use crate::{identity::SignedIn, problem::Refusal, state::AppState};

#[derive(Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    q: String,
    room: Option<String>,
    from: Option<String>,
    before: Option<String>,
    after: Option<String>,
    limit: Option<u64>,
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
            limit: search.limit.unwrap_or(RESULTS),
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
