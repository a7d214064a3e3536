//! Every URL that the server answers.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    routing::{any, get, post},
};

use backend::Code;

use crate::{
    form,
    middleware::{self, etag, limit},
    page,
    problem::Refusal,
    rest,
    state::AppState,
};

/// What people and programs reach. Without a listener of their own, metrics are here too.
pub fn public(state: &AppState, with_metrics: bool) -> Router {
    let api = rest::router()
        .layer(from_fn(etag::tag))
        .layer(from_fn_with_state(state.clone(), limit::count));
    let hooks = rest::hooks()
        .into_router()
        .layer(from_fn_with_state(state.clone(), limit::count));
    let router = rest::outside(with_metrics)
        .into_router()
        .merge(hooks)
        .method_not_allowed_fallback(|| async { Refusal::from(Code::MethodNotAllowed) })
        .nest("/api", api)
        // Below a nested router there is at least one character more.
        .route("/api/", any(|| async { Refusal::from(Code::NotFound) }))
        .merge(
            page::routes(state)
                .route(
                    "/import/send",
                    post(form::send_import).layer(DefaultBodyLimit::disable()),
                )
                .route(
                    "/avatars/send",
                    post(form::send_avatar).layer(DefaultBodyLimit::disable()),
                )
                .route("/files/send", post(form::send).layer(DefaultBodyLimit::disable()))
                .layer(from_fn_with_state(state.clone(), limit::count_changes)),
        );
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
