//! Answers that are kept: whoever has one is told so, and nobody is ever told of one that is no longer true.

use std::sync::Arc;

use reqwest::Response;
use serde_json::{Value, json};

use crate::common::{Person, TestServer};

fn tag(answer: &Response) -> String {
    answer.headers()["etag"].to_str().unwrap().to_owned()
}

async fn known(person: &Person, path: &str, tag: &str) -> Response {
    let request = person.by_token("GET", path).header("if-none-match", tag);
    request.send().await.unwrap()
}

#[tokio::test]
async fn who_has_a_list_of_rooms_gets_it_again_only_when_something_in_it_changed() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let general = rosa.room_id("general").await;
    let mut last = tag(&rosa.get("/api/rooms").await);
    let harbour = mei.create_room("harbour", false).await;
    // Each of these shows in rosa's list.
    for step in 0..6 {
        match step {
            0 => {}
            1 => drop(mei.say(&harbour, "ahoy").await),
            2 => drop(mei.say(&general, "hello @rosa").await),
            3 => {
                let read = json!({ "seq": 1 });
                let moved = rosa.post(&format!("/api/rooms/{general}/read"), read).await;
                assert_eq!(moved.status(), 204);
            }
            4 => {
                let joined = rosa.post(&format!("/api/rooms/{harbour}/join"), json!({})).await;
                assert_eq!(joined.status(), 204);
            }
            _ => {
                let direct = json!({ "users": [rosa.id] });
                assert_eq!(mei.post("/api/rooms/direct", direct).await.status(), 201);
            }
        }
        let changed = known(&rosa, "/api/rooms", &last).await;
        assert_eq!(changed.status(), 200, "step {step}");
        assert_eq!(changed.headers()["cache-control"], "private, no-cache");
        last = tag(&changed);
        let same = known(&rosa, "/api/rooms", &last).await;
        assert_eq!(same.status(), 304, "step {step}");
        assert_eq!(tag(&same), last, "a 304 names the tag again");
        assert_eq!(same.headers()["cache-control"], "private, no-cache");
        assert_eq!(same.text().await.unwrap(), "");
    }
    // What does not show in it leaves it as it is.
    let secret = mei.create_room("secret", true).await;
    mei.say(&secret, "among ourselves").await;
    assert_eq!(known(&rosa, "/api/rooms", &last).await.status(), 304);
}

#[tokio::test]
async fn who_leaves_a_room_and_comes_back_is_not_told_of_the_list_in_between() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = mei.create_room("harbour", false).await;
    let go = async |verb: &str| {
        let answer = rosa.post(&format!("/api/rooms/{room}/{verb}"), json!({})).await;
        assert_eq!(answer.status(), 204);
    };
    go("join").await;
    let member = tag(&rosa.get("/api/rooms").await);
    go("leave").await;
    let away = known(&rosa, "/api/rooms", &member).await;
    assert_eq!(away.status(), 200);
    let away = tag(&away);
    go("join").await;
    assert_eq!(known(&rosa, "/api/rooms", &away).await.status(), 200);
    assert_eq!(
        known(&rosa, "/api/rooms", &member).await.status(),
        200,
        "the read marker is in another turn"
    );
}

#[tokio::test]
async fn whoever_loses_the_right_to_read_gets_neither_page_nor_304() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.create_room("secret", true).await;
    rosa.say(&room, "among ourselves").await;
    let path = format!("/api/messages?room={room}");
    let mine = tag(&rosa.get(&path).await);
    assert_eq!(known(&mei, &path, &mine).await.status(), 403);
    assert_eq!(known(&mei, &path, "*").await.status(), 403);
}

#[tokio::test]
async fn a_page_of_the_past_says_which_revision_it_shows_and_what_was_changed_on_it() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut said = Vec::new();
    for n in 1..=60 {
        said.push(rosa.say(&room, &format!("message {n}")).await);
    }
    let path = format!("/api/messages?room={room}&before=56");
    let first: Value = rosa.get_json(&path).await;
    let past = tag(&rosa.get(&path).await);
    rosa.say(&room, "one more").await;
    assert_eq!(known(&rosa, &path, &past).await.status(), 200);
    let whole: Value = rosa.get_json(&path).await;
    assert_eq!(whole["messages"], first["messages"]);
    assert_eq!(whole["last_rev"], 61, "what was read is as of now");
    let past = tag(&rosa.get(&path).await);
    assert_eq!(known(&rosa, &path, &past).await.status(), 304);
    let id = said[9]["id"].as_str().unwrap();
    let edit = json!({ "body": "changed" });
    let edited = rosa.by_token("PATCH", &format!("/api/messages/{id}")).json(&edit);
    assert_eq!(edited.send().await.unwrap().status(), 200);
    let changed = known(&rosa, &path, &past).await;
    assert_eq!(changed.status(), 200);
    let page: Value = changed.json().await.unwrap();
    assert_eq!(
        (&page["messages"][4]["body"], &page["last_rev"]),
        (&json!("changed"), &json!(62))
    );
}

#[tokio::test]
async fn whoever_pages_through_a_room_reads_nothing_twice() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    for n in 1..=130 {
        rosa.say(&room, &format!("message {n}")).await;
    }
    let reads = async || {
        let metrics = server.metrics().await;
        let counted = "database_query_duration_seconds_count{op=\"page\"} ";
        let count = metrics.lines().find_map(|line| line.strip_prefix(counted));
        count.map_or(0, |count| count.parse::<u64>().unwrap())
    };
    let before = reads().await;
    // Three blocks hold all of it, wherever pages begin and however many messages they have.
    for query in [
        "",
        "&before=81",
        "&before=31",
        "&around=60&limit=20",
        "&after=70&limit=100",
    ] {
        rosa.get_json(&format!("/api/messages?room={room}{query}")).await;
    }
    assert_eq!(reads().await - before, 3);
    // What is posted is one more block to read, not three.
    rosa.say(&room, "one more").await;
    for query in ["", "&before=82", "&before=32"] {
        rosa.get_json(&format!("/api/messages?room={room}{query}")).await;
    }
    assert_eq!(reads().await - before, 4);
}

#[tokio::test]
async fn a_writer_reads_what_it_wrote_however_many_read_and_write_at_once() {
    const WRITES: usize = 25;
    let server = Arc::new(TestServer::start());
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let (rosa, room) = (rosa.clone(), room.clone());
        writers.spawn(async move {
            let path = format!("/api/messages?room={room}");
            let mut last = tag(&rosa.get(&path).await);
            for n in 0..WRITES {
                let written = rosa.say(&room, &format!("{writer} {n}")).await;
                let read = known(&rosa, &path, &last).await;
                assert_eq!(read.status(), 200, "what was read before is stale");
                last = tag(&read);
                let page: Value = read.json().await.unwrap();
                assert!(page["last_rev"].as_u64() >= written["rev"].as_u64());
                let messages = page["messages"].as_array().unwrap();
                assert!(messages.contains(&written), "{written} is not in {page}");
            }
        });
    }
    writers.join_all().await;
}

#[tokio::test]
async fn each_kind_of_page_is_its_own() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    for n in 1..=9 {
        rosa.say(&room, &format!("message {n}")).await;
    }
    for _ in ["loaded", "kept"] {
        for (query, seqs) in [
            ("", vec![1, 2, 3, 4, 5, 6, 7, 8, 9]),
            ("&limit=2", vec![8, 9]),
            ("&before=5&limit=2", vec![3, 4]),
            ("&after=5&limit=2", vec![6, 7]),
            ("&around=5&limit=3", vec![4, 5, 6]),
        ] {
            let page = rosa.get_json(&format!("/api/messages?room={room}{query}")).await;
            let found: Vec<u64> = page["messages"]
                .as_array()
                .unwrap()
                .iter()
                .map(|message| message["seq"].as_u64().unwrap())
                .collect();
            assert_eq!(found, seqs, "{query}");
        }
    }
}
