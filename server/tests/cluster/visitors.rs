//! People who read pages and messages, and post, over HTTP: each request must succeed.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{Client, RequestBuilder};
use serde_json::json;
use tokio::{task::JoinHandle, time::sleep};

use crate::common::Person;

/// How many there are.
const VISITORS: u64 = 4;
/// Between two requests of one.
const PACE: Duration = Duration::from_millis(15);
/// How long a request may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// The most failures that are remembered.
const TOLD_MAX: usize = 20;

/// What they do until told to stop.
pub struct Visitors {
    told: Arc<Told>,
    tasks: Vec<JoinHandle<()>>,
}

/// What became of their requests.
#[derive(Default)]
struct Told {
    stop: AtomicBool,
    succeeded: AtomicU64,
    failures: Mutex<Vec<String>>,
}

impl Visitors {
    /// They begin at once, and post if they are to, into one of these rooms after the other.
    pub fn start(person: &Person, rooms: &[String], post: bool) -> Self {
        let told = Arc::new(Told::default());
        let tasks = (0..VISITORS).map(|number| {
            let (person, rooms, told) = (person.clone(), rooms.to_vec(), Arc::clone(&told));
            tokio::spawn(async move { visit(number, &person, &rooms, post, &told).await })
        });
        Self {
            tasks: tasks.collect(),
            told,
        }
    }

    /// How many requests have succeeded.
    pub fn succeeded(&self) -> u64 {
        self.told.succeeded.load(Ordering::SeqCst)
    }

    /// They stop; what failed is given.
    pub async fn stop(self) -> Vec<String> {
        self.told.stop.store(true, Ordering::SeqCst);
        for task in self.tasks {
            task.await.unwrap();
        }
        std::mem::take(&mut self.told.failures.lock().unwrap())
    }
}

async fn visit(number: u64, person: &Person, rooms: &[String], post: bool, told: &Told) {
    // With connections that are kept, as browsers do.
    let http = Client::builder().timeout(PATIENCE).build().unwrap();
    let mut turn = number;
    while !told.stop.load(Ordering::SeqCst) {
        turn += 1;
        let room = &rooms[turn as usize / 4 % rooms.len()];
        let (what, request) = next(&http, person, room, turn, post);
        let failure = match request.send().await {
            Ok(answer) if answer.status().is_success() => {
                answer.bytes().await.err().map(|error| format!("{error:?}"))
            }
            Ok(answer) => Some(answer.status().to_string()),
            Err(error) => Some(format!("{error:?}")),
        };
        match failure {
            None => drop(told.succeeded.fetch_add(1, Ordering::SeqCst)),
            Some(failure) => {
                let mut failures = told.failures.lock().unwrap();
                if failures.len() < TOLD_MAX {
                    failures.push(format!("{what}: {failure}"));
                }
            }
        }
        sleep(PACE).await;
    }
}

fn next(http: &Client, person: &Person, room: &str, turn: u64, post: bool) -> (&'static str, RequestBuilder) {
    let at = |path: &str| format!("{}{path}", person.url);
    match turn % 4 {
        0 if post => {
            let body = json!({ "room": room, "body": format!("visit {turn}") });
            (
                "a post",
                http.post(at("/api/messages"))
                    .bearer_auth(&person.token)
                    .json(&body),
            )
        }
        1 => (
            "a page",
            http.get(at("/rooms/general")).header("cookie", &person.cookie),
        ),
        2 => ("the rooms", http.get(at("/api/rooms")).bearer_auth(&person.token)),
        _ => {
            let path = format!("/api/messages?room={room}");
            ("messages", http.get(at(&path)).bearer_auth(&person.token))
        }
    }
}
