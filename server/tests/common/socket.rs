//! A WebSocket client that knows only the contract.

use std::{collections::VecDeque, time::Duration};

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::Request},
};

/// Long enough that only a frame that never comes is missed.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a connection ended: the close code and reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub code: u16,
    pub reason: String,
}

pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    waiting: VecDeque<Value>,
    pub hello: Value,
}

impl Socket {
    pub async fn by_token(url: &str, token: &str) -> Self {
        Self::open(url, &[("authorization", &format!("Bearer {token}"))])
            .await
            .expect("the upgrade succeeds")
    }

    /// Opens with these headers; the HTTP status where the upgrade is refused.
    pub async fn open(url: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        Self::open_at(&format!("{}/ws", url.replace("http://", "ws://")), headers).await
    }

    /// Opens this very address.
    pub async fn open_at(address: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let mut request: Request<()> = address.into_client_request().unwrap();
        for (name, value) in headers {
            let name: tokio_tungstenite::tungstenite::http::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Self {
                stream,
                waiting: VecDeque::new(),
                hello: Value::Null,
            }),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("no connection: {error}"),
        }
    }

    pub async fn send(&mut self, frame: Value) {
        self.send_raw(Message::text(frame.to_string())).await;
    }

    /// Sends, unless the connection has ended.
    pub async fn try_send(&mut self, frame: Value) -> Option<()> {
        self.stream.send(Message::text(frame.to_string())).await.ok()
    }

    pub async fn send_raw(&mut self, message: Message) {
        self.stream.send(message).await.expect("the frame is sent");
    }

    /// Joins and gives the `joined` answer.
    pub async fn join(&mut self, room: &str, after: Option<u64>) -> Value {
        let mut frame = json!({ "type": "join", "id": 7, "room": room });
        if let Some(after) = after {
            frame["after"] = json!(after);
        }
        self.send(frame).await;
        self.expect("joined").await
    }

    /// The next frame, whatever it is; the end of the connection as an error.
    pub async fn next(&mut self) -> Result<Value, Ended> {
        loop {
            if let Some(frame) = self.waiting.pop_front() {
                return Ok(frame);
            }
            match timeout(PATIENCE, self.stream.next())
                .await
                .expect("a frame comes in time")
            {
                Some(Ok(Message::Text(text))) => {
                    self.waiting.extend(
                        text.lines()
                            .map(|line| serde_json::from_str::<Value>(line).expect("JSON")),
                    );
                }
                Some(Ok(Message::Close(Some(close)))) => {
                    return Err(Ended {
                        code: close.code.into(),
                        reason: close.reason.to_string(),
                    });
                }
                Some(Ok(Message::Close(None))) | None => {
                    return Err(Ended {
                        code: 1005,
                        reason: String::new(),
                    });
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    return Err(Ended {
                        code: 1006,
                        reason: error.to_string(),
                    });
                }
            }
        }
    }

    /// The next frame of this type; frames of other types before it are passed over.
    pub async fn expect(&mut self, kind: &str) -> Value {
        loop {
            let frame = self
                .next()
                .await
                .unwrap_or_else(|end| panic!("ended with {end:?} before a {kind}"));
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The next frame of one of these types.
    pub async fn expect_any(&mut self, kinds: &[&str]) -> Value {
        loop {
            let frame = self
                .next()
                .await
                .unwrap_or_else(|end| panic!("ended with {end:?} before {kinds:?}"));
            if kinds.iter().any(|kind| frame["type"] == *kind) {
                return frame;
            }
        }
    }

    /// How the connection ends; frames before that are passed over.
    pub async fn ended(&mut self) -> Ended {
        loop {
            if let Err(ended) = self.next().await {
                return ended;
            }
        }
    }

    pub async fn close(mut self) {
        let _ = self.stream.close(None).await;
    }
}
