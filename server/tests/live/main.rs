//! The WebSocket door, against the real binary.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::allow_attributes
)]

#[path = "../common/mod.rs"]
mod common;

mod attention;
mod beside;
mod changes;
mod clock;
mod disk;
mod doors;
mod faults;
mod members;
mod messages;
mod restart;
mod resume;
mod slow;
mod storm;

use serde_json::{Value, json};

use common::Socket;

/// Sends a message over the socket.
async fn send(socket: &mut Socket, room: &str, nonce: &str, body: &str) {
    socket
        .send(json!({ "type": "send", "room": room, "nonce": nonce, "body": body }))
        .await;
}

/// A number in a frame.
fn number(frame: &Value, field: &str) -> u64 {
    frame[field]
        .as_u64()
        .unwrap_or_else(|| panic!("{field} in {frame}"))
}

/// The messages of a `joined` frame as (`seq`, `rev`).
fn places(joined: &Value) -> Vec<(u64, u64)> {
    let messages = joined["messages"]
        .as_array()
        .unwrap_or_else(|| panic!("messages in {joined}"));
    messages
        .iter()
        .map(|message| (number(message, "seq"), number(message, "rev")))
        .collect()
}

/// Something that the server answers in order: whatever it had to say before this has come when it is answered.
async fn settle(socket: &mut Socket) -> Vec<Value> {
    socket
        .send(json!({ "type": "join", "id": "settle", "room": "00000000-0000-7000-8000-000000000000" }))
        .await;
    let mut before = Vec::new();
    loop {
        let frame = socket
            .next()
            .await
            .unwrap_or_else(|ended| panic!("ended with {ended:?} after {before:?}"));
        if frame["type"] == "error" && frame["id"] == "settle" {
            return before;
        }
        before.push(frame);
    }
}
