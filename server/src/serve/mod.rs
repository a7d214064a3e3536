//! `natter serve`: from configuration to a running server, and to its end.

mod accept;

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    path::Path,
    time::Duration,
};

use app::cookie::SessionCookie;
use backend::connect::{ConnectError, connect};
use thiserror::Error;
use tokio::net::TcpListener;
use tracing::info;

use crate::{
    config::{Config, Origin},
    hub::Hub,
    metrics,
    ops::{Drain, Probe},
    page, router,
    state::{AppState, Parts},
};

/// Over how long connections are told to come back, so that they do not come back all at once.
const DRAIN_WINDOW: Duration = Duration::from_millis(1_500);
/// How long requests may go on after that.
const DEADLINE: Duration = Duration::from_secs(10);

/// Why the server could not start.
#[derive(Debug, Error)]
pub enum ServeError {
    /// A dependency is missing.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: {error}")]
    Listen {
        /// Which.
        addr: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The page was not built.
    #[error("{0} holds no built page: run `make build`, or set NATTER_SITE_ROOT")]
    Site(String),
    /// Something that only a broken build or environment can cause.
    #[error("cannot start: {0}")]
    Start(String),
}

/// Serves until the process is told to stop (SIGTERM or SIGINT), then drains.
///
/// # Errors
/// [`ServeError`] where it cannot start.
pub async fn serve(config: &Config) -> Result<(), ServeError> {
    if !site_is_built(&config.site_root) {
        return Err(ServeError::Site(config.site_root.display().to_string()));
    }
    // Listened for before anyone is told the address: whoever is may send the signal at once.
    let stop = stop_signal()?;
    let listener = listen(config.addr).await?;
    let ops = match config.ops_addr {
        Some(addr) => Some(listen(addr).await?),
        None => None,
    };
    let state = state(config, address(&listener)?).await?;
    announce(&state, &listener, ops.as_ref())?;
    run(listener, ops, state, stop).await;
    Ok(())
}

/// Whether the folder holds what cargo-leptos builds.
#[must_use]
pub fn site_is_built(root: &Path) -> bool {
    root.join("pkg").is_dir()
}

async fn listen(addr: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(addr)
        .await
        .map_err(|error| ServeError::Listen { addr, error })
}

fn address(listener: &TcpListener) -> Result<SocketAddr, ServeError> {
    listener
        .local_addr()
        .map_err(|error| ServeError::Start(error.to_string()))
}

async fn state(config: &Config, addr: SocketAddr) -> Result<AppState, ServeError> {
    let recorder = metrics::install().map_err(|error| ServeError::Start(error.to_string()))?;
    tokio::spawn(metrics::keep_up(recorder.clone()));
    let backend = connect(&config.backend()).await?;
    tokio::spawn(backend.clone().keep_up());
    let origin = config.url.clone().unwrap_or_else(|| Origin::of(addr));
    Ok(AppState::from(Parts {
        hub: Hub::start(backend.clone(), &config.limits),
        backend,
        cookie: SessionCookie::new(origin.secure()),
        origin,
        drain: Drain::default(),
        probe: Probe::default(),
        leptos: page::options(&config.site_root).map_err(|error| ServeError::Start(error.to_string()))?,
        metrics: recorder,
    }))
}

/// Tells on standard output where the server is: with port 0 nobody could know it otherwise. Nobody listening
/// there is no reason to stop.
fn announce(state: &AppState, listener: &TcpListener, ops: Option<&TcpListener>) -> Result<(), ServeError> {
    let here = Origin::of(address(listener)?);
    let mut lines = format!("Natter listens on {here}\n");
    if here != state.origin {
        lines.push_str(&format!("People reach it at {}\n", state.origin));
    }
    if let Some(ops) = ops {
        lines.push_str(&format!(
            "Metrics and health are on {}\n",
            Origin::of(address(ops)?)
        ));
    }
    let _ = io::stdout().write_all(lines.as_bytes());
    Ok(())
}

async fn run(
    listener: TcpListener,
    ops: Option<TcpListener>,
    state: AppState,
    stop: impl Future<Output = ()>,
) {
    let (end, ended) = tokio::sync::watch::channel(false);
    let public = router::public(&state, ops.is_none());
    let serving = tokio::spawn(accept::accept(listener, public, ended.clone()));
    let operating = ops.map(|ops| tokio::spawn(accept::accept(ops, router::ops(&state), ended)));
    stop.await;
    info!("stopping: connections are told to come back");
    state.drain.begin();
    state.hub.drain(DRAIN_WINDOW).await;
    end.send_replace(true);
    let finish = async {
        let _ = serving.await;
        if let Some(operating) = operating {
            let _ = operating.await;
        }
    };
    if tokio::time::timeout(DEADLINE, finish).await.is_err() {
        info!("some requests did not end in time");
    }
    state.backend.close().await;
    info!("stopped");
}

/// Begins to listen for SIGTERM and SIGINT; what it gives ends when one of them comes.
fn stop_signal() -> Result<impl Future<Output = ()>, ServeError> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).map_err(|error| ServeError::Start(format!("signals: {error}")));
    let mut terminated = listen(SignalKind::terminate())?;
    let mut interrupted = listen(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    })
}
