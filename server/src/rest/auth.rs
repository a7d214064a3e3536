//! `/api/auth` and `/api/me`.

use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use backend::account::{self, Doorstep, Registration};
use chat::{
    Code, User,
    user::{PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN},
};
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::payload::Payload;
use crate::{
    identity::{Identity, SignedIn},
    middleware::client::Address,
    openapi::{
        Api, Call,
        schema::{any_text, display_name, meaning, named, object, or_null, text, username},
    },
    problem::Refusal,
    state::AppState,
};

#[derive(Deserialize)]
pub(super) struct Register {
    username: String,
    password: String,
    display_name: Option<String>,
    invite: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Login {
    username: String,
    password: String,
}

#[derive(Serialize)]
struct Me {
    user: User,
}

pub(super) async fn register(
    State(state): State<AppState>,
    address: Address,
    headers: HeaderMap,
    Payload(body): Payload<Register>,
) -> Result<Response, Refusal> {
    let Register {
        username,
        password,
        display_name,
        invite,
    } = body;
    let registration = Registration {
        username,
        password,
        display_name,
        invite,
    };
    let signed_in = state
        .backend
        .register(registration, doorstep(&address, &headers))
        .await?;
    Ok(with_cookie(&state, StatusCode::CREATED, signed_in))
}

pub(super) async fn login(
    State(state): State<AppState>,
    address: Address,
    headers: HeaderMap,
    Extension(identity): Extension<Identity>,
    Payload(body): Payload<Login>,
) -> Result<Response, Refusal> {
    let signed_in = state
        .backend
        .sign_in(
            &body.username,
            body.password,
            doorstep(&address, &headers),
            identity.caller(),
        )
        .await?;
    Ok(with_cookie(&state, StatusCode::OK, signed_in))
}

pub(super) async fn logout(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> Result<Response, Refusal> {
    state.backend.sign_out(&caller).await?;
    Ok((
        StatusCode::NO_CONTENT,
        [(header::SET_COOKIE, state.cookie.clear())],
    )
        .into_response())
}

/// Where a request comes from and in which browser.
pub(super) fn doorstep<'a>(address: &'a Address, headers: &'a HeaderMap) -> Doorstep<'a> {
    let agent = headers.get(header::USER_AGENT);
    Doorstep {
        address: &address.0,
        agent: agent.and_then(|agent| agent.to_str().ok()).unwrap_or_default(),
    }
}

pub(super) fn with_cookie(state: &AppState, status: StatusCode, signed_in: account::SignedIn) -> Response {
    let cookie = state.cookie.set(&signed_in.secret);
    (
        status,
        [(header::SET_COOKIE, cookie)],
        Json(Me { user: signed_in.user }),
    )
        .into_response()
}

/// Tells of these calls.
pub(super) fn describe(api: &mut Api) {
    api.schema("Me", object(&[("user", named("User"))], &[]));
    let password = meaning(
        text(PASSWORD_CHARS_MIN, PASSWORD_BYTES_MAX),
        "At least 8 characters and at most 256 bytes",
    );
    let name = meaning(or_null(&display_name()), "Else the username");
    let register = object(
        &[("username", username()), ("password", password)],
        &[
            ("display_name", name),
            (
                "invite",
                meaning(or_null(&any_text()), "The code of an invitation"),
            ),
        ],
    );
    api.call(
        Call::post(
            "/api/auth/register",
            "register",
            "Creates an account and signs it in",
        )
        .detail("The first account of a server is its owner's.")
        .open()
        .takes(register)
        .gives(201, "Me")
        .with_header(201, "Set-Cookie", "SetCookie")
        .refuses(&[Code::UsernameTaken, Code::SignupClosed, Code::InviteInvalid]),
    );
    let login = object(&[("username", any_text()), ("password", any_text())], &[]);
    api.call(
        Call::post("/api/auth/login", "login", "Signs a browser in")
            .detail("Unknown users and wrong passwords are answered alike. Repeated failures have to wait.")
            .open()
            .takes(login)
            .gives(200, "Me")
            .with_header(200, "Set-Cookie", "SetCookie")
            .refuses(&[Code::BadCredentials, Code::AccountDeactivated]),
    );
    api.call(
        Call::post(
            "/api/auth/logout",
            "logout",
            "Ends the caller's session; a token stays",
        )
        .gives_nothing(204)
        .with_header(204, "Set-Cookie", "SetCookie"),
    );
}
