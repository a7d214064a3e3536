//! Ports that nobody else takes.

use std::{
    hash::{BuildHasher, RandomState},
    io,
    net::TcpListener,
    ops::Range,
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixListener},
    },
};

/// Below the ports that the kernel gives to outgoing connections: one of those could take the port of a service
/// that is down for a moment.
const RANGE: Range<u16> = 10_240..32_768;

/// How many ports are tried before the machine counts as full.
const TRIES: usize = 1_000;

/// A port of this machine that no other service of these takes while this lives, even when nobody listens on it.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    /// The name by which the others know that it is taken; it goes with the process, whatever ends it.
    _taken: UnixListener,
}

impl Port {
    /// A free one.
    ///
    /// # Errors
    ///
    /// When none was found.
    pub(crate) fn reserve() -> io::Result<Self> {
        (0..TRIES)
            .find_map(|_| Self::try_reserve(random()))
            .ok_or_else(|| io::Error::other("no port is free"))
    }

    fn try_reserve(number: u16) -> Option<Self> {
        let name = SocketAddr::from_abstract_name(format!("natter-services-port-{number}")).ok()?;
        let taken = UnixListener::bind_addr(&name).ok()?;
        // Something that knows nothing of these names may listen there.
        TcpListener::bind(("127.0.0.1", number)).ok()?;
        Some(Self {
            number,
            _taken: taken,
        })
    }

    pub(crate) const fn number(&self) -> u16 {
        self.number
    }
}

fn random() -> u16 {
    let size = u64::from(RANGE.end - RANGE.start);
    let offset = RandomState::new().hash_one(()) % size;
    RANGE.start + u16::try_from(offset).unwrap_or_default()
}
