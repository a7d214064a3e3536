//! `/api/tokens`.

use axum::{Json, extract::State};
use backend::store::TokenRecord;
use chat::{Timestamp, TokenId};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::payload::{Id, Payload};
use crate::{identity::SignedIn, problem::Refusal, state::AppState};

#[derive(Deserialize)]
pub(super) struct Create {
    name: String,
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
    fn of(record: TokenRecord, token: Option<String>) -> Self {
        Self {
            id: record.id,
            name: record.name,
            created_at: record.created_at,
            token,
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
    let records = state.backend.list_tokens(&caller).await?;
    Ok(Json(Tokens {
        tokens: records
            .into_iter()
            .map(|record| Token::of(record, None))
            .collect(),
    }))
}

pub(super) async fn revoke(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(token): Id<TokenId>,
) -> Result<StatusCode, Refusal> {
    state.backend.revoke_token(&caller, token).await?;
    Ok(StatusCode::NO_CONTENT)
}
