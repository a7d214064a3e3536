//! How much of a list comes: one rule for all of them.

use serde_json::{Value, json};

use crate::common::{Person, TestServer, assert_problem};

/// Every list that takes a limit: its path, where its items are, and the most of a page.
const LISTS: [(&str, &str, usize); 9] = [
    ("/api/messages?room={room}", "messages", 100),
    ("/api/threads/{root}?", "messages", 100),
    ("/api/users?", "users", 100),
    ("/api/rooms/{room}/members?", "users", 100),
    ("/api/rooms/{room}/bans?", "bans", 100),
    ("/api/reports?", "reports", 100),
    ("/api/audit?", "entries", 100),
    ("/api/threads?", "threads", 100),
    ("/api/saved?", "saved", 100),
];
const SEARCH: (&str, &str, usize) = ("/api/search?q=word", "results", 50);

#[tokio::test]
async fn a_limit_beyond_either_end_is_the_nearest_one_in_every_list() {
    let server = TestServer::setup().with("NATTER_LIMITS", "off").start();
    let (rosa, room, root) = with_two_of_everything(&server).await;
    for (path, items, most) in LISTS.into_iter().chain([SEARCH]) {
        let path = path.replace("{room}", &room).replace("{root}", &root);
        let count = async |limit: &str| {
            let page = rosa.get_json(&format!("{path}&limit={limit}")).await;
            page[items].as_array().unwrap().len()
        };
        assert_eq!(count("1").await, 1, "{path}");
        assert_eq!(count("0").await, 1, "{path}");
        let all = count(&most.to_string()).await;
        assert!(all >= 2, "{path} has {all}");
        for beyond in [format!("{}", most + 1), u64::MAX.to_string()] {
            assert_eq!(count(&beyond).await, all, "{path} with {beyond}");
        }
        for strange in ["-1", "many", "1.5", "18446744073709551616"] {
            let answer = rosa.get(&format!("{path}&limit={strange}")).await;
            let problem = assert_problem(answer, 422, "invalid").await;
            assert_eq!(problem["errors"][0]["field"], "limit", "{path} with {strange}");
        }
    }
}

#[tokio::test]
async fn a_page_is_never_longer_than_the_document_says() {
    let server = TestServer::setup().with("NATTER_LIMITS", "off").start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    for n in 0..101 {
        rosa.say(&room, &format!("word {n}")).await;
    }
    for (path, items, most) in [
        (format!("/api/messages?room={room}"), "messages", 100),
        ("/api/search?q=word".to_owned(), "results", 50),
    ] {
        let page = rosa.get_json(&format!("{path}&limit=1000")).await;
        assert_eq!(page[items].as_array().unwrap().len(), most, "{path}");
    }
}

#[tokio::test]
async fn the_document_knows_every_list_with_a_limit_and_what_it_is_without_one() {
    let server = TestServer::start();
    let document: Value = server
        .anonymous("GET", "/api/openapi.json", None)
        .await
        .json()
        .await
        .unwrap();
    let mut listed = Vec::new();
    for (path, calls) in document["paths"].as_object().unwrap() {
        let parameters = calls["get"]["parameters"].as_array().into_iter().flatten();
        for limit in parameters.filter(|parameter| parameter["name"] == "limit") {
            let default = &limit["schema"]["default"];
            assert_eq!(default, if path == "/api/search" { 20 } else { 50 }, "{path}");
            listed.push(path.clone());
        }
    }
    let known = LISTS.into_iter().chain([SEARCH]);
    let mut known: Vec<String> = known
        .filter_map(|(path, ..)| path.split_once('?'))
        .map(|(path, _)| path.replace("{room}", "{id}").replace("{root}", "{id}"))
        .collect();
    known.sort();
    listed.sort();
    assert_eq!(listed, known);
}

/// Gives the owner, a room and a message in it that has replies.
async fn with_two_of_everything(server: &TestServer) -> (Person, String, String) {
    let rosa = server.register("rosa").await;
    let mut others = Vec::new();
    for name in ["mei", "ana", "li", "eva"] {
        others.push(server.register(name).await);
    }
    let room = rosa.create_room("Harbour", false).await;
    for other in &others {
        let joined = other.post(&format!("/api/rooms/{room}/join"), json!({})).await;
        assert_eq!(joined.status(), 204);
    }
    for banned in &others[..2] {
        let path = format!("/api/rooms/{room}/bans/{}", banned.id);
        assert_eq!(
            rosa.by_token("PUT", &path)
                .json(&json!({}))
                .send()
                .await
                .unwrap()
                .status(),
            204
        );
    }
    let mut root = String::new();
    for n in 0..2 {
        let message = others[2].say(&room, &format!("word {n}")).await;
        rosa.reply(&message, "word").await;
        rosa.reply(&message, "word").await;
        root = message["id"].as_str().unwrap().to_owned();
        let saved = rosa.ask("PUT", &format!("/api/messages/{root}/saved")).await;
        assert_eq!(saved.status(), 204);
        let report = json!({ "message": root, "reason": "why not" });
        assert_eq!(rosa.post("/api/reports", report).await.status(), 201);
    }
    (rosa, room, root)
}
