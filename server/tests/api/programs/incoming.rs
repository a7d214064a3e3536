//! Incoming webhooks.

use reqwest::Response;
use serde_json::json;

use super::{made, two};
use crate::common::{Person, TestServer, assert_problem, checked};

/// Makes an incoming webhook and gives the path of its address.
async fn incoming(rosa: &Person, room: &str, name: &str) -> String {
    let path = format!("/api/rooms/{room}/webhooks");
    let webhook = made(rosa.post(&path, json!({ "name": name })).await).await;
    let url = webhook["url"].as_str().unwrap();
    url.strip_prefix(&rosa.url).unwrap().to_owned()
}

/// Sends to a path as a program that proves nothing.
async fn send(rosa: &Person, path: &str, kind: &str, body: impl Into<reqwest::Body>) -> Response {
    let request = rosa.bare("POST", path).header("content-type", kind).body(body);
    checked(request).await
}

#[tokio::test]
async fn a_program_posts_at_an_incoming_webhook_as_it_would_with_slack() {
    let server = TestServer::start();
    let (rosa, mei, room) = two(&server).await;
    let path = incoming(&rosa, &room, "Deploys").await;
    let mut socket = mei.connect().await;
    socket.join(&room, None).await;
    let payload = json!({ "text": "*done* <https://example.org|here> @mei", "username": "ci", "icon_emoji": ":rocket:" });
    let answer = send(&rosa, &path, "application/json", payload.to_string()).await;
    assert_eq!(
        (answer.status().as_u16(), answer.text().await.unwrap()),
        (200, "ok".to_owned())
    );
    let message = socket.expect("message").await["message"].clone();
    assert_eq!(
        message["body"],
        ":rocket: **ci**\n**done** [here](<https://example.org>) @mei"
    );
    assert_eq!(message["author"]["display_name"], "Deploys");
    assert_eq!(message["author"]["username"], "deploys-bot");
    assert_eq!(message["mentions"], json!([mei.id]));
    let form = "payload=%7B%22text%22%3A%22from+a+form%22%7D";
    let answer = send(&rosa, &path, "application/x-www-form-urlencoded", form).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(socket.expect("message").await["message"]["body"], "from a form");
    let attached = json!({ "attachments": [{ "fallback": "plain", "title": "Build 7", "text": "green" }] });
    let answer = send(
        &rosa,
        &path,
        "application/json; charset=utf-8",
        attached.to_string(),
    )
    .await;
    assert_eq!(answer.status(), 200);
    assert_eq!(
        socket.expect("message").await["message"]["body"],
        "**Build 7**\ngreen"
    );
}

#[tokio::test]
async fn what_an_incoming_webhook_cannot_post_is_refused_and_stores_nothing() {
    let server = TestServer::start();
    let (rosa, _, room) = two(&server).await;
    let path = incoming(&rosa, &room, "Deploys").await;
    let json = "application/json";
    let long = json!({ "text": "x".repeat(8_001) }).to_string();
    let huge = json!({ "text": "x".repeat(1024 * 1024) }).to_string();
    let deep = format!("{{\"text\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let cases = [
        (json, "{", 400, "malformed"),
        (json, "", 400, "malformed"),
        (json, deep.as_str(), 400, "malformed"),
        (json, huge.as_str(), 413, "too_large"),
        (json, "{}", 422, "invalid"),
        (json, "[]", 422, "invalid"),
        (json, "{\"text\":\" \"}", 422, "invalid"),
        (json, "{\"text\":\"a\\u0000b\"}", 422, "invalid"),
        (json, long.as_str(), 422, "invalid"),
        ("text/plain", "hello", 415, "unsupported_media_type"),
        ("application/x-www-form-urlencoded", "text=hello", 422, "invalid"),
        (
            "application/x-www-form-urlencoded",
            "payload=%7B",
            400,
            "malformed",
        ),
    ];
    for (kind, body, status, code) in cases {
        let answer = send(&rosa, &path, kind, body.to_owned()).await;
        assert_problem(answer, status, code).await;
    }
    for path in [
        &path[..path.len() - 1],
        "/hooks/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "/hooks/x",
    ] {
        let answer = send(&rosa, path, json, "{\"text\":\"hello\"}").await;
        assert_problem(answer, 404, "webhook_not_found").await;
    }
    assert!(rosa.history(&room).await.is_empty());
}

#[tokio::test]
async fn a_deleted_incoming_webhook_posts_no_more_and_its_bot_leaves() {
    let server = TestServer::start();
    let (rosa, mei, room) = two(&server).await;
    let path = incoming(&rosa, &room, "Deploys").await;
    send(&rosa, &path, "application/json", "{\"text\":\"before\"}").await;
    let list = format!("/api/rooms/{room}/webhooks");
    let webhooks = rosa.get_json(&list).await;
    assert!(
        !webhooks.to_string().contains(path.rsplit('/').next().unwrap()),
        "the secret is shown once"
    );
    let one = format!("{list}/{}", webhooks["webhooks"][0]["id"].as_str().unwrap());
    assert_problem(mei.ask("DELETE", &one).await, 403, "forbidden").await;
    assert_eq!(rosa.ask("DELETE", &one).await.status(), 204);
    assert_problem(rosa.ask("DELETE", &one).await, 404, "webhook_not_found").await;
    let answer = send(&rosa, &path, "application/json", "{\"text\":\"after\"}").await;
    assert_problem(answer, 404, "webhook_not_found").await;
    assert_eq!(rosa.history(&room).await.len(), 1, "what it said stays");
    let members = rosa.get_json(&format!("/api/rooms/{room}/members")).await;
    assert_eq!(members["users"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_room_has_twenty_incoming_webhooks_and_a_direct_room_none() {
    let server = TestServer::start();
    let (rosa, mei, room) = two(&server).await;
    for _ in 0..20 {
        incoming(&rosa, &room, "Deploys").await;
    }
    let path = format!("/api/rooms/{room}/webhooks");
    let answer = rosa.post(&path, json!({ "name": "one more" })).await;
    assert_problem(answer, 409, "too_many").await;
    let direct = rosa.post("/api/rooms/direct", json!({ "users": [mei.id] })).await;
    let direct = made(direct).await;
    let path = format!("/api/rooms/{}/webhooks", direct["id"].as_str().unwrap());
    assert_problem(rosa.post(&path, json!({ "name": "x" })).await, 403, "forbidden").await;
}

#[tokio::test]
async fn a_webhook_that_posts_too_much_is_told_when_to_come_back() {
    let server = TestServer::setup().with("NATTER_LIMITS", "post=2/1h").start();
    let (rosa, _, room) = two(&server).await;
    let path = incoming(&rosa, &room, "Deploys").await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let answer = send(&rosa, &path, "application/json", "{\"text\":\"x\"}").await;
        statuses.push(answer.status().as_u16());
        assert_eq!(answer.headers().contains_key("retry-after"), statuses.len() == 3);
    }
    assert_eq!(statuses, [200, 200, 429]);
}
