//! The server: one binary that serves the page, the REST API, the WebSocket and the operator.
//!
//! It translates between HTTP and the use cases of `backend` and decides nothing itself.
//! [`router`] shows every URL, [`middleware`] what every request passes through.

#[cfg(test)]
mod allocations;
pub mod command;
pub mod config;
mod files;
mod form;
#[cfg(feature = "fuzzed")]
pub mod fuzzed;
pub mod hub;
pub mod identity;
pub mod metrics;
pub mod middleware;
mod multipart;
pub mod openapi;
pub mod ops;
pub mod page;
#[cfg(feature = "planted")]
mod planted;
pub mod problem;
pub mod rest;
pub mod router;
pub mod serve;
pub mod state;
pub mod ws;
