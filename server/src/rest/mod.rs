//! The REST door: parse, call one use case, render. Every call is in [`routes`].

mod attention;
mod auth;
mod health;
mod messages;
mod payload;
mod rooms;
mod search;
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
        .route("/me", get(auth::me))
        .route("/me/status", patch(attention::set_status))
        .route("/me/quiet", get(attention::quiet).put(attention::set_quiet))
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
        .route("/rooms/{id}/unread", post(attention::mark_unread))
        .route("/rooms/{id}/notify", put(attention::set_notify))
        .route(
            "/rooms/{id}/draft",
            get(attention::draft).put(attention::keep_draft),
        )
        .route("/messages", get(messages::page).post(messages::post))
        .route("/messages/{id}", patch(messages::edit).delete(messages::delete))
        .route("/messages/{id}/history", get(messages::history))
        .route("/messages/{id}/pin", put(messages::pin).delete(messages::unpin))
        .route(
            "/messages/{id}/reactions/{emoji}",
            put(messages::react).delete(messages::unreact),
        )
        .route(
            "/messages/{id}/saved",
            put(attention::save).delete(attention::unsave),
        )
        .route("/saved", get(attention::saved))
        .route("/search", get(search::search))
        .route("/threads", get(attention::threads))
        .route("/threads/{id}", get(messages::thread))
        .route(
            "/threads/{id}/follow",
            get(attention::following)
                .put(attention::follow)
                .delete(attention::unfollow),
        )
        .route("/threads/{id}/read", post(attention::read_thread))
        .route("/unread", get(attention::unread))
        .fallback(|| async { Refusal::from(Code::NotFound) })
        .method_not_allowed_fallback(|| async { Refusal::from(Code::MethodNotAllowed) })
}
