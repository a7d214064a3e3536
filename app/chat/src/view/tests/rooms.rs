//! The list of rooms: what it counts.

use super::*;
use crate::{
    mention::Call,
    room::{Room, RoomKind},
};

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
            read_turn: 0,
            mentions: 1,
            muted: false,
        }],
    );
    let head_now = RoomHead {
        mentions: 2,
        ..head_at(9, Marker { turn: 1, seq: 7 })
    };
    rooms.apply(&hello(vec![head_now]));
    assert_eq!(counts(&rooms, room()), Some((2, 2)));
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
        turn: 1,
    });
    assert_eq!(counts(&rooms, room()), Some((1, 1)));
    rooms.apply(&ServerFrame::Sent {
        nonce: nonce(1),
        message: message(14, 14, me()),
    });
    assert_eq!(counts(&rooms, room()), Some((0, 0)));
}

#[test]
fn what_is_marked_as_unread_counts_again_with_the_head_that_follows() {
    let mut rooms = Rooms::new(me(), Vec::new());
    rooms.apply(&hello(vec![head_at(9, Marker { turn: 100, seq: 9 })]));
    rooms.apply(&ServerFrame::Read {
        room: room(),
        seq: 4,
        turn: 200,
    });
    rooms.apply(&head(room(), 9, 2));
    assert_eq!(counts(&rooms, room()), Some((5, 2)));
    // An own message from before is changed: nothing was read by that.
    rooms.apply(&ServerFrame::Message {
        message: message(8, 12, me()),
    });
    assert_eq!(counts(&rooms, room()), Some((5, 2)));
}

#[test]
fn a_call_on_the_room_counts_for_everyone_and_one_on_those_there_by_the_head_alone() {
    let mut rooms = Rooms::new(me(), Vec::new());
    rooms.apply(&hello(vec![head_at(0, Marker { turn: 1, seq: 0 })]));
    for (seq, calls) in [(1, Call::Room), (2, Call::Here)] {
        let message = Message {
            calls: Some(calls),
            ..message(seq, seq, user(2))
        };
        rooms.apply(&ServerFrame::Message { message });
        assert_eq!(counts(&rooms, room()), Some((seq, 1)));
    }
    rooms.apply(&head(room(), 2, 2));
    assert_eq!(counts(&rooms, room()), Some((2, 2)));
}

#[test]
fn of_a_muted_room_only_mentions_count_among_all() {
    let mut rooms = Rooms::new(me(), Vec::new());
    let muted = RoomHead {
        muted: true,
        mentions: 2,
        ..head_at(9, Marker { turn: 1, seq: 3 })
    };
    rooms.apply(&hello(vec![muted]));
    assert_eq!((counts(&rooms, room()), rooms.unread()), (Some((6, 2)), 2));
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
        read_turn: 1,
        level: None,
        muted: false,
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
