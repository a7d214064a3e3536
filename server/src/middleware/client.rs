//! Where a request comes from.

use std::{convert::Infallible, net::SocketAddr};

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
        Self(peer.map_or_else(
            || "unknown".to_owned(),
            |Peer(addr)| addr.ip().to_canonical().to_string(),
        ))
    }
}

impl<S: Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}
