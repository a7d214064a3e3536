use std::sync::{Arc, atomic::Ordering};

use axum::{
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Fault, StandIn};

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Frame {
    Join {
        id: String,
        room: String,
        after: Option<u64>,
    },
    Send {
        room: String,
        nonce: String,
        body: String,
    },
}

struct Connection {
    number: u64,
    user: String,
    frames: UnboundedSender<String>,
    state: Arc<StandIn>,
}

pub(crate) async fn upgrade(
    State(state): State<Arc<StandIn>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let Some(user) = token.filter(|token| *token != "expired").map(str::to_owned) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let upgrade = upgrade.read_buffer_size(2048).write_buffer_size(2048);
    upgrade
        .protocols(["natter.v1.json"])
        .on_upgrade(move |socket| live(socket, user, state))
}

async fn live(mut socket: WebSocket, user: String, state: Arc<StandIn>) {
    let number = state.connections.fetch_add(1, Ordering::Relaxed) + 1;
    let (frames, mut outgoing) = unbounded_channel();
    let connection = Connection {
        number,
        user,
        frames,
        state,
    };
    connection.say(&json!({"type": "hello", "connection": number, "heartbeat_ms": 25000, "rooms": []}));
    loop {
        let goes_on = tokio::select! {
            frame = outgoing.recv() => write(&mut socket, frame, &mut outgoing).await,
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => connection.hear(&text),
                Some(Ok(_)) => true,
                _ => false,
            },
        };
        if !goes_on {
            break;
        }
    }
    connection
        .state
        .rooms()
        .values_mut()
        .for_each(|room| room.close(number));
    let _ = socket.send(Message::Close(None)).await;
}

/// Writes all frames that wait as one, apart by newlines.
async fn write(
    socket: &mut WebSocket,
    frame: Option<String>,
    outgoing: &mut UnboundedReceiver<String>,
) -> bool {
    let Some(mut text) = frame else { return false };
    while let Ok(next) = outgoing.try_recv() {
        text.push('\n');
        text.push_str(&next);
    }
    socket.send(Message::text(text)).await.is_ok()
}

impl Connection {
    fn say(&self, frame: &Value) {
        let _ = self.frames.send(frame.to_string());
    }

    /// False cuts the connection.
    fn hear(&self, text: &str) -> bool {
        match serde_json::from_str(text) {
            Ok(Frame::Join { id, room, after }) => self.join(&id, &room, after),
            Ok(Frame::Send { room, nonce, body }) => return self.send(&room, &nonce, &body),
            Err(_) => self.say(&json!({"type": "error", "code": "bad_frame", "detail": "unreadable"})),
        }
        true
    }

    fn join(&self, id: &str, name: &str, after: Option<u64>) {
        let mut rooms = self.state.rooms();
        let room = rooms.entry(name.to_owned()).or_default();
        room.open(self.number, self.frames.clone());
        let is_limited = after.is_some() && self.state.fault == Fault::Limit;
        let is_missed = |message: &&Value| after.is_some_and(|after| message["rev"].as_u64() > Some(after));
        let mut messages: Vec<_> = room.log.iter().filter(is_missed).collect();
        match self.state.fault {
            Fault::Limit => messages.clear(),
            Fault::Forget => drop(messages.pop()),
            _ => {}
        }
        self.say(&json!({
            "type": "joined", "id": id, "room": name, "last_seq": room.last_seq, "last_rev": room.last_rev,
            "messages": messages, "limited": is_limited
        }));
    }

    fn send(&self, name: &str, nonce: &str, body: &str) -> bool {
        let (fault, mut rooms) = (self.state.fault, self.state.rooms());
        let room = rooms.entry(name.to_owned()).or_default();
        if let Some(message) = room.known(nonce) {
            self.say(&json!({"type": "sent", "nonce": nonce, "message": message}));
            return true;
        }
        room.sends += 1;
        let count = room.sends;
        if fault.strikes(Fault::Refuse, count) {
            self.say(&json!({"type": "error", "nonce": nonce, "code": "forbidden", "detail": "no"}));
            return true;
        }
        let message = room.post(name, &self.user, nonce, body, fault, self.number);
        if fault.cuts(count) {
            return false;
        }
        if !fault.strikes(Fault::Mute, count) {
            self.say(&json!({"type": "sent", "nonce": nonce, "message": message}));
        }
        if fault.strikes(Fault::Repeat, count) {
            room.post(name, &self.user, nonce, body, fault, 0);
        }
        true
    }
}
