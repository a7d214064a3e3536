//! Every URL that the server answers.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    routing::{any, get, post},
};

use crate::{
    files, form,
    middleware::{self, etag, limit},
    page, rest,
    state::AppState,
    ws,
};

/// What people and programs reach. Without a listener of their own, metrics are here too.
pub fn public(state: &AppState, with_metrics: bool) -> Router {
    let api = rest::routes()
        .layer(from_fn(etag::tag))
        .layer(from_fn_with_state(state.clone(), limit::count));
    let router = Router::new()
        .nest("/api", api)
        .route("/files/{id}/{name}", get(files::serve))
        .route("/ws", any(ws::open))
        .route("/health", get(rest::health))
        .route("/health/ready", get(rest::ready))
        .merge(
            page::routes(state)
                .route("/files/send", post(form::send).layer(DefaultBodyLimit::disable()))
                .layer(from_fn_with_state(state.clone(), limit::count_changes)),
        );
    let router = if with_metrics {
        router.route("/metrics", get(rest::metrics))
    } else {
        router
    };
    middleware::around(router, state).with_state(state.clone())
}

/// What only the operator reaches, on `NATTER_OPS_ADDR`.
pub fn ops(state: &AppState) -> Router {
    Router::new()
        .route("/health", get(rest::health))
        .route("/health/ready", get(rest::ready))
        .route("/metrics", get(rest::metrics))
        .with_state(state.clone())
}
