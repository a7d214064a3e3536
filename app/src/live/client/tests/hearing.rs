//! What is made of what comes, and what is told.

use chat::{Room, RoomKind};

use super::*;

#[test]
fn a_connection_opens_the_room_after_what_was_heard() {
    let mut client = client();
    client.wake(0);
    assert_eq!(client.take_effects(), [Effect::Open]);
    client.hear(hello("e"), 0);
    let effects = client.take_effects();
    assert!(
        matches!(sends(&effects)[..], [ClientFrame::Join { after: Some(2), .. }]),
        "{effects:?}"
    );
    assert_eq!(client.take_notices(), [Notice::State]);
}

#[test]
fn a_gap_is_asked_for_once_and_closed() {
    let mut client = online();
    client.hear(
        ServerFrame::Message {
            message: message(4, other(), None),
        },
        1,
    );
    client.hear(
        ServerFrame::Message {
            message: message(5, other(), None),
        },
        2,
    );
    let effects = client.take_effects();
    assert!(
        matches!(sends(&effects)[..], [ClientFrame::Join { after: Some(2), .. }]),
        "{effects:?}"
    );
    client.hear(
        joined(2, 5, (3..=5).map(|seq| message(seq, other(), None)).collect()),
        3,
    );
    assert_eq!((client.view().at_end(), client.view().last_rev()), (true, 5));
}

#[test]
fn falling_far_behind_fetches_the_newest_page_until_it_is_new_enough() {
    let mut client = online();
    let last_rev = 900;
    let frame = ServerFrame::Joined {
        id: None,
        room: here(),
        last_seq: 900,
        last_rev,
        messages: Vec::new(),
        limited: true,
    };
    client.hear(frame, 0);
    let fetch = Effect::Fetch(Ask::Newest, Bound::Newest);
    assert_eq!(client.take_effects(), std::slice::from_ref(&fetch));
    client.page(Ask::Newest, None, 10);
    assert_eq!(client.take_effects(), []);
    client.tick(client.due().unwrap(), 0.0);
    assert_eq!(client.take_effects(), [fetch]);
    let messages = vec![message(900, other(), None)];
    client.page(
        Ask::Newest,
        Some(Page {
            messages,
            has_before: true,
            has_after: false,
            last_rev,
        }),
        20,
    );
    assert_eq!(changes(client.take_notices()).last(), Some(&Change::Reset));
    assert!(client.view().need().is_none());
}

#[test]
fn what_was_read_is_told_at_most_once_a_second_and_again_after_a_loss() {
    let mut client = online();
    let read = |client: &mut Client| -> Vec<u64> {
        let effects = client.take_effects();
        let frames = sends(&effects).into_iter();
        frames
            .filter_map(|frame| {
                if let ClientFrame::Read { seq, .. } = frame {
                    Some(*seq)
                } else {
                    None
                }
            })
            .collect()
    };
    for seq in 3..=5 {
        client.hear(
            ServerFrame::Message {
                message: message(seq, other(), None),
            },
            10,
        );
        client.see(10);
    }
    assert_eq!(read(&mut client), [3]);
    client.tick(1_010, 0.0);
    assert_eq!(read(&mut client), [5]);
    client.closed(1006, 20_000, 0.0);
    client.tick(20_000, 0.0);
    client.hear(hello("e"), 20_000);
    assert_eq!(read(&mut client), [5], "the server did not hear of it");
}

#[test]
fn what_was_read_is_told_before_the_page_goes() {
    let mut client = online();
    for seq in 3..=4 {
        client.hear(
            ServerFrame::Message {
                message: message(seq, other(), None),
            },
            10,
        );
        client.see(10);
    }
    client.take_effects();
    client.rest(20);
    assert_eq!(
        client.take_effects(),
        [
            Effect::Send(ClientFrame::Read {
                room: here(),
                seq: 4,
                turn: None
            }),
            Effect::Drop
        ]
    );
}

#[test]
fn ones_own_message_needs_no_word_that_it_is_read() {
    let mut client = online();
    client.hear(
        ServerFrame::Message {
            message: message(3, me(), None),
        },
        0,
    );
    client.see(0);
    assert_eq!(client.take_effects(), []);
    assert_eq!(client.rooms().unread(), 0);
}

#[test]
fn guests_neither_type_nor_mark() {
    let mut client = online();
    client.member = false;
    client.hear(
        ServerFrame::Message {
            message: message(3, other(), None),
        },
        0,
    );
    client.see(0);
    client.typed(0);
    assert_eq!(client.take_effects(), []);
}

#[test]
fn somebody_types_until_the_message_comes() {
    let mut client = online();
    client.hear(
        ServerFrame::Typing {
            room: here(),
            user: other(),
            thread: None,
        },
        0,
    );
    client.hear(
        ServerFrame::Typing {
            room: here(),
            user: me(),
            thread: None,
        },
        0,
    );
    // Who writes a reply is no news for the room.
    client.hear(
        ServerFrame::Typing {
            room: here(),
            user: id(3).parse().unwrap(),
            thread: Some(message(1, other(), None).id),
        },
        0,
    );
    assert_eq!(client.take_notices(), [Notice::Typing]);
    assert!(client.typists().people().eq([other()]));
    client.hear(
        ServerFrame::Message {
            message: message(3, other(), None),
        },
        1,
    );
    assert_eq!(client.typists().people().count(), 0);
}

#[test]
fn who_left_the_page_long_ago_is_away_also_on_a_new_connection() {
    let mut client = online();
    client.look(false, 0);
    client.tick(120_000, 0.0);
    let away = Effect::Send(ClientFrame::Presence { status: Status::Away });
    assert!(client.take_effects().contains(&away));
    client.closed(1006, 120_001, 0.0);
    client.tick(120_001, 0.0);
    client.hear(hello("e"), 120_002);
    assert!(client.take_effects().contains(&away));
    client.look(true, 120_003);
    assert!(
        client
            .take_effects()
            .contains(&Effect::Send(ClientFrame::Presence {
                status: Status::Online
            }))
    );
}

#[test]
fn another_history_reloads_and_does_nothing_else() {
    let mut client = online();
    client.closed(1006, 0, 0.0);
    client.tick(0, 0.0);
    client.take_effects();
    client.hear(hello("other"), 1);
    assert_eq!(client.take_effects(), [Effect::Reload]);
}

#[test]
fn another_users_line_is_not_used_for_what_one_wrote() {
    let mut client = client();
    client.post("mine", nonce(1), Timestamp(0), 0).unwrap();
    client.wake(0);
    client.take_effects();
    let mut theirs = hello("e");
    if let ServerFrame::Hello { user, .. } = &mut theirs {
        *user = other();
    }
    client.hear(theirs, 1);
    assert_eq!(client.take_effects(), [Effect::Reload]);
}

/// The open room as a member or as none sees it.
fn seen(member: bool, private: bool) -> ServerFrame {
    let room = Room {
        id: here(),
        kind: RoomKind::Channel,
        slug: "x".into(),
        name: "x".into(),
        topic: String::new(),
        private,
        description: String::new(),
        archived: false,
        slow_s: 0,
        created_by: None,
        member,
        last_seq: 2,
        last_rev: 2,
        read_seq: 2,
        read_turn: 0,
        unread: 0,
        mentions: 0,
        level: None,
        muted: false,
        users: Vec::new(),
    };
    ServerFrame::Room { room: Box::new(room) }
}

#[test]
fn who_is_sent_out_of_a_private_room_gets_another_page_and_elsewhere_stays_where_one_writes() {
    for (member, private, reloads) in [(false, true, true), (false, false, false), (true, true, false)] {
        let mut client = online();
        client.take_effects();
        client.hear(seen(member, private), 1);
        assert_eq!(
            client.take_effects().contains(&Effect::Reload),
            reloads,
            "member {member}, private {private}"
        );
    }
}

#[test]
fn a_client_says_which_settings_it_knows_once_it_has_heard_of_any() {
    assert_eq!(client().rooms_version(), None);
    assert_eq!(online().rooms_version(), Some(7));
}

#[test]
fn who_is_signed_out_keeps_what_waits_until_somebody_signs_in() {
    let mut client = online();
    client.closed(4401, 1, 0.0);
    assert_eq!(client.state(), State::SignedOut);
    client.post("later", nonce(1), Timestamp(0), 2).unwrap();
    client.take_effects();
    client.wake(3);
    client.hear(hello("e"), 4);
    assert_eq!(
        (client.state(), posted(&client.take_effects())),
        (State::Online, vec![nonce(1)])
    );
}

#[test]
fn offline_the_newer_end_that_was_kept_is_shown_and_the_server_brings_the_rest() {
    let kept = |seqs: std::ops::RangeInclusive<u64>| Page {
        messages: seqs.map(|seq| message(seq, other(), None)).collect(),
        has_before: false,
        has_after: false,
        last_rev: 4,
    };
    let mut client = client();
    client.recall(kept(1..=1), 0);
    assert_eq!(client.view().messages().len(), 2, "less than the page has");
    let mut elsewhere = kept(1..=9);
    elsewhere
        .messages
        .iter_mut()
        .for_each(|message| message.room = id(9).parse().unwrap());
    client.recall(elsewhere, 0);
    assert_eq!(client.view().last_seq(), 2, "of a room that was left meanwhile");
    client.recall(kept(2..=4), 0);
    assert!(client.view().messages().map(|message| message.seq).eq(2..=4));
    client.wake(1);
    client.hear(hello("e"), 2);
    let brought = (3..=5).map(|seq| message(seq, other(), None)).collect();
    client.hear(joined(1, 5, brought), 3);
    assert!(client.view().messages().map(|message| message.seq).eq(2..=5));
    client.recall(kept(1..=9), 4);
    assert_eq!(client.view().last_seq(), 5, "the line knows better");
}

#[test]
fn parts_of_the_room_are_fetched_one_at_a_time_and_not_too_often() {
    let start = Start {
        last_seq: 9,
        last_rev: 9,
        read_seq: 9,
        read_turn: 0,
    };
    let view = View::new(here(), me(), vec![message(9, other(), None)], start);
    let mut client = Client::new(me(), true, view, Vec::new(), Outbox::default());
    client.ask(Some(Side::Before), 0);
    client.ask(Some(Side::Before), 1_000);
    assert_eq!(
        client.take_effects(),
        [Effect::Fetch(Ask::Part, Bound::Before(9))]
    );

    // One that does not come is not asked for again at once, unless the user says so.
    client.page(Ask::Part, None, 1_000);
    assert!(client.is_stuck());
    assert_eq!(client.take_notices(), [Notice::Page]);
    client.ask(Some(Side::Around(4)), 1_001);
    client.ask(Some(Side::Before), 1_002);
    assert_eq!((client.take_effects(), client.due()), (vec![], Some(3_000)));
    client.ask_again(1_500);
    assert_eq!(
        client.take_effects(),
        [Effect::Fetch(Ask::Part, Bound::Before(9))]
    );

    let messages = vec![message(8, other(), None)];
    let page = Page {
        messages,
        has_before: true,
        has_after: true,
        last_rev: 9,
    };
    client.page(Ask::Part, Some(page), 1_501);
    assert!(!client.is_stuck());
    assert_eq!(changes(client.take_notices()), [Change::Prepended(8..9)]);
    client.ask(Some(Side::Before), 1_502);
    assert_eq!(client.take_effects(), [], "too soon");
    client.tick(1_650, 0.0);
    assert_eq!(
        client.take_effects(),
        [Effect::Fetch(Ask::Part, Bound::Before(8))]
    );
}

#[test]
fn another_room_is_left_and_entered_on_the_same_line_and_goes_on_where_it_was() {
    let mut client = online();
    let there: RoomId = id(8).parse().unwrap();
    let start = Start {
        last_seq: 5,
        last_rev: 6,
        read_seq: 5,
        read_turn: 0,
    };
    let left = client.enter(View::new(there, me(), Vec::new(), start), true, 10);
    assert_eq!((left.room(), client.view().room()), (here(), there));
    let effects = client.take_effects();
    let [
        ClientFrame::Leave { room },
        ClientFrame::Join {
            room: joined, after, ..
        },
    ] = sends(&effects)[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!((*room, *joined, *after), (here(), there, Some(6)));
    assert!(client.take_notices().contains(&Notice::Entered));
    // A page of the room before, and what is still said there, change nothing here.
    client.hear(
        ServerFrame::Message {
            message: message(3, other(), None),
        },
        11,
    );
    assert_eq!(client.view().last_seq(), 5);
    client.enter(left, true, 12);
    assert_eq!((client.view().room(), client.view().last_rev()), (here(), 2));
}
