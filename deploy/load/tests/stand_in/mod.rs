//! A server that speaks just enough of the public contract to be loaded, keeps everything in memory,
//! and breaks one promise on demand.

mod faults;
mod http;
mod room;
mod socket;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
};

use axum::{
    Router,
    routing::{get, post},
};
use tokio::net::TcpListener;

pub(crate) use self::faults::Fault;
use self::room::Room;

/// What all connections share.
pub(crate) struct StandIn {
    fault: Fault,
    rooms: Mutex<HashMap<String, Room>>,
    connections: AtomicU64,
}

impl StandIn {
    fn rooms(&self) -> MutexGuard<'_, HashMap<String, Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves on a free port until the runtime ends.
pub(crate) async fn serve(fault: Fault) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let state = StandIn {
        fault,
        rooms: Mutex::default(),
        connections: AtomicU64::new(0),
    };
    let router = Router::new()
        .route("/ws", get(socket::upgrade))
        .route("/api/messages", post(http::post_message).get(http::list_messages))
        .route("/health/ready", get(async || "ready"))
        .with_state(Arc::new(state));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}
