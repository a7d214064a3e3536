//! The browser's connection to the server.
//!
//! What decides is plain Rust without a browser in it: it is told what happened and what time it is, says what to
//! do, and is tested natively. What touches the browser is thin, and built for the browser only.

pub mod attention;
pub mod client;
pub mod codec;
pub mod connect;
pub mod find;
pub mod json;
pub mod layout;
pub mod outbox;
pub mod resume;
pub mod typing;

#[cfg(feature = "hydrate")]
pub mod browser;

pub use client::{Ask, Client, Effect, Notice};

/// Milliseconds on a clock that only goes forwards.
pub type Ms = u64;
