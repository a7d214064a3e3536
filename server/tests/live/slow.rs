//! Readers that do not keep up.

use futures::StreamExt;
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::{
    common::{Person, TestServer},
    number, places,
};

/// A connection that takes little before the server notices that nobody reads.
async fn narrow(server: &TestServer, person: &Person) -> WebSocketStream<tokio::net::TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let address = server.url().trim_start_matches("http://").parse().unwrap();
    let stream = socket.connect(address).await.unwrap();
    let mut request = server.socket_url().into_client_request().unwrap();
    request.headers_mut().insert(
        "authorization",
        format!("Bearer {}", person.token).parse().unwrap(),
    );
    client_async(request, stream).await.unwrap().0
}

#[tokio::test]
async fn a_reader_that_stops_is_closed_and_loses_nothing_while_others_read_on() {
    use futures::SinkExt;
    const POSTS: usize = 480;
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let mut quick = mei.connect().await;
    quick.join(&room, None).await;
    let mut slow = narrow(&server, &mei).await;
    let join = json!({ "type": "join", "id": 1, "room": room });
    slow.send(Message::text(join.to_string())).await.unwrap();
    // Far more than fits into the buffers between the two.
    let body = "x".repeat(7_900);
    for _ in 0..POSTS / 16 {
        futures::future::join_all((0..16).map(|_| rosa.say(&room, &body))).await;
        for _ in 0..16 {
            quick.expect("message").await;
        }
    }
    while !server.metrics().await.contains("websocket_slow_readers_total 1") {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let (mut rev, mut code) = (0, None);
    while let Some(Ok(message)) = slow.next().await {
        match message {
            Message::Text(text) => {
                for line in text.lines() {
                    let frame: Value = serde_json::from_str(line).expect("whole frames");
                    if frame["type"] == "joined" {
                        // The others did not wait for it.
                        rev = number(&frame, "last_rev");
                    }
                    if frame["type"] == "message" {
                        assert_eq!(number(&frame["message"], "rev"), rev + 1, "what came has no gaps");
                        rev += 1;
                    }
                }
            }
            Message::Close(close) => code = close.map(|close| u16::from(close.code)),
            _ => {}
        }
    }
    assert_eq!(code, Some(1013));
    assert!(rev < POSTS as u64, "or the reader was not slow");
    // What one answer may hold, and more than that.
    let near = rev.max(POSTS as u64 - 100);
    let joined = mei.connect().await.join(&room, Some(near)).await;
    let found: Vec<u64> = places(&joined).iter().map(|(_, rev)| *rev).collect();
    assert_eq!(found, (near + 1..=POSTS as u64).collect::<Vec<_>>());
    let joined = mei.connect().await.join(&room, Some(0)).await;
    assert_eq!(
        (joined["limited"].as_bool(), number(&joined, "last_rev")),
        (Some(true), POSTS as u64)
    );
}
