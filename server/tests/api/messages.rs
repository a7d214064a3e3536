//! Messages: numbers, pages, nonces, read markers.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::common::{TestServer, assert_problem};

#[tokio::test]
async fn a_message_is_stored_rendered_and_numbered() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let message = rosa
        .say(&room, "  *Morning*, @mei <script>alert(1)</script>  ")
        .await;
    assert_eq!((&message["seq"], &message["rev"]), (&json!(1), &json!(1)));
    assert_eq!(message["body"], "*Morning*, @mei <script>alert(1)</script>");
    let html = message["html"].as_str().unwrap();
    assert!(
        html.contains("<em>Morning</em>") && !html.contains("<script"),
        "{html}"
    );
    assert_eq!(message["mentions"], json!([mei.id]));
    assert_eq!(message["author"]["username"], "rosa");
    for (field, value) in [
        ("edited_at", Value::Null),
        ("deleted", json!(false)),
        ("pinned", json!(false)),
        ("thread", Value::Null),
        ("reply_count", json!(0)),
        ("nonce", Value::Null),
        ("reactions", json!([])),
        ("attachments", json!([])),
    ] {
        assert_eq!(message[field], value, "{field}");
    }
    assert_eq!(
        mei.history(&room).await,
        [message],
        "the same for everyone who may read it"
    );
}

#[tokio::test]
async fn numbers_have_no_gaps_under_concurrent_posts() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let (rosa, room) = (&rosa, room.as_str());
    join_all((0..200).map(|n| async move { rosa.say(room, &format!("message {n}")).await })).await;
    let history = rosa.history(room).await;
    let seqs: Vec<u64> = history.iter().map(|m| m["seq"].as_u64().unwrap()).collect();
    let revs: Vec<u64> = history.iter().map(|m| m["rev"].as_u64().unwrap()).collect();
    let expected: Vec<u64> = (1..=200).collect();
    assert_eq!((seqs, revs), (expected.clone(), expected));
}

#[tokio::test]
async fn pages_lead_both_ways_and_say_when_there_is_more() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    for n in 1..=12 {
        rosa.say(&room, &n.to_string()).await;
    }
    let rosa_ref = &rosa;
    let room_ref = &room;
    let page = |query: &'static str| async move {
        let page = rosa_ref
            .get_json(&format!("/api/messages?room={room_ref}&{query}"))
            .await;
        let seqs: Vec<u64> = page["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| m["seq"].as_u64().unwrap())
            .collect();
        (
            seqs,
            page["has_before"].as_bool().unwrap(),
            page["has_after"].as_bool().unwrap(),
            page["last_rev"].clone(),
        )
    };
    assert_eq!(
        page("limit=5").await,
        ((8..=12).collect(), true, false, json!(12))
    );
    assert_eq!(
        page("before=8&limit=5").await,
        ((3..=7).collect(), true, true, json!(12))
    );
    assert_eq!(
        page("before=3&limit=5").await,
        ((1..=2).collect(), false, true, json!(12))
    );
    assert_eq!(
        page("after=10&limit=5").await,
        ((11..=12).collect(), true, false, json!(12))
    );
    assert_eq!(
        page("after=0&limit=5").await,
        ((1..=5).collect(), false, true, json!(12))
    );
    assert_eq!(page("after=12").await, (vec![], true, false, json!(12)));
    let (around, before, after, _) = page("around=6&limit=5").await;
    assert!(
        around.contains(&6) && around.len() == 5 && before && after,
        "{around:?}"
    );
    assert_eq!(page("before=18446744073709551615&limit=1").await.0, [12]);
}

#[tokio::test]
async fn a_nonce_gives_the_first_message_back_over_any_number_of_tries() {
    let mut server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let send = json!({ "room": room, "body": "once", "nonce": "n-1" });
    let first = rosa.post("/api/messages", send.clone()).await;
    assert_eq!(first.status(), 201);
    let first: Value = first.json().await.unwrap();
    assert_eq!(first["nonce"], "n-1");
    let answers = join_all((0..16).map(|_| rosa.post("/api/messages", send.clone()))).await;
    for answer in answers {
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.json::<Value>().await.unwrap(), first);
    }
    server.kill();
    server.restart();
    let other = json!({ "room": room, "body": "another text", "nonce": "n-1" });
    assert_eq!(
        rosa.post("/api/messages", other)
            .await
            .json::<Value>()
            .await
            .unwrap(),
        first
    );
    assert_eq!(rosa.history(&room).await.len(), 1);
    assert_eq!(
        mei.post("/api/messages", send).await.status(),
        201,
        "another author's nonce is another one"
    );
}

#[tokio::test]
async fn unread_counts_and_mentions_follow_the_read_marker() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    for body in ["one", "@mei two", "three"] {
        rosa.say(&room, body).await;
    }
    let counts = |room: &Value| {
        (
            room["read_seq"].clone(),
            room["unread"].clone(),
            room["mentions"].clone(),
        )
    };
    assert_eq!(counts(&mei.room("general").await), (json!(0), json!(3), json!(1)));
    assert_eq!(
        counts(&rosa.room("general").await),
        (json!(3), json!(0), json!(0)),
        "who writes has read"
    );

    let (mei_ref, room_ref) = (&mei, &room);
    let read = |seq: u64| async move {
        mei_ref
            .post(&format!("/api/rooms/{room_ref}/read"), json!({ "seq": seq }))
            .await
            .status()
            .as_u16()
    };
    assert_eq!(read(2).await, 204);
    assert_eq!(counts(&mei.room("general").await), (json!(2), json!(1), json!(0)));
    assert_eq!(read(1).await, 204);
    assert_eq!(
        counts(&mei.room("general").await),
        (json!(2), json!(1), json!(0)),
        "never backwards"
    );
    assert_eq!(read(99).await, 204);
    assert_eq!(
        counts(&mei.room("general").await),
        (json!(3), json!(0), json!(0)),
        "never beyond the newest"
    );
}

#[tokio::test]
async fn a_page_that_did_not_change_is_not_sent_again() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    rosa.say(&room, "one").await;
    let path = format!("/api/messages?room={room}");
    let first = rosa.get(&path).await;
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    let again = rosa
        .by_token("GET", &path)
        .header("if-none-match", &tag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(again.text().await.unwrap(), "");
    let head = rosa.by_token("HEAD", &path).send().await.unwrap();
    assert_eq!(
        head.headers()["etag"],
        tag.as_str(),
        "HEAD is told what GET would be"
    );
    rosa.say(&room, "two").await;
    let changed = rosa
        .by_token("GET", &path)
        .header("if-none-match", &tag)
        .send()
        .await
        .unwrap();
    assert_eq!(changed.status(), 200);
    assert_ne!(changed.headers()["etag"], tag.as_str());
}

#[tokio::test]
async fn a_public_channel_can_be_read_but_not_written_without_joining() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.create_room("harbour", false).await;
    rosa.say(&room, "ahoy").await;
    assert_eq!(mei.history(&room).await.len(), 1);
    let post = mei
        .post("/api/messages", json!({ "room": room, "body": "ahoy" }))
        .await;
    assert_problem(post, 403, "not_a_member").await;
}

#[tokio::test]
async fn a_name_in_code_calls_nobody() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let message = rosa.say(&room, "`@mei` is code, @rosa is not").await;
    assert_eq!(message["mentions"], json!([rosa.id]));
    assert_eq!(mei.room("general").await["mentions"], 0);
}

#[tokio::test]
async fn a_nonce_gives_the_first_message_back_whatever_is_wrong_with_asking_again() {
    let server = TestServer::setup().with("NATTER_LIMITS", "post=2/1m").start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let send = async |body: &str, nonce: &str| {
        let new = json!({ "room": room, "body": body, "nonce": nonce });
        rosa.post("/api/messages", new).await
    };
    let first = send("one", "n1").await;
    assert_eq!(first.status(), 201);
    let first: serde_json::Value = first.json().await.unwrap();
    assert_eq!(send("two", "n2").await.status(), 201);
    for body in ["one", ""] {
        let again = send(body, "n1").await;
        assert_eq!(again.status(), 200, "{body:?}");
        assert_eq!(again.json::<serde_json::Value>().await.unwrap(), first);
    }
    assert_problem(send("three", "n3").await, 429, "too_fast").await;
    assert_problem(send("", "n4").await, 422, "invalid").await;
    assert_eq!(rosa.history(&room).await.len(), 2);
}
