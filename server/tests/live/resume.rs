//! Coming back: everything after the last `rev` seen, once.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    common::{Person, TestServer},
    number, places,
};

fn rows(range: std::ops::RangeInclusive<u64>) -> Vec<(u64, u64)> {
    range.map(|n| (n, n)).collect()
}

async fn say(person: &Person, room: &str, count: u64) {
    for n in 0..count {
        person.say(room, &format!("message {n}")).await;
    }
}

#[tokio::test]
async fn joining_without_a_rev_brings_only_what_comes() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    say(&rosa, &room, 3).await;
    let mut socket = rosa.connect().await;
    let joined = socket.join(&room, None).await;
    assert_eq!(joined["id"], 7);
    assert_eq!((number(&joined, "last_seq"), number(&joined, "last_rev")), (3, 3));
    assert_eq!((places(&joined), &joined["limited"]), (vec![], &json!(false)));
    rosa.say(&room, "next").await;
    assert_eq!(socket.expect("message").await["message"]["rev"], 4);
}

#[tokio::test]
async fn what_was_missed_comes_from_the_log_while_somebody_reads_and_else_from_the_store() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    say(&rosa, &room, 5).await;
    // The first reader finds no log; the second finds the tail that the first one keeps.
    let mut first = mei.connect().await;
    let from_store = first.join(&room, Some(2)).await;
    assert_eq!(places(&from_store), rows(3..=5));
    say(&rosa, &room, 4).await;
    let mut second = mei.connect().await;
    let from_tail = second.join(&room, Some(6)).await;
    assert_eq!(places(&from_tail), rows(7..=9));
    let beyond_the_tail = mei.connect().await.join(&room, Some(0)).await;
    assert_eq!(places(&beyond_the_tail), rows(1..=9));
    for joined in [from_store, from_tail, beyond_the_tail] {
        let history = rosa.history(&room).await;
        for message in joined["messages"].as_array().unwrap() {
            assert_eq!(
                *message,
                history[number(message, "seq") as usize - 1],
                "the same as over HTTP"
            );
        }
    }
    let metrics = server.metrics().await;
    for source in ["tail", "store"] {
        assert!(
            metrics.contains(&format!("hub_resumes_total{{source=\"{source}\"}}")),
            "{source}"
        );
    }
}

#[tokio::test]
async fn who_is_up_to_date_gets_nothing_and_goes_on() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    say(&rosa, &room, 3).await;
    let mut socket = rosa.connect().await;
    let joined = socket.join(&room, Some(3)).await;
    assert_eq!((places(&joined), number(&joined, "last_rev")), (vec![], 3));
    // Opened again on the same connection, from further back.
    assert_eq!(places(&socket.join(&room, Some(1)).await), rows(2..=3));
    rosa.say(&room, "next").await;
    assert_eq!(socket.expect("message").await["message"]["rev"], 4);
    rosa.say(&room, "and next").await;
    assert_eq!(
        socket.expect("message").await["message"]["rev"],
        5,
        "once, although it was opened twice"
    );
}

#[tokio::test]
async fn who_is_too_far_behind_is_told_so() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    futures::future::join_all((0..510).map(|n| rosa.say(&room, Box::leak(n.to_string().into_boxed_str()))))
        .await;
    let mut socket = rosa.connect().await;
    let joined = socket.join(&room, Some(9)).await;
    assert_eq!(
        (places(&joined), &joined["limited"], number(&joined, "last_rev")),
        (vec![], &json!(true), 510)
    );
    rosa.say(&room, "live").await;
    assert_eq!(socket.expect("message").await["message"]["rev"], 511);
    let whole = rosa.connect().await.join(&room, Some(11)).await;
    assert_eq!(
        (places(&whole), &whole["limited"]),
        (rows(12..=511), &json!(false)),
        "500 is not too far"
    );
}

#[tokio::test]
async fn who_has_seen_what_does_not_exist_starts_afresh() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    say(&rosa, &room, 3).await;
    let mut socket = rosa.connect().await;
    let joined = socket.join(&room, Some(1_000_000)).await;
    assert_eq!(
        (&joined["limited"], number(&joined, "last_rev")),
        (&json!(true), 3)
    );
    rosa.say(&room, "next").await;
    assert_eq!(socket.expect("message").await["message"]["rev"], 4);
}

#[tokio::test]
async fn those_who_ask_for_what_they_missed_and_vanish_leave_the_store_to_the_others() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    say(&rosa, &room, 40).await;
    for after in 0..40 {
        let mut socket = rosa.connect().await;
        socket
            .send(json!({ "type": "join", "id": 1, "room": room, "after": after }))
            .await;
    }
    assert_eq!(rosa.get("/api/rooms").await.status(), 200);
    assert_eq!(
        places(&rosa.connect().await.join(&room, Some(0)).await),
        rows(1..=40)
    );
}

#[tokio::test]
async fn only_what_one_may_read_can_be_opened() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let private = rosa.create_room("secret", true).await;
    let mut socket = mei.connect().await;
    for (room, code) in [
        (private.as_str(), "not_a_member"),
        ("00000000-0000-7000-8000-000000000000", "room_not_found"),
    ] {
        socket
            .send(json!({ "type": "join", "id": "j", "room": room, "after": 0 }))
            .await;
        let error = socket.expect("error").await;
        assert_eq!((&error["id"], &error["code"]), (&json!("j"), &json!(code)));
    }
    rosa.say(&private, "nobody else hears").await;
    let rest = crate::settle(&mut socket).await;
    assert!(
        rest.iter().all(|frame| frame["room"] != json!(private)),
        "{rest:?}"
    );
}

/// What a client holds: the newest state of each message, and how far it has seen.
#[derive(Default)]
struct Held {
    messages: BTreeMap<u64, Value>,
    rev: u64,
}

impl Held {
    fn take(&mut self, message: &Value) {
        self.messages.insert(number(message, "seq"), message.clone());
    }

    fn take_joined(&mut self, joined: &Value) {
        assert_eq!(joined["limited"], false);
        let places = places(joined);
        assert!(places.is_sorted_by_key(|(_, rev)| *rev) && places.iter().all(|(_, rev)| *rev > self.rev));
        joined["messages"]
            .as_array()
            .unwrap()
            .iter()
            .for_each(|message| self.take(message));
        self.rev = number(joined, "last_rev");
    }

    fn take_live(&mut self, frame: &Value) {
        let message = &frame["message"];
        assert_eq!(
            number(message, "rev"),
            self.rev + 1,
            "without gaps, ascending, once"
        );
        self.rev += 1;
        self.take(message);
    }
}

#[tokio::test]
async fn clients_that_come_and_go_while_others_post_end_with_exactly_what_is_stored() {
    const POSTS: u64 = 300;
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let posting = async {
        for n in 0..POSTS / 3 {
            futures::join!(rosa.say(&room, "a"), rosa.say(&room, "b"), rosa.say(&room, "c"));
            if n % 10 == 0 {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        }
    };
    let coming_and_going = (0..8_u64).map(|n| {
        let (rosa, room) = (&rosa, &room);
        async move {
            let (mut held, mut visits) = (Held::default(), 0_u64);
            while held.rev < POSTS {
                let mut socket = rosa.connect().await;
                held.take_joined(&socket.join(room, Some(held.rev)).await);
                visits += 1;
                let stay = (visits * (n + 3)) % 23;
                for _ in 0..stay {
                    if held.rev < POSTS {
                        held.take_live(&socket.expect_any(&["message", "changed"]).await);
                    }
                }
                if visits % 2 == 0 {
                    socket.close().await;
                }
            }
            held
        }
    });
    let (held, ()) = futures::join!(futures::future::join_all(coming_and_going), posting);
    let stored = rosa.history(&room).await;
    assert_eq!(stored.len() as u64, POSTS);
    for held in held {
        assert_eq!(held.messages.into_values().collect::<Vec<_>>(), stored);
    }
}
