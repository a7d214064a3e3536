//! What lives in the page: one file, one island.
//!
//! An island adopts what the server rendered inside it. It takes no props and draws nothing on the server; what it
//! has to know stands in data attributes. What several islands share is the [client](crate::live::client).

#[cfg(feature = "hydrate")]
pub(crate) mod commands;
pub mod composer;
pub mod connection;
#[cfg(feature = "hydrate")]
mod dress;
pub mod people_picker;
pub mod sidebar;
pub mod timeline;
#[cfg(feature = "hydrate")]
pub(crate) mod verbs;
