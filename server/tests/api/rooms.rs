//! Rooms and their members.

use serde_json::{Value, json};

use crate::common::{TestServer, assert_problem};

#[tokio::test]
async fn a_public_channel_can_be_seen_joined_and_left() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.create_room("Harbour Talk", false).await;
    let seen = mei.room("harbour-talk").await;
    assert_eq!(
        (&seen["member"], &seen["name"]),
        (&json!(false), &json!("Harbour Talk"))
    );

    assert_eq!(
        mei.post(&format!("/api/rooms/{room}/join"), json!({}))
            .await
            .status(),
        204
    );
    assert_eq!(mei.room("harbour-talk").await["member"], true);
    assert_eq!(
        mei.post(&format!("/api/rooms/{room}/join"), json!({}))
            .await
            .status(),
        204,
        "twice is once"
    );
    assert_eq!(
        mei.post(&format!("/api/rooms/{room}/leave"), json!({}))
            .await
            .status(),
        204
    );
    assert_eq!(mei.room("harbour-talk").await["member"], false);
    assert_eq!(
        mei.post(&format!("/api/rooms/{room}/leave"), json!({}))
            .await
            .status(),
        204,
        "twice is once"
    );
}

#[tokio::test]
async fn a_private_channel_is_there_for_its_members_only() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.create_room("secret", true).await;
    rosa.say(&room, "nobody else").await;
    let rooms = mei.get_json("/api/rooms").await;
    assert!(!rooms.to_string().contains(&room), "{rooms}");
    assert_problem(
        mei.post(&format!("/api/rooms/{room}/join"), json!({})).await,
        403,
        "not_a_member",
    )
    .await;
    assert_problem(
        mei.get(&format!("/api/messages?room={room}")).await,
        403,
        "not_a_member",
    )
    .await;
    let post = mei
        .post("/api/messages", json!({ "room": room, "body": "hello?" }))
        .await;
    assert_problem(post, 403, "not_a_member").await;
    let read = mei
        .post(&format!("/api/rooms/{room}/read"), json!({ "seq": 1 }))
        .await;
    assert_problem(read, 403, "not_a_member").await;
    let invite = mei
        .post(
            &format!("/api/rooms/{room}/members"),
            json!({ "users": [mei.id] }),
        )
        .await;
    assert_problem(invite, 403, "not_a_member").await;

    let invite = rosa
        .post(
            &format!("/api/rooms/{room}/members"),
            json!({ "users": [mei.id] }),
        )
        .await;
    assert_eq!(invite.status(), 204);
    assert_eq!(
        mei.history(&room).await.len(),
        1,
        "members read what was said before them"
    );
    assert_eq!(mei.room("secret").await["unread"], 0, "but it is not new to them");
}

#[tokio::test]
async fn a_direct_room_is_one_per_circle_whoever_opens_it() {
    let server = TestServer::start();
    let (rosa, mei, ines) = (
        server.register("rosa").await,
        server.register("mei").await,
        server.register("ines").await,
    );
    let opened = rosa.post("/api/rooms/direct", json!({ "users": [mei.id] })).await;
    assert_eq!(opened.status(), 201);
    let opened: Value = opened.json().await.unwrap();
    assert_eq!(
        (&opened["kind"], &opened["name"]),
        (&json!("direct"), &json!("mei"))
    );
    let again = mei
        .post("/api/rooms/direct", json!({ "users": [rosa.id, mei.id] }))
        .await;
    assert_eq!(again.status(), 200);
    let again: Value = again.json().await.unwrap();
    assert_eq!((&again["id"], &again["name"]), (&opened["id"], &json!("rosa")));
    let group = rosa
        .post("/api/rooms/direct", json!({ "users": [mei.id, ines.id] }))
        .await;
    assert_eq!(group.status(), 201, "another circle is another room");

    let room = opened["id"].as_str().unwrap();
    rosa.say(room, "between us").await;
    assert_problem(
        ines.get(&format!("/api/messages?room={room}")).await,
        403,
        "not_a_member",
    )
    .await;
    assert_problem(
        ines.post(&format!("/api/rooms/{room}/join"), json!({})).await,
        403,
        "not_a_member",
    )
    .await;
    let invite = rosa
        .post(
            &format!("/api/rooms/{room}/members"),
            json!({ "users": [ines.id] }),
        )
        .await;
    assert_problem(invite, 403, "forbidden").await;
}

#[tokio::test]
async fn names_that_make_no_address_or_one_that_is_taken_are_refused() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    rosa.create_room("Harbour", false).await;
    assert_problem(
        rosa.post("/api/rooms", json!({ "name": "#harbour" })).await,
        409,
        "room_exists",
    )
    .await;
    for name in ["", "###", &"x".repeat(65)] {
        assert_problem(
            rosa.post("/api/rooms", json!({ "name": name })).await,
            422,
            "invalid",
        )
        .await;
    }
    let topic = rosa
        .post("/api/rooms", json!({ "name": "a", "topic": "t".repeat(251) }))
        .await;
    assert_problem(topic, 422, "invalid").await;
}

#[tokio::test]
async fn general_cannot_be_left() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    assert_problem(
        rosa.post(&format!("/api/rooms/{room}/leave"), json!({})).await,
        403,
        "forbidden",
    )
    .await;
}

#[tokio::test]
async fn inviting_people_who_do_not_exist_invites_nobody() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.create_room("harbour", true).await;
    let ghost = "01890a5d-ac96-774b-bcce-b302099a8057";
    let invite = rosa
        .post(
            &format!("/api/rooms/{room}/members"),
            json!({ "users": [mei.id, ghost] }),
        )
        .await;
    assert_problem(invite, 404, "user_not_found").await;
    assert_problem(
        mei.get(&format!("/api/messages?room={room}")).await,
        403,
        "not_a_member",
    )
    .await;
}

#[tokio::test]
async fn members_are_listed_with_their_status() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let socket = mei.connect().await;
    let list = rosa.get_json(&format!("/api/rooms/{room}/members")).await;
    let found: Vec<_> = list["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|u| (&u["username"], &u["status"]))
        .collect();
    assert_eq!(
        found,
        [
            (&json!("mei"), &json!("online")),
            (&json!("rosa"), &json!("offline"))
        ]
    );
    socket.close().await;
}
