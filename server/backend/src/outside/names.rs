//! The name service.

use std::{io, net::SocketAddr};

use async_trait::async_trait;

/// The most addresses of a name that are looked at.
const ADDRESSES_MAX: usize = 8;

/// Tells the addresses of a name.
#[async_trait]
pub trait Names: Send + Sync {
    /// The addresses of `name`, each with `port`.
    ///
    /// # Errors
    /// Where the name is not known or nobody could say.
    async fn find(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// What the system knows.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

#[async_trait]
impl Names for SystemNames {
    async fn find(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let found = tokio::net::lookup_host((name, port)).await?;
        Ok(found.take(ADDRESSES_MAX).collect())
    }
}
