//! Calls to other hosts on behalf of people: link previews, webhooks. The only way out for addresses that people
//! chose, so that nobody reaches through the server what only the server can reach.
//!
//! - Only `http` and `https`, on their own ports, without credentials in the address.
//! - A name is resolved here and only its public addresses ([`range`]) are connected to, those very ones: an
//!   answer of the name service that changes afterwards changes nothing. There is no proxy and no pool.
//! - A redirect is followed for a GET only, a few times, and each is judged like the first address.
//! - Time and size have limits, which cover all of it.
//!
//! [`Rules::allow`] makes exceptions, one socket address at a time.

mod exchange;
mod names;
mod range;

#[cfg(test)]
mod tests;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use thiserror::Error;
use tokio::sync::Semaphore;
use url::Url;

pub use names::{Names, SystemNames};

/// How many calls are under way at once in a process; more wait, within their time.
pub const CALLS_MAX: usize = 32;
/// The longest address that is called, in bytes.
pub const ADDRESS_BYTES_MAX: usize = 2_048;

/// What is allowed beyond the public internet on ports 80 and 443.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Addresses with their ports that may be called although they are private, for services beside this one and
    /// for tests.
    pub allow: Vec<SocketAddr>,
}

/// What to ask for.
#[derive(Clone, Debug)]
pub struct Request {
    /// GET or POST, say.
    pub method: Method,
    /// Where.
    pub address: Url,
    /// Headers besides `Host`, `Content-Length` and `User-Agent`, which are written here.
    pub headers: HeaderMap,
    /// What to send.
    pub body: Bytes,
    /// How much of everything.
    pub bounds: Bounds,
}

impl Request {
    /// A GET without headers.
    #[must_use]
    pub fn get(address: Url, bounds: Bounds) -> Self {
        Self {
            method: Method::GET,
            address,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            bounds,
        }
    }
}

/// How far a call may go.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How long all of it may take, redirects included.
    pub time: Duration,
    /// The most bytes of an answer's body that are read.
    pub body_bytes: usize,
    /// How many redirects are followed.
    pub redirects: usize,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Where it came from, after redirects.
    pub address: Url,
    /// Its status, whatever it is.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as far as it was read.
    pub body: Bytes,
    /// Whether that is all of the body.
    pub whole: bool,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Fault {
    /// It is too long, of another scheme or port, or has credentials in it.
    #[error("only http and https addresses on their own ports can be called, without a password")]
    Address,
    /// It leads to a private or special address.
    #[error("the address is not on the public internet")]
    Private,
    /// No such name.
    #[error("the name is not known")]
    Unknown,
    /// Nobody answers there, or not with a certificate that can be trusted.
    #[error("the host could not be reached")]
    Unreachable,
    /// The time was over.
    #[error("the host took too long")]
    Slow,
    /// What came is no HTTP, or broke off.
    #[error("the host's answer could not be understood")]
    Broken,
    /// It sends callers round.
    #[error("the host sent us on too often")]
    Redirects,
}

impl Fault {
    /// Whether the host is to blame rather than the address, so that it is worth another try later.
    #[must_use]
    pub const fn is_outage(self) -> bool {
        matches!(
            self,
            Self::Unknown | Self::Unreachable | Self::Slow | Self::Broken
        )
    }
}

/// The way out.
pub struct Outside {
    rules: Rules,
    names: Arc<dyn Names>,
    calls: Semaphore,
    trust: exchange::Trust,
}

impl Outside {
    /// With the name service of the system.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self::with_names(rules, Arc::new(SystemNames))
    }

    /// With another name service.
    #[must_use]
    pub fn with_names(rules: Rules, names: Arc<dyn Names>) -> Self {
        Self {
            rules,
            names,
            calls: Semaphore::new(CALLS_MAX),
            trust: exchange::Trust::default(),
        }
    }

    /// Asks, and gives what came back, whatever its status. A redirect that is not followed, as that of a POST, is
    /// an answer.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn call(&self, request: Request) -> Result<Answer, Fault> {
        let time = request.bounds.time;
        let work = async {
            let _call = self.calls.acquire().await.map_err(|_| Fault::Unreachable)?;
            self.follow(request).await
        };
        tokio::time::timeout(time, work).await.map_err(|_| Fault::Slow)?
    }

    async fn follow(&self, mut request: Request) -> Result<Answer, Fault> {
        for _ in 0..=request.bounds.redirects {
            let sockets = self.sockets(&request.address).await?;
            let answer = exchange::exchange(&self.trust, &sockets, &request).await?;
            match next(&request, &answer) {
                Some(address) => request.address = address?,
                None => return Ok(answer),
            }
        }
        Err(Fault::Redirects)
    }

    /// Where a connection may be made to for this address.
    async fn sockets(&self, address: &Url) -> Result<Vec<SocketAddr>, Fault> {
        let port = check(address)?;
        let found = match address.host().ok_or(Fault::Address)? {
            url::Host::Ipv4(ip) => vec![SocketAddr::new(ip.into(), port)],
            url::Host::Ipv6(ip) => vec![SocketAddr::new(ip.into(), port)],
            url::Host::Domain(name) => self.names.find(name, port).await.map_err(|_| Fault::Unknown)?,
        };
        if found.is_empty() {
            return Err(Fault::Unknown);
        }
        let is_allowed = |socket: &SocketAddr| self.is_allowed(*socket, address);
        let allowed: Vec<_> = found.into_iter().filter(is_allowed).collect();
        if allowed.is_empty() {
            Err(Fault::Private)
        } else {
            Ok(allowed)
        }
    }

    fn is_allowed(&self, socket: SocketAddr, address: &Url) -> bool {
        let own_port = matches!((address.scheme(), socket.port()), ("http", 80) | ("https", 443));
        (own_port && range::is_public(socket.ip())) || self.rules.allow.contains(&socket)
    }
}

/// The port of an address that may be called, as far as it can be said without its name's addresses.
fn check(address: &Url) -> Result<u16, Fault> {
    let is_web = matches!(address.scheme(), "http" | "https");
    let is_bare = address.username().is_empty() && address.password().is_none();
    if !is_web || !is_bare || address.as_str().len() > ADDRESS_BYTES_MAX {
        return Err(Fault::Address);
    }
    address.port_or_known_default().ok_or(Fault::Address)
}

/// Where an answer sends on to, if it is to be followed.
fn next(request: &Request, answer: &Answer) -> Option<Result<Url, Fault>> {
    let follows = request.method == Method::GET && request.bounds.redirects > 0;
    let sends_on = matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = answer
        .headers
        .get(header::LOCATION)
        .filter(|_| follows && sends_on)?;
    let joined = location.to_str().ok().and_then(|to| answer.address.join(to).ok());
    Some(joined.ok_or(Fault::Broken))
}
