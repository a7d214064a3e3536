//! Limits, with the built-in table.

use futures::future::join_all;
use serde_json::json;

use crate::common::{TestServer, assert_problem};

const PASSWORD: &str = "correct horse battery";

fn retry_after(answer: &reqwest::Response) -> u64 {
    answer.headers()["retry-after"].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_hundred_and_fifty_quick_requests_end_in_429_for_that_person_only() {
    let server = TestServer::setup().start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let answers = join_all((0..150).map(|_| rosa.get("/api/me"))).await;
    let refused: Vec<_> = answers
        .into_iter()
        .filter(|answer| answer.status() != 200)
        .collect();
    assert!(!refused.is_empty());
    assert!(
        refused
            .iter()
            .all(|answer| answer.status() == 429 && retry_after(answer) >= 1)
    );
    assert_problem(refused.into_iter().next().unwrap(), 429, "too_fast").await;
    assert_eq!(mei.get("/api/me").await.status(), 200);
}

#[tokio::test]
async fn thirty_messages_are_quick_enough() {
    let server = TestServer::setup().start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let posts =
        join_all((0..40).map(|n| rosa.post("/api/messages", json!({ "room": room, "body": n.to_string() }))))
            .await;
    let stored = posts.iter().filter(|answer| answer.status() == 201).count();
    let refused = posts.iter().filter(|answer| answer.status() == 429).count();
    assert_eq!(stored + refused, 40);
    assert!((30..40).contains(&stored), "{stored}");
    assert_eq!(rosa.history(&room).await.len(), stored);
}

#[tokio::test]
async fn an_address_registers_ten_accounts_a_minute() {
    let server = TestServer::setup().start();
    for n in 0..10 {
        let body = json!({ "username": format!("user{n}"), "password": PASSWORD });
        assert_eq!(
            server
                .anonymous("POST", "/api/auth/register", Some(body))
                .await
                .status(),
            201
        );
    }
    let body = json!({ "username": "one-too-many", "password": PASSWORD });
    let answer = server.anonymous("POST", "/api/auth/register", Some(body)).await;
    assert!(retry_after(&answer) >= 1);
    assert_problem(answer, 429, "too_fast").await;
}

#[tokio::test]
async fn repeated_failures_to_sign_in_have_to_wait() {
    let server = TestServer::setup().start();
    server.register("rosa").await;
    let mut statuses = Vec::new();
    for _ in 0..12 {
        let body = json!({ "username": "rosa", "password": "a wrong one" });
        statuses.push(
            server
                .anonymous("POST", "/api/auth/login", Some(body))
                .await
                .status()
                .as_u16(),
        );
    }
    assert_eq!(statuses[..10], [401; 10]);
    assert_eq!(statuses[11], 429);
    let right = json!({ "username": "rosa", "password": PASSWORD });
    let answer = server.anonymous("POST", "/api/auth/login", Some(right)).await;
    assert_problem(answer, 429, "too_fast").await;
}

#[tokio::test]
async fn the_operator_can_override_single_limits() {
    let server = TestServer::setup().with("NATTER_LIMITS", "post=2/1h").start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut statuses = Vec::new();
    for n in 0..3 {
        let answer = rosa
            .post("/api/messages", json!({ "room": room, "body": n.to_string() }))
            .await;
        statuses.push(answer.status().as_u16());
    }
    assert_eq!(statuses, [201, 201, 429]);
}
