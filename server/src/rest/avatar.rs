//! `/api/me/avatar`, and `/avatars/{id}`: people's pictures.

use axum::{
    Json,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
};
use backend::{Caller, Problem, Result};
use chat::{AttachmentId, Code, Profile};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::payload::Parameters;
use crate::{
    identity::SignedIn,
    middleware::AsItIs,
    multipart::{self, Parts},
    openapi::{
        Api, Call,
        schema::{any_number, id, object},
    },
    problem::Refusal,
    state::AppState,
};

#[derive(Serialize)]
pub(super) struct Shown {
    user: Profile,
}

#[derive(Deserialize)]
pub(super) struct Size {
    size: Option<u32>,
}

pub(super) async fn set(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    request: Request,
) -> Result<Json<Shown>, Refusal> {
    let user = take(&state, &caller, request).await?;
    Ok(Json(Shown { user }))
}

/// Gives the caller the first picture of a form.
pub(crate) async fn take(state: &AppState, caller: &Caller, request: Request) -> Result<Profile> {
    let mut parts = Parts::of(request).await?;
    while let Some(part) = parts.next().await? {
        if part.file_name().is_some() {
            return multipart::pass_on(part, |bytes| state.backend.set_avatar(caller, bytes)).await;
        }
        part.skip().await?;
    }
    Err(Problem::invalid("file", "is required"))
}

pub(super) async fn remove(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> Result<StatusCode, Refusal> {
    state.backend.remove_avatar(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A picture never changes under its address, so browsers need not ask again.
pub(super) async fn serve(
    State(state): State<AppState>,
    SignedIn(_): SignedIn,
    Path(avatar): Path<String>,
    Parameters(Size { size }): Parameters<Size>,
) -> Result<Response, Refusal> {
    let avatar: AttachmentId = avatar.parse().map_err(|_| Code::FileNotFound)?;
    let picture = state.backend.read_avatar(avatar, size).await?;
    let headers = [
        (header::CONTENT_TYPE, picture.content_type),
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ];
    let mut response = (headers, picture.bytes).into_response();
    response.extensions_mut().insert(AsItIs);
    Ok(response)
}

/// Tells of these calls.
pub(super) fn describe(api: &mut Api) {
    let file = json!({ "type": "string", "format": "binary" });
    let form = object(&[("file", file.clone())], &[]);
    let path = "/api/me/avatar";
    api.call(
        Call::put(path, "setAvatar", "Gives oneself another picture")
            .detail("The first file of the form: PNG, JPEG, GIF or WebP. It is cut square and drawn anew.")
            .takes_content(json!({ "multipart/form-data": { "schema": form } }))
            .gives(200, "Shown")
            .refuses(&[
                Code::Malformed,
                Code::TooLarge,
                Code::UnsupportedMediaType,
                Code::QuotaReached,
            ]),
    );
    api.call(Call::delete(path, "removeAvatar", "Takes one's own picture away").gives_nothing(204));
    api.call(
        Call::get(
            "/avatars/{id}",
            "getAvatar",
            "Somebody's picture, as `avatar_url` names it",
        )
        .outside()
        .part("id", id())
        .query("size", any_number(), "The side in pixels, 96 or 288; else 96")
        .gives_content(200, json!({ "*/*": { "schema": file } }))
        .refuses(&[Code::FileNotFound]),
    );
}
