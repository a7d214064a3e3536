//! `/api/tokens`.

use axum::{Json, extract::State};
use backend::{store::TokenRecord, token::NAME_CHARS_MAX};
use chat::{Code, Timestamp, TokenId};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::payload::{Id, Payload};
use crate::{
    identity::SignedIn,
    openapi::{
        Api, Call,
        schema::{any_text, id, line, many, meaning, named, object, time},
    },
    problem::Refusal,
    state::AppState,
};

#[derive(Deserialize)]
pub(super) struct Create {
    pub(super) name: String,
}

/// A token as its owner sees it; the secret only when it has just been made.
#[derive(Serialize)]
pub(super) struct Token {
    id: TokenId,
    name: String,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Tokens {
    tokens: Vec<Token>,
}

impl Token {
    pub(super) fn of(record: TokenRecord, token: Option<String>) -> Self {
        Self {
            id: record.id,
            name: record.name,
            created_at: record.created_at,
            token,
        }
    }
}

impl From<Vec<TokenRecord>> for Tokens {
    fn from(records: Vec<TokenRecord>) -> Self {
        let tokens = records.into_iter().map(|record| Token::of(record, None));
        Self {
            tokens: tokens.collect(),
        }
    }
}

pub(super) async fn create(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Payload(body): Payload<Create>,
) -> Result<(StatusCode, Json<Token>), Refusal> {
    let (record, secret) = state.backend.create_token(&caller, &body.name).await?;
    Ok((
        StatusCode::CREATED,
        Json(Token::of(record, Some(secret.token_text()))),
    ))
}

pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Tokens>, Refusal> {
    Ok(Json(state.backend.list_tokens(&caller).await?.into()))
}

pub(super) async fn revoke(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(token): Id<TokenId>,
) -> Result<StatusCode, Refusal> {
    state.backend.revoke_token(&caller, token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells of these calls.
pub(super) fn describe(api: &mut Api) {
    let secret = meaning(any_text(), "The secret: only where the token has just been made");
    api.schema(
        "Token",
        object(
            &[("id", id()), ("name", any_text()), ("created_at", time())],
            &[("token", secret)],
        ),
    );
    api.schema(
        "Tokens",
        object(
            &[("tokens", meaning(many(&named("Token"), None), "Newest first"))],
            &[],
        ),
    );
    let name = meaning(line(NAME_CHARS_MAX), "What it is for; no control characters");
    api.call(
        Call::post(
            "/api/tokens",
            "createToken",
            "Makes a personal access token, which acts for the caller",
        )
        .takes(object(&[("name", name)], &[]))
        .gives(201, "Token"),
    );
    api.call(Call::get("/api/tokens", "listTokens", "The caller's tokens").gives(200, "Tokens"));
    api.call(
        Call::delete(
            "/api/tokens/{id}",
            "revokeToken",
            "Revokes a token and closes its connections",
        )
        .part("id", id())
        .gives_nothing(204)
        .refuses(&[Code::TokenNotFound]),
    );
}
