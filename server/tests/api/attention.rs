//! What people attend to, over REST.

use serde_json::{Value, json};

use crate::common::{Person, TestServer, assert_problem};

const GHOST: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

async fn put(person: &Person, path: &str, body: Value) -> reqwest::Response {
    person.by_token("PUT", path).json(&body).send().await.unwrap()
}

/// Unread messages and mentions, as the list of rooms has them.
async fn counts(person: &Person, slug: &str) -> (u64, u64) {
    let room = person.room(slug).await;
    (
        room["unread"].as_u64().unwrap(),
        room["mentions"].as_u64().unwrap(),
    )
}

async fn etag(person: &Person) -> String {
    let answer = person.get("/api/rooms").await;
    answer.headers()["etag"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn marking_as_unread_is_a_call_of_its_own_and_reading_never_goes_back() {
    let mut server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    for body in ["one", "two @mei", "three"] {
        rosa.say(&room, body).await;
    }
    let read = async |seq: u64, turn: Value| {
        let body = json!({ "seq": seq, "turn": turn });
        assert_eq!(
            mei.post(&format!("/api/rooms/{room}/read"), body).await.status(),
            204
        );
    };
    let before = mei.room("general").await;
    read(3, Value::Null).await;
    assert_eq!(counts(&mei, "general").await, (0, 0));
    read(1, Value::Null).await;
    assert_eq!(counts(&mei, "general").await, (0, 0));
    let tag = etag(&mei).await;
    let unread = mei
        .post(&format!("/api/rooms/{room}/unread"), json!({ "seq": 2 }))
        .await;
    assert_eq!(unread.status(), 204);
    assert_eq!(counts(&mei, "general").await, (2, 1));
    assert_ne!(etag(&mei).await, tag);
    // A device that has not heard of it does not undo it; one that has, moves on.
    read(3, before["read_turn"].clone()).await;
    assert_eq!(counts(&mei, "general").await, (2, 1));
    server.kill();
    server.restart();
    assert_eq!(counts(&mei, "general").await, (2, 1));
    read(2, mei.room("general").await["read_turn"].clone()).await;
    assert_eq!(counts(&mei, "general").await, (1, 0));
    // Rosa's own count is her own.
    assert_eq!(counts(&rosa, "general").await, (0, 0));
}

#[tokio::test]
async fn a_call_on_the_room_counts_for_everyone_and_in_code_for_nobody() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let message = rosa.say(&room, "@room, and `@here`").await;
    assert_eq!(
        (&message["calls"], &message["mentions"]),
        (&json!("room"), &json!([]))
    );
    assert_eq!(rosa.say(&room, "`@room`").await.get("calls"), None);
    assert_eq!(counts(&mei, "general").await, (2, 1));
    rosa.edit(&message, "no more").await;
    assert_eq!(counts(&mei, "general").await, (2, 0));
    rosa.edit(&message, "once more @room").await;
    assert_eq!(counts(&mei, "general").await, (2, 1));
    rosa.change("DELETE", &message, "").await;
    assert_eq!(counts(&mei, "general").await, (2, 0));
    for name in ["room", "Here"] {
        let body = json!({ "username": name, "password": "correct horse battery" });
        let refused = server.anonymous("POST", "/api/auth/register", Some(body)).await;
        assert_problem(refused, 422, "invalid").await;
    }
}

#[tokio::test]
async fn a_call_on_those_there_counts_for_those_who_are_connected() {
    let server = TestServer::start();
    let (rosa, mei, tomasz) = (
        server.register("rosa").await,
        server.register("mei").await,
        server.register("tomasz").await,
    );
    let room = rosa.room_id("general").await;
    let socket = mei.connect().await;
    while mei.get_json("/api/me").await["user"]["status"] != "online" {
        tokio::task::yield_now().await;
    }
    let message = rosa.say(&room, "@here").await;
    assert_eq!(message["calls"], "here");
    assert_eq!(counts(&mei, "general").await, (1, 1));
    assert_eq!(counts(&tomasz, "general").await, (1, 0));
    rosa.change("DELETE", &message, "").await;
    assert_eq!(counts(&mei, "general").await, (1, 0));
    socket.close().await;
}

#[tokio::test]
async fn how_one_hears_of_a_room_is_shown_with_it() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let path = format!("/api/rooms/{room}/notify");
    let tag = etag(&rosa).await;
    let answer = put(&rosa, &path, json!({ "level": "nothing", "muted": true })).await;
    assert_eq!(answer.status(), 204);
    assert_ne!(etag(&rosa).await, tag);
    let seen = rosa.room("general").await;
    assert_eq!(
        (&seen["level"], &seen["muted"]),
        (&json!("nothing"), &json!(true))
    );
    let others = mei.room("general").await;
    assert_eq!((others.get("level"), others.get("muted")), (None, None));
    put(&rosa, &path, json!({})).await;
    assert_eq!(rosa.room("general").await.get("muted"), None);
    assert_problem(
        put(&rosa, &path, json!({ "level": "loud" })).await,
        422,
        "invalid",
    )
    .await;
    let nowhere = format!("/api/rooms/{GHOST}/notify");
    assert_problem(put(&rosa, &nowhere, json!({})).await, 404, "room_not_found").await;
    let private = rosa.create_room("den", true).await;
    let foreign = format!("/api/rooms/{private}/notify");
    assert_problem(put(&mei, &foreign, json!({})).await, 403, "not_a_member").await;
}

#[tokio::test]
async fn a_status_is_seen_by_others_until_it_ends() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let seen = async || {
        let users = mei.get_json("/api/users?query=rosa").await;
        users["users"][0].get("custom").cloned()
    };
    assert_eq!(seen().await, None);
    let set = json!({ "text": " at lunch ", "emoji": "🍜", "until": "2999-01-01T00:00:00.000Z" });
    let answer = rosa.patch("/api/me/status", set).await;
    assert_eq!(answer.status(), 200);
    let custom = json!({ "text": "at lunch", "emoji": "🍜", "until": "2999-01-01T00:00:00.000Z" });
    assert_eq!(answer.json::<Value>().await.unwrap()["custom"], custom);
    assert_eq!(seen().await, Some(custom.clone()));
    assert_eq!(rosa.get_json("/api/me").await["user"]["custom"], custom);
    for bad in [
        json!({ "text": "x".repeat(101) }),
        json!({ "text": "two\nlines" }),
        json!({ "text": "ok", "emoji": "not one" }),
        json!({ "text": "ok", "until": "2001-01-01T00:00:00.000Z" }),
        json!({ "text": "ok", "until": "soon" }),
        json!({ "text": 5 }),
    ] {
        assert_problem(rosa.patch("/api/me/status", bad).await, 422, "invalid").await;
    }
    assert_eq!(seen().await, Some(custom));
    rosa.patch("/api/me/status", json!({})).await;
    assert_eq!(seen().await, None);
}

#[tokio::test]
async fn quiet_hours_are_ones_own() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    assert_eq!(
        rosa.get_json("/api/me/quiet").await,
        json!({ "until": null, "daily": null })
    );
    let quiet = json!({ "until": "2999-01-01T00:00:00.000Z", "daily": [1320, 420] });
    assert_eq!(put(&rosa, "/api/me/quiet", quiet.clone()).await.status(), 204);
    assert_eq!(rosa.get_json("/api/me/quiet").await, quiet);
    for bad in [
        json!([0, 1440]),
        json!([7, 7]),
        json!([1]),
        json!([-1, 5]),
        json!("night"),
    ] {
        let answer = put(&rosa, "/api/me/quiet", json!({ "daily": bad })).await;
        assert_problem(answer, 422, "invalid").await;
    }
    assert_eq!(rosa.get_json("/api/me/quiet").await, quiet);
}

#[tokio::test]
async fn what_waits_is_listed_with_mentions_first() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let general = rosa.room_id("general").await;
    let harbour = rosa.create_room("harbour", false).await;
    mei.post(&format!("/api/rooms/{harbour}/join"), json!({})).await;
    assert_eq!(mei.get_json("/api/unread").await, json!({ "rooms": [] }));
    for n in 0..5 {
        rosa.say(&general, &n.to_string()).await;
    }
    rosa.say(&harbour, "@mei").await;
    let waiting = mei.get_json("/api/unread").await;
    let rooms = waiting["rooms"].as_array().unwrap();
    let slugs: Vec<_> = rooms
        .iter()
        .map(|of| of["room"]["slug"].as_str().unwrap())
        .collect();
    assert_eq!(slugs, ["harbour", "general"]);
    let first = rooms[1]["first"].as_array().unwrap();
    let bodies: Vec<_> = first
        .iter()
        .map(|message| message["body"].as_str().unwrap())
        .collect();
    assert_eq!(
        (bodies, &rooms[1]["room"]["unread"]),
        (vec!["0", "1", "2"], &json!(5))
    );
}

#[tokio::test]
async fn followed_threads_count_their_unread_replies() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let root = rosa.say(&room, "root").await;
    let id = root["id"].as_str().unwrap();
    let reply = mei.reply(&root, "one").await;
    mei.reply(&root, "two").await;
    let threads = rosa.get_json("/api/threads").await;
    let thread = &threads["threads"][0];
    assert_eq!(
        (&thread["root"]["id"], &thread["unread"]),
        (&root["id"], &json!(2))
    );
    let read = json!({ "seq": reply["seq"] });
    // A reply leads to the thread that it is in.
    let of_reply = format!("/api/threads/{}/read", reply["id"].as_str().unwrap());
    assert_eq!(rosa.post(&of_reply, read).await.status(), 204);
    assert_eq!(rosa.get_json("/api/threads").await["threads"][0]["unread"], 1);
    rosa.post(&format!("/api/rooms/{room}/read"), json!({ "seq": 9 }))
        .await;
    assert_eq!(rosa.get_json("/api/threads").await["threads"][0]["unread"], 0);
    let unread = "/api/threads/unread";
    assert_eq!(rosa.get_json(unread).await, json!({ "threads": [] }));
    mei.reply(&root, "three").await;
    assert_eq!(
        rosa.get_json(unread).await,
        json!({ "threads": [{ "root": id, "room": room }] })
    );
    assert_eq!(mei.get_json(unread).await, json!({ "threads": [] }));
    let read = format!("/api/threads/{id}/read");
    assert_eq!(rosa.post(&read, json!({ "seq": 9 })).await.status(), 204);
    assert_eq!(rosa.get_json(unread).await, json!({ "threads": [] }));
    let follow = format!("/api/threads/{id}/follow");
    assert_eq!(rosa.get_json(&follow).await, json!({ "following": true }));
    assert_eq!(rosa.ask("DELETE", &follow).await.status(), 204);
    assert_eq!(rosa.get_json("/api/threads").await, json!({ "threads": [] }));
    assert_eq!(rosa.ask("PUT", &follow).await.status(), 204);
    assert_eq!(
        rosa.get_json("/api/threads").await["threads"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let nowhere = format!("/api/threads/{GHOST}/follow");
    assert_problem(rosa.ask("PUT", &nowhere).await, 404, "message_not_found").await;
    let den = rosa.create_room("den", true).await;
    let secret = rosa.say(&den, "secret").await;
    let foreign = format!("/api/threads/{}/follow", secret["id"].as_str().unwrap());
    assert_problem(mei.ask("PUT", &foreign).await, 403, "not_a_member").await;
}

#[tokio::test]
async fn saved_messages_are_ones_own() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let mut messages = Vec::new();
    for body in ["one", "two", "three"] {
        let message = rosa.say(&room, body).await;
        mei.change("PUT", &message, "/saved").await;
        mei.change("PUT", &message, "/saved").await;
        messages.push(message);
    }
    let page = mei.get_json("/api/saved?limit=2").await;
    let bodies = |page: &Value| -> Vec<String> {
        let saved = page["saved"].as_array().unwrap().iter();
        saved
            .map(|saved| saved["message"]["body"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(bodies(&page), ["three", "two"]);
    let next = format!(
        "/api/saved?limit=2&cursor={}",
        page["next_cursor"].as_str().unwrap()
    );
    let last = mei.get_json(&next).await;
    assert_eq!(
        (bodies(&last), &last["next_cursor"]),
        (vec!["one".to_owned()], &Value::Null)
    );
    assert_eq!(bodies(&rosa.get_json("/api/saved").await), [""; 0]);
    mei.change("DELETE", &messages[1], "/saved").await;
    assert_eq!(bodies(&mei.get_json("/api/saved").await), ["three", "one"]);
    // What was deleted is shown as that, and cannot be saved any more.
    rosa.change("DELETE", &messages[0], "").await;
    assert_eq!(bodies(&mei.get_json("/api/saved").await), ["three", ""]);
    let gone = format!("/api/messages/{}/saved", messages[0]["id"].as_str().unwrap());
    assert_problem(rosa.ask("PUT", &gone).await, 409, "message_deleted").await;
    for cursor in ["x", "1.2", "9.", "."] {
        let answer = mei.get(&format!("/api/saved?cursor={cursor}")).await;
        assert_problem(answer, 422, "invalid").await;
    }
    let den = rosa.create_room("den", true).await;
    let secret = rosa.say(&den, "secret").await;
    let foreign = format!("/api/messages/{}/saved", secret["id"].as_str().unwrap());
    assert_problem(mei.ask("PUT", &foreign).await, 403, "not_a_member").await;
}

#[tokio::test]
async fn the_draft_written_last_is_kept_for_every_device() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let path = format!("/api/rooms/{room}/draft");
    assert_eq!(rosa.get_json(&path).await, json!({ "body": "", "at": null }));
    let late = json!({ "body": "later", "at": "2026-01-01T00:00:02.000Z" });
    assert_eq!(
        put(&rosa, &path, late.clone())
            .await
            .json::<Value>()
            .await
            .unwrap(),
        late
    );
    let early = json!({ "body": "earlier", "at": "2026-01-01T00:00:01.000Z" });
    assert_eq!(
        put(&rosa, &path, early).await.json::<Value>().await.unwrap(),
        late
    );
    assert_eq!(rosa.get_json(&path).await, late);
    assert_eq!(mei.get_json(&path).await["body"], "");
    // A clock that is ahead does not win for ever.
    put(
        &rosa,
        &path,
        json!({ "body": "ahead", "at": "2999-01-01T00:00:00.000Z" }),
    )
    .await;
    put(&rosa, &path, json!({ "body": "" })).await;
    assert_eq!(rosa.get_json(&path).await["body"], "");
    for bad in [
        json!({ "body": "x".repeat(8_001) }),
        json!({}),
        json!({ "body": "a", "at": "now" }),
    ] {
        assert_problem(put(&rosa, &path, bad).await, 422, "invalid").await;
    }
    let den = rosa.create_room("den", true).await;
    let foreign = format!("/api/rooms/{den}/draft");
    assert_problem(
        put(&mei, &foreign, json!({ "body": "x" })).await,
        403,
        "not_a_member",
    )
    .await;
}

#[tokio::test]
async fn a_reply_that_was_begun_is_kept_for_every_device() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let root = rosa.say(&room, "root").await;
    let reply = mei.reply(&root, "one").await;
    let path = |message: &Value| format!("/api/threads/{}/draft", message["id"].as_str().unwrap());
    let nothing = json!({ "body": "", "at": null });
    assert_eq!(rosa.get_json(&path(&root)).await, nothing);
    let late = json!({ "body": "later", "at": "2026-01-01T00:00:02.000Z" });
    let early = json!({ "body": "earlier", "at": "2026-01-01T00:00:01.000Z" });
    // Of a reply it is the thread that it is in.
    for (message, body) in [(&reply, &late), (&root, &early)] {
        let answer = put(&rosa, &path(message), body.clone()).await;
        assert_eq!(answer.json::<Value>().await.unwrap(), late);
    }
    assert_eq!(rosa.get_json(&path(&root)).await, late);
    assert_eq!(mei.get_json(&path(&root)).await, nothing);
    assert_eq!(rosa.get_json(&format!("/api/rooms/{room}/draft")).await, nothing);
    let long = json!({ "body": "x".repeat(8_001) });
    assert_problem(put(&rosa, &path(&root), long).await, 422, "invalid").await;
    let nowhere = format!("/api/threads/{GHOST}/draft");
    assert_problem(rosa.get(&nowhere).await, 404, "message_not_found").await;
    let den = rosa.create_room("den", true).await;
    let secret = rosa.say(&den, "secret").await;
    let foreign = put(&mei, &path(&secret), json!({ "body": "x" })).await;
    assert_problem(foreign, 403, "not_a_member").await;
}

#[tokio::test]
async fn numbers_and_rooms_that_there_are_not_are_refused() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let path = format!("/api/rooms/{room}/unread");
    for bad in [
        json!({ "seq": 0 }),
        json!({ "seq": -1 }),
        json!({}),
        json!({ "seq": "last" }),
    ] {
        assert_problem(rosa.post(&path, bad).await, 422, "invalid").await;
    }
    // Beyond the newest there is nothing to mark.
    rosa.say(&room, "one").await;
    mei.post(&format!("/api/rooms/{room}/read"), json!({ "seq": 1 }))
        .await;
    let far = json!({ "seq": u64::MAX });
    assert_eq!(mei.post(&path, far).await.status(), 204);
    assert_eq!(counts(&mei, "general").await, (0, 0));
    let den = rosa.create_room("den", true).await;
    let foreign = format!("/api/rooms/{den}/unread");
    assert_problem(mei.post(&foreign, json!({ "seq": 1 })).await, 403, "not_a_member").await;
    let nowhere = format!("/api/rooms/{GHOST}/unread");
    assert_problem(
        mei.post(&nowhere, json!({ "seq": 1 })).await,
        404,
        "room_not_found",
    )
    .await;
}
