//! Everybody who writes during a test, and what comes of it.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use natter_load::history::{self, Verdict};
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use tokio::{sync::watch, task::JoinHandle, time::sleep};

use crate::{
    client::{Client, Phase, Progress},
    common::Person,
    record::Record,
};

/// Clients, spread over the instances. The last is a second device of the first person.
pub const CLIENTS: usize = 6;
const ROOMS: [&str; 3] = ["alpha", "beta", "gamma"];
/// Longer than anything takes that goes well.
const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(50);

pub struct Crew {
    person: Person,
    urls: Vec<String>,
    rooms: Vec<String>,
    record: Record,
    phase: watch::Sender<Phase>,
    progress: Vec<Arc<Progress>>,
    clients: Vec<JoinHandle<()>>,
}

impl Crew {
    /// Everybody signs up, joins the rooms and begins to write.
    pub async fn start(urls: Vec<String>) -> Self {
        Self::of(CLIENTS, urls).await
    }

    /// The same with so many clients, two at least.
    pub async fn of(clients: usize, urls: Vec<String>) -> Self {
        let mut people = Vec::new();
        for n in 0..clients - 1 {
            people.push(Person::register(&urls[n % urls.len()], &format!("person{n}")).await);
        }
        let mut rooms = Vec::new();
        for name in ROOMS {
            rooms.push(people[0].create_room(name, false).await);
        }
        for (person, room) in people[1..]
            .iter()
            .flat_map(|person| rooms.iter().map(move |room| (person, room)))
        {
            let answer = person.post(&format!("/api/rooms/{room}/join"), json!({})).await;
            assert_eq!(answer.status(), 204);
        }
        let (phase, told) = watch::channel(Phase::Posting);
        let mut crew = Self {
            person: people[0].clone(),
            urls,
            rooms,
            record: Record::default(),
            phase,
            progress: Vec::new(),
            clients: Vec::new(),
        };
        for n in 0..clients {
            crew.add(n, people[n % people.len()].clone(), told.clone());
        }
        crew.advance(clients as u64 * 5).await;
        crew
    }

    fn add(&mut self, n: usize, person: Person, phase: watch::Receiver<Phase>) {
        let progress = Arc::new(Progress::default());
        self.progress.push(Arc::clone(&progress));
        let client = Client {
            name: format!("client{n}"),
            person,
            urls: self.urls.clone(),
            home: n % self.urls.len(),
            rooms: self.rooms.clone(),
            record: self.record.clone(),
            progress,
            phase,
            seen: self.rooms.iter().map(|room| (room.clone(), 0)).collect(),
            unanswered: BTreeMap::new(),
            own: Vec::new(),
            written: 0,
            away_since: None,
        };
        self.clients.push(tokio::spawn(client.run()));
    }

    fn sum(&self, of: impl Fn(&Progress) -> u64) -> u64 {
        self.progress.iter().map(|progress| of(progress)).sum()
    }

    /// How many messages were acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.sum(|progress| progress.acknowledged.load(Ordering::SeqCst))
    }

    /// How many requests over HTTP failed so far.
    pub fn failed(&self) -> u64 {
        self.sum(|progress| progress.failed.load(Ordering::SeqCst))
    }

    /// How long people were away each time that a connection broke, the longest last.
    pub fn breaks(&self) -> Vec<Duration> {
        let each = self
            .progress
            .iter()
            .map(|progress| progress.breaks.lock().unwrap().clone());
        let mut breaks: Vec<_> = each.flatten().collect();
        breaks.sort_unstable();
        breaks
    }

    /// Waits until this many more messages are acknowledged.
    pub async fn advance(&self, count: u64) {
        let goal = self.acknowledged() + count;
        let advanced = self.wait_for(PATIENCE, || self.acknowledged() >= goal).await;
        assert!(
            advanced,
            "{} of {goal} messages are acknowledged",
            self.acknowledged()
        );
    }

    async fn wait_for(&self, patience: Duration, so: impl Fn() -> bool) -> bool {
        let glances = patience.as_millis() / GLANCE.as_millis();
        for _ in 0..glances {
            if so() {
                return true;
            }
            sleep(GLANCE).await;
        }
        so()
    }

    /// Waits until everyone has seen all that is stored by now, however it reached them. They write on meanwhile.
    pub async fn catch_up(&self) {
        let rooms = self.rooms_at(&self.urls[0]).await;
        let caught_up = self.wait_for(PATIENCE, || self.is_everywhere(&rooms)).await;
        assert!(caught_up, "what is stored comes to everyone");
    }

    /// Lets everything come to rest and holds the history of it all against the contract.
    pub async fn conclude(self, name: &str) -> Verdict {
        self.conclude_within(name, PATIENCE).await
    }

    /// The same for a build that may never come to rest.
    pub async fn conclude_within(mut self, name: &str, patience: Duration) -> Verdict {
        self.phase.send(Phase::Quiet).unwrap();
        let answered = || {
            let open = |progress: &Progress| {
                progress.unanswered.load(Ordering::SeqCst) + progress.posting.load(Ordering::SeqCst)
            };
            self.sum(|progress| open(progress) as u64) == 0
        };
        let answered = self.wait_for(patience, answered).await;
        let rooms = self.rooms_at(&self.urls[0]).await;
        let everywhere = self.wait_for(patience, || self.is_everywhere(&rooms)).await;
        self.phase.send(Phase::End).unwrap();
        for client in self.clients.drain(..) {
            client.await.unwrap();
        }
        for (room, (last_rev, messages)) in &rooms {
            let messages: Vec<&str> = messages.iter().map(|message| message.get()).collect();
            self.record.note(history::stored(room, *last_rev, &messages));
        }
        for url in &self.urls[1..] {
            assert_eq!(
                same(&self.rooms_at(url).await),
                same(&rooms),
                "{url} tells the same"
            );
        }
        let verdict = self.record.check(name);
        println!("all answered: {answered}, everyone at the end: {everywhere}");
        verdict
    }

    /// Whether everyone has every room open, and has seen this much.
    fn is_everywhere(&self, rooms: &Rooms) -> bool {
        self.progress.iter().all(|progress| {
            let open = progress.open.lock().unwrap();
            rooms
                .iter()
                .all(|(room, (last_rev, _))| open.get(room) >= Some(last_rev))
        })
    }

    /// What an instance says of the rooms.
    async fn rooms_at(&self, url: &str) -> Rooms {
        let mut rooms = Rooms::new();
        for room in &self.rooms {
            let mut messages: Vec<Box<RawValue>> = Vec::new();
            loop {
                let after = messages.len();
                let path = format!("/api/messages?room={room}&after={after}&limit=100");
                let request = self.person.http.get(format!("{url}{path}"));
                let answer = request.bearer_auth(&self.person.token).send().await.unwrap();
                let text = answer.text().await.unwrap();
                let page: Page =
                    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
                messages.extend(page.messages);
                if !page.has_after {
                    rooms.insert(room.clone(), (page.last_rev, messages));
                    break;
                }
            }
        }
        rooms
    }
}

/// By id: the last `rev`, and every message as it came.
type Rooms = BTreeMap<String, (u64, Vec<Box<RawValue>>)>;

#[derive(Deserialize)]
struct Page {
    messages: Vec<Box<RawValue>>,
    has_after: bool,
    last_rev: u64,
}

fn same(rooms: &Rooms) -> String {
    format!("{rooms:?}")
}

/// Asserts that a history keeps the contract, and that there was something to keep it in.
pub fn assert_holds(verdict: &Verdict) {
    assert_holds_for(CLIENTS, verdict);
}

/// The same for a crew of so many clients.
pub fn assert_holds_for(clients: usize, verdict: &Verdict) {
    assert!(verdict.holds(), "{verdict}");
    let facts = verdict.facts;
    let all_open = (clients * ROOMS.len()) as u64;
    assert_eq!(facts.open, all_open, "everyone is there at the end");
    assert!(facts.acknowledged > 100, "{verdict}");
}
