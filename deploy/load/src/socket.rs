//! Where the server is, and sockets to it that never block.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};

use rustix::{
    fd::OwnedFd,
    io::Errno,
    net::{self, AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, sockopt},
};

use crate::error::Error;

/// One local address has about 28,000 ports towards one server; the next one starts well before that.
const SOCKETS_PER_ADDRESS: usize = 20_000;

/// The server under test.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its origin, without a slash at the end.
    pub url: String,
    /// Its name and port.
    pub authority: String,
    address: SocketAddr,
    source: Option<Ipv4Addr>,
}

impl Server {
    /// Resolves an origin such as `http://127.0.0.1:3000`. `source` is the first local address to use.
    pub fn find(url: &str, source: Option<Ipv4Addr>) -> Result<Self, Error> {
        let url = url.trim_end_matches('/');
        let usage = || {
            Error::Usage(format!(
                "{url}: expected a plain origin such as http://127.0.0.1:3000"
            ))
        };
        let authority = url
            .strip_prefix("http://")
            .filter(|rest| !rest.contains('/'))
            .ok_or_else(usage)?;
        let name = if authority.contains(':') {
            authority.to_owned()
        } else {
            format!("{authority}:80")
        };
        let address = name
            .to_socket_addrs()
            .map_err(Error::io(url))?
            .next()
            .ok_or_else(usage)?;
        Ok(Self {
            url: url.to_owned(),
            authority: authority.to_owned(),
            address,
            source,
        })
    }

    /// The local address of the `index`th connection; none lets the system choose.
    fn source_of(&self, index: usize) -> Option<IpAddr> {
        let step = (index / SOCKETS_PER_ADDRESS) as u32;
        let may_choose = self.source.is_none() && (step == 0 || !self.address.ip().is_loopback());
        let first = u32::from(self.source.unwrap_or(Ipv4Addr::LOCALHOST));
        (self.address.is_ipv4() && !may_choose).then(|| Ipv4Addr::from(first + step).into())
    }
}

/// A connected, or connecting, socket.
pub(crate) struct Socket(OwnedFd);

impl Socket {
    /// Begins to connect; the socket becomes writable when it is done, well or not.
    pub(crate) fn connect(server: &Server, index: usize) -> Result<Self, Error> {
        let socket = Self::begin(server, index);
        socket.map_err(|error| Error::io(format!("connect to {}", server.address))(error.into()))
    }

    fn begin(server: &Server, index: usize) -> Result<Self, Errno> {
        let family = if server.address.is_ipv4() {
            AddressFamily::INET
        } else {
            AddressFamily::INET6
        };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = net::socket_with(family, SocketType::STREAM, flags, None)?;
        if let Some(source) = server.source_of(index) {
            net::bind(&socket, &SocketAddr::new(source, 0))?;
        }
        // Sends are single small segments that are being timed.
        sockopt::set_tcp_nodelay(&socket, true)?;
        match net::connect(&socket, &server.address) {
            Ok(()) | Err(Errno::INPROGRESS) => Ok(Self(socket)),
            Err(error) => Err(error),
        }
    }

    /// What became of the connecting.
    pub(crate) fn connected(&self) -> Result<(), Error> {
        let error = sockopt::socket_error(&self.0).and_then(|result| result);
        error.map_err(|error| Error::io("connect")(error.into()))
    }

    /// Takes what has arrived; none when there is nothing, 0 at the end.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> Result<Option<usize>, Error> {
        match net::recv(&self.0, buffer, RecvFlags::empty()) {
            Ok((count, _)) => Ok(Some(count)),
            Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(error) => Err(Error::io("receive")(error.into())),
        }
    }

    /// Hands over as much as the socket takes, and says how much.
    pub(crate) fn send(&self, bytes: &[u8]) -> Result<usize, Error> {
        match net::send(&self.0, bytes, SendFlags::NOSIGNAL) {
            Ok(count) => Ok(count),
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            Err(error) => Err(Error::io("send")(error.into())),
        }
    }
}

impl rustix::fd::AsFd for Socket {
    fn as_fd(&self) -> rustix::fd::BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(source: Option<Ipv4Addr>) -> Server {
        Server::find("http://127.0.0.1:3000/", source).unwrap()
    }

    #[test]
    fn sources_spread_over_the_loopback_addresses() {
        assert_eq!(server(None).source_of(19_999), None);
        assert_eq!(
            server(None).source_of(20_000),
            Some(Ipv4Addr::new(127, 0, 0, 2).into())
        );
    }

    #[test]
    fn a_second_generator_can_start_at_another_source() {
        let server = server(Some(Ipv4Addr::new(127, 0, 1, 1)));
        assert_eq!(server.source_of(0), Some(Ipv4Addr::new(127, 0, 1, 1).into()));
        assert_eq!(server.source_of(40_000), Some(Ipv4Addr::new(127, 0, 1, 3).into()));
    }

    #[test]
    fn origins_that_cannot_be_reached_this_way_are_refused() {
        assert!(Server::find("https://chat.example", None).is_err());
        assert!(Server::find("http://127.0.0.1:3000/rooms", None).is_err());
    }
}
