//! A page's live part, played against a server by hand.

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
    }
}

fn client_with(outbox: Outbox) -> Client {
    let start = Start {
        last_seq: 2,
        last_rev: 2,
        read_seq: 2,
    };
    let messages = vec![message(1, other(), None), message(2, other(), None)];
    let view = View::new(here(), me(), messages, start);
    let mark = Mark {
        room: here(),
        last_seq: 2,
        read_seq: 2,
        mentions: 0,
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
        }],
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
fn a_message_is_shown_at_once_and_confirmed_by_the_server() {
    let mut client = online();
    client.post(" hi ", nonce(1), Timestamp(5), 10).unwrap();
    assert_eq!(changes(client.take_notices()), [Change::Pending(nonce(1))]);
    assert_eq!(posted(&client.take_effects()), [nonce(1)]);
    client.hear(
        ServerFrame::Sent {
            nonce: nonce(1),
            message: message(3, me(), Some(nonce(1))),
        },
        20,
    );
    assert_eq!(
        changes(client.take_notices()),
        [Change::Read, Change::Confirmed(nonce(1), 3)]
    );
    assert_eq!((client.outbox().waiting(), client.view().pending().len()), (0, 0));
    assert!(client.take_effects().contains(&Effect::Keep));
}

#[test]
fn what_a_crash_left_open_is_sent_again_and_shown_once() {
    let mut client = online();
    client.post("one", nonce(1), Timestamp(0), 10).unwrap();
    client.post("two", nonce(2), Timestamp(0), 11).unwrap();
    assert_eq!(posted(&client.take_effects()), [nonce(1)]);
    client.closed(1006, 20, 0.0);
    client.tick(20, 0.0);
    assert!(client.take_effects().contains(&Effect::Open));
    client.hear(hello("e"), 30);
    assert_eq!(posted(&client.take_effects()), [nonce(1)]);
    // The first one was stored before the crash: the resume brings it, then the repeat is answered.
    let stored = message(3, me(), Some(nonce(1)));
    client.hear(joined(2, 3, vec![stored.clone()]), 31);
    assert_eq!(posted(&client.take_effects()), [nonce(2)]);
    client.hear(
        ServerFrame::Sent {
            nonce: nonce(1),
            message: stored,
        },
        32,
    );
    client.hear(
        ServerFrame::Sent {
            nonce: nonce(2),
            message: message(4, me(), Some(nonce(2))),
        },
        33,
    );
    assert!(client.view().messages().map(|m| m.seq).eq(1..=4));
    assert_eq!((client.outbox().waiting(), client.view().pending().len()), (0, 0));
}

#[test]
fn what_is_written_offline_waits_and_survives_a_reload() {
    let mut before = client();
    before.post("hi", nonce(1), Timestamp(0), 0).unwrap();
    assert_eq!(before.take_effects(), [Effect::Keep]);
    let kept: Vec<Pending> = before.outbox().sends().cloned().collect();
    let mut client = client_with(Outbox::restored(kept));
    assert_eq!(client.view().pending().len(), 1);
    client.wake(0);
    client.hear(hello("e"), 1);
    assert_eq!(posted(&client.take_effects()), [nonce(1)]);
}

#[test]
fn what_the_page_shows_as_stored_is_not_sent_again() {
    let pending = |n| Pending {
        room: here(),
        nonce: nonce(n),
        body: "hi".into(),
        created_at: Timestamp(0),
        failed: None,
    };
    let start = Start {
        last_seq: 1,
        last_rev: 1,
        read_seq: 1,
    };
    let view = View::new(here(), me(), vec![message(1, me(), Some(nonce(1)))], start);
    let client = Client::new(
        me(),
        true,
        view,
        Vec::new(),
        Outbox::restored(vec![pending(1), pending(2)]),
    );
    assert!(
        client
            .outbox()
            .sends()
            .map(|send| send.nonce.clone())
            .eq([nonce(2)])
    );
    assert_eq!(client.view().pending().len(), 1);
}

#[test]
fn a_refused_message_stays_with_its_reason_until_it_is_tried_again() {
    let mut client = online();
    client.post("hi", nonce(1), Timestamp(0), 0).unwrap();
    client.take_effects();
    let refusal = |code: &str| ServerFrame::Error {
        id: None,
        nonce: Some("1".into()),
        code: code.into(),
        detail: "Members only".into(),
    };
    client.hear(refusal("not_a_member"), 1);
    assert_eq!(client.view().pending()[0].failed.as_deref(), Some("Members only"));
    assert_eq!(
        (posted(&client.take_effects()), client.outbox().waiting()),
        (vec![], 0)
    );
    client.retry(&nonce(1), 2);
    assert_eq!(
        (posted(&client.take_effects()), client.outbox().waiting()),
        (vec![nonce(1)], 1)
    );
    client.hear(refusal("not_a_member"), 3);
    client.discard(&nonce(1), 4);
    assert_eq!(
        (client.outbox().sends().count(), client.view().pending().len()),
        (0, 0)
    );
}

#[test]
fn an_unanswered_send_means_a_dead_line() {
    let mut client = online();
    client.post("hi", nonce(1), Timestamp(0), 0).unwrap();
    client.take_effects();
    let due = client.due().unwrap();
    client.tick(due, 0.0);
    assert_eq!(client.take_effects(), [Effect::Open]);
    client.hear(hello("e"), due + 1);
    assert_eq!(posted(&client.take_effects()), [nonce(1)]);
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
            Effect::Send(ClientFrame::Read { room: here(), seq: 4 }),
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
        },
        0,
    );
    client.hear(
        ServerFrame::Typing {
            room: here(),
            user: me(),
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
fn posting_from_an_older_part_of_the_room_leads_to_its_end() {
    let mut client = online();
    client.hear(joined(9, 2, Vec::new()), 0);
    client.hear(
        ServerFrame::Joined {
            id: None,
            room: here(),
            last_seq: 99,
            last_rev: 2,
            messages: Vec::new(),
            limited: false,
        },
        0,
    );
    client.take_effects();
    client.post("hi", nonce(1), Timestamp(0), 0).unwrap();
    assert!(
        client
            .take_effects()
            .contains(&Effect::Fetch(Ask::Newest, Bound::Newest))
    );
    let stored = message(100, me(), Some(nonce(1)));
    client.page(
        Ask::Newest,
        Some(Page {
            messages: vec![stored],
            has_before: true,
            has_after: false,
            last_rev: 3,
        }),
        1,
    );
    assert_eq!(
        (client.outbox().waiting(), client.view().at_end()),
        (0, true),
        "the page shows that it is stored"
    );
}

#[test]
fn older_pages_are_fetched_one_at_a_time() {
    let start = Start {
        last_seq: 9,
        last_rev: 9,
        read_seq: 9,
    };
    let view = View::new(here(), me(), vec![message(9, other(), None)], start);
    let mut client = Client::new(me(), true, view, Vec::new(), Outbox::default());
    client.ask(Side::Before);
    client.ask(Side::Before);
    assert_eq!(
        client.take_effects(),
        [Effect::Fetch(Ask::Neighbours, Bound::Before(9))]
    );
    client.page(Ask::Neighbours, None, 0);
    client.ask(Side::Before);
    assert_eq!(client.take_effects().len(), 1);
    let messages = vec![message(8, other(), None)];
    client.page(
        Ask::Neighbours,
        Some(Page {
            messages,
            has_before: true,
            has_after: true,
            last_rev: 9,
        }),
        0,
    );
    assert_eq!(changes(client.take_notices()), [Change::Prepended(8..9)]);
}
