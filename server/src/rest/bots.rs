//! `/api/bots`.

use std::str::FromStr;

use axum::{Json, extract::State};
use backend::token::NAME_CHARS_MAX;
use chat::{Code, TokenId, User, UserId};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{
    payload::{Id, Ids, Payload, Unknown},
    tokens::{Create as CreateToken, Token, Tokens},
};
use crate::{
    identity::SignedIn,
    openapi::{
        Api, Call,
        schema::{display_name, id, line, many, meaning, named, object, or_null, username},
    },
    problem::Refusal,
    state::AppState,
};

/// A user's id where a bot's is expected.
pub(super) struct BotId(UserId);

impl FromStr for BotId {
    type Err = <UserId as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl Unknown for BotId {
    const CODE: Code = Code::BotNotFound;
}

#[derive(Deserialize)]
pub(super) struct Create {
    username: String,
    display_name: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Bot {
    user: User,
}

#[derive(Serialize)]
pub(super) struct Bots {
    users: Vec<User>,
}

pub(super) async fn create(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Payload(body): Payload<Create>,
) -> Result<(StatusCode, Json<Bot>), Refusal> {
    let user = state
        .backend
        .create_bot(&caller, &body.username, body.display_name.as_deref())
        .await?;
    Ok((StatusCode::CREATED, Json(Bot { user })))
}

pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Bots>, Refusal> {
    let users = state.backend.list_bots(&caller).await?;
    Ok(Json(Bots { users }))
}

pub(super) async fn create_token(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(BotId(bot)): Id<BotId>,
    Payload(body): Payload<CreateToken>,
) -> Result<(StatusCode, Json<Token>), Refusal> {
    let (record, secret) = state.backend.create_bot_token(&caller, bot, &body.name).await?;
    let token = Token::of(record, Some(secret.token_text()));
    Ok((StatusCode::CREATED, Json(token)))
}

pub(super) async fn tokens(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(BotId(bot)): Id<BotId>,
) -> Result<Json<Tokens>, Refusal> {
    Ok(Json(state.backend.list_bot_tokens(&caller, bot).await?.into()))
}

pub(super) async fn revoke_token(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Ids(BotId(bot), token): Ids<BotId, TokenId>,
) -> Result<StatusCode, Refusal> {
    state.backend.revoke_bot_token(&caller, bot, token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells of these calls.
pub(super) fn describe(api: &mut Api) {
    api.schema("Bot", object(&[("user", named("User"))], &[]));
    let users = meaning(many(&named("User"), None), "By username, ascending");
    api.schema("Bots", object(&[("users", users)], &[]));
    let name = meaning(or_null(&display_name()), "Else the username");
    let create = object(&[("username", username())], &[("display_name", name)]);
    let of_staff = |call: Call| call.refuses(&[Code::Forbidden]);
    api.call(
        of_staff(Call::post(
            "/api/bots",
            "createBot",
            "Makes a bot: a user that only programs can be",
        ))
        .detail("A bot has tokens and no password, and is in no room until it is invited or joins.")
        .takes(create)
        .gives(201, "Bot")
        .refuses(&[Code::UsernameTaken, Code::TooMany]),
    );
    api.call(of_staff(Call::get("/api/bots", "listBots", "The bots")).gives(200, "Bots"));
    let of_bot = |call: Call| of_staff(call).part("id", id()).refuses(&[Code::BotNotFound]);
    let path = "/api/bots/{id}/tokens";
    let name = object(&[("name", line(NAME_CHARS_MAX))], &[]);
    api.call(
        of_bot(Call::post(
            path,
            "createBotToken",
            "Makes a token with which a program is this bot",
        ))
        .takes(name)
        .gives(201, "Token"),
    );
    api.call(of_bot(Call::get(path, "listBotTokens", "A bot's tokens")).gives(200, "Tokens"));
    let revoke = Call::delete(
        "/api/bots/{id}/tokens/{token}",
        "revokeBotToken",
        "Revokes a bot's token and closes its connections",
    );
    api.call(
        of_bot(revoke)
            .part("token", id())
            .gives_nothing(204)
            .refuses(&[Code::TokenNotFound]),
    );
}
