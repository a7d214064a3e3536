//! Incoming webhooks: `/api/rooms/{id}/webhooks`, and `/hooks/{secret}`, where programs post.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State, rejection::BytesRejection},
};
use backend::{Problem, session::secret::Secret, store::Incoming, webhook::NAME_CHARS_MAX};
use chat::{Code, RoomId, Timestamp, UserId, WebhookId};
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::payload::{Id, Ids, Payload};
use crate::{
    identity::SignedIn,
    openapi::{
        Api, Call,
        schema::{any_text, id, line, many, meaning, named, object, time},
    },
    problem::Refusal,
    state::AppState,
};

/// What a program is told that has posted. Slack says the same.
const OK: &str = "ok";

#[derive(Deserialize)]
pub(super) struct Create {
    name: String,
}

/// A webhook as those see it who may make one; its address only when it has just been made.
#[derive(Serialize)]
pub(super) struct IncomingWebhook {
    id: WebhookId,
    room: RoomId,
    bot: UserId,
    name: String,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl IncomingWebhook {
    fn of(webhook: Incoming, url: Option<String>) -> Self {
        Self {
            id: webhook.id,
            room: webhook.room,
            bot: webhook.bot,
            name: webhook.name,
            created_at: webhook.created_at,
            url,
        }
    }
}

#[derive(Serialize)]
pub(super) struct IncomingWebhooks {
    webhooks: Vec<IncomingWebhook>,
}

pub(super) async fn create(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(room): Id<RoomId>,
    Payload(body): Payload<Create>,
) -> Result<(StatusCode, Json<IncomingWebhook>), Refusal> {
    let (webhook, secret) = state.backend.create_incoming(&caller, room, &body.name).await?;
    let url = format!("{}/hooks/{}", state.origin, secret.cookie_text());
    Ok((StatusCode::CREATED, Json(IncomingWebhook::of(webhook, Some(url)))))
}

pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(room): Id<RoomId>,
) -> Result<Json<IncomingWebhooks>, Refusal> {
    let webhooks = state.backend.list_incoming(&caller, room).await?.into_iter();
    Ok(Json(IncomingWebhooks {
        webhooks: webhooks
            .map(|webhook| IncomingWebhook::of(webhook, None))
            .collect(),
    }))
}

pub(super) async fn delete(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Ids(room, webhook): Ids<RoomId, WebhookId>,
) -> Result<StatusCode, Refusal> {
    state.backend.delete_incoming(&caller, room, webhook).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where programs post. They prove nothing but that they know the address.
pub(super) async fn post(
    State(state): State<AppState>,
    Path(secret): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<&'static str, Refusal> {
    let secret = Secret::parse_cookie(&secret).ok_or(Code::WebhookNotFound)?;
    let body = body.map_err(|rejection| {
        let code = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
            _ => Code::Malformed,
        };
        Problem::because(code, rejection.body_text())
    })?;
    let payload = read(&headers, &body)?;
    state.backend.post_at_incoming(&secret, &payload).await?;
    Ok(OK)
}

/// The payload, which comes as JSON or, as Slack has had it first, as the field `payload` of a form.
fn read(headers: &HeaderMap, body: &[u8]) -> Result<Value, Problem> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = kind
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    let json = |bytes: &[u8]| {
        serde_json::from_slice(bytes)
            .map_err(|error| Problem::because(Code::Malformed, format!("The payload is not JSON: {error}")))
    };
    match kind.to_ascii_lowercase().as_str() {
        "application/json" => json(body),
        "application/x-www-form-urlencoded" => {
            let payload = form_urlencoded::parse(body).find(|(name, _)| name == "payload");
            let (_, payload) = payload.ok_or_else(|| Problem::invalid("payload", "is required"))?;
            json(payload.as_bytes())
        }
        _ => Err(Problem::because(
            Code::UnsupportedMediaType,
            "The payload is JSON, or the field `payload` of a form",
        )),
    }
}

/// Any body of any type is read as a payload or refused.
#[cfg(feature = "fuzzed")]
pub(crate) fn fuzzed(kind: &str, body: &[u8]) {
    let mut headers = HeaderMap::new();
    if let Ok(kind) = kind.parse() {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    if let Ok(payload) = read(&headers, body) {
        backend::fuzzed::webhook(&payload);
    }
}

/// Tells of these calls.
pub(super) fn describe(api: &mut Api) {
    let url = meaning(
        any_text(),
        "Where programs post: only where it has just been made",
    );
    api.schema(
        "IncomingWebhook",
        object(
            &[
                ("id", id()),
                ("room", id()),
                ("bot", meaning(id(), "The user as whom it posts")),
                ("name", any_text()),
                ("created_at", time()),
            ],
            &[("url", url)],
        ),
    );
    let webhooks = meaning(many(&named("IncomingWebhook"), None), "Oldest first");
    api.schema("IncomingWebhooks", object(&[("webhooks", webhooks)], &[]));
    let of_room = |call: Call| {
        let codes = [
            Code::RoomNotFound,
            Code::NotAMember,
            Code::Forbidden,
            Code::RoomArchived,
        ];
        call.part("id", id()).refuses(&codes)
    };
    let path = "/api/rooms/{id}/webhooks";
    api.call(
        of_room(Call::post(
            path,
            "createIncomingWebhook",
            "Makes an address at which programs post into a room",
        ))
        .detail("For those who moderate the channel. It posts as a bot of its own.")
        .takes(object(&[("name", line(NAME_CHARS_MAX))], &[]))
        .gives(201, "IncomingWebhook")
        .refuses(&[Code::TooMany, Code::UsernameTaken]),
    );
    api.call(
        of_room(Call::get(
            path,
            "listIncomingWebhooks",
            "A room's incoming webhooks",
        ))
        .gives(200, "IncomingWebhooks"),
    );
    let delete = Call::delete(
        "/api/rooms/{id}/webhooks/{webhook}",
        "deleteIncomingWebhook",
        "Deletes an incoming webhook",
    );
    api.call(
        of_room(delete)
            .part("webhook", id())
            .gives_nothing(204)
            .refuses(&[Code::WebhookNotFound]),
    );
    describe_posting(api);
}

fn describe_posting(api: &mut Api) {
    let anything = json!({ "type": "array", "items": true });
    let says = |what: &str| meaning(any_text(), what);
    let payload = object(
        &[],
        &[
            (
                "text",
                says("In Slack's markup; there must be some text in all of it, of at most 8,000 characters"),
            ),
            (
                "username",
                says("How the program calls itself: it becomes the first line"),
            ),
            ("icon_emoji", says("Put before that")),
            ("blocks", anything.clone()),
            ("attachments", anything),
        ],
    );
    api.schema("Payload", payload);
    let form = object(&[("payload", says("The same as JSON"))], &[]);
    let content = json!({
        "application/json": { "schema": named("Payload") },
        "application/x-www-form-urlencoded": { "schema": form },
    });
    api.call(
        Call::post(
            "/hooks/{secret}",
            "postAtWebhook",
            "Posts into a room, as Slack's incoming webhooks do",
        )
        .open()
        .part("secret", json!({ "type": "string" }))
        .takes_content(content)
        .gives_content(200, json!({ "text/plain": { "schema": { "const": OK } } }))
        .refuses(&[
            Code::WebhookNotFound,
            Code::NotAMember,
            Code::UnsupportedMediaType,
            Code::RoomArchived,
            Code::SlowMode,
        ]),
    );
}
