//! `/api/push`: browsers that are told while no page is open.

use axum::{Json, extract::State};
use backend::push::Browser;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::payload::Payload;
use crate::{
    identity::SignedIn,
    openapi::{
        Api, Call,
        schema::{any_text, meaning, object},
    },
    problem::Refusal,
    state::AppState,
};

/// A subscription as browsers write it.
#[derive(Deserialize)]
pub(super) struct Subscribe {
    endpoint: String,
    keys: Keys,
}

#[derive(Deserialize)]
struct Keys {
    p256dh: String,
    auth: String,
}

#[derive(Deserialize)]
pub(super) struct Unsubscribe {
    endpoint: String,
}

#[derive(Serialize)]
pub(super) struct Key {
    key: String,
}

pub(super) async fn key(State(state): State<AppState>, SignedIn(_): SignedIn) -> Result<Json<Key>, Refusal> {
    let key = state.backend.push_key().await?;
    Ok(Json(Key { key }))
}

pub(super) async fn subscribe(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Payload(Subscribe { endpoint, keys }): Payload<Subscribe>,
) -> Result<StatusCode, Refusal> {
    let Keys { p256dh, auth } = keys;
    let browser = Browser {
        endpoint,
        p256dh,
        auth,
    };
    state.backend.subscribe_push(&caller, browser).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn unsubscribe(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Payload(Unsubscribe { endpoint }): Payload<Unsubscribe>,
) -> Result<StatusCode, Refusal> {
    state.backend.unsubscribe_push(&caller, &endpoint).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells of these calls.
pub(super) fn describe(api: &mut Api) {
    let path = "/api/push";
    let key = meaning(any_text(), "The server's public key (VAPID), in base64url");
    api.schema("PushKey", object(&[("key", key)], &[]));
    api.call(Call::get(path, "getPushKey", "The key that browsers subscribe to").gives(200, "PushKey"));
    let keys = object(
        &[
            ("p256dh", meaning(any_text(), "The browser's public key")),
            ("auth", meaning(any_text(), "Its authentication secret")),
        ],
        &[],
    );
    let endpoint = || meaning(any_text(), "The address of the browser at its push service");
    api.call(
        Call::post(
            path,
            "subscribePush",
            "Has a browser told of mentions and direct messages while nobody looks",
        )
        .detail("As `PushSubscription.toJSON()` gives it. It ends with the session that made it.")
        .takes(object(&[("endpoint", endpoint()), ("keys", keys)], &[]))
        .gives_nothing(204),
    );
    api.call(
        Call::delete(path, "unsubscribePush", "Ends that")
            .takes(object(&[("endpoint", endpoint())], &[]))
            .gives_nothing(204),
    );
}
