//! People who have a room open and read. Whatever happens to their connection, they see every change once and in
//! order, and they say how long they were away.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{task::JoinHandle, time::sleep};

use crate::common::{Person, Socket};

/// How many connections a person has: all of them may be cut at once, and each of us may open only so many a minute.
const CONNECTIONS: usize = 5;
/// Before another try to connect.
const PAUSE: Duration = Duration::from_millis(50);

/// Listeners at work.
pub struct Listeners {
    told: Arc<Told>,
    tasks: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Told {
    stop: AtomicBool,
    breaks: Mutex<Vec<Duration>>,
    faults: Mutex<Vec<String>>,
}

impl Listeners {
    /// So many, in turn in these public rooms. They are there when this returns.
    pub async fn start(url: &str, rooms: &[String], count: usize) -> Self {
        let told = Arc::new(Told::default());
        let mut tasks = Vec::new();
        let mut person = Person::register(url, "listener").await;
        for number in 0..count {
            if number > 0 && number % CONNECTIONS == 0 {
                person = Person::register(url, &format!("listener{number}")).await;
            }
            let mut listener = Listener {
                person: person.clone(),
                room: rooms[number % rooms.len()].clone(),
                last_rev: None,
                told: Arc::clone(&told),
            };
            let socket = listener.enter().await;
            tasks.push(tokio::spawn(async move { listener.listen(socket).await }));
        }
        Self { told, tasks }
    }

    /// They leave with the next thing that they hear. How long each was away, the longest last, and what was not as
    /// it should be.
    pub async fn stop(self) -> (Vec<Duration>, Vec<String>) {
        self.told.stop.store(true, Ordering::SeqCst);
        for task in self.tasks {
            task.await.unwrap();
        }
        let mut breaks = std::mem::take(&mut *self.told.breaks.lock().unwrap());
        breaks.sort_unstable();
        (breaks, std::mem::take(&mut self.told.faults.lock().unwrap()))
    }
}

struct Listener {
    person: Person,
    room: String,
    /// The last revision seen.
    last_rev: Option<u64>,
    told: Arc<Told>,
}

impl Listener {
    async fn listen(&mut self, mut socket: Socket) {
        while !self.told.stop.load(Ordering::SeqCst) {
            match socket.next().await {
                Ok(frame) if frame["type"] == "message" || frame["type"] == "sent" => {
                    self.see(frame["message"]["rev"].as_u64().unwrap());
                }
                Ok(_) => {}
                Err(_) => {
                    let lost_at = Instant::now();
                    socket = self.enter().await;
                    self.told.breaks.lock().unwrap().push(lost_at.elapsed());
                }
            }
        }
    }

    /// Connects, however often that takes, and resumes.
    async fn enter(&mut self) -> Socket {
        let token = format!("Bearer {}", self.person.token);
        loop {
            if let Ok(mut socket) = Socket::open(&self.person.url, &[("authorization", &token)]).await
                && let Some(joined) = join(&mut socket, &self.room, self.last_rev).await
            {
                for message in joined["messages"].as_array().into_iter().flatten() {
                    self.see(message["rev"].as_u64().unwrap());
                }
                let last_rev = joined["last_rev"].as_u64().unwrap();
                if self.last_rev.is_some_and(|seen| seen != last_rev) {
                    self.complain(format!("{:?} after a resume up to {last_rev}", self.last_rev));
                }
                self.last_rev = Some(last_rev);
                return socket;
            }
            sleep(PAUSE).await;
        }
    }

    /// In these rooms nothing is changed, so that no revision is ever passed over.
    fn see(&mut self, rev: u64) {
        if self.last_rev.is_some_and(|last| rev != last + 1) {
            self.complain(format!("{rev} after {:?}", self.last_rev));
        }
        self.last_rev = Some(rev);
    }

    fn complain(&self, fault: String) {
        self.told.faults.lock().unwrap().push(fault);
    }
}

/// The answer to a join, if the connection lives that long.
async fn join(socket: &mut Socket, room: &str, after: Option<u64>) -> Option<Value> {
    let mut frame = serde_json::json!({ "type": "join", "id": 7, "room": room });
    if let Some(after) = after {
        frame["after"] = after.into();
    }
    socket.try_send(frame).await?;
    loop {
        match socket.next().await {
            Ok(frame) if frame["type"] == "joined" => return Some(frame),
            Ok(frame) if frame["type"] == "error" => return None,
            Ok(_) => {}
            Err(_) => return None,
        }
    }
}
