//! The REST door: parse, call one use case, render. Every call is in [`routes`].

mod audit;
mod auth;
mod health;
mod invites;
mod messages;
mod moderation;
mod payload;
mod profile;
mod reports;
mod rooms;
mod search;
mod sessions;
mod tokens;
mod users;

use axum::{
    Router,
    routing::{delete, get, patch, post, put},
};
use backend::Code;

use crate::{problem::Refusal, state::AppState};

pub use health::{health, metrics, ready};

/// Every call below `/api`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/auth/register", post(auth::register))
        .route("/auth/login", post(auth::login))
        .route("/auth/logout", post(auth::logout))
        .route("/me", get(profile::me).patch(profile::edit))
        .route("/me/password", post(sessions::change_password))
        .route("/sessions", get(sessions::list).delete(sessions::end_all))
        .route("/sessions/{id}", delete(sessions::end))
        .route("/tokens", get(tokens::list).post(tokens::create))
        .route("/tokens/{id}", delete(tokens::revoke))
        .route("/users", get(users::list))
        .route("/users/{id}", get(profile::get).patch(profile::change))
        .route("/rooms", get(rooms::list).post(rooms::create))
        .route("/rooms/direct", post(rooms::open_direct))
        .route("/rooms/{id}", get(rooms::get).patch(rooms::change))
        .route("/rooms/{id}/join", post(rooms::join))
        .route("/rooms/{id}/leave", post(rooms::leave))
        .route("/rooms/{id}/members", get(rooms::members).post(rooms::invite))
        .route("/rooms/{id}/members/{user}", delete(moderation::kick))
        .route("/rooms/{id}/bans", get(moderation::bans))
        .route(
            "/rooms/{id}/bans/{user}",
            put(moderation::ban).delete(moderation::lift_ban),
        )
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
        .route("/invites", get(invites::list).post(invites::create))
        .route("/invites/{id}", delete(invites::revoke))
        .route("/reports", get(reports::page).post(reports::report))
        .route("/reports/{id}/resolve", post(reports::resolve))
        .route("/audit", get(audit::page))
        .route("/search", get(search::search))
        .route("/threads/{id}", get(messages::thread))
        .fallback(|| async { Refusal::from(Code::NotFound) })
        .method_not_allowed_fallback(|| async { Refusal::from(Code::MethodNotAllowed) })
}
