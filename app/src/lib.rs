//! What a person sees of Natter.
//!
//! Built twice. For the server (`ssr`) it is the pages, complete without scripts, and the server functions that
//! their forms call. For the browser (`hydrate`) it is the islands alone: no page, no router, no server function.

pub mod attached;
pub mod face;
pub mod islands;
pub mod live;
pub mod marks;

#[cfg(feature = "ssr")]
mod address;
#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
pub mod cookie;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod parts;
#[cfg(feature = "ssr")]
pub mod shell;
#[cfg(feature = "ssr")]
pub mod visit;

#[cfg(feature = "ssr")]
pub use shell::{App, shell};
#[cfg(feature = "ssr")]
pub use visit::Visit;
