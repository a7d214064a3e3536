//! Where a request comes from.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

use axum::extract::FromRequestParts;
use http::request::Parts;

/// The peer of the connection that a request came over; put there by [`crate::serve`].
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The address that limits count by: the peer's, without the port.
#[derive(Clone, Debug)]
pub struct Address(pub String);

impl Address {
    /// The address of a request with these parts.
    #[must_use]
    pub fn of(extensions: &http::Extensions) -> Self {
        let peer = extensions.get::<Peer>();
        Self(peer.map_or_else(|| "unknown".to_owned(), |Peer(addr)| subject(addr.ip())))
    }
}

impl<S: Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_one_ipv6_network_are_one_subject() {
        let subject_of = |text: &str| subject(text.parse().unwrap());
        assert_eq!(subject_of("2001:db8::1"), subject_of("2001:db8::ffff:2"));
        assert_ne!(subject_of("2001:db8::1"), subject_of("2001:db8:0:1::1"));
        assert_eq!(subject_of("::ffff:192.0.2.7"), "192.0.2.7");
    }
}
