//! `/health` and `/health/ready`: for balancers and people.

use std::time::Duration;

use axum::{Json, extract::State};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::state::AppState;

/// How long the database may take for a sign of life.
const PROBE: Duration = Duration::from_secs(1);

/// The process is up.
pub async fn health() -> Json<Value> {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// The process can serve: it is not about to stop and its database answers. Names every dependency.
pub async fn ready(State(state): State<AppState>) -> (StatusCode, Json<Value>) {
    let backend = &state.backend;
    let database = matches!(timeout(PROBE, backend.store.ping()).await, Ok(Ok(())));
    let draining = state.drain.is_draining();
    let status = match (draining, database) {
        (true, _) => "draining",
        (false, true) => "ok",
        (false, false) => "unavailable",
    };
    let word = |up: bool| if up { "ok" } else { "unavailable" };
    let body = json!({
        "status": status,
        "dependencies": {
            "database": { "kind": backend.store.engine(), "status": word(database) },
            "bus": { "kind": backend.bus.name(), "status": "ok" },
            "cache": { "kind": backend.cache.name(), "status": "ok" },
            "sessions": { "kind": backend.sessions.name(), "status": "ok" },
            "presence": { "kind": backend.presence.name(), "status": "ok" },
            "limits": { "kind": backend.limiter.name(), "status": "ok" },
        },
    });
    let code = if status == "ok" {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (code, Json(body))
}
