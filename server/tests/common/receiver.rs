//! A program elsewhere that is told of things: it keeps what it gets and answers as it is told to.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};

use axum::{Router, body::Bytes, extract::State, response::IntoResponse};
use http::{HeaderMap, StatusCode, header};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::mpsc;

/// One request.
#[derive(Clone, Debug)]
pub struct Told {
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().expect("text")
    }
}

#[derive(Clone)]
struct Shelf {
    told: mpsc::UnboundedSender<Told>,
    status: Arc<AtomicU16>,
    answer: Arc<Mutex<String>>,
}

/// The program.
pub struct Receiver {
    pub addr: SocketAddr,
    told: mpsc::UnboundedReceiver<Told>,
    shelf: Shelf,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let (sender, told) = mpsc::unbounded_channel();
        let shelf = Shelf {
            told: sender,
            status: Arc::new(AtomicU16::new(200)),
            answer: Arc::default(),
        };
        let router = Router::new().fallback(take).with_state(shelf.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { addr, told, shelf }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// Answers so from now on.
    pub fn answer(&self, status: u16, text: &str) {
        *self.shelf.answer.lock() = text.to_owned();
        self.shelf.status.store(status, Ordering::SeqCst);
    }

    /// The next request.
    pub async fn next(&mut self) -> Told {
        self.told.recv().await.expect("a request")
    }

    /// Whether nothing came that was not taken.
    pub fn is_idle(&mut self) -> bool {
        self.told.try_recv().is_err()
    }
}

async fn take(State(shelf): State<Shelf>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    shelf.told.send(Told { headers, body }).ok();
    let status = StatusCode::from_u16(shelf.status.load(Ordering::SeqCst)).expect("a status");
    // Where a redirect would lead, should anybody follow one.
    let elsewhere = [(header::LOCATION, "/elsewhere".to_owned())];
    (status, elsewhere, shelf.answer.lock().clone())
}
