//! `/api/webhooks`: addresses elsewhere that are told what is written here.

use axum::{Json, extract::State};
use backend::{
    outside::ADDRESS_BYTES_MAX,
    store::Outgoing,
    webhook::{NAME_CHARS_MAX, outgoing::OutgoingDraft, sign},
};
use chat::{Code, RoomId, Timestamp, WebhookId};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::payload::{Id, Payload};
use crate::{
    identity::SignedIn,
    openapi::{
        Api, Call,
        schema::{any_text, flag, id, line, many, meaning, named, object, one_of, or_null, time},
    },
    problem::Refusal,
    state::AppState,
};

#[derive(Deserialize)]
pub(super) struct Create {
    room: Option<RoomId>,
    name: String,
    url: String,
    #[serde(default)]
    changes: bool,
}

/// A webhook as its maker sees it; what it is signed with only when it has just been made.
#[derive(Serialize)]
pub(super) struct Webhook {
    id: WebhookId,
    room: Option<RoomId>,
    name: String,
    url: String,
    changes: bool,
    created_at: Timestamp,
    stopped_at: Option<Timestamp>,
    fault: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl Webhook {
    fn of(webhook: Outgoing, secret: Option<String>) -> Self {
        let (stopped_at, fault) = webhook.stopped.map(|stop| (stop.at, stop.fault)).unzip();
        Self {
            id: webhook.id,
            room: webhook.room,
            name: webhook.name,
            url: webhook.url,
            changes: webhook.changes,
            created_at: webhook.created_at,
            stopped_at,
            fault,
            secret,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Webhooks {
    webhooks: Vec<Webhook>,
}

pub(super) async fn create(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Payload(body): Payload<Create>,
) -> Result<(StatusCode, Json<Webhook>), Refusal> {
    let draft = OutgoingDraft {
        room: body.room,
        name: body.name,
        url: body.url,
        changes: body.changes,
    };
    let webhook = state.backend.create_outgoing(&caller, draft).await?;
    let secret = sign::key_text(&webhook.key);
    Ok((StatusCode::CREATED, Json(Webhook::of(webhook, Some(secret)))))
}

pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Webhooks>, Refusal> {
    let webhooks = state.backend.list_outgoing(&caller).await?.into_iter();
    Ok(Json(Webhooks {
        webhooks: webhooks.map(|webhook| Webhook::of(webhook, None)).collect(),
    }))
}

pub(super) async fn delete(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(webhook): Id<WebhookId>,
) -> Result<StatusCode, Refusal> {
    state.backend.delete_outgoing(&caller, webhook).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn resume(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(webhook): Id<WebhookId>,
) -> Result<StatusCode, Refusal> {
    state.backend.resume_outgoing(&caller, webhook).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An address of the web, as it comes in.
pub(super) fn address() -> Value {
    json!({
        "type": "string",
        "format": "uri",
        "maxLength": ADDRESS_BYTES_MAX,
        "description": "http or https, without a password; it must lead to the public internet",
    })
}

/// Tells of these calls, and of the requests that webhooks make.
pub(super) fn describe(api: &mut Api) {
    let stopped = meaning(or_null(&time()), "Since when it is told nothing any more");
    let fault = meaning(or_null(&any_text()), "Why it was stopped");
    let secret = meaning(
        any_text(),
        "The key of its signatures: only where it has just been made",
    );
    let room = meaning(or_null(&id()), "`null`: every public channel");
    api.schema(
        "Webhook",
        object(
            &[
                ("id", id()),
                ("room", room.clone()),
                ("name", any_text()),
                ("url", any_text()),
                ("changes", flag()),
                ("created_at", time()),
                ("stopped_at", stopped),
                ("fault", fault),
            ],
            &[("secret", secret)],
        ),
    );
    let webhooks = meaning(many(&named("Webhook"), None), "Oldest first");
    api.schema("Webhooks", object(&[("webhooks", webhooks)], &[]));
    let create = object(
        &[("name", line(NAME_CHARS_MAX)), ("url", address())],
        &[
            ("room", room),
            ("changes", meaning(flag(), "Whether it is told of changes too")),
        ],
    );
    let path = "/api/webhooks";
    api.call(
        Call::post(
            path,
            "createWebhook",
            "Has an address elsewhere told what is written here",
        )
        .takes(create)
        .gives(201, "Webhook")
        .refuses(&[
            Code::Forbidden,
            Code::RoomNotFound,
            Code::NotAMember,
            Code::RoomArchived,
            Code::TooMany,
        ]),
    );
    api.call(
        Call::get(path, "listWebhooks", "The outgoing webhooks")
            .gives(200, "Webhooks")
            .refuses(&[Code::Forbidden]),
    );
    let of_webhook = |call: Call| {
        let call = call.part("id", id()).gives_nothing(204);
        call.refuses(&[Code::Forbidden, Code::WebhookNotFound])
    };
    api.call(of_webhook(Call::delete(
        "/api/webhooks/{id}",
        "deleteWebhook",
        "Deletes an outgoing webhook",
    )));
    api.call(of_webhook(Call::post(
        "/api/webhooks/{id}/resume",
        "resumeWebhook",
        "Lets a webhook that was stopped go on where it was",
    )));
    describe_requests(api);
}

fn describe_requests(api: &mut Api) {
    let place = object(&[("id", id()), ("slug", any_text()), ("name", any_text())], &[]);
    let told = object(
        &[
            ("event", one_of(&["message", "changed"])),
            ("webhook", id()),
            ("room", place.clone()),
            ("message", named("Message")),
        ],
        &[],
    );
    api.schema("Told", told);
    let who = object(
        &[
            ("id", id()),
            ("username", any_text()),
            ("display_name", any_text()),
        ],
        &[],
    );
    let asked = object(
        &[
            ("command", any_text()),
            ("text", any_text()),
            ("room", place),
            ("user", who),
        ],
        &[],
    );
    api.schema("Asked", asked);
    let header = |name: &str, what: &str| json!({ "name": name, "in": "header", "required": true, "schema": any_text(), "description": what });
    let request = |summary: &str, schema: &str, answer: &str| {
        json!({
            "summary": summary,
            "parameters": [
                header(sign::HEADER, "`t=SECONDS,v1=HEX`: the HMAC-SHA256 of the seconds, a dot and the body, with the secret as the key"),
                header("natter-event", "`message`, `changed` or `command`"),
                header("natter-delivery", "The same whenever the same is told again"),
            ],
            "requestBody": { "required": true, "content": { "application/json": { "schema": named(schema) } } },
            "responses": { "2XX": { "description": answer } },
        })
    };
    let told = "It is told. Anything else: it is told again later, each time after a longer pause";
    api.webhook("told", request("Something was written", "Told", told));
    let answer = "Text for who typed it, or Slack's JSON (`text`, `response_type`), within 3 s";
    api.webhook(
        "asked",
        request("Somebody typed a slash command", "Asked", answer),
    );
}
