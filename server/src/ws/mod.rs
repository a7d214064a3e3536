//! The WebSocket door: `GET /ws`.

mod batch;
mod codec;
mod command;
#[cfg(feature = "fuzzed")]
pub(crate) mod fuzzed;
mod outbox;
mod pace;
mod parse;
mod rooms;
mod sends;
mod socket;
mod task;

#[cfg(test)]
pub(crate) use task::serve as serve_over;

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Request, State, WebSocketUpgrade},
    response::{IntoResponse, Response},
};
use backend::{Caller, Code, Problem, Result};
use chat::wire::SUBPROTOCOL;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use crate::{hub::Hub, identity::Identity, problem::Refusal, state::AppState};

/// Opens a connection. Who is not signed in gets one too, only to be told so: a browser shows no page why an
/// upgrade failed.
pub async fn open(State(state): State<AppState>, request: Request) -> Response {
    let identity = request
        .extensions()
        .get::<Identity>()
        .cloned()
        .unwrap_or(Identity::Anonymous);
    if let Err(problem) = may_open(&state, &identity, &request) {
        return Refusal(problem).into_response();
    }
    let since = rooms_version(request.uri().query().unwrap_or_default());
    let (response, upgrade) = match shake_hands(request).await {
        Ok(agreed) => agreed,
        Err(problem) => return Refusal(problem).into_response(),
    };
    let caller = identity.caller().cloned();
    if let Some(caller) = &caller
        && let Err(problem) = state.backend.admit_connection(caller).await
    {
        return Refusal(problem).into_response();
    }
    tokio::spawn(serve(Arc::clone(&state.hub), caller, since, upgrade));
    response
}

/// Whether the request may become a connection, be it that of nobody.
fn may_open(state: &AppState, identity: &Identity, request: &Request) -> Result<()> {
    if state.hub.is_draining() {
        return Err(Problem::unavailable(1));
    }
    // A cookie is sent along by whatever page opens the socket; that it is one of ours shows only here.
    if matches!(identity, Identity::Browser(_)) && !state.origin.allows(request.headers()) {
        return Err(Code::ForeignOrigin.into());
    }
    Ok(())
}

/// Agrees on WebSocket; what is then spoken over the connection is up to [`task`].
async fn shake_hands(mut request: Request) -> Result<(Response, OnUpgrade)> {
    let upgrade = hyper::upgrade::on(&mut request);
    let (mut parts, _) = request.into_parts();
    // The extractor checks the request and writes the answer. The connection it would take too, so it gets
    // a stand-in for it, and the task that it starts finds nothing to do.
    parts
        .extensions
        .insert(hyper::upgrade::on(http::Request::new(())));
    let agreed = WebSocketUpgrade::from_request_parts(&mut parts, &())
        .await
        .map_err(|rejection| {
            Problem::because(
                Code::Malformed,
                format!("This address speaks WebSocket: {rejection}"),
            )
        })?;
    let response = agreed
        .protocols([SUBPROTOCOL])
        .on_upgrade(|_| std::future::ready(()));
    Ok((response, upgrade))
}

/// The version of rooms' settings that the other side knows, if it says so.
fn rooms_version(query: &str) -> Option<u64> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(name, _)| *name == "rooms");
    named.next()?.1.parse().ok()
}

/// Takes no more along than an idle connection needs: this future lives as long as the connection.
async fn serve(hub: Arc<Hub>, caller: Option<Caller>, since: Option<u64>, upgrade: OnUpgrade) {
    let Ok(upgraded) = upgrade.await else { return };
    let io = TokioIo::new(upgraded);
    match caller {
        Some(caller) => Box::pin(task::serve(hub, caller, since, io)).await,
        None => Box::pin(task::refuse(io)).await,
    }
}

#[cfg(test)]
mod tests;
