//! A view against a model of the server that loses, repeats and delays.

mod law;
mod rooms;
mod server;

use uuid::Uuid;

use super::*;
use crate::{id::MessageId, message::Page, time::Timestamp, user::Author, wire::RoomHead};

fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

fn room() -> RoomId {
    RoomId(Uuid::from_u128(7))
}

fn me() -> UserId {
    user(1)
}

fn nonce(n: usize) -> Nonce {
    Nonce::new(format!("n{n}")).unwrap()
}

fn message(seq: u64, rev: u64, author: UserId) -> Message {
    Message {
        id: MessageId(Uuid::from_u128(seq.into())),
        room: room(),
        seq,
        rev,
        author: Author {
            id: author,
            username: "a".into(),
            display_name: "A".into(),
            avatar_url: None,
        },
        body: format!("m{seq}"),
        html: format!("<p>m{seq}</p>"),
        created_at: Timestamp(i64::try_from(seq).unwrap()),
        edited_at: None,
        deleted: false,
        pinned: false,
        thread: None,
        reply_count: 0,
        nonce: None,
        reactions: Vec::new(),
        attachments: Vec::new(),
        mentions: Vec::new(),
        calls: None,
    }
}

fn pending(n: usize) -> Pending {
    Pending {
        room: room(),
        nonce: nonce(n),
        body: format!("p{n}"),
        attachments: Vec::new(),
        created_at: Timestamp(0),
        failed: None,
    }
}

fn joined(last_rev: u64, messages: Vec<Message>, limited: bool) -> ServerFrame {
    let last_seq = messages.iter().map(|m| m.seq).max().unwrap_or(0);
    ServerFrame::Joined {
        id: None,
        room: room(),
        last_seq,
        last_rev,
        messages,
        limited,
    }
}

fn view_of(seqs: std::ops::RangeInclusive<u64>, last_seq: u64) -> View {
    let messages = seqs.map(|seq| message(seq, seq, user(2))).collect();
    View::new(
        room(),
        me(),
        messages,
        Start {
            last_seq,
            last_rev: last_seq,
            read_seq: 0,
            read_turn: 1,
        },
    )
}

fn seqs(view: &View) -> Vec<u64> {
    view.messages().map(|m| m.seq).collect()
}

#[test]
fn a_posted_message_comes_to_the_end_and_a_repeat_changes_nothing() {
    let mut view = view_of(1..=2, 2);
    let frame = ServerFrame::Message {
        message: message(3, 3, user(2)),
    };
    assert_eq!(view.apply(frame.clone()), [Change::Appended(3)]);
    assert_eq!(view.apply(frame), []);
    assert_eq!(
        (seqs(&view), view.last_rev(), view.unread()),
        (vec![1, 2, 3], 3, 3)
    );
}

#[test]
fn a_change_replaces_the_held_state_and_an_older_state_does_not() {
    let mut view = view_of(1..=2, 2);
    let edited = Message {
        body: "new".into(),
        ..message(1, 3, user(2))
    };
    assert_eq!(
        view.apply(ServerFrame::Changed {
            message: edited.clone()
        }),
        [Change::Changed(1)]
    );
    assert_eq!(
        view.apply(ServerFrame::Changed {
            message: message(1, 1, user(2))
        }),
        []
    );
    assert_eq!(view.message(1), Some(&edited));
}

#[test]
fn frames_of_other_rooms_change_nothing() {
    let mut view = view_of(1..=2, 2);
    let elsewhere = RoomId(Uuid::from_u128(8));
    let foreign = Message {
        room: elsewhere,
        ..message(3, 3, user(2))
    };
    assert_eq!(view.apply(ServerFrame::Message { message: foreign }), []);
    assert_eq!(
        view.apply(ServerFrame::Read {
            room: elsewhere,
            seq: 2,
            turn: 1
        }),
        []
    );
    assert_eq!((view.last_seq(), view.last_rev(), view.read_seq()), (2, 2, 0));
}

#[test]
fn an_own_send_waits_until_it_is_stored_and_is_then_that_message() {
    let mut view = view_of(1..=1, 1);
    view.post(pending(1));
    view.post(pending(2));
    view.post(pending(1));
    assert_eq!(view.pending().len(), 2);
    let stored = Message {
        nonce: Some(nonce(1)),
        ..message(2, 2, me())
    };
    let sent = ServerFrame::Sent {
        nonce: nonce(1),
        message: stored,
    };
    assert_eq!(view.apply(sent), [Change::Read, Change::Confirmed(nonce(1), 2)]);
    assert_eq!((view.pending(), view.unread()), (&[pending(2)][..], 0));
}

#[test]
fn somebody_elses_message_with_the_same_nonce_confirms_nothing() {
    let mut view = view_of(1..=1, 1);
    view.post(pending(1));
    let stored = Message {
        nonce: Some(nonce(1)),
        ..message(2, 2, user(2))
    };
    assert_eq!(
        view.apply(ServerFrame::Message { message: stored }),
        [Change::Appended(2)]
    );
    assert_eq!(view.pending().len(), 1);
}

#[test]
fn a_refused_send_stays_with_its_reason_until_tried_again_or_given_up() {
    let mut view = view_of(1..=1, 1);
    view.post(pending(1));
    assert_eq!(view.mark(&nonce(1), Some("no")), Some(Change::Pending(nonce(1))));
    assert_eq!(view.pending()[0].failed.as_deref(), Some("no"));
    view.mark(&nonce(1), None);
    assert_eq!(view.pending()[0].failed, None);
    assert_eq!(view.discard(&nonce(1)), Some(Change::Dropped(nonce(1))));
    assert_eq!(view.discard(&nonce(1)), None);
}

#[test]
fn a_skipped_revision_is_not_claimed_and_asks_for_a_resume() {
    let mut view = view_of(1..=1, 1);
    view.apply(ServerFrame::Message {
        message: message(3, 3, user(2)),
    });
    assert_eq!(
        (view.need(), view.last_rev(), view.at_end()),
        (Some(Need::Resume), 1, false)
    );
    let rest = vec![message(3, 3, user(2)), message(2, 4, user(2))];
    view.apply(joined(4, rest, false));
    assert_eq!(
        (view.need(), view.last_rev(), seqs(&view)),
        (None, 4, vec![1, 2, 3])
    );
}

#[test]
fn too_far_behind_means_a_page_that_is_new_enough() {
    let mut view = view_of(1..=3, 3);
    view.apply(joined(600, Vec::new(), true));
    assert_eq!(view.need(), Some(Need::Page));
    let page = |rev| Page {
        messages: (400..=401).map(|seq| message(seq, seq, user(2))).collect(),
        has_before: true,
        has_after: false,
        last_rev: rev,
    };
    assert_eq!(view.load(page(599)), None);
    view.apply(ServerFrame::Message {
        message: message(402, 601, user(2)),
    });
    assert_eq!(view.load(page(600)), Some(vec![Change::Reset]));
    // What came while the page was on its way is laid over it.
    let end = (seqs(&view), view.need(), view.at_end());
    assert_eq!(end, (vec![400, 401, 402], None, true));
}

#[test]
fn what_was_held_before_falling_behind_is_not_kept_beside_a_page() {
    let mut view = view_of(1..=5, 5);
    view.apply(joined(600, Vec::new(), true));
    let messages = (1..=3).map(|seq| message(seq, seq, user(2))).collect();
    view.load(Page {
        messages,
        has_before: false,
        has_after: true,
        last_rev: 600,
    });
    assert_eq!((seqs(&view), view.at_end()), (vec![1, 2, 3], false));
}

#[test]
fn what_waits_for_a_page_that_never_comes_is_bounded() {
    let mut view = view_of(1..=1, 1);
    view.apply(joined(600, Vec::new(), true));
    let flood = |rev| ServerFrame::Message {
        message: message(rev, rev, user(2)),
    };
    (601..=603 + ASIDE_MAX as u64).for_each(|rev| drop(view.apply(flood(rev))));
    assert!(view.aside.len() <= ASIDE_MAX);
    let page = Page {
        messages: Vec::new(),
        has_before: false,
        has_after: false,
        last_rev: 601,
    };
    assert_eq!(view.load(page), None);
}

#[test]
fn a_page_for_which_too_much_was_put_aside_is_not_used() {
    let mut view = view_of(3..=4, 4);
    view.ask(Side::Before);
    let edit = |rev| ServerFrame::Changed {
        message: message(1, rev, user(2)),
    };
    (5..=6 + ASIDE_MAX as u64).for_each(|rev| drop(view.apply(edit(rev))));
    let messages = vec![message(1, 1, user(2)), message(2, 2, user(2))];
    assert_eq!(
        view.merge(Page {
            messages,
            has_before: false,
            has_after: true,
            last_rev: 4
        }),
        None
    );
    assert_eq!(seqs(&view), [3, 4]);
}

#[test]
fn an_answer_that_comes_late_takes_nothing_back() {
    let mut view = view_of(1..=5, 5);
    view.apply(joined(3, Vec::new(), false));
    assert_eq!(view.last_rev(), 5);
}

#[test]
fn a_page_keeps_what_came_while_it_was_on_its_way() {
    let mut view = view_of(1..=3, 3);
    view.apply(ServerFrame::Message {
        message: message(4, 4, user(2)),
    });
    let messages = (1..=3).map(|seq| message(seq, seq, user(2))).collect();
    view.load(Page {
        messages,
        has_before: false,
        has_after: false,
        last_rev: 3,
    });
    assert_eq!(seqs(&view), [1, 2, 3, 4]);
}

#[test]
fn a_page_of_neighbours_is_not_used_once_all_that_is_held_may_be_old() {
    let mut view = view_of(3..=4, 4);
    view.ask(Side::Before);
    view.apply(joined(600, Vec::new(), true));
    let messages = vec![message(1, 1, user(2)), message(2, 2, user(2))];
    assert_eq!(
        view.merge(Page {
            messages,
            has_before: false,
            has_after: true,
            last_rev: 600
        }),
        None
    );
}

#[test]
fn a_page_may_be_the_first_to_show_that_an_own_send_is_stored() {
    let mut view = view_of(1..=2, 3);
    view.post(pending(1));
    view.ask(Side::After);
    let stored = Message {
        nonce: Some(nonce(1)),
        ..message(3, 3, me())
    };
    let page = Page {
        messages: vec![stored],
        has_before: true,
        has_after: false,
        last_rev: 3,
    };
    assert_eq!(
        view.merge(page),
        Some(vec![Change::Dropped(nonce(1)), Change::Extended(3..4)])
    );
    assert_eq!(view.pending(), []);
}

#[test]
fn a_greeting_brings_a_marker_that_moved_elsewhere() {
    let mut view = view_of(1..=5, 5);
    view.apply(hello(vec![head_at(5, Marker { turn: 1, seq: 4 })]));
    assert_eq!(view.read_seq(), 4);
}

#[test]
fn what_was_marked_as_unread_is_not_read_by_being_in_sight() {
    let mut view = view_of(1..=5, 5);
    assert_eq!(view.see(), Some(5));
    let back = ServerFrame::Read {
        room: room(),
        seq: 2,
        turn: 2,
    };
    assert_eq!(view.apply(back.clone()), [Change::Read]);
    assert_eq!((view.unread(), view.see()), (3, None));
    // What was on its way before changes nothing any more.
    let late = ServerFrame::Read {
        room: room(),
        seq: 5,
        turn: 1,
    };
    assert_eq!(view.apply(late), []);
    view.come_back();
    assert_eq!(view.see(), Some(5));
    assert_eq!(view.apply(back), [], "it is the same move as before");
    let own = ServerFrame::Message {
        message: message(6, 6, me()),
    };
    view.apply(own);
    assert_eq!(view.marker(), Marker { turn: 2, seq: 6 });
}

#[test]
fn seeing_the_newest_is_told_once() {
    let mut view = view_of(1..=2, 2);
    assert_eq!(view.see(), Some(2));
    assert_eq!(view.see(), None);
    view.apply(ServerFrame::Read {
        room: room(),
        seq: 1,
        turn: 1,
    });
    assert_eq!(view.read_seq(), 2);
}

#[test]
fn the_newest_is_not_seen_while_an_older_part_is_shown() {
    assert_eq!(view_of(1..=2, 9).see(), None);
}

#[test]
fn only_one_page_is_on_its_way_and_none_where_nothing_is() {
    let mut view = view_of(3..=4, 9);
    assert_eq!(view.ask(Side::Before), Some(crate::message::Bound::Before(3)));
    assert_eq!(view.ask(Side::After), None);
    view.give_up();
    assert_eq!(view.ask(Side::After), Some(crate::message::Bound::After(4)));
    assert_eq!(view_of(1..=2, 2).ask(Side::Before), None);
    assert_eq!(view_of(1..=2, 2).ask(Side::After), None);
}

#[test]
fn names_are_repeated_after_a_while_and_for_someone_else() {
    let at = |ms| Timestamp(ms);
    assert!(continues((me(), at(0)), (me(), at(GROUP_MS - 1))));
    assert!(!continues((me(), at(0)), (me(), at(GROUP_MS))));
    assert!(!continues((me(), at(0)), (user(2), at(1))));
}

fn head_at(last_seq: u64, marker: Marker) -> RoomHead {
    RoomHead {
        room: room(),
        last_seq,
        last_rev: last_seq,
        read_seq: marker.seq,
        read_turn: marker.turn,
        mentions: 0,
        level: None,
        muted: false,
    }
}

fn hello(rooms: Vec<RoomHead>) -> ServerFrame {
    let connection = crate::id::ConnectionId(Uuid::from_u128(1));
    ServerFrame::Hello {
        connection,
        user: me(),
        heartbeat_ms: 1,
        epoch: "e".into(),
        rooms,
        rooms_version: 0,
    }
}

#[test]
fn another_part_takes_the_place_of_what_was_held_and_neighbours_join_it() {
    let mut view = view_of(1..=3, 40);
    assert_eq!(view.ask(Side::Around(41)), None);
    assert!(view.ask(Side::Around(20)).is_some());
    let page = |seqs: std::ops::RangeInclusive<u64>| Page {
        messages: seqs.map(|seq| message(seq, seq, user(2))).collect(),
        has_before: true,
        has_after: true,
        last_rev: 40,
    };
    assert_eq!(view.merge(page(19..=21)), Some(vec![Change::Reset]));
    assert_eq!(seqs(&view), [19, 20, 21]);
    assert!(view.ask(Side::Around(24)).is_some());
    assert_eq!(view.merge(page(22..=24)), Some(vec![Change::Extended(22..25)]));
    assert_eq!(view.trim(21..23), Some(Change::Kept(21..23)));
    assert_eq!((seqs(&view), view.trim(21..23)), (vec![21, 22], None));
    assert_eq!(view.trim(1..2), Some(Change::Kept(21..22)), "something stays");
}
