//! What every request handler can reach.

use std::{ops::Deref, sync::Arc};

use app::cookie::SessionCookie;
use axum::extract::FromRef;
use backend::Backend;
use leptos::config::LeptosOptions;

use crate::{
    config::Origin,
    hub::Hub,
    metrics::Sampler,
    middleware::client::Proxies,
    ops::{Drain, Probe},
};

/// The server's parts. Every layer that a request passes through has its own, so what is cloned is one pointer.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// What [`AppState`] leads to.
pub struct Parts {
    /// The use cases.
    pub backend: Arc<Backend>,
    /// The live connections.
    pub hub: Arc<Hub>,
    /// Whether the database answers.
    pub probe: Probe,
    /// How session cookies are written.
    pub cookie: SessionCookie,
    /// Where pages of this site come from.
    pub origin: Origin,
    /// Whether the server is about to stop.
    pub drain: Drain,
    /// What the page needs to know of the build.
    pub leptos: LeptosOptions,
    /// Whose word about their clients is taken.
    pub proxies: Proxies,
    /// What Prometheus reads.
    pub metrics: Sampler,
}

impl From<Parts> for AppState {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}
