//! Where connections come in: an address of our own, or a listener that whoever started the process hands over.
//!
//! systemd does the latter (`deploy/systemd`). It keeps the listener open while the process is exchanged, so that
//! nobody who connects meanwhile is refused: they wait for the next process.
//!
//! An address of our own is taken at once, for others to know that it is taken, and listened on once the process can
//! serve. Until then connections are refused, which a balancer answers by asking another instance; it would wait for
//! one that accepts and does not answer.

use std::{io, net::SocketAddr};

use listenfd::ListenFd;
use tokio::net::{TcpListener, TcpSocket};

use super::ServeError;

/// The most connections that wait to be accepted. The system may allow fewer.
const BACKLOG: u32 = 4_096;

/// An address that is taken.
pub(super) struct Place {
    address: SocketAddr,
    held: Held,
}

enum Held {
    Own(TcpSocket),
    Inherited(TcpListener),
}

/// Where connections come in.
pub(super) struct Listener {
    pub(super) listener: TcpListener,
    /// Whether somebody else holds it too.
    pub(super) inherited: bool,
}

impl Place {
    /// Which it is.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on connections come in.
    pub(super) fn listen(self) -> Result<Listener, ServeError> {
        let Self { address, held } = self;
        let failed = |error| ServeError::Listen { addr: address, error };
        Ok(match held {
            Held::Own(socket) => Listener {
                listener: socket.listen(BACKLOG).map_err(failed)?,
                inherited: false,
            },
            Held::Inherited(listener) => Listener {
                listener,
                inherited: true,
            },
        })
    }
}

/// The listeners that the process was started with; the first is for everyone, the second for the operator.
pub(super) struct Inherited(ListenFd);

impl Inherited {
    /// Looks at the environment (`LISTEN_FDS`).
    pub(super) fn take() -> Self {
        Self(ListenFd::from_env())
    }

    /// The listener of this number, or `addr`.
    pub(super) fn or_take(&mut self, number: usize, addr: SocketAddr) -> Result<Place, ServeError> {
        let failed = |error| ServeError::Listen { addr, error };
        match self.inherited(number).map_err(failed)? {
            Some(place) => Ok(place),
            None => own(addr).map_err(failed),
        }
    }

    fn inherited(&mut self, number: usize) -> io::Result<Option<Place>> {
        if number >= self.0.len() {
            return Ok(None);
        }
        let Some(listener) = self.0.take_tcp_listener(number)? else {
            return Ok(None);
        };
        listener.set_nonblocking(true)?;
        Ok(Some(Place {
            address: listener.local_addr()?,
            held: Held::Inherited(TcpListener::from_std(listener)?),
        }))
    }
}

fn own(addr: SocketAddr) -> io::Result<Place> {
    let socket = if addr.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // Connections of the process before, which are being forgotten, are no reason to wait.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    Ok(Place {
        address: socket.local_addr()?,
        held: Held::Own(socket),
    })
}
