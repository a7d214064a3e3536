//! What bad input gets, and that nobody else is harmed by it.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    common::{Socket, TestServer},
    number, send,
};

const UNKNOWN: &str = "00000000-0000-7000-8000-000000000000";

#[tokio::test]
async fn each_bad_frame_gets_its_error_and_the_connection_stays() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut socket = rosa.connect().await;
    let cases: Vec<(String, &str, Value, Value)> = vec![
        ("not JSON".into(), "malformed", Value::Null, Value::Null),
        (String::new(), "malformed", Value::Null, Value::Null),
        ("[1,2]".into(), "malformed", Value::Null, Value::Null),
        (json!({ "id": 1 }).to_string(), "malformed", json!(1), Value::Null),
        (
            json!({ "type": "dance", "id": "a" }).to_string(),
            "unknown_type",
            json!("a"),
            Value::Null,
        ),
        (
            json!({ "type": "join", "id": 2 }).to_string(),
            "malformed",
            json!(2),
            Value::Null,
        ),
        (
            json!({ "type": "join", "id": 3, "room": "x" }).to_string(),
            "malformed",
            json!(3),
            Value::Null,
        ),
        (
            json!({ "type": "join", "id": 4, "room": room, "after": -1 }).to_string(),
            "malformed",
            json!(4),
            Value::Null,
        ),
        (
            json!({ "type": "send", "room": room, "body": "x" }).to_string(),
            "malformed",
            Value::Null,
            Value::Null,
        ),
        (
            json!({ "type": "send", "room": room, "nonce": "n", "body": 5 }).to_string(),
            "malformed",
            Value::Null,
            json!("n"),
        ),
        (
            json!({ "type": "send", "room": room, "nonce": "", "body": "x" }).to_string(),
            "malformed",
            Value::Null,
            json!(""),
        ),
        (
            json!({ "type": "send", "room": room, "nonce": "n", "body": "x", "thread": UNKNOWN }).to_string(),
            "invalid",
            Value::Null,
            json!("n"),
        ),
        (
            json!({ "type": "send", "room": room, "nonce": "n", "body": "x", "attachments": [UNKNOWN] })
                .to_string(),
            "invalid",
            Value::Null,
            json!("n"),
        ),
        (
            json!({ "type": "presence", "status": "offline" }).to_string(),
            "malformed",
            Value::Null,
            Value::Null,
        ),
        (
            json!({ "type": "typing", "room": UNKNOWN }).to_string(),
            "room_not_found",
            Value::Null,
            Value::Null,
        ),
        (
            json!({ "type": "read", "room": UNKNOWN, "seq": 1 }).to_string(),
            "room_not_found",
            Value::Null,
            Value::Null,
        ),
    ];
    for (text, code, id, nonce) in cases {
        socket.send_raw(Message::text(text.clone())).await;
        let error = socket.expect_any(&["error", "sent", "joined"]).await;
        assert_eq!(
            (&error["code"], &error["id"], &error["nonce"]),
            (&json!(code), &id, &nonce),
            "{text}: {error}"
        );
    }
    send(&mut socket, &room, "n", "still here").await;
    assert_eq!(socket.expect("sent").await["message"]["seq"], 1);
}

#[tokio::test]
async fn too_many_bad_frames_close_the_connection_and_no_other() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let (mut bad, mut good) = (rosa.connect().await, rosa.connect().await);
    for _ in 0..21 {
        bad.send_raw(Message::text("?")).await;
    }
    for _ in 0..21 {
        assert_eq!(bad.expect("error").await["code"], "malformed");
    }
    assert_eq!(bad.ended().await.code, 4429);
    crate::settle(&mut good).await;
}

#[tokio::test]
async fn too_many_frames_are_refused_and_then_close_the_connection() {
    let server = TestServer::setup().with("NATTER_LIMITS", "frame=5/1m").start();
    let rosa = server.register("rosa").await;
    let mut socket = rosa.connect().await;
    for n in 0..40 {
        let frame = json!({ "type": "join", "id": n, "room": UNKNOWN });
        socket.send_raw(Message::text(frame.to_string())).await;
    }
    let (mut refused, mut ended) = (Vec::new(), None);
    while ended.is_none() {
        match socket.next().await {
            Ok(error) if error["code"] == "too_fast" => refused.push(number(&error, "id")),
            Ok(_) => {}
            Err(end) => ended = Some(end.code),
        }
    }
    assert_eq!(ended, Some(4429));
    assert_eq!(
        refused,
        (5..=25).collect::<Vec<_>>(),
        "the burst is fine, and twenty more are forgiven"
    );
}

#[tokio::test]
async fn too_many_posts_are_refused_one_by_one_and_the_connection_stays() {
    let server = TestServer::setup().with("NATTER_LIMITS", "post=3/1m").start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut socket = rosa.connect().await;
    socket.join(&room, None).await;
    for n in 0..40 {
        send(&mut socket, &room, &n.to_string(), "x").await;
    }
    let mut answered = Vec::new();
    for _ in 0..40 {
        let answer = socket.expect_any(&["sent", "error"]).await;
        let n: u64 = answer["nonce"].as_str().unwrap().parse().unwrap();
        assert_eq!(
            answer["code"],
            if n < 3 { Value::Null } else { json!("too_fast") }
        );
        answered.push(n);
    }
    answered.sort_unstable();
    assert_eq!(answered, (0..40).collect::<Vec<_>>(), "each has one answer");
    crate::settle(&mut socket).await;
}

#[tokio::test]
async fn what_is_too_big_or_binary_or_not_the_protocol_has_its_close_code() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let cases = [
        (Message::text("x".repeat(128 * 1024 + 1)), 1009),
        (Message::text("x".repeat(3 * 1024 * 1024)), 1009),
        (Message::binary(vec![1, 2, 3]), 1008),
        (Message::binary(vec![0; 200_000]), 1008),
    ];
    for (message, code) in cases {
        let mut socket = rosa.connect().await;
        let size = message.len();
        socket.send_raw(message).await;
        let ended = socket.ended().await;
        assert_eq!(ended.code, code, "{size} bytes: {ended:?}");
    }
    let mut socket = rosa.connect().await;
    let fits = format!(
        "{{\"type\":\"dance\",\"id\":\"{}\"}}",
        "x".repeat(128 * 1024 - 24)
    );
    assert_eq!(fits.len(), 128 * 1024);
    socket.send_raw(Message::text(fits)).await;
    assert_eq!(socket.expect("error").await["code"], "unknown_type");
}

#[tokio::test]
async fn pings_are_answered_and_a_close_is_answered_with_a_close() {
    use futures::{SinkExt, StreamExt};
    use tokio_tungstenite::tungstenite::{
        client::IntoClientRequest,
        protocol::{CloseFrame, frame::coding::CloseCode},
    };
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let mut request = server.socket_url().into_client_request().unwrap();
    request
        .headers_mut()
        .insert("authorization", format!("Bearer {}", rosa.token).parse().unwrap());
    let (mut stream, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    stream.send(Message::Ping("are you there".into())).await.unwrap();
    let pong = loop {
        if let Message::Pong(payload) = stream.next().await.unwrap().unwrap() {
            break payload;
        }
    };
    assert_eq!(pong, "are you there");
    let close = CloseFrame {
        code: CloseCode::Away,
        reason: "bye".into(),
    };
    stream.send(Message::Close(Some(close))).await.unwrap();
    let answer = loop {
        if let Message::Close(answer) = stream.next().await.unwrap().unwrap() {
            break answer;
        }
    };
    assert_eq!(answer.map(|close| u16::from(close.code)), Some(1001));
    assert!(stream.next().await.is_none(), "and then the connection ends");
}

#[tokio::test]
async fn a_client_that_sends_faster_than_it_can_be_served_gets_every_answer() {
    const SENDS: usize = 500;
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut socket: Socket = rosa.connect().await;
    socket.join(&room, None).await;
    for n in 0..SENDS {
        send(&mut socket, &room, &n.to_string(), "x").await;
    }
    for n in 0..SENDS {
        assert_eq!(
            socket.expect_any(&["sent", "error"]).await["message"]["seq"],
            n + 1
        );
    }
}
