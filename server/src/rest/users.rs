//! `/api/users`.

use axum::{Json, extract::State};
use backend::user::{PAGE_LIMIT_MAX, UserPage};
use chat::User;
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
pub(super) struct Listing {
    #[serde(default)]
    query: String,
    #[serde(default)]
    limit: Limit<PAGE_LIMIT_MAX>,
    cursor: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Users {
    users: Vec<User>,
    next_cursor: Option<String>,
}

impl From<UserPage> for Users {
    fn from(UserPage { users, next_cursor }: UserPage) -> Self {
        Self { users, next_cursor }
    }
}

/// Its tag is that of its bytes: people come and go without a number that counts it, so no version is cheaper than the
/// page itself.
pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(_): SignedIn,
    Parameters(listing): Parameters<Listing>,
) -> Result<Json<Users>, Refusal> {
    let page = state
        .backend
        .list_users(&listing.query, listing.limit.get(), listing.cursor.as_deref())
        .await?;
    Ok(Json(page.into()))
}

/// Tells of these calls.
pub(super) fn describe(api: &mut Api) {
    let cursor = meaning(
        or_null(&any_text()),
        "What to ask the next page with; `null`: this is the last one",
    );
    api.schema(
        "Users",
        object(
            &[
                (
                    "users",
                    meaning(many(&named("User"), Some(100)), "By username, ascending"),
                ),
                ("next_cursor", cursor),
            ],
            &[],
        ),
    );
    let users = Call::get("/api/users", "listUsers", "People by username");
    let users = users.query(
        "query",
        any_text(),
        "Only those whose username or display name begins so",
    );
    api.call(
        Limit::<PAGE_LIMIT_MAX>::describe(users)
            .query("cursor", any_text(), "The `next_cursor` of the page before")
            .gives(200, "Users"),
    );
}
