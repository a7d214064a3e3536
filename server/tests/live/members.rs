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
