//! Telling systemd how the process stands, where systemd started it and wants to know (`Type=notify`).

use std::{
    env, io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixDatagram},
    },
};

/// The process takes requests.
pub fn ready() {
    tell("READY=1");
}

/// The process is about to end.
pub fn stopping() {
    tell("STOPPING=1");
}

fn tell(state: &str) {
    if let Ok(place) = env::var("NOTIFY_SOCKET")
        && let Err(error) = send(&place, state)
    {
        tracing::warn!(%error, "systemd could not be told {state}");
    }
}

fn send(place: &str, state: &str) -> io::Result<()> {
    let address = match place.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(place)?,
    };
    UnixDatagram::unbound()?
        .send_to_addr(state.as_bytes(), &address)
        .map(drop)
}
