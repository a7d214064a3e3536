//! Instances as one: real processes on one PostgreSQL and one Redis, parts of which fail while people write.
//!
//! Each test has services of its own. What every client did and saw is recorded and judged by the checker of
//! `natter-load`, which knows the contract and nothing of the server.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::allow_attributes
)]

#[path = "../common/mod.rs"]
mod common;

mod away;
mod chance;
mod client;
mod cluster;
mod crew;
mod faults;
mod listeners;
mod proxy;
mod record;
mod rolling;
mod shared;
mod visitors;
mod watch;
