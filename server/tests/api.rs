//! The REST door, over HTTP, against the real binary.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::allow_attributes
)]

#[path = "common/mod.rs"]
mod common;

#[path = "api/accounts.rs"]
mod accounts;
#[path = "api/assets.rs"]
mod assets;
#[path = "api/away.rs"]
mod away;
#[path = "api/bad_input.rs"]
mod bad_input;
#[path = "api/cache.rs"]
mod cache;
#[path = "api/changes.rs"]
mod changes;
#[path = "api/connections.rs"]
mod connections;
#[path = "api/crash.rs"]
mod crash;
#[path = "api/files.rs"]
mod files;
#[path = "api/limits.rs"]
mod limits;
#[path = "api/messages.rs"]
mod messages;
#[path = "api/operator.rs"]
mod operator;
#[path = "api/queries.rs"]
mod queries;
#[path = "api/rooms.rs"]
mod rooms;
#[path = "api/search.rs"]
mod search;
#[path = "api/threads.rs"]
mod threads;
