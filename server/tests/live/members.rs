//! Membership that changes while one is connected.

use serde_json::json;

use crate::{common::TestServer, number, send, settle};

#[tokio::test]
async fn who_joins_or_leaves_a_room_is_told_on_every_connection_and_hears_its_heads() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let public = rosa.create_room("open", false).await;
    let (mut one, mut two) = (mei.connect().await, mei.connect().await);
    rosa.say(&public, "not for mei yet").await;
    assert_eq!(
        mei.post(&format!("/api/rooms/{public}/join"), json!({}))
            .await
            .status(),
        204
    );
    for socket in [&mut one, &mut two] {
        let room = socket.expect_any(&["room", "head"]).await;
        assert_eq!(
            (&room["room"]["id"], &room["room"]["member"]),
            (&json!(public), &json!(true)),
            "{room}"
        );
    }
    rosa.say(&public, "welcome").await;
    let head = two.expect("head").await;
    assert_eq!((&head["room"], number(&head, "last_seq")), (&json!(public), 2));
    assert_eq!(
        mei.post(&format!("/api/rooms/{public}/leave"), json!({}))
            .await
            .status(),
        204
    );
    assert_eq!(two.expect("room").await["room"]["member"], false);
    rosa.say(&public, "gone?").await;
    rosa.say(&rosa.room_id("general").await, "over here").await;
    let head = two.expect("head").await;
    assert_ne!(head["room"], json!(public), "no heads of a room that was left");
}

#[tokio::test]
async fn mentions_from_before_one_joined_are_not_counted() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let public = rosa.create_room("open", false).await;
    let mut socket = mei.connect().await;
    for _ in 0..2 {
        rosa.say(&public, "@mei where are you?").await;
    }
    mei.post(&format!("/api/rooms/{public}/join"), json!({})).await;
    assert_eq!(socket.expect("room").await["room"]["mentions"], 0);
    rosa.say(&public, "@mei there you are").await;
    let head = loop {
        let head = socket.expect("head").await;
        if head["room"] == json!(public) && number(&head, "last_seq") == 3 {
            break head;
        }
    };
    assert_eq!(number(&head, "mentions"), 1);
}

#[tokio::test]
async fn an_invitation_reaches_those_who_are_connected() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let private = rosa.create_room("secret", true).await;
    let mut socket = mei.connect().await;
    let invited = rosa
        .post(
            &format!("/api/rooms/{private}/members"),
            json!({ "users": [mei.id] }),
        )
        .await;
    assert_eq!(invited.status(), 204);
    assert_eq!(socket.expect("room").await["room"]["id"], json!(private));
    socket.join(&private, Some(0)).await;
    rosa.say(&private, "now you hear").await;
    assert_eq!(socket.expect("message").await["message"]["body"], "now you hear");
    let direct = rosa.post("/api/rooms/direct", json!({ "users": [mei.id] })).await;
    assert_eq!(direct.status(), 201);
    assert_eq!(socket.expect("room").await["room"]["kind"], "direct");
}

#[tokio::test]
async fn a_private_room_is_closed_on_the_connections_of_who_leaves_it() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let private = rosa.create_room("secret", true).await;
    rosa.post(
        &format!("/api/rooms/{private}/members"),
        json!({ "users": [mei.id] }),
    )
    .await;
    let mut socket = mei.connect().await;
    socket.join(&private, None).await;
    rosa.say(&private, "before").await;
    socket.expect("message").await;
    assert_eq!(
        mei.post(&format!("/api/rooms/{private}/leave"), json!({}))
            .await
            .status(),
        204
    );
    rosa.say(&private, "after").await;
    socket.expect("room").await;
    rosa.say(&private, "long after").await;
    let rest = settle(&mut socket).await;
    assert!(
        rest.iter()
            .all(|frame| frame["type"] != "message" && frame["type"] != "head"),
        "{rest:?}"
    );
    socket
        .send(json!({ "type": "join", "id": 9, "room": private, "after": 1 }))
        .await;
    assert_eq!(socket.expect("error").await["code"], "not_a_member");
}

#[tokio::test]
async fn a_public_room_is_read_on_by_who_leaves_it() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let public = rosa.create_room("open", false).await;
    mei.post(&format!("/api/rooms/{public}/join"), json!({})).await;
    let mut socket = mei.connect().await;
    socket.join(&public, None).await;
    mei.post(&format!("/api/rooms/{public}/leave"), json!({})).await;
    rosa.say(&public, "still on air").await;
    assert_eq!(socket.expect("message").await["message"]["body"], "still on air");
    send(&mut socket, &public, "n", "may I?").await;
    assert_eq!(socket.expect("error").await["code"], "not_a_member");
}

#[tokio::test]
async fn what_a_room_is_like_reaches_its_members_and_whoever_reads_it() {
    let server = TestServer::start();
    let (rosa, mei, eva) = (
        server.register("rosa").await,
        server.register("mei").await,
        server.register("eva").await,
    );
    let public = rosa.create_room("open", false).await;
    mei.post(&format!("/api/rooms/{public}/join"), json!({})).await;
    let (mut member, mut reader) = (mei.connect().await, eva.connect().await);
    reader.join(&public, None).await;
    for (edit, field, expected) in [
        (json!({ "name": "Wide open" }), "name", json!("Wide open")),
        (json!({ "topic": "doors" }), "topic", json!("doors")),
        (json!({ "slow_s": 30 }), "slow_s", json!(30)),
        (json!({ "archived": true }), "archived", json!(true)),
        (json!({ "archived": false }), "archived", json!(false)),
    ] {
        let answer = rosa.patch(&format!("/api/rooms/{public}"), edit).await;
        assert_eq!(answer.status(), 200);
        for (socket, is_member) in [(&mut member, true), (&mut reader, false)] {
            let room = &socket.expect("room").await["room"];
            assert_eq!(
                (&room["id"], &room[field], &room["member"]),
                (&json!(public), &expected, &json!(is_member)),
                "{field}"
            );
        }
    }
    assert_eq!(
        mei.room("open").await["name"],
        "Wide open",
        "a fresh load shows the same"
    );
}

#[tokio::test]
async fn who_is_banned_hears_nothing_more_of_a_public_room() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let public = rosa.create_room("open", false).await;
    let mut reader = mei.connect().await;
    reader.join(&public, None).await;
    rosa.say(&public, "before").await;
    reader.expect("message").await;
    let ban = rosa
        .by_token("PUT", &format!("/api/rooms/{public}/bans/{}", mei.id))
        .json(&json!({}));
    assert_eq!(ban.send().await.unwrap().status(), 204);
    reader.expect("room").await;
    rosa.say(&public, "after").await;
    let rest = settle(&mut reader).await;
    assert!(rest.iter().all(|frame| frame["type"] != "message"), "{rest:?}");
    reader
        .send(json!({ "type": "join", "id": 9, "room": public, "after": 1 }))
        .await;
    assert_eq!(reader.expect("error").await["code"], "banned");
}

#[tokio::test]
async fn another_name_or_role_holds_on_connections_that_are_open() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let general = rosa.room_id("general").await;
    let (mut hers, mut other) = (mei.connect().await, rosa.connect().await);
    for socket in [&mut hers, &mut other] {
        socket.join(&general, None).await;
    }
    mei.patch("/api/me", json!({ "display_name": "Mei Tanaka" }))
        .await;
    // The change is heard by the instance's own hub a moment later than it is answered: what is sent until then may
    // still carry the old name, and what is sent in the end the new one.
    for n in 0.. {
        send(&mut hers, &general, &format!("n{n}"), "who am I?").await;
        let said = other.expect("message").await;
        if said["message"]["author"]["display_name"] == "Mei Tanaka" {
            break;
        }
        assert!(n < 100, "{said}");
    }
    let open = rosa.create_room("open", false).await;
    hers.join(&open, None).await;
    let guest = rosa
        .patch(&format!("/api/users/{}", mei.id), json!({ "role": "guest" }))
        .await;
    assert_eq!(guest.status(), 200);
    assert_eq!(hers.ended().await.code, 1012, "it comes back, and may open less");
    let mut again = mei.connect().await;
    again.send(json!({ "type": "join", "id": 9, "room": open })).await;
    assert_eq!(again.expect("error").await["code"], "not_a_member");
}

#[tokio::test]
async fn who_was_away_is_told_of_the_rooms_that_have_changed_since() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let (one, other) = (
        rosa.create_room("one", false).await,
        rosa.create_room("other", false).await,
    );
    mei.post(&format!("/api/rooms/{one}/join"), json!({})).await;
    let known = mei.connect().await.hello["rooms_version"].as_u64().unwrap();
    for room in [&one, &other] {
        rosa.patch(&format!("/api/rooms/{room}"), json!({ "topic": "news" }))
            .await;
    }
    let bearer = format!("Bearer {}", mei.token);
    let path = format!("{}/ws?rooms={known}", server.url().replace("http://", "ws://"));
    let mut socket = crate::common::Socket::open_at(&path, &[("authorization", &bearer)])
        .await
        .unwrap();
    let hello = socket.expect("hello").await;
    assert_eq!(hello["rooms_version"], known + 2);
    let room = socket.expect("room").await;
    assert_eq!(
        (&room["room"]["id"], &room["room"]["topic"]),
        (&json!(one), &json!("news"))
    );
    let rest = settle(&mut socket).await;
    assert!(
        rest.iter().all(|frame| frame["type"] != "room"),
        "nothing of rooms that one is not in: {rest:?}"
    );
}
