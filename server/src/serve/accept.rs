//! Accepting connections. Our own loop and not `axum::serve`, for what that one lacks: a limit on how
//! long a client may take to send its request's head, and one on how many connections there are.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::middleware::client::Peer;

/// How long a client may take to send a request's head.
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// The most open HTTP connections; more wait to be accepted. A WebSocket gives its place back at the upgrade: what
/// bounds those is the limit on opening them, and the files that the process may open.
const CONNECTIONS_MAX: usize = 100_000;
/// How long to wait when the system has no more file descriptors.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(50);

/// Serves `router` until `ended` says so, then lets requests finish.
pub(super) async fn accept(listener: TcpListener, router: Router, mut ended: watch::Receiver<bool>) {
    let conversations = TaskTracker::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            break;
        };
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let conversation = converse(stream, peer, router.clone(), ended.clone());
                    conversations.spawn(async move {
                        conversation.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(EXHAUSTED_PAUSE).await;
                }
            },
            () = told_to_end(&mut ended) => break,
        }
    }
    drop(listener);
    conversations.close();
    conversations.wait().await;
}

/// Whoever could say it being gone says it too.
async fn told_to_end(ended: &mut watch::Receiver<bool>) {
    let _ = ended.wait_for(|ended| *ended).await;
}

/// Serves one connection. HTTP/1.1 only: browsers speak HTTP/2 over TLS alone, which ends at a proxy, and proxies
/// speak HTTP/1.1 to what is behind them.
async fn converse(stream: TcpStream, peer: SocketAddr, router: Router, mut ended: watch::Receiver<bool>) {
    // Frames are small and must not wait for company.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request.map(Body::new))
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX);
    let connection = builder
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let conversed = tokio::select! {
        conversed = connection.as_mut() => conversed,
        () = told_to_end(&mut ended) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = conversed {
        tracing::debug!(%error, "a connection broke");
    }
}
