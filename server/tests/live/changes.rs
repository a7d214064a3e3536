//! Changes of messages, live and after coming back.

use serde_json::{Value, json};

use crate::{
    common::{Person, Socket, TestServer},
    number, places, send, settle,
};

const THUMB: &str = "/reactions/%F0%9F%91%8D";

/// Someone with a room open.
async fn present(person: &Person, room: &str) -> Socket {
    let mut socket = person.connect().await;
    socket.join(room, None).await;
    socket
}

async fn next_logged(socket: &mut Socket) -> Value {
    socket.expect_any(&["message", "sent", "changed"]).await
}

/// A way to change a message.
#[derive(Clone, Copy, Debug)]
enum Verb {
    Edit,
    React,
    Unreact,
    Pin,
    Unpin,
    Delete,
}

impl Verb {
    const ALL: [Self; 6] = [
        Self::Edit,
        Self::React,
        Self::Unreact,
        Self::Pin,
        Self::Unpin,
        Self::Delete,
    ];

    async fn apply(self, person: &Person, message: &Value) {
        match self {
            Self::Edit => drop(person.edit(message, "**edited**").await),
            Self::React => person.change("PUT", message, THUMB).await,
            Self::Unreact => person.change("DELETE", message, THUMB).await,
            Self::Pin => person.change("PUT", message, "/pin").await,
            Self::Unpin => person.change("DELETE", message, "/pin").await,
            Self::Delete => person.change("DELETE", message, "").await,
        }
    }

    /// What is to be seen of it.
    fn shows(self, message: &Value) -> bool {
        match self {
            Self::Edit => {
                message["html"] == "<p><strong>edited</strong></p>" && !message["edited_at"].is_null()
            }
            Self::React => message["reactions"][0]["emoji"] == "👍",
            Self::Unreact => message["reactions"] == json!([]),
            Self::Pin => message["pinned"] == true,
            Self::Unpin => message["pinned"] == false,
            Self::Delete => message["deleted"] == true && message["html"] == "",
        }
    }
}

#[tokio::test]
async fn every_change_comes_once_to_everyone_who_has_the_room_open_and_to_who_made_it() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let message = rosa.say(&room, "hello").await;
    let mut sockets = vec![
        present(&rosa, &room).await,
        present(&rosa, &room).await,
        present(&mei, &room).await,
    ];
    for (verb, rev) in Verb::ALL.into_iter().zip(2..) {
        verb.apply(&rosa, &message).await;
        let mut seen = Vec::new();
        for socket in &mut sockets {
            let frame = next_logged(socket).await;
            assert_eq!(
                (&frame["type"], number(&frame["message"], "rev")),
                (&json!("changed"), rev),
                "{verb:?}"
            );
            assert!(verb.shows(&frame["message"]), "{verb:?}: {frame}");
            seen.push(frame);
        }
        assert!(
            seen.iter().all(|frame| *frame == seen[0]),
            "the same bytes for everyone"
        );
        assert_eq!(
            rosa.history(&room).await,
            [seen[0]["message"].clone()],
            "the same as over HTTP"
        );
        // Once more changes nothing, and nobody is told.
        if !matches!(verb, Verb::Edit) {
            verb.apply(&rosa, &message).await;
        }
    }
    for socket in &mut sockets {
        let rest = settle(socket).await;
        assert!(rest.iter().all(|frame| frame["type"] != "changed"), "{rest:?}");
    }
}

#[tokio::test]
async fn every_change_is_resumed_in_its_present_state_from_the_log_and_from_the_store() {
    let mut server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let (first, second) = (rosa.say(&room, "one").await, rosa.say(&room, "two").await);
    rosa.say(&room, "three").await;
    // Somebody reads, so that there is a log to resume from.
    let _reader = present(&rosa, &room).await;
    let mut rev = 3;
    for verb in Verb::ALL {
        verb.apply(&rosa, &first).await;
        rev += 1;
        let joined = mei.connect().await.join(&room, Some(rev - 1)).await;
        assert_eq!(
            (places(&joined), number(&joined, "last_rev")),
            (vec![(1, rev)], rev),
            "{verb:?}"
        );
        assert!(verb.shows(&joined["messages"][0]), "{verb:?}");
        assert_eq!(number(&joined, "last_seq"), 3);
    }
    rosa.edit(&second, "two, again").await;
    // Who missed several changes of one message gets its present state, once.
    let from_log = mei.connect().await.join(&room, Some(3)).await;
    assert_eq!(places(&from_log), [(1, 9), (2, 10)]);
    server.kill();
    server.restart();
    let from_store = mei.connect().await.join(&room, Some(3)).await;
    assert_eq!(from_store["messages"], from_log["messages"]);
    let whole = mei.connect().await.join(&room, Some(0)).await;
    assert_eq!(places(&whole), [(3, 3), (1, 9), (2, 10)]);
}

#[tokio::test]
async fn a_reply_over_the_socket_comes_with_its_root_in_the_order_of_their_revs() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let root = rosa.say(&room, "who is in?").await;
    let (mut to, mut from) = (present(&rosa, &room).await, present(&mei, &room).await);
    let mut outside = mei.connect().await;
    from.send(json!({ "type": "send", "room": room, "nonce": "n", "body": "me", "thread": root["id"] }))
        .await;
    let sent = next_logged(&mut from).await;
    assert_eq!((&sent["type"], &sent["nonce"]), (&json!("sent"), &json!("n")));
    assert_eq!(
        (&sent["message"]["thread"], number(&sent["message"], "rev")),
        (&root["id"], 2)
    );
    let counted = next_logged(&mut from).await;
    assert_eq!(
        (&counted["type"], &counted["message"]["id"]),
        (&json!("changed"), &root["id"])
    );
    assert_eq!(
        (
            number(&counted["message"], "rev"),
            number(&counted["message"], "reply_count")
        ),
        (3, 1)
    );
    let message = next_logged(&mut to).await;
    assert_eq!(
        (&message["type"], &message["message"]),
        (&json!("message"), &sent["message"])
    );
    assert_eq!(next_logged(&mut to).await, counted);
    // Who sends from a room that is not open is answered all the same; the first reply comes back for its nonce.
    for nonce in ["m", "n"] {
        outside
            .send(
                json!({ "type": "send", "room": room, "nonce": nonce, "body": "too", "thread": root["id"] }),
            )
            .await;
        let sent = outside.expect("sent").await;
        assert_eq!(
            (&sent["nonce"], &sent["message"]["thread"]),
            (&json!(nonce), &root["id"])
        );
    }
    let joined = rosa.connect().await.join(&room, Some(1)).await;
    assert_eq!(places(&joined), [(2, 2), (3, 4), (1, 5)]);
    // And a reply that goes away takes two revisions as well.
    mei.change("DELETE", &sent["message"], "").await;
    let frames: Vec<Value> = [next_logged(&mut to).await, next_logged(&mut to).await]
        .into_iter()
        .chain([next_logged(&mut to).await, next_logged(&mut to).await])
        .collect();
    let revs: Vec<u64> = frames
        .iter()
        .map(|frame| number(&frame["message"], "rev"))
        .collect();
    assert_eq!(revs, [4, 5, 6, 7]);
    assert_eq!(
        (
            &frames[2]["message"]["deleted"],
            number(&frames[3]["message"], "reply_count")
        ),
        (&json!(true), 1)
    );
}

#[tokio::test]
async fn a_reply_that_is_refused_is_answered_with_its_nonce() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let elsewhere = rosa.create_room("elsewhere", false).await;
    let (gone, foreign) = (
        rosa.say(&room, "gone").await,
        rosa.say(&elsewhere, "foreign").await,
    );
    rosa.change("DELETE", &gone, "").await;
    let mut socket = present(&mei, &room).await;
    for (thread, code) in [
        (gone["id"].clone(), "message_deleted"),
        (foreign["id"].clone(), "invalid"),
        (json!("00000000-0000-7000-8000-000000000000"), "invalid"),
        (json!("nothing"), "malformed"),
        (json!(7), "malformed"),
    ] {
        socket
            .send(json!({ "type": "send", "room": room, "nonce": "n", "body": "reply", "thread": thread }))
            .await;
        let error = socket.expect_any(&["error", "sent"]).await;
        assert_eq!(
            (&error["code"], &error["nonce"]),
            (&json!(code), &json!("n")),
            "{thread}: {error}"
        );
    }
    send(&mut socket, &room, "n", "fine").await;
    assert_eq!(socket.expect("sent").await["message"]["seq"], 2);
}

/// The next head of the room, once it shows this revision.
async fn head_at(socket: &mut Socket, room: &str, rev: u64) -> Value {
    loop {
        let head = socket.expect("head").await;
        if head["room"] == json!(room) && number(&head, "last_rev") >= rev {
            return head;
        }
    }
}

#[tokio::test]
async fn heads_tell_of_changes_and_of_mentions_that_come_and_go_with_them() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let read = rosa.say(&room, "one").await;
    mei.post(&format!("/api/rooms/{room}/read"), json!({ "seq": 1 }))
        .await;
    let message = rosa.say(&room, "two").await;
    let mut socket = mei.connect().await;
    rosa.edit(&message, "two, @mei").await;
    let head = head_at(&mut socket, &room, 3).await;
    assert_eq!(
        (number(&head, "last_seq"), number(&head, "mentions")),
        (2, 1),
        "a change is no new message"
    );
    rosa.edit(&read, "one, @mei").await;
    let head = head_at(&mut socket, &room, 4).await;
    assert_eq!(number(&head, "mentions"), 1, "what was read does not count again");
    rosa.edit(&message, "two, @mei!").await;
    let head = head_at(&mut socket, &room, 5).await;
    assert_eq!(number(&head, "mentions"), 1, "nor does what counts already");
    rosa.change("DELETE", &message, "").await;
    let head = head_at(&mut socket, &room, 6).await;
    assert_eq!((number(&head, "last_seq"), number(&head, "mentions")), (2, 0));
}

#[tokio::test]
async fn who_may_not_read_a_room_hears_of_no_change() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let private = rosa.create_room("secret", true).await;
    let message = rosa.say(&private, "among us").await;
    let mut socket = mei.connect().await;
    for verb in Verb::ALL {
        verb.apply(&rosa, &message).await;
    }
    let rest = settle(&mut socket).await;
    assert!(
        rest.iter()
            .all(|frame| frame["type"] != "changed" && frame["type"] != "head"),
        "{rest:?}"
    );
}

#[tokio::test]
async fn clients_that_come_and_go_while_messages_change_end_with_exactly_what_is_stored() {
    const ROUNDS: u64 = 40;
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let changing = async {
        for n in 0..ROUNDS {
            let message = rosa.say(&room, "@mei look").await;
            let reply = mei.reply(&message, "yes?").await;
            let edit = format!("edited {n}");
            futures::join!(
                rosa.edit(&message, &edit),
                mei.change("PUT", &message, THUMB),
                rosa.change("PUT", &message, "/pin"),
                mei.change("DELETE", &reply, ""),
            );
            if n % 3 == 0 {
                rosa.change("DELETE", &message, "").await;
            }
        }
        rosa.say(&room, "the end").await
    };
    let coming_and_going = (0..6_u64).map(|n| {
        let (mei, room) = (&mei, &room);
        async move {
            let (mut held, mut rev, mut visits) = (std::collections::BTreeMap::new(), 0, 0);
            loop {
                let mut socket = mei.connect().await;
                let joined = socket.join(room, Some(rev)).await;
                assert_eq!(joined["limited"], false);
                for message in joined["messages"].as_array().unwrap() {
                    assert!(number(message, "rev") > rev);
                    held.insert(number(message, "seq"), message.clone());
                }
                rev = number(&joined, "last_rev");
                visits += 1;
                for _ in 0..(visits * (n + 3)) % 23 {
                    if is_end(&held) {
                        return held;
                    }
                    let frame = next_logged(&mut socket).await;
                    let message = &frame["message"];
                    rev += 1;
                    assert_eq!(number(message, "rev"), rev, "without gaps, ascending, once");
                    held.insert(number(message, "seq"), message.clone());
                }
            }
        }
    });
    let (held, end) = futures::join!(futures::future::join_all(coming_and_going), changing);
    let stored = rosa.history(&room).await;
    assert_eq!((stored.len() as u64, stored.last()), (ROUNDS * 2 + 1, Some(&end)));
    for held in held {
        assert_eq!(held.into_values().collect::<Vec<_>>(), stored);
    }
}

/// Whether the last message of all has been heard.
fn is_end(held: &std::collections::BTreeMap<u64, Value>) -> bool {
    held.values()
        .next_back()
        .is_some_and(|message| message["body"] == "the end")
}
