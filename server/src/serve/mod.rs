//! `natter serve`: from configuration to a running server, and to its end.

mod accept;
mod listen;

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    path::Path,
    time::Duration,
};

use app::cookie::SessionCookie;
use backend::connect::{ConnectError, connect, data_folder};
use thiserror::Error;
use tokio::{sync::watch::channel, task::JoinHandle};
use tracing::{info, warn};

use self::{
    accept::Ends,
    listen::{Inherited, Listener, Place},
};
use crate::{
    config::{Config, Origin},
    hub::Hub,
    metrics::{self, Sampler},
    ops::{Drain, Probe, notify},
    page, router,
    state::{AppState, Parts},
};

/// How many connections are told to come back within a second, so that they do not come back all at once.
const DRAIN_RATE: f64 = 1_000.0;
/// Over how long they are told at least, and at most: somebody waits for the end.
const DRAIN_WINDOW: (Duration, Duration) = (Duration::from_millis(1_500), Duration::from_secs(20));
/// How long requests may go on after that.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long the operator's requests may go on after everything else has ended.
const OPS_DEADLINE: Duration = Duration::from_secs(1);

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
    if let Some(fault) = page::of_another_build(&config.site_root) {
        warn!("{fault}");
    }
    // Listened for before anyone is told the address: whoever is may send the signal at once.
    let stop = stop_signal()?;
    let mut inherited = Inherited::take();
    let place = inherited.or_take(0, config.addr)?;
    let ops = config
        .ops_addr
        .map(|addr| inherited.or_take(1, addr))
        .transpose()?;
    let state = state(config, place.address()).await?;
    let upkeep = tokio::spawn(state.backend.clone().keep_up());
    let (here, ops_here) = (place.address(), ops.as_ref().map(Place::address));
    let listener = place.listen()?;
    let ops = ops.map(Place::listen).transpose()?;
    announce(&state, here, ops_here);
    let delay = Duration::from_secs(config.drain_delay.into());
    run(listener, ops, state, delay, stop, upkeep).await;
    Ok(())
}

/// Whether the folder holds what cargo-leptos builds.
#[must_use]
pub fn site_is_built(root: &Path) -> bool {
    root.join("pkg").is_dir()
}

/// All that requests are answered with, and what runs beside them.
pub(crate) async fn state(config: &Config, addr: SocketAddr) -> Result<AppState, ServeError> {
    let recorder = metrics::install().map_err(|error| ServeError::Start(error.to_string()))?;
    let backend = connect(&config.backend()).await?;
    let sampler = Sampler::new(backend.clone(), recorder, data_folder(&config.database_url));
    tokio::spawn(metrics::keep_up(sampler.clone()));
    let origin = config.url.clone().unwrap_or_else(|| Origin::of(addr));
    Ok(AppState::from(Parts {
        hub: Hub::start(backend.clone(), &config.limits),
        backend,
        cookie: SessionCookie::new(origin.secure()),
        origin,
        drain: Drain::default(),
        probe: Probe::default(),
        leptos: page::options(&config.site_root).map_err(|error| ServeError::Start(error.to_string()))?,
        proxies: config.trusted_proxies.clone(),
        metrics: sampler,
    }))
}

/// Tells on standard output where the server is: with port 0 nobody could know it otherwise. Nobody listening
/// there is no reason to stop.
fn announce(state: &AppState, addr: SocketAddr, ops: Option<SocketAddr>) {
    let here = Origin::of(addr);
    let mut lines = format!("Natter listens on {here}\n");
    if here != state.origin {
        lines.push_str(&format!("People reach it at {}\n", state.origin));
    }
    if let Some(ops) = ops {
        lines.push_str(&format!("Metrics and health are on {}\n", Origin::of(ops)));
    }
    let _ = io::stdout().write_all(lines.as_bytes());
}

async fn run(
    listener: Listener,
    ops: Option<Listener>,
    state: AppState,
    delay: Duration,
    stop: impl Future<Output = ()>,
    upkeep: JoinHandle<()>,
) {
    let (end_accepting, accepting) = channel(false);
    let (end, serving) = channel(false);
    // The operator's listener answers to the end, and says how it goes.
    let (end_ops, operating) = channel(false);
    let inherited = listener.inherited;
    let public = router::public(&state, ops.is_none());
    let ends = Ends { accepting, serving };
    let serving = tokio::spawn(accept::accept(listener, public, state.drain.clone(), ends));
    let operating = ops.map(|ops| {
        let ends = Ends {
            accepting: operating.clone(),
            serving: operating,
        };
        tokio::spawn(accept::accept(ops, router::ops(&state), Drain::default(), ends))
    });
    notify::ready();
    stop.await;
    notify::stopping();
    state.drain.begin();
    if inherited {
        // Whoever comes now is the next process's: they wait in the listener, which outlives this one.
        end_accepting.send_replace(true);
    }
    if !delay.is_zero() {
        info!("not ready any more, so that balancers notice");
        tokio::time::sleep(delay).await;
    }
    info!("stopping: connections are told to come back");
    state.hub.drain(drain_window(state.hub.connections())).await;
    end_accepting.send_replace(true);
    end.send_replace(true);
    if tokio::time::timeout(DEADLINE, serving).await.is_err() {
        info!("some requests did not end in time");
    }
    // It would go on with a store that is closed; what it leaves undone the next start or another instance does.
    // Told to end it still runs to where it next waits.
    upkeep.abort();
    let _ = upkeep.await;
    state.backend.close().await;
    end_ops.send_replace(true);
    if let Some(operating) = operating {
        let _ = tokio::time::timeout(OPS_DEADLINE, operating).await;
    }
    info!("stopped");
}

/// Over how long so many connections are told to come back.
fn drain_window(connections: usize) -> Duration {
    let (least, most) = DRAIN_WINDOW;
    Duration::from_secs_f64(connections as f64 / DRAIN_RATE).clamp(least, most)
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
