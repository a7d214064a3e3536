//! Someone who stays: writes at a steady pace over the socket and over HTTP, moves to another instance when the
//! connection breaks, resumes after what was seen, and says again what nobody answered.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures::{SinkExt, StreamExt};
use natter_load::history;
use reqwest::Method;
use serde_json::{Value, json, value::RawValue};
use tokio::{
    net::TcpStream,
    sync::watch,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::{common::Person, record::Record};

/// Between two things that a client does.
const PACE: Duration = Duration::from_millis(40);
/// How many sends may be without an answer before no more are begun.
const WINDOW: usize = 4;
/// Every so manieth message is posted over HTTP.
const OVER_HTTP: u64 = 3;
/// With every so manieth message an older one is edited, deleted, pinned or reacted to.
const CHANGE: u64 = 4;
/// Every so manieth message answers another one.
const REPLY: u64 = 7;
/// How many own messages are remembered, to change and to answer.
const OWN: usize = 8;
/// Every so manieth frame is sent twice, as by someone who is impatient.
const TWICE: u64 = 5;
/// How long an instance may take to answer before another one is asked.
const PATIENCE: Duration = Duration::from_secs(5);
/// Before another instance is tried.
const PAUSE: Duration = Duration::from_millis(50);

/// What everybody is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Write.
    Posting,
    /// Begin nothing new; see to it that all is answered.
    Quiet,
    /// Stay as you are and do nothing.
    End,
}

/// How far a client is, for others to see.
#[derive(Default)]
pub struct Progress {
    pub acknowledged: AtomicU64,
    pub refused: AtomicU64,
    /// Posts over HTTP that are under way.
    pub posting: AtomicUsize,
    /// Sends without an answer.
    pub unanswered: AtomicUsize,
    /// Requests over HTTP that got no answer, or one that is the server's fault.
    pub failed: AtomicU64,
    /// How long each break lasted: from the loss of a connection until every room was open again.
    pub breaks: Mutex<Vec<Duration>>,
    /// The last `rev` seen, by open room; empty while there is no connection.
    pub open: Mutex<BTreeMap<String, u64>>,
}

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub struct Client {
    pub name: String,
    pub person: Person,
    pub urls: Vec<String>,
    /// The instance to begin with.
    pub home: usize,
    pub rooms: Vec<String>,
    pub record: Record,
    pub progress: Arc<Progress>,
    pub phase: watch::Receiver<Phase>,
    /// The last `rev` seen of each room.
    pub seen: BTreeMap<String, u64>,
    /// Sends without an answer, by number.
    pub unanswered: BTreeMap<u64, Value>,
    /// Own messages that are stored, the newest last: the room and the id.
    pub own: Vec<(String, String)>,
    pub written: u64,
    /// When the connection was lost, until every room is open again.
    pub away_since: Option<Instant>,
}

/// What a connection has yet to do.
#[derive(Default)]
struct Todo {
    joins: BTreeSet<String>,
    sends: BTreeSet<u64>,
    open: BTreeSet<String>,
}

impl Client {
    fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Lives until the end.
    pub async fn run(mut self) {
        while self.phase() != Phase::End {
            if let Ok(Some(stream)) = timeout(PATIENCE, self.connect()).await {
                self.record.note(history::connected(&self.name, &self.person.id));
                if self.live(stream).await.is_none() {
                    self.away_since = Some(Instant::now());
                    self.progress.open.lock().unwrap().clear();
                    self.record.note(history::disconnected(&self.name));
                }
            }
            self.home = (self.home + 1) % self.urls.len();
            sleep(PAUSE).await;
        }
    }

    async fn connect(&self) -> Option<Stream> {
        let url = self.urls[self.home].replace("http://", "ws://");
        let mut request = format!("{url}/ws").into_client_request().unwrap();
        let token = format!("Bearer {}", self.person.token).parse().unwrap();
        request.headers_mut().insert("authorization", token);
        Some(connect_async(request).await.ok()?.0)
    }

    /// Uses a connection until it breaks, or until the end.
    async fn live(&mut self, mut stream: Stream) -> Option<()> {
        let mut todo = Todo {
            joins: self.rooms.iter().cloned().collect(),
            sends: self.unanswered.keys().copied().collect(),
            open: BTreeSet::new(),
        };
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.phase() != Phase::End {
            tokio::select! {
                _ = pace.tick() => self.act(&mut stream, &mut todo).await?,
                message = stream.next() => match message?.ok()? {
                    Message::Text(text) => text.lines().for_each(|line| self.hear(line, &mut todo)),
                    Message::Close(_) => return None,
                    _ => {}
                },
                _ = self.phase.changed() => {}
            }
        }
        Some(())
    }

    /// Does what is to be done, in its order.
    async fn act(&mut self, stream: &mut Stream, todo: &mut Todo) -> Option<()> {
        while let Some(room) = todo.joins.pop_first() {
            let join = json!({ "type": "join", "id": room, "room": room, "after": self.seen.get(&room) });
            self.say(stream, join).await?;
        }
        if todo.open.len() < self.rooms.len() {
            return Some(());
        }
        while let Some(number) = todo.sends.pop_first() {
            self.send(stream, number).await?;
        }
        if self.phase() == Phase::Posting && self.unanswered.len() < WINDOW {
            self.write(stream).await?;
        }
        Some(())
    }

    /// Writes something new.
    async fn write(&mut self, stream: &mut Stream) -> Option<()> {
        self.written += 1;
        let number = self.written;
        let room = self.rooms[number as usize % self.rooms.len()].clone();
        let text = format!("{} writes {number}", self.name);
        if number.is_multiple_of(OVER_HTTP) {
            if self.progress.posting.load(Ordering::SeqCst) == 0 {
                self.post(number, &room, &text);
            }
            return Some(());
        }
        if number.is_multiple_of(CHANGE) && self.progress.posting.load(Ordering::SeqCst) == 0 {
            self.change(number);
        }
        let nonce = self.nonce(number);
        let mut send = json!({ "type": "send", "room": room, "nonce": nonce, "body": text });
        if let Some((_, root)) = self
            .own
            .iter()
            .rfind(|(own, _)| *own == room && number.is_multiple_of(REPLY))
        {
            send["thread"] = json!(root);
        }
        self.unanswered.insert(number, send);
        self.count();
        if number.is_multiple_of(TWICE) {
            self.send(stream, number).await?;
        }
        self.send(stream, number).await
    }

    async fn send(&mut self, stream: &mut Stream, number: u64) -> Option<()> {
        // Answered meanwhile.
        let Some(send) = self.unanswered.get(&number) else {
            return Some(());
        };
        self.say(stream, send.clone()).await
    }

    async fn say(&self, stream: &mut Stream, frame: Value) -> Option<()> {
        let text = frame.to_string();
        self.record.note(history::said(&self.name, &text));
        stream.send(Message::text(text)).await.ok()
    }

    fn nonce(&self, number: u64) -> String {
        format!("{}-{number}", self.name)
    }

    fn count(&self) {
        self.progress
            .unanswered
            .store(self.unanswered.len(), Ordering::SeqCst);
    }

    fn hear(&mut self, line: &str, todo: &mut Todo) {
        self.record.note(history::heard(&self.name, line));
        let frame: Value = serde_json::from_str(line).expect("a frame is JSON");
        let room = frame["room"].as_str().unwrap_or_default();
        match frame["type"].as_str() {
            Some("joined") => {
                todo.open.insert(room.to_owned());
                self.see(room, &frame["last_rev"]);
                if todo.open.len() == self.rooms.len()
                    && let Some(since) = self.away_since.take()
                {
                    self.progress.breaks.lock().unwrap().push(since.elapsed());
                }
            }
            Some("message" | "changed") => self.see_message(&frame["message"]),
            Some("sent") => {
                self.see_message(&frame["message"]);
                self.answered(&frame["nonce"], true);
                self.keep(&frame["message"]);
            }
            Some("error") => {
                self.progress.refused.fetch_add(1, Ordering::SeqCst);
                // Later: whatever it was may have passed by then.
                if let Some(room) = frame["id"].as_str() {
                    todo.joins.insert(room.to_owned());
                }
                let is_final = frame["code"] != "unavailable";
                todo.sends.extend(self.answered(&frame["nonce"], is_final));
            }
            _ => {}
        }
    }

    fn see_message(&mut self, message: &Value) {
        self.see(message["room"].as_str().unwrap(), &message["rev"]);
    }

    fn see(&mut self, room: &str, rev: &Value) {
        let rev = rev.as_u64().expect("a number");
        let seen = self.seen.entry(room.to_owned()).or_default();
        *seen = rev.max(*seen);
        self.progress.open.lock().unwrap().insert(room.to_owned(), *seen);
    }

    /// Takes the answer to a send and gives its number.
    fn answered(&mut self, nonce: &Value, is_final: bool) -> Option<u64> {
        let number = nonce.as_str()?.rsplit('-').next()?.parse().ok()?;
        if is_final && self.unanswered.remove(&number).is_some() {
            self.progress.acknowledged.fetch_add(1, Ordering::SeqCst);
            self.count();
        }
        Some(number)
    }

    fn keep(&mut self, message: &Value) {
        let text = |field: &str| message[field].as_str().unwrap().to_owned();
        self.own.push((text("room"), text("id")));
        if self.own.len() > OWN {
            self.own.remove(0);
        }
    }

    /// Changes an own message over HTTP, at one instance after the other until one has taken it or refused.
    fn change(&self, number: u64) {
        let Some((_, id)) = self.own.first().cloned() else {
            return;
        };
        let path = format!("/api/messages/{id}");
        let (method, path) = match number / CHANGE % 5 {
            0 => (Method::PUT, format!("{path}/pin")),
            1 | 3 => (Method::PATCH, path),
            2 => (Method::PUT, format!("{path}/reactions/🎉")),
            _ => (Method::DELETE, path),
        };
        let edit = json!({ "body": format!("{} changes this with {number}", self.name) });
        let (name, person, record) = (self.name.clone(), self.person.clone(), self.record.clone());
        let (urls, progress, phase) = (self.urls.clone(), Arc::clone(&self.progress), self.phase.clone());
        let first = self.home;
        progress.posting.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(async move {
            for url in urls.iter().cycle().skip(first) {
                if *phase.borrow() == Phase::End {
                    return;
                }
                let request = person.http.request(method.clone(), format!("{url}{path}"));
                let request = request.bearer_auth(&person.token).json(&edit).timeout(PATIENCE);
                if let Ok(answer) = request.send().await
                    && !answer.status().is_server_error()
                    && let Ok(text) = answer.text().await
                {
                    if method == Method::PATCH && text.starts_with("{\"id\"") {
                        record.note(history::shown(&name, &text));
                    }
                    progress.posting.fetch_sub(1, Ordering::SeqCst);
                    return;
                }
                progress.failed.fetch_add(1, Ordering::SeqCst);
                sleep(PAUSE).await;
            }
        });
    }

    /// Posts over HTTP, at one instance after the other until one has stored it.
    fn post(&self, number: u64, room: &str, body: &str) {
        let (nonce, room, body) = (self.nonce(number), room.to_owned(), body.to_owned());
        let (name, person, record) = (self.name.clone(), self.person.clone(), self.record.clone());
        let (urls, progress, phase) = (self.urls.clone(), Arc::clone(&self.progress), self.phase.clone());
        let first = self.home + 1;
        progress.posting.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(async move {
            let frame = json!({ "room": room, "nonce": nonce, "body": body });
            for url in urls.iter().cycle().skip(first) {
                if *phase.borrow() == Phase::End {
                    return;
                }
                record.note(history::posted(&name, &room, &nonce, &body));
                let request = person.http.post(format!("{url}/api/messages"));
                let request = request.bearer_auth(&person.token).json(&frame).timeout(PATIENCE);
                if let Some(message) = stored(request).await {
                    record.note(history::answered(&name, &nonce, message.get()));
                    progress.acknowledged.fetch_add(1, Ordering::SeqCst);
                    progress.posting.fetch_sub(1, Ordering::SeqCst);
                    return;
                }
                progress.failed.fetch_add(1, Ordering::SeqCst);
                sleep(PAUSE).await;
            }
        });
    }
}

/// The message that a post is answered with, if it was stored.
async fn stored(request: reqwest::RequestBuilder) -> Option<Box<RawValue>> {
    let answer = request.send().await.ok()?;
    if !answer.status().is_success() {
        return None;
    }
    serde_json::from_str(&answer.text().await.ok()?).ok()
}
