//! The REST door: parse, call one use case, render. Every call is in [`routes`].

mod auth;
mod files;
mod health;
mod messages;
mod payload;
mod rooms;
mod search;
mod tokens;
mod users;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{delete, get, patch, post, put},
};
use backend::Code;

use crate::{problem::Refusal, state::AppState};

pub use health::{health, metrics, ready};

/// What takes files, whose bytes are counted as they come and not beforehand.
fn uploads() -> Router<AppState> {
    Router::new()
        .route("/files", post(files::create))
        .route(
            "/files/uploads/{id}",
            get(files::find).patch(files::resume).delete(files::cancel),
        )
        .layer(DefaultBodyLimit::disable())
}

/// Every call below `/api`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/auth/register", post(auth::register))
        .route("/auth/login", post(auth::login))
        .route("/auth/logout", post(auth::logout))
        .route("/me", get(auth::me))
        .route("/tokens", get(tokens::list).post(tokens::create))
        .route("/tokens/{id}", delete(tokens::revoke))
        .route("/users", get(users::list))
        .route("/rooms", get(rooms::list).post(rooms::create))
        .route("/rooms/direct", post(rooms::open_direct))
        .route("/rooms/{id}/join", post(rooms::join))
        .route("/rooms/{id}/leave", post(rooms::leave))
        .route("/rooms/{id}/members", get(rooms::members).post(rooms::invite))
        .route("/rooms/{id}/pins", get(messages::pins))
        .route("/rooms/{id}/read", post(rooms::read))
        .route("/messages", get(messages::page).post(messages::post))
        .route("/messages/{id}", patch(messages::edit).delete(messages::delete))
        .route("/messages/{id}/history", get(messages::history))
        .route("/messages/{id}/pin", put(messages::pin).delete(messages::unpin))
        .route(
            "/messages/{id}/reactions/{emoji}",
            put(messages::react).delete(messages::unreact),
        )
        .route("/files/uploads", post(files::begin))
        .merge(uploads())
        .route("/search", get(search::search))
        .route("/threads/{id}", get(messages::thread))
        .fallback(|| async { Refusal::from(Code::NotFound) })
        .method_not_allowed_fallback(|| async { Refusal::from(Code::MethodNotAllowed) })
}
