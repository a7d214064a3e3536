//! What happened, as it travels over the bus to every instance. Events are past tense and are
//! published only after what they tell of is stored.

use std::sync::Arc;

use chat::{
    Call, ConnectionId, Custom, Message, MessageId, Nonce, RoomId, SessionId, Status, TokenId, UserId,
    wire::ServerFrame,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A message was posted or changed. The only durable kind: it has its place in the room's log.
    Logged(Logged),
    /// Someone is typing.
    Typed {
        /// Where.
        room: RoomId,
        /// Who.
        user: UserId,
        /// The first message of the thread that the reply is for; `None`: a message of the room.
        #[serde(default)]
        thread: Option<MessageId>,
        /// The connection that it came from, which need not be told.
        origin: Option<ConnectionId>,
    },
    /// A user came, went or looked away.
    PresenceChanged {
        /// Who.
        user: UserId,
        /// To what.
        status: Status,
    },
    /// A user's read marker moved.
    MarkerMoved {
        /// Whose.
        user: UserId,
        /// In which room.
        room: RoomId,
        /// To which message.
        seq: u64,
        /// The marker's turn: see [`chat::Marker`]; 0: an older version does not tell.
        #[serde(default)]
        turn: u64,
        /// Where it went back: the number of the newest message then.
        #[serde(default)]
        back_from: Option<u64>,
        /// The connection that moved it, which need not be told.
        origin: Option<ConnectionId>,
    },
    /// A user became a member of a room.
    Joined {
        /// The room.
        room: RoomId,
        /// Who.
        user: UserId,
    },
    /// A user is no longer a member of a room.
    Left {
        /// The room.
        room: RoomId,
        /// Who.
        user: UserId,
    },
    /// A member sees a room in another way: what the member wants to hear of it changed.
    RoomSeenAnew {
        /// The room.
        room: RoomId,
        /// Who.
        user: UserId,
    },
    /// A user says something else of himself or herself.
    StatusSet {
        /// Who.
        user: UserId,
        /// What; `None`: nothing.
        custom: Option<Custom>,
    },
    /// Something that only one user sees changed.
    OwnChanged {
        /// Who.
        user: UserId,
        /// What the user's devices are told.
        frame: Box<ServerFrame>,
    },
    /// A room has other settings: name, topic, description, pace, archived or not.
    RoomChanged {
        /// The room.
        room: RoomId,
    },
    /// A user has another name, picture or role.
    UserChanged {
        /// Who.
        user: UserId,
        /// The user's sessions, of which what is held is not true any more.
        sessions: Vec<SessionId>,
    },
    /// A session or token ended: its connections are to be closed.
    SessionEnded {
        /// The session.
        session: SessionId,
    },
    /// A token was revoked: its connections are to be closed.
    TokenRevoked {
        /// The token.
        token: TokenId,
    },
    /// A room has this revision, which may not have been told of: whoever stored it got no answer and asked again.
    Reached {
        /// The room.
        room: RoomId,
        /// The revision.
        rev: u64,
    },
    /// A cached value is not true any more. For the caches; the hub has no use for it.
    Forgotten {
        /// The value's key.
        key: Arc<str>,
    },
}

impl Event {
    /// What the event is about: events about the same keep their order on the way to other instances.
    #[must_use]
    pub fn topic(&self) -> Uuid {
        match self {
            Self::Logged(Logged { room, .. })
            | Self::Typed { room, .. }
            | Self::Reached { room, .. }
            | Self::MarkerMoved { room, .. }
            | Self::Joined { room, .. }
            | Self::RoomSeenAnew { room, .. }
            | Self::RoomChanged { room }
            | Self::Left { room, .. } => room.0,
            Self::PresenceChanged { user, .. }
            | Self::StatusSet { user, .. }
            | Self::OwnChanged { user, .. }
            | Self::UserChanged { user, .. } => user.0,
            Self::SessionEnded { session } => session.0,
            Self::TokenRevoked { token } => token.0,
            Self::Forgotten { .. } => Uuid::nil(),
        }
    }
}

/// A change in a room's log, with the message encoded once for all who will read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logged {
    /// The room.
    pub room: RoomId,
    /// The change's place in the log.
    pub rev: u64,
    /// The message's number.
    pub seq: u64,
    /// Whether the message is new (`message`, `sent`) or an older one (`changed`).
    pub posted: bool,
    /// Who posted it.
    pub author: UserId,
    /// The author's id for the send.
    pub nonce: Option<Nonce>,
    /// Whom the change calls on: for these people it is one unread mention more.
    pub mentions: Vec<UserId>,
    /// Whom the message called on before and does so no longer.
    #[serde(default)]
    pub unmentioned: Vec<UserId>,
    /// Whether the change calls on every member (true), or does so no longer (false).
    #[serde(default)]
    pub called_all: Option<bool>,
    /// Whether it calls on some because they were there when it was posted: nothing in the message tells who.
    #[serde(default)]
    pub here: bool,
    /// Where the message is the root of a thread whose replies changed: who follows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub followers: Vec<UserId>,
    /// The connection that sent it: it gets `sent` instead of `message`.
    pub origin: Option<ConnectionId>,
    /// The message's id.
    pub id: chat::MessageId,
    /// The message as JSON: the bytes that every reader gets.
    pub json: Arc<str>,
    /// When the send was accepted, in microseconds since the Unix epoch, for measuring delivery.
    pub born_us: u64,
}

impl Logged {
    /// The event for a message just stored.
    #[must_use]
    pub fn posted(message: &Message, json: Arc<str>, origin: Option<ConnectionId>, born_us: u64) -> Self {
        Self {
            room: message.room,
            rev: message.rev,
            seq: message.seq,
            posted: true,
            author: message.author.id,
            nonce: message.nonce.clone(),
            mentions: message.mentions.clone(),
            unmentioned: Vec::new(),
            here: false,
            followers: Vec::new(),
            called_all: (message.calls == Some(Call::Room)).then_some(true),
            origin,
            id: message.id,
            json,
            born_us,
        }
    }

    /// The event for an older message that just changed, and calls on nobody anew.
    #[must_use]
    pub fn changed(message: &Message, json: Arc<str>, born_us: u64) -> Self {
        Self {
            posted: false,
            mentions: Vec::new(),
            called_all: None,
            ..Self::posted(message, json, None, born_us)
        }
    }
}
