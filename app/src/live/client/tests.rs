//! A page's live part, played against a server by hand.

mod hearing;
mod sending;

use chat::{
    Author, ConnectionId, Message, MessageId, RoomId, Status, Timestamp,
    message::Page,
    view::{Pending, Side, Start},
    wire::{RequestId, RoomHead, ServerFrame},
};

use super::*;

fn id(n: u8) -> String {
    format!("00000000-0000-0000-0000-0000000000{n:02}")
}

fn me() -> UserId {
    id(1).parse().unwrap()
}

fn other() -> UserId {
    id(2).parse().unwrap()
}

fn here() -> RoomId {
    id(7).parse().unwrap()
}

fn nonce(n: u8) -> Nonce {
    Nonce::new(n.to_string()).unwrap()
}

fn message(seq: u64, author: UserId, nonce: Option<Nonce>) -> Message {
    Message {
        id: id(9).parse::<MessageId>().unwrap(),
        room: here(),
        seq,
        rev: seq,
        author: Author {
            id: author,
            username: "a".into(),
            display_name: "A".into(),
            avatar_url: None,
        },
        body: String::new(),
        html: String::new(),
        created_at: Timestamp(0),
        edited_at: None,
        deleted: false,
        pinned: false,
        thread: None,
        reply_count: 0,
        nonce,
        reactions: Vec::new(),
        attachments: Vec::new(),
        mentions: Vec::new(),
        calls: None,
    }
}

fn client_with(outbox: Outbox) -> Client {
    let start = Start {
        last_seq: 2,
        last_rev: 2,
        read_seq: 2,
        read_turn: 0,
    };
    let messages = vec![message(1, other(), None), message(2, other(), None)];
    let view = View::new(here(), me(), messages, start);
    let mark = Mark {
        room: here(),
        last_seq: 2,
        read_seq: 2,
        read_turn: 0,
        mentions: 0,
        muted: false,
    };
    Client::new(me(), true, view, vec![mark], outbox)
}

fn client() -> Client {
    client_with(Outbox::default())
}

fn hello(epoch: &str) -> ServerFrame {
    ServerFrame::Hello {
        connection: id(3).parse::<ConnectionId>().unwrap(),
        user: me(),
        heartbeat_ms: 25_000,
        epoch: epoch.into(),
        rooms: vec![RoomHead {
            room: here(),
            last_seq: 2,
            last_rev: 2,
            read_seq: 2,
            read_turn: 0,
            mentions: 0,
            level: None,
            muted: false,
        }],
        rooms_version: 7,
    }
}

fn joined(id: i64, last_rev: u64, messages: Vec<Message>) -> ServerFrame {
    let id = Some(RequestId::Number(id));
    ServerFrame::Joined {
        id,
        room: here(),
        last_seq: last_rev,
        last_rev,
        messages,
        limited: false,
    }
}

/// A client that is connected and has its room open.
fn online() -> Client {
    let mut client = client();
    client.wake(0);
    client.hear(hello("e"), 0);
    client.hear(joined(1, 2, Vec::new()), 0);
    client.take_effects();
    client.take_notices();
    client
}

fn sends(effects: &[Effect]) -> Vec<&ClientFrame> {
    effects
        .iter()
        .filter_map(|effect| {
            if let Effect::Send(frame) = effect {
                Some(frame)
            } else {
                None
            }
        })
        .collect()
}

/// What goes out for the sends, by nonce.
fn posted(effects: &[Effect]) -> Vec<Nonce> {
    let frames = sends(effects).into_iter();
    frames
        .filter_map(|frame| {
            if let ClientFrame::Send { nonce, .. } = frame {
                Some(nonce.clone())
            } else {
                None
            }
        })
        .collect()
}

fn changes(notices: Vec<Notice>) -> Vec<Change> {
    notices
        .into_iter()
        .flat_map(|notice| {
            if let Notice::Changes(changes) = notice {
                changes
            } else {
                vec![]
            }
        })
        .collect()
}
