//! The REST door: parse, call one use case, render. Every call is in [`routes`], and told of by its module's `describe`.

mod attention;
mod audit;
mod auth;
pub(crate) mod avatar;
mod bots;
mod commands;
mod data;
mod files;
mod health;
mod incoming;
mod invites;
mod listing;
mod messages;
mod moderation;
mod payload;
mod profile;
mod push;
mod reports;
mod rooms;
mod search;
mod sessions;
mod tokens;
mod users;
mod webhooks;

use axum::{Router, extract::DefaultBodyLimit, routing::MethodRouter};
use backend::Code;
use http::Method;

use crate::{
    openapi::{
        self, Api,
        routes::{Routes, delete, get, patch, post, put},
    },
    problem::Refusal,
    state::AppState,
    ws,
};

pub use health::{health, metrics, ready};
#[cfg(feature = "fuzzed")]
pub(crate) use incoming::fuzzed;
pub(crate) use payload::Parameters;

/// For what takes files, whose bytes are counted as they come and not beforehand.
fn unlimited(methods: MethodRouter<AppState>) -> MethodRouter<AppState> {
    methods.layer(DefaultBodyLimit::disable())
}

/// Every call below `/api`.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .route("/openapi.json", get(openapi::serve))
        .route("/auth/register", post(auth::register))
        .route("/auth/login", post(auth::login))
        .route("/auth/logout", post(auth::logout))
        .route("/me/status", patch(attention::set_status))
        .route("/me/quiet", get(attention::quiet).put(attention::set_quiet))
        .route("/me", get(profile::me).patch(profile::edit))
        .route("/me/password", post(sessions::change_password))
        .route(
            "/me/avatar",
            put(avatar::set).delete(avatar::remove).with(unlimited),
        )
        .route("/me/export", get(data::export_me))
        .route("/me/erase", post(data::erase_me))
        .route("/export", get(data::export))
        .route("/sessions", get(sessions::list).delete(sessions::end_all))
        .route("/sessions/{id}", delete(sessions::end))
        .route("/bots", get(bots::list).post(bots::create))
        .route("/bots/{id}/tokens", get(bots::tokens).post(bots::create_token))
        .route("/bots/{id}/tokens/{token}", delete(bots::revoke_token))
        .route("/commands", get(commands::list).post(commands::create))
        .route("/commands/{id}", delete(commands::delete))
        .route("/webhooks", get(webhooks::list).post(webhooks::create))
        .route("/webhooks/{id}", delete(webhooks::delete))
        .route("/webhooks/{id}/resume", post(webhooks::resume))
        .route("/tokens", get(tokens::list).post(tokens::create))
        .route("/tokens/{id}", delete(tokens::revoke))
        .route("/users", get(users::list))
        .route("/users/{id}", get(profile::get).patch(profile::change))
        .route("/users/{id}/erase", post(data::erase))
        .route("/rooms", get(rooms::list).post(rooms::create))
        .route("/rooms/direct", post(rooms::open_direct))
        .route("/rooms/{id}/commands", get(commands::offers).post(commands::run))
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
        .route("/rooms/{id}/unread", post(attention::mark_unread))
        .route("/rooms/{id}/notify", put(attention::set_notify))
        .route(
            "/rooms/{id}/draft",
            get(attention::draft).put(attention::keep_draft),
        )
        .route("/rooms/{id}/webhooks", get(incoming::list).post(incoming::create))
        .route("/rooms/{id}/webhooks/{webhook}", delete(incoming::delete))
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
        .route(
            "/push",
            get(push::key).post(push::subscribe).delete(push::unsubscribe),
        )
        .route("/saved", get(attention::saved))
        .route("/invites", get(invites::list).post(invites::create))
        .route("/invites/{id}", delete(invites::revoke))
        .route("/reports", get(reports::page).post(reports::report))
        .route("/reports/{id}/resolve", post(reports::resolve))
        .route("/audit", get(audit::page))
        .route("/files", post(files::create).with(unlimited))
        .route("/files/uploads", post(files::begin))
        .route(
            "/files/uploads/{id}",
            get(files::find)
                .patch(files::resume)
                .delete(files::cancel)
                .with(unlimited),
        )
        .route("/search", get(search::search))
        .route("/threads", get(attention::threads))
        .route("/threads/unread", get(attention::unread_threads))
        .route("/threads/{id}", get(messages::thread))
        .route(
            "/threads/{id}/follow",
            get(attention::following)
                .put(attention::follow)
                .delete(attention::unfollow),
        )
        .route("/threads/{id}/read", post(attention::read_thread))
        .route(
            "/threads/{id}/draft",
            get(attention::reply_draft).put(attention::keep_reply_draft),
        )
        .route("/unread", get(attention::unread))
}

/// What else programs ask for, at addresses of its own. Metrics are elsewhere where the operator has a listener for them.
#[must_use]
pub fn outside(with_metrics: bool) -> Routes {
    let routes = Routes::new()
        .route("/ws", get(ws::open))
        .route("/files/{id}/{name}", get(crate::files::serve))
        .route("/avatars/{id}", get(avatar::serve))
        .route("/health", get(health::health))
        .route("/health/ready", get(health::ready));
    if with_metrics {
        routes.route("/metrics", get(health::metrics))
    } else {
        routes
    }
}

/// Where programs post without being anybody. Counted like the API, by address.
#[must_use]
pub fn hooks() -> Routes {
    Routes::new().route("/hooks/{secret}", post(incoming::post))
}

/// Serves [`routes`], and a refusal for whatever is none of them.
pub fn router() -> Router<AppState> {
    routes()
        .into_router()
        .fallback(|| async { Refusal::from(Code::NotFound) })
        .method_not_allowed_fallback(|| async { Refusal::from(Code::MethodNotAllowed) })
}

/// Every method and path that programs are served under.
#[must_use]
pub fn served() -> Vec<(Method, String)> {
    let below = routes().served().to_vec().into_iter();
    let below = below.map(|(method, path)| (method, format!("/api{path}")));
    let elsewhere = [outside(true), hooks()];
    let elsewhere = elsewhere.iter().flat_map(|routes| routes.served().to_vec());
    below.chain(elsewhere).collect()
}

/// Tells of all of them.
pub fn describe(api: &mut Api) {
    attention::describe(api);
    audit::describe(api);
    auth::describe(api);
    bots::describe(api);
    commands::describe(api);
    files::describe(api);
    health::describe(api);
    incoming::describe(api);
    invites::describe(api);
    messages::describe(api);
    moderation::describe(api);
    profile::describe(api);
    push::describe(api);
    reports::describe(api);
    rooms::describe(api);
    search::describe(api);
    sessions::describe(api);
    data::describe(api);
    avatar::describe(api);
    tokens::describe(api);
    users::describe(api);
    webhooks::describe(api);
}
