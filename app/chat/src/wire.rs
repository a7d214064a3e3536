//! The frames of the WebSocket: one JSON object each, several to a text frame when separated by
//! newlines. Client frames are imperatives; server frames say what happened.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    id::{AttachmentId, ConnectionId, MessageId, RoomId, UserId},
    marker::Marker,
    message::Message,
    nonce::Nonce,
    notify::{Custom, Level, Quiet},
    room::Room,
    time::Timestamp,
    user::Status,
};

/// The subprotocol of these frames.
pub const SUBPROTOCOL: &str = "natter.v1.json";
/// The most bytes of a client's frame. The longest body takes 96,000 when every character is escaped.
pub const FRAME_BYTES_MAX: usize = 128 * 1024;
/// How many faulty frames a connection may send in [`crate::quota::Quota::Frame`]'s period before it is closed.
pub const FAULTS_MAX: u32 = 20;
/// How long a `typing` counts, in milliseconds.
pub const TYPING_MS: u64 = 5_000;
/// The shortest time between two `head` frames for one room on one connection, in milliseconds.
pub const HEAD_INTERVAL_MS: u64 = 250;
/// How often the server pings each connection, in milliseconds; silence of twice that is a death.
pub const HEARTBEAT_MS: u64 = 25_000;

/// A client's own id for a request, echoed in the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RequestId {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}

/// What a client sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// Open a room on this connection: all its events then flow.
    Join {
        /// Echoed in `joined`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<RequestId>,
        /// The room.
        room: RoomId,
        /// The last `rev` seen; absent: only what comes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<u64>,
    },
    /// Close a room on this connection. Membership is not touched.
    Leave {
        /// The room.
        room: RoomId,
    },
    /// Post a message.
    Send {
        /// The room.
        room: RoomId,
        /// The client's id for this send.
        nonce: Nonce,
        /// Markdown source.
        body: String,
        /// The root of the thread that it answers in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thread: Option<MessageId>,
        /// Files that the user has uploaded.
        #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<AttachmentId>,
    },
    /// The user is typing; lapses after [`TYPING_MS`].
    Typing {
        /// The room.
        room: RoomId,
        /// The first message of the thread that it is a reply for; absent: a message of the room.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thread: Option<MessageId>,
    },
    /// Move the user's read marker; never moves backwards.
    Read {
        /// The room.
        room: RoomId,
        /// Up to which message.
        seq: u64,
        /// The marker's turn as the sender knows it: one that was moved back since stays there. Absent: whatever it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        turn: Option<u64>,
    },
    /// Whether the user is looking.
    Presence {
        /// `online` or `away`.
        status: Status,
    },
}

/// A list, of which `null` is an empty one.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Where a room and its reader stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomHead {
    /// The room.
    pub room: RoomId,
    /// The number of its newest message.
    pub last_seq: u64,
    /// Its newest revision.
    pub last_rev: u64,
    /// Up to which message the user has read.
    pub read_seq: u64,
    /// The turn of that marker: see [`crate::Marker`].
    #[serde(default)]
    pub read_turn: u64,
    /// How many unread messages mention the user.
    #[serde(default)]
    pub mentions: u64,
    /// Of which messages the user is notified; `None`: as the kind of room has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Whether the user has muted it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub muted: bool,
}

impl RoomHead {
    /// Up to where the user has read.
    #[must_use]
    pub const fn marker(&self) -> Marker {
        Marker {
            turn: self.read_turn,
            seq: self.read_seq,
        }
    }
}

/// What the server sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// The first frame on every connection.
    Hello {
        /// This connection.
        connection: ConnectionId,
        /// Who is signed in.
        user: UserId,
        /// How often the server pings, in milliseconds.
        heartbeat_ms: u64,
        /// The identity of the stored history: another one means that all that a client holds is void.
        epoch: String,
        /// The user's rooms.
        rooms: Vec<RoomHead>,
        /// The version of all rooms' settings. Whoever opens `/ws?rooms=` with the one that it heard last is told of
        /// the rooms that have changed since.
        #[serde(default)]
        rooms_version: u64,
    },
    /// A room is open; `messages` is everything after the client's `rev`, in present states.
    Joined {
        /// The request's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<RequestId>,
        /// The room.
        room: RoomId,
        /// The number of its newest message.
        last_seq: u64,
        /// The revision up to which this answer reaches; live frames go on after it.
        last_rev: u64,
        /// Ascending by `rev`, at most [`crate::message::RESUME_LIMIT`].
        messages: Vec<Message>,
        /// The client is too far behind: it loads a page over HTTP.
        limited: bool,
    },
    /// The connection's own message is stored durably.
    Sent {
        /// The send's nonce.
        nonce: Nonce,
        /// The stored message.
        message: Message,
    },
    /// Somebody posted.
    Message {
        /// The message.
        message: Message,
    },
    /// A message was edited, deleted, reacted to or pinned.
    Changed {
        /// Its present state.
        message: Message,
    },
    /// Something happened in a room that is not open on this connection; or, in any room, the mentions are others than
    /// its messages tell.
    Head {
        /// The room.
        room: RoomId,
        /// The number of its newest message.
        last_seq: u64,
        /// Its newest revision.
        last_rev: u64,
        /// How many unread messages mention the user.
        mentions: u64,
    },
    /// Someone is typing in an open room.
    Typing {
        /// The room.
        room: RoomId,
        /// Who.
        user: UserId,
        /// The first message of the thread that it is a reply for; absent: a message of the room.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thread: Option<MessageId>,
    },
    /// Someone came, went or looked away.
    Presence {
        /// Who.
        user: UserId,
        /// To what.
        status: Status,
    },
    /// The user's own read marker moved elsewhere.
    Read {
        /// The room.
        room: RoomId,
        /// Up to which message.
        seq: u64,
        /// The marker's turn: a newer one than known may lie further back. See [`crate::Marker`].
        #[serde(default)]
        turn: u64,
    },
    /// Someone says something else of himself or herself.
    Status {
        /// Who.
        user: UserId,
        /// What; `None`: nothing any more.
        custom: Option<Custom>,
    },
    /// The user's draft in a room is another one, by another device.
    Draft {
        /// The room.
        room: RoomId,
        /// What it says; empty: there is none any more.
        body: String,
        /// When it was written.
        at: Timestamp,
    },
    /// The user's draft of a reply is another one, by another device.
    ReplyDraft {
        /// The room.
        room: RoomId,
        /// The thread's first message.
        root: MessageId,
        /// What it says; empty: there is none any more.
        body: String,
        /// When it was written.
        at: Timestamp,
    },
    /// The user saved a message, or does so no longer.
    Saved {
        /// The message.
        message: MessageId,
        /// Whether it is saved.
        saved: bool,
    },
    /// The user follows a thread, or does so no longer, or has read it, or its replies changed.
    Thread {
        /// The room.
        room: RoomId,
        /// The thread's first message.
        root: MessageId,
        /// Whether the user follows it.
        following: bool,
    },
    /// When the user does not want to be disturbed.
    Quiet {
        /// When.
        quiet: Quiet,
    },
    /// A room was joined, changed or left.
    Room {
        /// The room as the user now sees it.
        room: Box<Room>,
    },
    /// The server restarts: come back after this time.
    Reconnect {
        /// In milliseconds.
        in_ms: u64,
    },
    /// A frame was refused.
    Error {
        /// The request's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<RequestId>,
        /// The send's nonce.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
        /// A [`crate::Code`].
        code: String,
        /// The occasion in a sentence.
        detail: String,
    },
}
