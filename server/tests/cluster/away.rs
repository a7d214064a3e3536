//! PostgreSQL or Redis away: what needs them is refused in words or done without, the rest works, and afterwards
//! everything goes on by itself.

use std::time::Duration;

use serde_json::{Value, json};
use services::{Postgres, Redis};

use crate::common::{Person, Socket, TestServer, assert_problem};

/// How long to wait between two looks at something that is about to happen.
const LOOK: Duration = Duration::from_millis(100);

fn start(settings: &[(&'static str, String)]) -> TestServer {
    let setup = TestServer::setup().with("NATTER_LIMITS", "off");
    let each = settings.iter().cloned();
    each.fold(setup, |setup, (name, value)| setup.with(name, value))
        .start()
}

/// The code of `/health/ready` and what it says.
async fn readiness(server: &TestServer) -> (u16, Value) {
    let answer = server.anonymous("GET", "/health/ready", None).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn until_ready_says(server: &TestServer, status: &str) {
    while readiness(server).await.1["status"] != status {
        tokio::time::sleep(LOOK).await;
    }
}

/// A gauge's value, by its name with labels.
async fn gauge(server: &TestServer, name: &str) -> Option<f64> {
    let metrics = server.metrics().await;
    let line = metrics.lines().find(|line| line.starts_with(name))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// Every door says that the database is away, when to come back, and stays open.
async fn every_door_refuses(server: &TestServer, rosa: &Person, room: &str, socket: &mut Socket) {
    let page = format!("/api/messages?room={room}");
    for path in [&*page, "/api/rooms", "/api/users", "/api/tokens"] {
        let answer = rosa.get(path).await;
        assert!(answer.headers().contains_key("retry-after"), "{path}");
        assert_problem(answer, 503, "unavailable").await;
    }
    let post = json!({ "room": room, "body": "lost?", "nonce": "once" });
    assert_problem(rosa.post("/api/messages", post).await, 503, "unavailable").await;
    socket
        .send(json!({ "type": "send", "room": room, "nonce": "once", "body": "lost?" }))
        .await;
    let error = socket.expect("error").await;
    assert_eq!(
        (&error["code"], &error["nonce"]),
        (&json!("unavailable"), &json!("once"))
    );

    let page = rosa.by_cookie("GET", "/rooms/general").send().await.unwrap();
    assert_eq!(page.status(), 503);
    assert!(page.headers().contains_key("retry-after"));
    assert!(
        page.text().await.unwrap().contains("Try again"),
        "a page for people"
    );
    until_ready_says(server, "unavailable").await;
    let (code, body) = readiness(server).await;
    assert_eq!(
        (code, &body["dependencies"]["database"]["status"]),
        (503, &json!("unavailable"))
    );
    assert_eq!(
        server.anonymous("GET", "/health", None).await.status(),
        200,
        "the process is up"
    );
    assert_eq!(
        server.anonymous("GET", "/robots.txt", None).await.status(),
        404,
        "as nothing is built"
    );
}

/// The same connection and the same send once more, over both doors, are one message.
async fn all_goes_on(server: &TestServer, rosa: &Person, room: &str, socket: &mut Socket, seq: u64) {
    until_ready_says(server, "ok").await;
    socket
        .send(json!({ "type": "send", "room": room, "nonce": "once", "body": "lost?" }))
        .await;
    assert_eq!(socket.expect("sent").await["message"]["seq"], seq);
    let post = json!({ "room": room, "body": "lost?", "nonce": "once" });
    let again = rosa.post("/api/messages", post).await;
    assert_eq!(again.status(), 200);
    assert_eq!(rosa.history(room).await.len() as u64, seq);
}

#[tokio::test]
async fn a_killed_database_is_said_at_every_door_and_everything_goes_on_when_it_is_back() {
    let postgres = Postgres::start().unwrap();
    let server = start(&[("DATABASE_URL", postgres.url())]);
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut socket = rosa.connect().await;
    socket.join(&room, None).await;
    postgres.kill().unwrap();
    every_door_refuses(&server, &rosa, &room, &mut socket).await;
    let breaker = "circuit_breaker_state{breaker=\"database\"}";
    assert!(
        gauge(&server, breaker).await > Some(0.0),
        "it is not asked for now"
    );
    postgres.start_again().unwrap();
    all_goes_on(&server, &rosa, &room, &mut socket, 1).await;
    assert_eq!(gauge(&server, breaker).await, Some(0.0));
}

#[tokio::test]
async fn a_database_that_hangs_is_as_one_that_is_away() {
    let postgres = Postgres::start().unwrap();
    let server = start(&[("DATABASE_URL", postgres.url())]);
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut socket = rosa.connect().await;
    socket.join(&room, None).await;
    postgres.pause().unwrap();
    every_door_refuses(&server, &rosa, &room, &mut socket).await;
    postgres.resume().unwrap();
    all_goes_on(&server, &rosa, &room, &mut socket, 1).await;
}

#[tokio::test]
async fn without_redis_nothing_is_refused_and_readiness_says_that_it_is_missed() {
    let redis = Redis::start().unwrap();
    let server = start(&[("REDIS_URL", redis.url())]);
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut socket = rosa.connect().await;
    socket.join(&room, None).await;
    redis.kill().unwrap();
    until_ready_says(&server, "degraded").await;
    let (code, body) = readiness(&server).await;
    let dependencies = &body["dependencies"];
    assert_eq!((code, &dependencies["bus"]["status"]), (200, &json!("degraded")));
    assert_eq!(dependencies["database"]["status"], "ok");
    for n in 1..=5 {
        rosa.say(&room, &n.to_string()).await;
        assert_eq!(socket.expect("message").await["message"]["seq"], n);
    }
    let page = rosa.by_cookie("GET", "/rooms/general").send().await.unwrap();
    assert_eq!(page.status(), 200);
    redis.start_again().unwrap();
    until_ready_says(&server, "ok").await;
}
