//! The list of rooms: what it counts.

use super::*;
use crate::room::{Room, RoomKind};

fn head(room: RoomId, last_seq: u64, mentions: u64) -> ServerFrame {
    ServerFrame::Head {
        room,
        last_seq,
        last_rev: last_seq,
        mentions,
    }
}

fn counts(rooms: &Rooms, room: RoomId) -> Option<(u64, u64)> {
    rooms.mark(room).map(|mark| (mark.unread(), mark.mentions))
}

#[test]
fn a_rooms_count_follows_heads_messages_and_markers() {
    let mut rooms = Rooms::new(
        me(),
        vec![Mark {
            room: room(),
            last_seq: 2,
            read_seq: 0,
            mentions: 1,
        }],
    );
    rooms.apply(&hello(vec![RoomHead {
        room: room(),
        last_seq: 9,
        last_rev: 9,
        read_seq: 7,
    }]));
    assert_eq!(counts(&rooms, room()), Some((2, 1)));
    rooms.apply(&head(room(), 12, 3));
    assert_eq!((counts(&rooms, room()), rooms.unread()), (Some((5, 3)), 5));
    let calling = Message {
        mentions: vec![me()],
        ..message(13, 13, user(2))
    };
    rooms.apply(&ServerFrame::Message {
        message: calling.clone(),
    });
    rooms.apply(&ServerFrame::Message { message: calling });
    assert_eq!(counts(&rooms, room()), Some((6, 4)));
    rooms.apply(&ServerFrame::Read {
        room: room(),
        seq: 12,
    });
    assert_eq!(counts(&rooms, room()), Some((1, 1)));
    rooms.apply(&ServerFrame::Sent {
        nonce: nonce(1),
        message: message(14, 14, me()),
    });
    assert_eq!(counts(&rooms, room()), Some((0, 0)));
}

#[test]
fn rooms_come_and_go() {
    let mut rooms = Rooms::new(me(), Vec::new());
    let came = Room {
        id: room(),
        kind: RoomKind::Channel,
        slug: "x".into(),
        name: "x".into(),
        topic: String::new(),
        private: false,
        description: String::new(),
        archived: false,
        slow_s: 0,
        created_by: None,
        member: true,
        last_seq: 4,
        last_rev: 4,
        read_seq: 1,
        unread: 3,
        mentions: 1,
        users: Vec::new(),
    };
    rooms.apply(&ServerFrame::Room {
        room: Box::new(came.clone()),
    });
    assert_eq!(counts(&rooms, room()), Some((3, 1)));
    rooms.apply(&ServerFrame::Room {
        room: Box::new(Room {
            member: false,
            ..came
        }),
    });
    assert_eq!(counts(&rooms, room()), None);
}
