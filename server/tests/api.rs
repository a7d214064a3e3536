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
#[path = "api/attention.rs"]
mod attention;
#[path = "api/away.rs"]
mod away;
#[path = "api/backup.rs"]
mod backup;
#[path = "api/bad_input.rs"]
mod bad_input;
#[path = "api/cache.rs"]
mod cache;
#[path = "api/caching.rs"]
mod caching;
#[path = "api/changes.rs"]
mod changes;
#[path = "api/connections.rs"]
mod connections;
#[path = "api/contract.rs"]
mod contract;
#[path = "api/crash.rs"]
mod crash;
#[path = "api/data.rs"]
mod data;
#[path = "api/files/mod.rs"]
mod files;
#[path = "api/import.rs"]
mod import;
#[path = "api/limits.rs"]
mod limits;
#[path = "api/lists.rs"]
mod lists;
#[path = "api/messages.rs"]
mod messages;
#[path = "api/metrics.rs"]
mod metrics;
#[path = "api/moderation.rs"]
mod moderation;
#[path = "api/monitoring.rs"]
mod monitoring;
#[path = "api/openapi.rs"]
mod openapi;
#[path = "api/operator.rs"]
mod operator;
#[path = "api/people.rs"]
mod people;
#[path = "api/previews.rs"]
mod previews;
#[path = "api/programs/mod.rs"]
mod programs;
#[path = "api/proxies.rs"]
mod proxies;
#[path = "api/push.rs"]
mod push;
#[path = "api/queries.rs"]
mod queries;
#[path = "api/rooms.rs"]
mod rooms;
#[path = "api/search.rs"]
mod search;
#[path = "api/settings.rs"]
mod settings;
#[path = "api/threads.rs"]
mod threads;
#[path = "api/traces.rs"]
mod traces;
