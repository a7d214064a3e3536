//! What becomes of what one writes.

use super::*;

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
fn what_a_closed_page_left_behind_is_taken_over_once() {
    let send = |n, room| Pending {
        room,
        nonce: nonce(n),
        body: "hi".into(),
        attachments: Vec::new(),
        created_at: Timestamp(0),
        failed: None,
    };
    let elsewhere = id(8).parse().unwrap();
    let mut client = online();
    client.adopt(vec![send(1, here()), send(2, elsewhere)], 10);
    client.adopt(vec![send(1, here())], 11);
    assert_eq!((client.outbox().waiting(), client.view().pending().len()), (2, 1));
    assert_eq!(posted(&client.take_effects()), [nonce(1)]);
}

#[test]
fn what_the_page_shows_as_stored_is_not_sent_again() {
    let pending = |n| Pending {
        room: here(),
        nonce: nonce(n),
        body: "hi".into(),
        attachments: Vec::new(),
        created_at: Timestamp(0),
        failed: None,
    };
    let start = Start {
        last_seq: 1,
        last_rev: 1,
        read_seq: 1,
        read_turn: 0,
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
fn a_page_of_the_rooms_end_settles_what_was_posted_from_an_older_part() {
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
    client.ask(Some(Side::Around(99)), 0);
    assert!(
        client
            .take_effects()
            .contains(&Effect::Fetch(Ask::Part, Bound::Around(99)))
    );
    let stored = message(100, me(), Some(nonce(1)));
    client.page(
        Ask::Part,
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
