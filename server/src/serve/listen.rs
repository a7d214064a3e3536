//! Where connections come in: an address of our own, or a listener that whoever started the process hands over.
//!
//! systemd does the latter (`deploy/systemd`). It keeps the listener open while the process is exchanged, so that
//! nobody who connects meanwhile is refused: they wait for the next process.

use std::{io, net::SocketAddr};

use listenfd::ListenFd;
use tokio::net::TcpListener;

use super::ServeError;

/// Where connections come in.
pub(super) struct Listener {
    pub(super) listener: TcpListener,
    /// Whether somebody else holds it too.
    pub(super) inherited: bool,
}

impl Listener {
    /// Where it is.
    pub(super) fn address(&self) -> Result<SocketAddr, ServeError> {
        self.listener
            .local_addr()
            .map_err(|error| ServeError::Start(error.to_string()))
    }
}

/// The listeners that the process was started with; the first is for everyone, the second for the operator.
pub(super) struct Inherited(ListenFd);

impl Inherited {
    /// Looks at the environment (`LISTEN_FDS`).
    pub(super) fn take() -> Self {
        Self(ListenFd::from_env())
    }

    /// The listener of this number, or one at `addr`.
    pub(super) async fn or_listen(
        &mut self,
        number: usize,
        addr: SocketAddr,
    ) -> Result<Listener, ServeError> {
        let failed = |error: io::Error| ServeError::Listen { addr, error };
        if number < self.0.len()
            && let Some(listener) = self.0.take_tcp_listener(number).map_err(failed)?
        {
            listener.set_nonblocking(true).map_err(failed)?;
            return Ok(Listener {
                listener: TcpListener::from_std(listener).map_err(failed)?,
                inherited: true,
            });
        }
        Ok(Listener {
            listener: TcpListener::bind(addr).await.map_err(failed)?,
            inherited: false,
        })
    }
}
