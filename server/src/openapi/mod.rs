//! `/api/openapi.json`: what programs can ask of this server, as OpenAPI 3.1.
//!
//! It is written by hand, beside the handlers: each module of [`crate::rest`] has a function `describe` that adds its
//! calls ([`Call`]) and the schemas of what they take and give. What all calls have in common (who may ask, how it
//! is refused, tags, limits) is added here. Nothing ties a description to its handler but tests, and they are strict:
//! `server/tests/api/openapi.rs` holds the paths against the router's ([`routes::Routes`] remembers them) and real answers
//! against the schemas.

mod call;
pub mod routes;
pub mod schema;

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use axum::response::{IntoResponse, Response};
use http::header;
use serde_json::{Map, Value, json};

pub use self::call::Call;
use crate::rest;

/// How long a client may go on with the document before it asks again, in seconds.
const FRESH: &str = "public, max-age=300";

const ABOUT: &str = "Natter's REST API. Errors are `application/problem+json` (RFC 9457) with a stable `code`. \
    Ids are UUIDs, times RFC 3339 in UTC. Fields and codes may be added at any time, and are not taken away. \
    Live events come over the WebSocket at `/ws`.";

/// The document while it is put together.
#[derive(Debug, Default)]
pub struct Api {
    calls: Vec<Call>,
    schemas: BTreeMap<&'static str, Value>,
    webhooks: Map<String, Value>,
}

impl Api {
    /// Adds a call.
    pub fn call(&mut self, call: Call) {
        self.calls.push(call);
    }

    /// Adds what calls refer to by `name`: see [`schema::named`].
    pub fn schema(&mut self, name: &'static str, schema: Value) {
        self.schemas.insert(name, schema);
    }

    /// Adds a request that the server makes of others.
    pub fn webhook(&mut self, name: &str, operation: Value) {
        self.webhooks
            .insert(name.to_owned(), json!({ "post": operation }));
    }

    fn document(self) -> Value {
        let mut paths = Map::new();
        let mut responses = Map::new();
        for call in &self.calls {
            let path = paths.entry(call.path()).or_insert_with(|| json!({}));
            path[call.method().as_str().to_ascii_lowercase()] = call.operation(&mut responses);
        }
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Natter",
                "version": env!("CARGO_PKG_VERSION"),
                "description": ABOUT,
                "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            },
            "servers": [{ "url": "/" }],
            "security": [{ "bearer": [] }, { "cookie": [] }],
            "paths": paths,
            "webhooks": self.webhooks,
            "components": {
                "schemas": self.schemas,
                "responses": responses,
                "headers": headers(),
                "parameters": parameters(),
                "securitySchemes": security(),
            },
        })
    }
}

/// The document.
#[must_use]
pub fn document() -> Value {
    let mut api = Api::default();
    schema::describe(&mut api);
    describe(&mut api);
    rest::describe(&mut api);
    api.document()
}

fn describe(api: &mut Api) {
    let mut whole = schema::object(&[("openapi", schema::any_text())], &[]);
    whole["additionalProperties"] = true.into();
    api.schema("Document", whole);
    let call = Call::get("/api/openapi.json", "getDocument", "This document");
    api.call(call.open().gives(200, "Document"));
}

/// Serves the document. It is the same for everyone and as long as the process lives.
pub async fn serve() -> Response {
    static TEXT: LazyLock<Arc<str>> = LazyLock::new(|| document().to_string().into());
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, FRESH),
    ];
    (headers, TEXT.to_string()).into_response()
}

fn headers() -> Value {
    json!({
        "RequestId": {
            "description": "Names the request, also in the server's log.",
            "required": true,
            "schema": { "type": "string" },
        },
        "ETag": {
            "description": "A weak tag of what the answer holds, for `If-None-Match`.",
            "required": true,
            "schema": { "type": "string", "pattern": "^W/\"" },
        },
        "RetryAfter": {
            "description": "When to try again, in whole seconds.",
            "required": true,
            "schema": { "type": "integer", "minimum": 1 },
        },
        "WwwAuthenticate": {
            "description": "How to say who one is.",
            "required": true,
            "schema": { "type": "string", "const": "Bearer" },
        },
        "SetCookie": {
            "description": "The session cookie.",
            "required": true,
            "schema": { "type": "string" },
        },
    })
}

fn parameters() -> Value {
    json!({
        "IfNoneMatch": {
            "name": "If-None-Match",
            "in": "header",
            "description": "Tags of what the client has: where it is still so, the answer is 304 and has no body.",
            "schema": { "type": "string" },
        },
    })
}

fn security() -> Value {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A personal access token, or a bot's: see `POST /api/tokens`.",
        },
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": "natter_session",
            "description": "A browser's session; over HTTPS its name begins with `__Host-`. What changes state must come from an allowed `Origin`.",
        },
    })
}
