//! What is said outside the rooms' logs: heads, typing, presence, read markers.

use std::time::{Duration, Instant};

use backend::live::OFFLINE_GRACE;
use serde_json::{Value, json};

use crate::{
    common::{Person, Socket, TestServer},
    number, settle,
};

async fn present(person: &Person, room: &str) -> Socket {
    let mut socket = person.connect().await;
    socket.join(room, None).await;
    socket
}

fn of_type<'a>(frames: &'a [Value], kind: &str) -> Vec<&'a Value> {
    frames.iter().filter(|frame| frame["type"] == kind).collect()
}

#[tokio::test]
async fn a_burst_in_a_room_that_is_not_open_gives_few_heads_and_the_last_is_right() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let mut watcher = mei.connect().await;
    let started = Instant::now();
    for n in 0..60 {
        rosa.say(&room, &format!("message {n}")).await;
    }
    let mut heads = 0;
    loop {
        let frame = watcher.expect_any(&["head", "message"]).await;
        assert_eq!((&frame["type"], &frame["room"]), (&json!("head"), &json!(room)));
        heads += 1;
        if number(&frame, "last_seq") == 60 {
            assert_eq!((number(&frame, "last_rev"), number(&frame, "mentions")), (60, 0));
            break;
        }
    }
    let seconds = started.elapsed().as_secs() + 1;
    assert!(heads <= 4 * seconds, "{heads} heads in at most {seconds} s");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(of_type(&settle(&mut watcher).await, "head"), Vec::<&Value>::new());
}

#[tokio::test]
async fn a_head_counts_the_unread_mentions() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    rosa.say(&room, "@mei before you came").await;
    let mut watcher = mei.connect().await;
    let mentions_at = async |watcher: &mut Socket, seq: u64| loop {
        let head = watcher.expect("head").await;
        if number(&head, "last_seq") == seq {
            break number(&head, "mentions");
        }
    };
    rosa.say(&room, "@mei are you there?").await;
    assert_eq!(mentions_at(&mut watcher, 2).await, 2);
    rosa.say(&room, "no?").await;
    assert_eq!(mentions_at(&mut watcher, 3).await, 2);
    assert_eq!(
        mei.post(&format!("/api/rooms/{room}/read"), json!({ "seq": 1 }))
            .await
            .status(),
        204
    );
    assert_eq!(watcher.expect("read").await["seq"], 1);
    rosa.say(&room, "well").await;
    assert_eq!(mentions_at(&mut watcher, 4).await, 1);
    mei.say(&room, "here now").await;
    rosa.say(&room, "hello").await;
    assert_eq!(mentions_at(&mut watcher, 6).await, 0, "who writes has read");
}

#[tokio::test]
async fn typing_is_told_to_the_others_who_have_the_room_open() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let (mut typist, mut reader) = (present(&rosa, &room).await, present(&mei, &room).await);
    let mut outside = mei.connect().await;
    typist.send(json!({ "type": "typing", "room": room })).await;
    let typing = reader.expect("typing").await;
    assert_eq!(
        (&typing["room"], &typing["user"]),
        (&json!(room), &json!(rosa.id))
    );
    assert_eq!(
        of_type(&settle(&mut typist).await, "typing"),
        Vec::<&Value>::new()
    );
    assert_eq!(
        of_type(&settle(&mut outside).await, "typing"),
        Vec::<&Value>::new()
    );
}

#[tokio::test]
async fn who_types_a_reply_is_told_with_its_thread_to_who_has_the_room_open() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let root = rosa.say(&room, "root").await;
    let (mut typist, mut reader) = (present(&rosa, &room).await, present(&mei, &room).await);
    let typing = json!({ "type": "typing", "room": room, "thread": root["id"] });
    typist.send(typing).await;
    let heard = reader.expect("typing").await;
    let expected = json!({ "type": "typing", "room": room, "user": rosa.id, "thread": root["id"] });
    assert_eq!(heard, expected);
    // In the room it says nothing of a thread, as ever; and no thread is one that cannot be read.
    typist
        .send(json!({ "type": "typing", "room": room, "thread": null }))
        .await;
    let heard = reader.expect("typing").await;
    assert_eq!(heard, json!({ "type": "typing", "room": room, "user": rosa.id }));
    typist
        .send(json!({ "type": "typing", "room": room, "thread": "the first" }))
        .await;
    assert_eq!(typist.expect("error").await["code"], "malformed");
}

#[tokio::test]
async fn a_marker_that_moves_is_told_to_the_users_other_connections_only() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    for _ in 0..3 {
        rosa.say(&room, "x").await;
    }
    let (mut here, mut there, mut foreign) = (mei.connect().await, mei.connect().await, rosa.connect().await);
    here.send(json!({ "type": "read", "room": room, "seq": 2 })).await;
    let read = there.expect("read").await;
    assert_eq!((&read["room"], number(&read, "seq")), (&json!(room), 2));
    here.send(json!({ "type": "read", "room": room, "seq": 1 })).await;
    here.send(json!({ "type": "read", "room": room, "seq": 99 }))
        .await;
    assert_eq!(
        number(&there.expect("read").await, "seq"),
        3,
        "never backwards, never beyond the newest"
    );
    for socket in [&mut here, &mut foreign] {
        assert_eq!(of_type(&settle(socket).await, "read"), Vec::<&Value>::new());
    }
    assert_eq!(mei.connect().await.hello["rooms"][0]["read_seq"], 3);
}

#[tokio::test]
async fn coming_looking_away_and_going_are_told() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let mut watcher = rosa.connect().await;
    let status_of_mei = async |watcher: &mut Socket| loop {
        let presence = watcher.expect("presence").await;
        if presence["user"] == json!(mei.id) {
            break presence["status"].as_str().unwrap().to_owned();
        }
    };
    let mut first = mei.connect().await;
    assert_eq!(status_of_mei(&mut watcher).await, "online");
    first.send(json!({ "type": "presence", "status": "away" })).await;
    assert_eq!(status_of_mei(&mut watcher).await, "away");
    first
        .send(json!({ "type": "presence", "status": "online" }))
        .await;
    assert_eq!(status_of_mei(&mut watcher).await, "online");
    first.close().await;
    assert_eq!(status_of_mei(&mut watcher).await, "offline");
}

#[tokio::test]
async fn a_reload_is_not_told() {
    let server = TestServer::start();
    let (rosa, kim) = (server.register("rosa").await, server.register("kim").await);
    let (mut watcher, mut other) = (rosa.connect().await, kim.connect().await);
    settle(&mut other).await;
    for attempt in 0..10 {
        let mei = server.register(&format!("mei{attempt}")).await;
        let mut first = mei.connect().await;
        settle(&mut first).await;
        let gone = Instant::now();
        first.close().await;
        let mut second = mei.connect().await;
        settle(&mut second).await;
        if gone.elapsed() >= OFFLINE_GRACE {
            // The machine stood still, and that was no reload: once more, as someone else.
            continue;
        }
        // Kim goes later and for good: when that is told, so would be that Mei had gone.
        other.close().await;
        let mut told = Vec::new();
        loop {
            let presence = watcher.expect("presence").await;
            let is_the_end = (&presence["user"], &presence["status"]) == (&json!(kim.id), &json!("offline"));
            told.push(presence);
            if is_the_end {
                break;
            }
        }
        told.extend(settle(&mut watcher).await);
        let of_mei: Vec<_> = told
            .iter()
            .filter(|frame| frame["type"] == "presence" && frame["user"] == json!(mei.id))
            .map(|frame| &frame["status"])
            .collect();
        // That she is there may be said twice.
        assert!(
            !of_mei.is_empty() && of_mei.iter().all(|status| *status == "online"),
            "{of_mei:?}"
        );
        return;
    }
    panic!("no reload within {OFFLINE_GRACE:?}");
}
