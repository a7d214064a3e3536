//! `/health` and `/health/ready`: for balancers and people; and the same as gauges.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use backend::{Code, health::Health};
use http::{StatusCode, header};
use metrics::gauge;
use serde_json::{Map, Value, json};

use crate::{
    metrics::DEPENDENCY_UP,
    openapi::{
        Api, Call,
        schema::{any_text, object, one_of},
    },
    state::AppState,
};

/// When to ask again, in seconds.
const RETRY_AFTER_S: u64 = 1;

/// What the server depends on, and how each is doing.
struct Dependencies {
    database: bool,
    /// Name, kind and state of those that the server can do without.
    others: [(&'static str, &'static str, Health); 5],
}

impl Dependencies {
    async fn of(state: &AppState) -> Self {
        let backend = &state.backend;
        let database = state.probe.database(&*backend.store).await;
        let others = [
            ("bus", backend.bus.name(), backend.bus.health()),
            ("cache", backend.cache.name(), backend.cache.health()),
            ("sessions", backend.sessions.name(), backend.sessions.health()),
            ("presence", backend.presence.name(), backend.presence.health()),
            ("limits", backend.limiter.name(), backend.limiter.health()),
        ];
        Self { database, others }
    }

    fn are_all_well(&self) -> bool {
        self.others.iter().all(|(_, _, health)| *health == Health::Ok)
    }
}

/// The process is up.
pub async fn health() -> Json<Value> {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// The process can serve: it is not about to stop and its database answers. Names every dependency. Without one of the
/// others it is `degraded` and serves all the same: every instance would be, and then none were left.
pub async fn ready(State(state): State<AppState>) -> Response {
    let found = Dependencies::of(&state).await;
    let status = match (state.drain.is_draining(), found.database) {
        (true, _) => "draining",
        (false, false) => "unavailable",
        (false, true) if found.are_all_well() => "ok",
        (false, true) => "degraded",
    };
    let (kind, database) = (
        state.backend.store.engine(),
        if found.database { "ok" } else { "unavailable" },
    );
    let mut dependencies = Map::new();
    dependencies.insert("database".into(), json!({ "kind": kind, "status": database }));
    for (name, kind, health) in found.others {
        dependencies.insert(name.into(), json!({ "kind": kind, "status": health.as_str() }));
    }
    let body = Json(json!({ "status": status, "dependencies": dependencies }));
    match status {
        "ok" | "degraded" => body.into_response(),
        _ => {
            let headers = [(header::RETRY_AFTER, RETRY_AFTER_S.to_string())];
            (StatusCode::SERVICE_UNAVAILABLE, headers, body).into_response()
        }
    }
}

/// What Prometheus reads, with the dependencies as they are now.
pub async fn metrics(State(state): State<AppState>) -> String {
    let found = Dependencies::of(&state).await;
    let up = |up: bool| if up { 1.0 } else { 0.0 };
    gauge!(DEPENDENCY_UP, "dependency" => "database").set(up(found.database));
    for (name, _, health) in found.others {
        gauge!(DEPENDENCY_UP, "dependency" => name).set(up(health == Health::Ok));
    }
    state.metrics.render()
}

/// Tells of these calls, and of the WebSocket.
pub(super) fn describe(api: &mut Api) {
    api.schema(
        "Health",
        object(&[("status", one_of(&["ok"])), ("version", any_text())], &[]),
    );
    let state = one_of(&["ok", "degraded", "unavailable"]);
    let dependency = object(&[("kind", any_text()), ("status", state)], &[]);
    let names = ["database", "bus", "cache", "sessions", "presence", "limits"];
    let dependencies = names.map(|name| (name, dependency.clone()));
    let status = one_of(&["ok", "degraded", "draining", "unavailable"]);
    api.schema(
        "Readiness",
        object(
            &[("status", status), ("dependencies", object(&dependencies, &[]))],
            &[],
        ),
    );
    let get = |path, id, summary| Call::get(path, id, summary).open().outside();
    api.call(get("/health", "getHealth", "The process is up").gives(200, "Health"));
    api.call(
        get("/health/ready", "getReadiness", "The process can serve")
            .gives(200, "Readiness")
            .gives(503, "Readiness")
            .with_header(503, "Retry-After", "RetryAfter"),
    );
    let text = json!({ "text/plain": { "schema": any_text() } });
    api.call(
        get("/metrics", "getMetrics", "Figures, as Prometheus reads them")
            .detail("Elsewhere where the operator has a listener of its own for them.")
            .gives_content(200, text)
            .refuses(&[Code::NotFound]),
    );
    api.call(
        Call::get("/ws", "openSocket", "Opens a WebSocket")
            .detail("Frames are told of in the documentation. Who is not signed in is told so by the close code 4401.")
            .outside()
            .open()
            .gives_nothing(101)
            .refuses(&[Code::Malformed, Code::ForeignOrigin, Code::TooFast]),
    );
}
