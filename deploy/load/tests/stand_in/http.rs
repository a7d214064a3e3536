use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Fault, StandIn};

#[derive(Deserialize)]
pub(crate) struct Post {
    room: String,
    body: String,
    nonce: String,
}

#[derive(Deserialize)]
pub(crate) struct Page {
    room: String,
    after: Option<u64>,
    limit: usize,
}

pub(crate) async fn post_message(
    State(state): State<Arc<StandIn>>,
    Json(post): Json<Post>,
) -> (StatusCode, Json<Value>) {
    let mut rooms = state.rooms();
    let room = rooms.entry(post.room.clone()).or_default();
    room.sends += 1;
    if state.fault.strikes(Fault::Refuse, room.sends) {
        return (StatusCode::FORBIDDEN, Json(json!({"code": "forbidden"})));
    }
    if state.fault.strikes(Fault::Repeat, room.sends) {
        room.last_seq -= 1;
    }
    let message = room.post(&post.room, "author", &post.nonce, &post.body, state.fault, 0);
    (StatusCode::CREATED, Json(message))
}

pub(crate) async fn list_messages(
    State(state): State<Arc<StandIn>>,
    Query(page): Query<Page>,
) -> Json<Value> {
    let mut rooms = state.rooms();
    let room = rooms.entry(page.room).or_default();
    let is_after = |message: &&Value| message["seq"].as_u64() > page.after;
    let rest = room.log.iter().filter(is_after).count();
    let messages: Vec<_> = room.log.iter().filter(is_after).take(page.limit).collect();
    Json(
        json!({"messages": messages, "has_before": false, "has_after": rest > page.limit, "last_rev": room.last_rev}),
    )
}
