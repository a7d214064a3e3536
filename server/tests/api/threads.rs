//! Threads: reply, and read what was replied.

use serde_json::{Value, json};

use crate::common::{Person, TestServer, assert_problem};

const GHOST: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

async fn thread(person: &Person, root: &Value, query: &str) -> Value {
    let id = root["id"].as_str().unwrap();
    person.get_json(&format!("/api/threads/{id}{query}")).await
}

fn seqs(thread: &Value) -> Vec<u64> {
    let messages = thread["messages"].as_array().unwrap();
    messages.iter().map(|m| m["seq"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_reply_is_a_message_of_the_room_and_its_root_counts_it() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let root = rosa.say(&room, "who is in?").await;
    let reply = mei.reply(&root, "me, @rosa").await;
    assert_eq!(reply["thread"], root["id"]);
    assert_eq!(
        (&reply["seq"], &reply["rev"], &reply["reply_count"]),
        (&json!(2), &json!(2), &json!(0))
    );
    let mut counted = root.clone();
    (counted["rev"], counted["reply_count"]) = (json!(3), json!(1));
    assert_eq!(mei.history(&room).await, [counted.clone(), reply.clone()]);
    let shown = thread(&rosa, &root, "").await;
    let expected = json!({
        "root": counted, "messages": [reply], "has_before": false, "has_after": false, "last_rev": 3,
    });
    assert_eq!(shown, expected);
    let general = rosa.room("general").await;
    assert_eq!((&general["unread"], &general["mentions"]), (&json!(1), &json!(1)));
    // An answer to the answer stays in the thread, which is found from any of its messages.
    let second = rosa.reply(&reply, "good").await;
    assert_eq!(second["thread"], root["id"]);
    let shown = thread(&rosa, &reply, "").await;
    assert_eq!(
        (&shown["root"]["id"], &shown["root"]["reply_count"]),
        (&root["id"], &json!(2))
    );
    assert_eq!(seqs(&shown), [2, 3]);
}

#[tokio::test]
async fn a_thread_is_paged_both_ways_by_the_numbers_of_the_room() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let root = rosa.say(&room, "root").await;
    for n in 0..6 {
        rosa.reply(&root, &n.to_string()).await;
        rosa.say(&room, "beside it").await;
    }
    // Replies are 2, 4, 6, …, 12.
    for (query, expected, before, after) in [
        ("?limit=2", vec![10, 12], true, false),
        ("?before=10&limit=2", vec![6, 8], true, true),
        ("?before=5&limit=9", vec![2, 4], false, true),
        ("?after=4&limit=2", vec![6, 8], true, true),
        ("?after=12", vec![], true, false),
        ("?around=7&limit=4", vec![4, 6, 8, 10], true, true),
        ("", vec![2, 4, 6, 8, 10, 12], false, false),
    ] {
        let shown = thread(&rosa, &root, query).await;
        assert_eq!(seqs(&shown), expected, "{query}");
        assert_eq!(
            (&shown["has_before"], &shown["has_after"]),
            (&json!(before), &json!(after)),
            "{query}"
        );
        assert_eq!(shown["root"]["reply_count"], 6);
    }
    let id = root["id"].as_str().unwrap();
    for query in ["?before=x", "?before=1&after=2", "?limit=-1"] {
        let answer = rosa.get(&format!("/api/threads/{id}{query}")).await;
        assert_problem(answer, 422, "invalid").await;
    }
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_and_stores_nothing() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let private = rosa.create_room("closed", true).await;
    let (deleted, secret) = (rosa.say(&room, "gone").await, rosa.say(&private, "secret").await);
    rosa.change("DELETE", &deleted, "").await;
    let reply =
        |room: &str, thread: &Value| json!({ "room": room, "body": "reply", "thread": thread, "nonce": "n" });
    let answer = mei.post("/api/messages", reply(&room, &deleted["id"])).await;
    assert_problem(answer, 409, "message_deleted").await;
    for thread in [json!(GHOST), secret["id"].clone()] {
        let problem = assert_problem(
            mei.post("/api/messages", reply(&room, &thread)).await,
            422,
            "invalid",
        )
        .await;
        assert_eq!(
            problem["errors"][0]["field"], "thread",
            "another room's message is like none at all"
        );
    }
    let answer = mei.post("/api/messages", reply(&private, &secret["id"])).await;
    assert_problem(answer, 403, "not_a_member").await;
    for thread in [json!("general"), json!(7), json!("x".repeat(9_000))] {
        let problem = assert_problem(
            mei.post("/api/messages", reply(&room, &thread)).await,
            422,
            "invalid",
        )
        .await;
        assert_eq!(problem["errors"][0]["field"], "thread");
    }
    assert_problem(
        mei.get(&format!("/api/threads/{}", secret["id"].as_str().unwrap()))
            .await,
        403,
        "not_a_member",
    )
    .await;
    assert_eq!(rosa.history(&room).await.len(), 1);
    // Not even the nonce counts as used.
    assert_eq!(
        mei.post("/api/messages", reply(&room, &Value::Null))
            .await
            .status(),
        201
    );
}

#[tokio::test]
async fn a_nonce_gives_the_first_reply_back_over_any_number_of_tries() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let root = rosa.say(&room, "root").await;
    let reply = json!({ "room": room, "body": "once", "thread": root["id"], "nonce": "n" });
    let first: Value = rosa
        .post("/api/messages", reply.clone())
        .await
        .json()
        .await
        .unwrap();
    let again = rosa.post("/api/messages", reply).await;
    assert_eq!(again.status(), 200);
    assert_eq!(again.json::<Value>().await.unwrap(), first);
    assert_eq!(thread(&rosa, &root, "").await["root"]["reply_count"], 1);
}

#[tokio::test]
async fn a_deleted_reply_no_longer_counts_and_a_deleted_root_keeps_its_replies() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let root = rosa.say(&room, "root").await;
    let (one, two) = (mei.reply(&root, "one").await, mei.reply(&root, "two").await);
    mei.change("DELETE", &one, "").await;
    let shown = thread(&rosa, &root, "").await;
    assert_eq!(
        (&shown["root"]["reply_count"], &shown["root"]["rev"]),
        (&json!(1), &json!(7))
    );
    assert_eq!(
        (&shown["messages"][0]["deleted"], &shown["messages"][1]),
        (&json!(true), &two)
    );
    rosa.change("DELETE", &root, "").await;
    let shown = thread(&mei, &root, "").await;
    assert_eq!(
        (&shown["root"]["deleted"], &shown["root"]["body"]),
        (&json!(true), &json!(""))
    );
    assert_eq!(
        (seqs(&shown), &shown["root"]["reply_count"]),
        (vec![2, 3], &json!(1))
    );
}
