//! Sending and receiving.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::{
    common::{Person, Socket, TestServer},
    number, send, settle,
};

/// Someone with `#general` open.
async fn present(person: &Person, room: &str) -> Socket {
    let mut socket = person.connect().await;
    socket.join(room, None).await;
    socket
}

/// The next `count` frames of the room's log.
async fn logged(socket: &mut Socket, count: usize) -> Vec<Value> {
    let mut frames = Vec::new();
    while frames.len() < count {
        frames.push(socket.expect_any(&["message", "sent", "changed"]).await);
    }
    frames
}

fn revs(frames: &[Value]) -> Vec<u64> {
    frames
        .iter()
        .map(|frame| number(&frame["message"], "rev"))
        .collect()
}

#[tokio::test]
async fn hello_says_who_one_is_and_where_ones_rooms_stand() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    rosa.say(&room, "first").await;
    let socket = rosa.connect().await;
    let hello = &socket.hello;
    assert_eq!(hello["user"], json!(rosa.id));
    assert!(hello["connection"].is_string() && hello["epoch"].is_string());
    assert!(number(hello, "heartbeat_ms") > 0);
    let [general] = hello["rooms"].as_array().unwrap().as_slice() else {
        panic!("one room: {hello}");
    };
    for (field, value) in [
        ("room", json!(room)),
        ("last_seq", json!(1)),
        ("last_rev", json!(1)),
        ("read_seq", json!(1)),
    ] {
        assert_eq!(general[field], value, "{field}");
    }
}

#[tokio::test]
async fn a_message_comes_to_everyone_once_and_to_its_sender_as_sent() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let (mut from, mut to) = (present(&rosa, &room).await, present(&mei, &room).await);
    let mut other = present(&rosa, &room).await;
    send(&mut from, &room, "n-1", "**hello**").await;
    let sent = from.expect("sent").await;
    assert_eq!(
        (&sent["nonce"], &sent["message"]["nonce"]),
        (&json!("n-1"), &json!("n-1"))
    );
    let message = to.expect("message").await;
    assert_eq!(message["message"], sent["message"], "the same bytes for everyone");
    assert_eq!(
        other.expect("message").await["message"],
        sent["message"],
        "also for the sender's other window"
    );
    assert_eq!(rosa.history(&room).await, [sent["message"].clone()]);
    for socket in [&mut from, &mut to, &mut other] {
        let rest = settle(socket).await;
        assert!(
            rest.iter()
                .all(|frame| frame["type"] != "message" && frame["type"] != "sent"),
            "{rest:?}"
        );
    }
}

#[tokio::test]
async fn many_senders_at_once_make_one_order_that_everyone_sees() {
    const EACH: usize = 40;
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut people = vec![rosa.clone()];
    for name in ["mei", "tomasz", "aino"] {
        people.push(server.register(name).await);
    }
    let senders = people.iter().map(|person| {
        let room = room.clone();
        async move {
            let mut socket = present(person, &room).await;
            for n in 0..EACH {
                send(
                    &mut socket,
                    &room,
                    &format!("{}-{n}", person.username),
                    &n.to_string(),
                )
                .await;
                if n % 5 == 0 {
                    person.say(&room, "over the other door").await;
                }
            }
            socket
        }
    });
    let sockets = futures::future::join_all(senders).await;
    let stored = people.len() * (EACH + EACH / 5);
    for (mut socket, person) in sockets.into_iter().zip(&people) {
        let first = logged(&mut socket, 1).await;
        let from = revs(&first)[0];
        let rest = logged(&mut socket, stored - from as usize).await;
        let all = [first, rest].concat();
        assert_eq!(
            revs(&all),
            (from..=stored as u64).collect::<Vec<_>>(),
            "without gaps, ascending"
        );
        let sent: Vec<&str> = all.iter().filter_map(|frame| frame["nonce"].as_str()).collect();
        let expected: Vec<String> = (0..EACH).map(|n| format!("{}-{n}", person.username)).collect();
        assert_eq!(sent, expected, "one answer for each send, in their order");
        for frame in &all {
            let own =
                frame["message"]["author"]["id"] == json!(person.id) && frame["message"]["nonce"].is_string();
            assert_eq!(frame["type"] == "sent", own);
        }
    }
    assert_eq!(rosa.history(&room).await.len(), stored);
}

#[tokio::test]
async fn several_frames_may_come_in_one_text() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut socket = rosa.connect().await;
    let lines = [
        json!({ "type": "join", "id": 1, "room": room }).to_string(),
        json!({ "type": "send", "room": room, "nonce": "a", "body": "one" }).to_string(),
        json!({ "type": "send", "room": room, "nonce": "b", "body": "two" }).to_string(),
    ];
    socket.send_raw(lines.join("\n").into()).await;
    assert_eq!(socket.expect("joined").await["last_rev"], 0);
    assert_eq!(socket.expect("sent").await["nonce"], "a");
    assert_eq!(socket.expect("sent").await["message"]["seq"], 2);
    let pretty =
        serde_json::to_string_pretty(&json!({ "type": "send", "room": room, "nonce": "c", "body": "three" }));
    socket.send_raw(pretty.unwrap().into()).await;
    assert_eq!(socket.expect("sent").await["nonce"], "c");
}

#[tokio::test]
async fn a_room_that_is_not_open_can_be_posted_in() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut socket = rosa.connect().await;
    send(&mut socket, &room, "n", "from outside").await;
    assert_eq!(socket.expect("sent").await["message"]["seq"], 1);
    let joined = socket.join(&room, Some(0)).await;
    assert_eq!(joined["messages"][0]["nonce"], "n");
    let rest = settle(&mut socket).await;
    assert!(
        rest.iter().all(|frame| frame["type"] != "sent"),
        "answered once: {rest:?}"
    );
}

#[tokio::test]
async fn the_same_nonce_gives_the_first_message_over_any_door() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let mut reader = present(&mei, &room).await;
    let mut socket = present(&rosa, &room).await;
    send(&mut socket, &room, "n", "first").await;
    let first = socket.expect("sent").await;
    // On the same connection, on another one, in a room that is not open there, over HTTP, and back again.
    send(&mut socket, &room, "n", "second").await;
    assert_eq!(socket.expect("sent").await, first);
    let mut outside = rosa.connect().await;
    send(&mut outside, &room, "n", "third").await;
    assert_eq!(outside.expect("sent").await, first);
    let over_http = rosa
        .post(
            "/api/messages",
            json!({ "room": room, "body": "fourth", "nonce": "n" }),
        )
        .await;
    assert_eq!(over_http.status(), 200);
    assert_eq!(over_http.json::<Value>().await.unwrap(), first["message"]);
    assert_eq!(
        rosa.post(
            "/api/messages",
            json!({ "room": room, "body": "x", "nonce": "m" })
        )
        .await
        .status(),
        201
    );
    send(&mut socket, &room, "m", "y").await;
    assert_eq!(socket.expect("sent").await["message"]["body"], "x");
    // Another author's nonce is another nonce.
    send(&mut reader, &room, "n", "mine").await;
    assert_eq!(reader.expect("sent").await["message"]["body"], "mine");
    assert_eq!(rosa.history(&room).await.len(), 3);
}

#[tokio::test]
async fn one_nonce_sent_many_times_at_once_is_stored_once_and_answered_each_time() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let tries = (0..6).map(|_| async {
        let mut socket = present(&rosa, &room).await;
        for _ in 0..3 {
            send(&mut socket, &room, "n", "once").await;
        }
        let mut ids = HashSet::new();
        for _ in 0..3 {
            ids.insert(
                socket.expect("sent").await["message"]["id"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
            );
        }
        let rest = settle(&mut socket).await;
        assert!(rest.iter().all(|frame| frame["type"] != "sent"), "{rest:?}");
        ids
    });
    let ids: HashSet<String> = futures::future::join_all(tries)
        .await
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(rosa.history(&room).await.len(), 1);
}

#[tokio::test]
async fn a_refused_send_is_answered_with_an_error_that_carries_its_nonce() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let private = rosa.create_room("secret", true).await;
    let mut socket = present(&mei, &room).await;
    let unknown = "00000000-0000-7000-8000-000000000000";
    for (room, body, code) in [
        (room.as_str(), "   ", "invalid"),
        (&room, &"x".repeat(8_001), "invalid"),
        (&room, "a\u{0}b", "invalid"),
        (&private, "let me in", "not_a_member"),
        (unknown, "anyone?", "room_not_found"),
    ] {
        send(&mut socket, room, "n", body).await;
        let error = socket.expect_any(&["error", "sent"]).await;
        assert_eq!(
            (&error["code"], &error["nonce"]),
            (&json!(code), &json!("n")),
            "{body:?}: {error}"
        );
        assert!(error["detail"].is_string());
    }
    send(&mut socket, &room, "n", "fine").await;
    assert_eq!(socket.expect("sent").await["message"]["seq"], 1);
}

#[tokio::test]
async fn a_public_channel_can_be_read_but_not_written_by_who_is_no_member() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let public = rosa.create_room("open", false).await;
    let mut guest = present(&mei, &public).await;
    rosa.say(&public, "welcome").await;
    assert_eq!(guest.expect("message").await["message"]["body"], "welcome");
    send(&mut guest, &public, "n", "hello").await;
    assert_eq!(guest.expect("error").await["code"], "not_a_member");
}

#[tokio::test]
async fn a_room_that_was_left_sends_nothing_more_but_its_head() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let mut socket = present(&mei, &room).await;
    socket.send(json!({ "type": "leave", "room": room })).await;
    settle(&mut socket).await;
    rosa.say(&room, "anyone there?").await;
    let head = socket.expect_any(&["head", "message"]).await;
    assert_eq!((&head["type"], number(&head, "last_seq")), (&json!("head"), 1));
    assert_eq!(
        socket.join(&room, Some(0)).await["messages"][0]["body"],
        "anyone there?"
    );
}

#[tokio::test]
async fn the_longest_body_fits_even_with_every_character_escaped() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut socket = present(&rosa, &room).await;
    let escaped = "\\ud83d\\ude00".repeat(8_000);
    let frame = format!(r#"{{"type":"send","room":"{room}","nonce":"long","body":"{escaped}"}}"#);
    socket
        .send_raw(tokio_tungstenite::tungstenite::Message::text(frame))
        .await;
    let sent = socket.expect("sent").await;
    assert_eq!(sent["message"]["body"].as_str().unwrap().chars().count(), 8_000);
}
