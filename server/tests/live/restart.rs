//! The server stops, in good order and in none, and everybody comes back.

use std::time::Duration;

use crate::{common::TestServer, number, places, send};

#[tokio::test]
async fn a_server_that_stops_sends_everyone_away_and_exits_cleanly() {
    let mut server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        sockets.push(rosa.connect().await);
    }
    server.terminate();
    for (n, socket) in sockets.iter_mut().enumerate() {
        // What is on its way when the server stops is still answered.
        if n == 0 {
            socket.join(&room, None).await;
        }
        assert!(number(&socket.expect("reconnect").await, "in_ms") <= 10_000);
        assert_eq!(socket.ended().await.code, 1012);
    }
    assert_eq!(server.wait(), Some(0));
    server.restart();
    let mut socket = rosa.connect().await;
    assert_eq!(number(&socket.join(&room, Some(0)).await, "last_rev"), 0);
}

#[tokio::test]
async fn what_was_answered_with_sent_survives_a_kill_and_comes_to_who_returns() {
    let mut server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let (mut writer, mut reader) = (rosa.connect().await, mei.connect().await);
    writer.join(&room, None).await;
    reader.join(&room, None).await;
    for n in 0..50 {
        send(&mut writer, &room, &n.to_string(), "x").await;
    }
    let mut acknowledged = 0;
    while acknowledged < 20 {
        acknowledged = number(&writer.expect("sent").await["message"], "seq");
    }
    server.kill();
    while let Ok(frame) = writer.next().await {
        if frame["type"] == "sent" {
            acknowledged = number(&frame["message"], "seq");
        }
    }
    server.restart();
    let epoch = writer.hello["epoch"].clone();
    let mut reader = mei.connect().await;
    assert_eq!(reader.hello["epoch"], epoch, "the same history");
    let joined = reader.join(&room, Some(0)).await;
    let found = places(&joined);
    assert!(
        found.len() as u64 >= acknowledged,
        "{} of {acknowledged}",
        found.len()
    );
    assert!(
        found.iter().zip(1..).all(|(place, n)| *place == (n, n)),
        "{found:?}"
    );
    // Sending all of it again stores only what was not stored.
    let mut writer = rosa.connect().await;
    for n in 0..50 {
        send(&mut writer, &room, &n.to_string(), "x").await;
    }
    for n in 0..50 {
        assert_eq!(writer.expect("sent").await["nonce"], n.to_string());
    }
    assert_eq!(rosa.history(&room).await.len(), 50);
}

#[tokio::test]
async fn a_lost_connection_is_soon_forgotten() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let open = async || {
        let metrics = server.metrics().await;
        let line = metrics
            .lines()
            .find(|line| line.starts_with("websocket_active_connections"));
        line.and_then(|line| line.split_whitespace().last())
            .unwrap()
            .to_owned()
    };
    let (one, two) = (rosa.connect().await, rosa.connect().await);
    assert_eq!(open().await, "2");
    drop(one);
    two.close().await;
    while open().await != "0" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
