//! Where a request comes from: the peer of its connection or, where that is a proxy that is trusted, whom the proxy
//! names.

use std::{
    convert::Infallible,
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, header, request::Parts};

use crate::state::AppState;

/// Who stands before whom, added to by each proxy at its end: `client, proxy, proxy`.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The most proxies in a row that are looked at.
const HOPS_MAX: usize = 16;

/// The peer of the connection that a request came over; put there by [`crate::serve`].
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The address that limits count by: the client's, without the port.
#[derive(Clone, Debug)]
pub struct Address(pub String);

impl Address {
    /// The address of a request with these parts.
    #[must_use]
    pub fn of(extensions: &http::Extensions) -> Self {
        let known = extensions.get::<Self>().cloned();
        known.unwrap_or_else(|| Self("unknown".to_owned()))
    }
}

impl<S: Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

/// Finds out where a request comes from, once for all who want to know.
pub async fn locate(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    if let Some(Peer(peer)) = request.extensions().get::<Peer>() {
        let client = state.proxies.client(peer.ip(), request.headers());
        request.extensions_mut().insert(Address(subject(client)));
    }
    next.run(request).await
}

/// Whoever has an IPv6 address has the 2⁶⁴ beside it too: they count as one.
fn subject(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// The proxies whose word about their clients is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<Network>);

impl Proxies {
    /// Whether there are any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whose request it is that came from `peer`: the last one in the row of those who passed it on that is no proxy
    /// of ours. What stands before that in the headers, anybody may have written.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.trusts(client) {
            return client;
        }
        for hop in hops(headers).into_iter().rev().take(HOPS_MAX) {
            // A proxy that does not know, or does not say: it is the last that is known.
            let Some(hop) = hop else { break };
            client = hop;
            if !self.trusts(client) {
                break;
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

/// Those who passed the request on, the client first; nothing for those who are not named by an address. Proxies that
/// know the standard's `Forwarded` may send it instead of the older header, which counts where both are there.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let parts = |name: &HeaderName| -> Vec<String> {
        let values = headers.get_all(name).into_iter();
        let texts = values.map(|value| value.to_str().unwrap_or_default().to_owned());
        texts
            .flat_map(|text| {
                text.split(',')
                    .map(|part| part.trim().to_owned())
                    .collect::<Vec<_>>()
            })
            .collect()
    };
    if headers.contains_key(X_FORWARDED_FOR) {
        return parts(&X_FORWARDED_FOR).iter().map(|part| address(part)).collect();
    }
    let named = |part: &String| {
        let mut pairs = part.split(';').filter_map(|pair| pair.trim().split_once('='));
        let (_, node) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
        address(node.trim_matches('"'))
    };
    parts(&header::FORWARDED).iter().map(named).collect()
}

/// An address with or without a port: `192.0.2.7`, `192.0.2.7:80`, `2001:db8::7`, `[2001:db8::7]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let parsed = bare.unwrap_or(text).parse::<IpAddr>();
    let address = parsed.or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

impl FromStr for Proxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    fn contains(&self, other: IpAddr) -> bool {
        let shift = |width: u8| u32::from(width - self.bits);
        match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits())
                    .checked_shr(shift(32))
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits())
                    .checked_shr(shift(128))
                    .unwrap_or(0)
                    == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?}: expected an address or a network, such as 10.0.0.5 or 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits
                .parse()
                .ok()
                .filter(|bits| *bits <= width)
                .ok_or_else(wrong)?,
            None => width,
        };
        Ok(Self { address, bits })
    }
}

impl fmt::Display for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let networks = self
            .0
            .iter()
            .map(|Network { address, bits }| format!("{address}/{bits}"));
        f.write_str(&networks.collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_addresses_of_one_ipv6_network_are_one_subject() {
        let subject_of = |text: &str| subject(text.parse().unwrap());
        assert_eq!(subject_of("2001:db8::1"), subject_of("2001:db8::ffff:2"));
        assert_ne!(subject_of("2001:db8::1"), subject_of("2001:db8:0:1::1"));
        assert_eq!(subject_of("::ffff:192.0.2.7"), "192.0.2.7");
    }

    /// Whose request it is, with these headers, for the proxies 10.0.0.0/8 and 2001:db8:1::/48.
    fn client(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let proxies: Proxies = "10.0.0.0/8, 2001:db8:1::/48".parse().unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        proxies.client(peer.parse().unwrap(), &map).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let claim = [("x-forwarded-for", "192.0.2.7")];
        assert_eq!(client("198.51.100.1", &claim), "198.51.100.1");
        assert_eq!(client("10.1.2.3", &claim), "192.0.2.7");
        assert_eq!(client("::ffff:10.1.2.3", &claim), "192.0.2.7");
        assert_eq!(client("2001:db8:1::9", &claim), "192.0.2.7");
        assert_eq!(client("2001:db8:2::9", &claim), "2001:db8:2::9");
        let nobody = Proxies::default();
        let peer = "10.1.2.3".parse().unwrap();
        assert_eq!(nobody.client(peer, &HeaderMap::new()), peer);
    }

    #[test]
    fn what_a_client_claims_stands_before_what_proxies_say_and_counts_for_nothing() {
        let row = "1.1.1.1, 192.0.2.7, 10.0.0.9";
        assert_eq!(client("10.1.2.3", &[("x-forwarded-for", row)]), "192.0.2.7");
        let rows = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "192.0.2.7")];
        assert_eq!(client("10.1.2.3", &rows), "192.0.2.7");
        let both = [("forwarded", "for=1.1.1.1"), ("x-forwarded-for", "192.0.2.7")];
        assert_eq!(client("10.1.2.3", &both), "192.0.2.7");
    }

    #[test]
    fn every_way_to_write_an_address_is_understood() {
        for value in [
            "for=192.0.2.7;proto=https;by=10.0.0.1",
            "for=1.1.1.1, For=\"192.0.2.7:4711\"",
            "proto=http; for=192.0.2.7",
        ] {
            assert_eq!(
                client("10.1.2.3", &[("forwarded", value)]),
                "192.0.2.7",
                "{value}"
            );
        }
        let six = [("forwarded", "for=\"[2001:db8:2::7]:4711\"")];
        assert_eq!(client("10.1.2.3", &six), "2001:db8:2::7");
        assert_eq!(
            client("10.1.2.3", &[("x-forwarded-for", "2001:db8:2::7")]),
            "2001:db8:2::7"
        );
    }

    #[test]
    fn where_nobody_is_named_the_last_who_is_known_counts() {
        for value in ["unknown", "_hidden", "", "192.0.2.7, garbage", "999.1.1.1"] {
            assert_eq!(
                client("10.1.2.3", &[("x-forwarded-for", value)]),
                "10.1.2.3",
                "{value}"
            );
        }
        assert_eq!(
            client("10.1.2.3", &[("x-forwarded-for", "unknown, 10.0.0.9")]),
            "10.0.0.9"
        );
        let long = ["10.0.0.1"; 1_000].join(",");
        assert_eq!(client("10.1.2.3", &[("x-forwarded-for", &long)]), "10.0.0.1");
    }

    #[test]
    fn networks_are_checked_when_they_are_read() {
        for wrong in [
            "10.0.0.0/33",
            "2001:db8::/129",
            "localhost",
            "10.0.0.0/-1",
            "10.0.0/8",
        ] {
            assert!(wrong.parse::<Proxies>().is_err(), "{wrong}");
        }
        let all: Proxies = "0.0.0.0/0,::/0".parse().unwrap();
        assert!(all.trusts("192.0.2.7".parse().unwrap()) && all.trusts("::1".parse().unwrap()));
        assert_eq!(
            "127.0.0.1, ::1".parse::<Proxies>().unwrap().to_string(),
            "127.0.0.1/32,::1/128"
        );
        assert!("".parse::<Proxies>().unwrap().is_empty());
    }
}
