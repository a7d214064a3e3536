//! How many questions to the store each request takes: as many for many rows as for few, and no more than noted here.

use std::collections::BTreeMap;

use reqwest::RequestBuilder;
use serde_json::json;

use crate::common::{Person, TestServer};

type Questions = BTreeMap<String, u64>;

/// How often each operation of the store ran so far.
async fn so_far(server: &TestServer) -> Questions {
    let metrics = server.metrics().await;
    let counts = metrics.lines().filter_map(|line| {
        let rest = line.strip_prefix("database_query_duration_seconds_count{op=\"")?;
        let (op, count) = rest.split_once("\"} ")?;
        Some((op.to_owned(), count.parse().unwrap()))
    });
    // Reading the metrics asks for a sign of life now and then; and whether there are webhooks is looked at by the way.
    counts
        .filter(|(op, _)| !matches!(op.as_str(), "ping" | "has_outgoing"))
        .collect()
}

/// What a request asks of the store, and its answer's status.
async fn asked(server: &TestServer, request: RequestBuilder) -> (u16, Questions) {
    let before = so_far(server).await;
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    // To its end: a page may come in parts.
    answer.bytes().await.unwrap();
    let mut after = so_far(server).await;
    after.retain(|op, count| {
        *count -= before.get(op).copied().unwrap_or(0);
        *count > 0
    });
    (status, after)
}

fn questions(ops: &[&str]) -> Questions {
    let mut questions = Questions::new();
    ops.iter()
        .for_each(|op| *questions.entry((*op).to_owned()).or_default() += 1);
    questions
}

async fn tag_of(person: &Person, path: &str) -> String {
    let answer = person.get(path).await;
    answer.headers()["etag"].to_str().unwrap().to_owned()
}

/// Rooms, people, conversations and messages: this many of each.
async fn fill(server: &TestServer, rosa: &Person, room: &str, size: usize) {
    for n in 0..size {
        let other = server.register(&format!("person{n}")).await;
        let theirs = other.create_room(&format!("open {n}"), false).await;
        other.say(&theirs, "welcome").await;
        let own = rosa.create_room(&format!("own {n}"), true).await;
        rosa.say(&own, "mine").await;
        let direct = other
            .post("/api/rooms/direct", json!({ "users": [rosa.id] }))
            .await;
        assert_eq!(direct.status(), 201);
        other.say(room, "hello @rosa").await;
    }
}

#[tokio::test]
async fn every_request_asks_what_is_noted_here_however_much_there_is() {
    for size in [1, 8] {
        let server = TestServer::start();
        let rosa = server.register("rosa").await;
        let room = rosa.room_id("general").await;
        fill(&server, &rosa, &room, size).await;
        // Session and token are known once they were used. Opening a page marks the room as read, in its own time: it is so already.
        let read = json!({ "seq": 1_000 });
        rosa.post(&format!("/api/rooms/{room}/read"), read).await;
        rosa.by_cookie("GET", "/rooms/general").send().await.unwrap();
        let page = format!("/api/messages?room={room}");
        let new = json!({ "room": room, "body": "one more" });
        let (page_tag, rooms_tag) = (tag_of(&rosa, &page).await, tag_of(&rosa, "/api/rooms").await);
        let known = |path: &str, tag: &str| rosa.by_token("GET", path).header("if-none-match", tag);
        let get = |path: &str| rosa.by_token("GET", path);
        let members = format!("/api/rooms/{room}/members");
        let table: Vec<(&str, RequestBuilder, u16, Vec<&str>)> = vec![
            (
                "page, known",
                known(&page, &page_tag),
                304,
                vec!["head_for", "looks"],
            ),
            ("page, cached", get(&page), 200, vec!["head_for", "looks"]),
            (
                "rooms, known",
                known("/api/rooms", &rooms_tag),
                304,
                vec!["looks", "heads_of", "heads_open_to"],
            ),
            (
                "rooms",
                get("/api/rooms"),
                200,
                vec!["looks", "rooms_of", "rooms_open_to"],
            ),
            (
                "post",
                rosa.by_token("POST", "/api/messages").json(&new),
                201,
                vec!["append"],
            ),
            (
                "page, outdated",
                known(&page, &page_tag),
                200,
                vec!["head_for", "looks", "page"],
            ),
            (
                "rooms, outdated",
                known("/api/rooms", &rooms_tag),
                200,
                vec![
                    "looks",
                    "heads_of",
                    "heads_open_to",
                    "looks",
                    "rooms_of",
                    "rooms_open_to",
                ],
            ),
            ("people", get("/api/users"), 200, vec!["page_users"]),
            ("members", get(&members), 200, vec!["membership", "page_members"]),
            ("me", get("/api/me"), 200, vec!["profile"]),
            ("tokens", get("/api/tokens"), 200, vec!["tokens"]),
            (
                "room page",
                rosa.by_cookie("GET", "/rooms/general"),
                200,
                vec![
                    "room_by_slug",
                    "room_of",
                    "rooms_of",
                    "customs",
                    "unread_threads",
                    "page",
                    "page_members",
                    "count_members",
                ],
            ),
        ];
        for (name, request, status, ops) in table {
            let (found, took) = asked(&server, request).await;
            assert_eq!((found, took), (status, questions(&ops)), "{name}, size {size}");
        }
    }
}

#[tokio::test]
async fn many_who_want_the_same_page_at_once_are_one_reading_of_each_of_its_blocks() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    for n in 0..60 {
        rosa.say(&room, &format!("message {n}")).await;
    }
    let path = format!("/api/messages?room={room}");
    let before = so_far(&server).await;
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let (rosa, path) = (rosa.clone(), path.clone());
        readers.spawn(async move { rosa.get(&path).await.text().await.unwrap() });
    }
    let bodies = readers.join_all().await;
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    let pages = |questions: &Questions| questions.get("page").copied().unwrap_or(0);
    assert_eq!(pages(&so_far(&server).await) - pages(&before), 2);
}
