//! Accepting connections. Our own loop and not `axum::serve`, for what that one lacks: a limit on how
//! long a client may take to send its request's head, and one on how many connections there are.

use std::{convert::Infallible, future::pending, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request};
use http::{HeaderValue, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::TcpStream,
    sync::{Notify, Semaphore, watch},
    time::timeout,
};
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use super::listen::Listener;
use crate::{middleware::client::Peer, ops::Drain};

/// How long a client may take to send its first request's head.
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// How long it may take from one request to the end of the next one's head. Longer than nginx and other clients keep
/// connections that they do not use, a minute or less: whoever closes one first never has a request cross the closing.
const KEPT_TIME_MAX: Duration = Duration::from_secs(75);
/// The most open HTTP connections; more wait to be accepted. A WebSocket gives its place back at the upgrade: what
/// bounds those is the limit on opening them, and the files that the process may open.
const CONNECTIONS_MAX: usize = 100_000;
/// How long to wait when the system has no more file descriptors.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(50);

/// How long nothing may come before the listener is closed: what the system has accepted for it by then would be cut
/// off, though whoever sent it was told nothing yet.
const QUIET: Duration = Duration::from_millis(20);
/// How long that is waited for.
const QUIET_WAIT: Duration = Duration::from_secs(1);
/// How long connections that are kept alive, or have just been opened, may take to send one request more.
const LAST_WORD: Duration = Duration::from_millis(300);

/// When to end what.
#[derive(Clone)]
pub(super) struct Ends {
    /// No connections are accepted any more.
    pub(super) accepting: watch::Receiver<bool>,
    /// Requests that are under way are the last.
    pub(super) serving: watch::Receiver<bool>,
}

/// Serves `router` until `ends` says so, then lets requests finish. Once `drain` has begun, no connection is used
/// again: whoever holds it opens the next one elsewhere. A listener that is another process' too stays open there, and
/// what waits in it is for the next one.
pub(super) async fn accept(
    Listener { listener, inherited }: Listener,
    router: Router,
    drain: Drain,
    Ends {
        mut accepting,
        serving: ended,
    }: Ends,
) {
    let conversations = TaskTracker::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            break;
        };
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let conversation = converse(stream, peer, router.clone(), drain.clone(), ended.clone());
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
            () = told_to_end(&mut accepting) => break,
        }
    }
    let _ = timeout(QUIET_WAIT, async {
        while !inherited && let Ok(Ok((stream, peer))) = timeout(QUIET, listener.accept()).await {
            conversations.spawn(converse(
                stream,
                peer,
                router.clone(),
                drain.clone(),
                ended.clone(),
            ));
        }
    })
    .await;
    drop(listener);
    conversations.close();
    conversations.wait().await;
}

/// Whoever could say it being gone says it too.
async fn told_to_end(ended: &mut watch::Receiver<bool>) {
    let _ = ended.wait_for(|ended| *ended).await;
}

/// Waits until it is clear that nobody asks anything: for ever where somebody does.
async fn nothing_asked(asked: &Notify) {
    if timeout(HEAD_TIME_MAX, asked.notified()).await.is_ok() {
        pending().await
    }
}

/// Serves one connection. HTTP/1.1 only: browsers speak HTTP/2 over TLS alone, which ends at a proxy, and proxies
/// speak HTTP/1.1 to what is behind them.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    drain: Drain,
    mut ended: watch::Receiver<bool>,
) {
    // Frames are small and must not wait for company.
    let _ = stream.set_nodelay(true);
    let asked = Arc::new(Notify::new());
    let asks = Arc::clone(&asked);
    let service = service_fn(move |mut request: Request<Incoming>| {
        asks.notify_one();
        request.extensions_mut().insert(Peer(peer));
        let answer = router.clone().oneshot(request.map(Body::new));
        let drain = drain.clone();
        async move {
            let mut answer = answer.await?;
            if drain.is_draining() && answer.status() != StatusCode::SWITCHING_PROTOCOLS {
                let close = HeaderValue::from_static("close");
                answer.headers_mut().insert(header::CONNECTION, close);
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(KEPT_TIME_MAX);
    let connection = builder
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let conversed = tokio::select! {
        conversed = connection.as_mut() => conversed,
        () = nothing_asked(&asked) => Ok(()),
        () = told_to_end(&mut ended) => match timeout(LAST_WORD, connection.as_mut()).await {
            Ok(conversed) => conversed,
            Err(_) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    };
    if let Err(error) = conversed {
        tracing::debug!(%error, "a connection broke");
    }
}
