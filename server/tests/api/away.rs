//! A database that cannot be written to: another process holds SQLite's file. What needs it is refused in words, what
//! does not goes on, and afterwards everything is as if nothing had been.

use serde_json::json;
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::common::{TestServer, assert_problem};

async fn hold(server: &TestServer) -> SqliteConnection {
    let file = SqliteConnectOptions::new().filename(server.database());
    let mut holder = file.connect().await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut holder).await.unwrap();
    holder
}

#[tokio::test]
async fn what_needs_the_database_is_refused_and_told_when_to_come_back() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut socket = rosa.connect().await;
    socket.join(&room, None).await;
    let mut holder = hold(&server).await;

    let new = json!({ "room": room, "body": "over HTTP", "nonce": "h" });
    let by_form = rosa.by_cookie("POST", "/fn/post_message").form(&[
        ("room", &*room),
        ("page", "/rooms/general"),
        ("body", "by form"),
    ]);
    socket
        .send(json!({ "type": "send", "room": room, "nonce": "s", "body": "over the socket" }))
        .await;
    let (by_http, by_form) = tokio::join!(rosa.post("/api/messages", new.clone()), async {
        by_form.send().await.unwrap()
    });
    assert!(
        by_http.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse::<u64>()
            .unwrap()
            >= 1
    );
    assert_problem(by_http, 503, "unavailable").await;
    let error = socket.expect("error").await;
    assert_eq!(
        (&error["code"], &error["nonce"]),
        (&json!("unavailable"), &json!("s"))
    );
    // Back on the page, the words are still in the composer and the reason above it.
    assert_eq!(by_form.status(), 200);
    let page = by_form.text().await.unwrap();
    assert!(page.contains("by form"), "what was typed is not lost:\n{page}");

    // Reading goes on.
    assert_eq!(rosa.history(&room).await.len(), 0);
    let page = rosa.by_cookie("GET", "/rooms/general").send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert_eq!(server.anonymous("GET", "/health/ready", None).await.status(), 200);

    sqlx::query("ROLLBACK").execute(&mut holder).await.unwrap();
    holder.close().await.unwrap();
    // The same connection, and the same send once more.
    socket
        .send(json!({ "type": "send", "room": room, "nonce": "s", "body": "over the socket" }))
        .await;
    assert_eq!(socket.expect("sent").await["message"]["seq"], 1);
    assert_eq!(rosa.post("/api/messages", new).await.status(), 201);
}
