//! Comings and goings, told to everyone in batches.
//!
//! One change concerns every connection, so N users who come make N² words. The work is bounded
//! instead: a change is told at once while few are connected; with many, changes wait for each
//! other, are encoded once and go out as one word, and a user who comes and goes meanwhile counts
//! once. What a batch cannot hold waits for the next.

use std::{
    collections::{HashMap, HashSet, VecDeque, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use chat::{Custom, Status, UserId, wire::ServerFrame};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{Hub, frame::text, slots::About};

/// How many connections may be told of a batch each second.
const WORDS_PER_S: usize = 2_000;
/// How many changes times connections one batch may be.
const BATCH_WORK: usize = 400_000;
/// The most changes that wait; beyond it the oldest are forgotten.
const WAITING_MAX: usize = 4_096;
/// How long after something may have been lost it is asked who is there: other instances may have to come back, too, and
/// to say who is with them.
const COMPARED_AFTER: Duration = Duration::from_secs(5);
/// How long to wait before it is asked again where it was not known.
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What is new of someone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// Whether he or she is there.
    pub(super) status: Option<Status>,
    /// What he or she says of himself or herself; inside of it `None`: nothing any more.
    pub(super) custom: Option<Option<Custom>>,
}

impl News {
    /// Adds what is newer.
    fn add(&mut self, newer: Self) {
        self.status = newer.status.or(self.status);
        if newer.custom.is_some() {
            self.custom = newer.custom;
        }
    }
}

/// Changes that were not told yet, and how people stood by all that was heard.
#[derive(Default)]
pub(super) struct Presence {
    waiting: Mutex<Waiting>,
    news: Notify,
    heard: Mutex<Heard>,
}

/// Who is there by what was heard; whoever is not listed is offline.
#[derive(Default)]
struct Heard {
    people: HashMap<UserId, Status>,
    /// Of whom something was heard since the question was asked that is to be compared with; none is asked otherwise.
    since: HashSet<UserId>,
    asking: bool,
}

impl Heard {
    fn note(&mut self, user: UserId, status: Status) {
        match status {
            Status::Offline => self.people.remove(&user),
            Status::Online | Status::Away => self.people.insert(user, status),
        };
        if self.asking {
            self.since.insert(user);
        }
    }

    /// From now on what is heard is newer than what will be found.
    fn ask(&mut self) {
        self.since.clear();
        self.asking = true;
    }

    /// Takes what was found for true, but for those of whom there is something newer; gives what was not known.
    fn find(&mut self, present: Vec<(UserId, Status)>) -> Vec<(UserId, Status)> {
        self.asking = false;
        let present: HashMap<UserId, Status> = present.into_iter().collect();
        let gone = self.people.keys().filter(|user| !present.contains_key(*user));
        let gone: Vec<_> = gone.map(|user| (*user, Status::Offline)).collect();
        let mut changed: Vec<_> = present.into_iter().chain(gone).collect();
        changed.retain(|(user, status)| {
            let known = self.people.get(user).copied().unwrap_or(Status::Offline);
            known != *status && !self.since.contains(user)
        });
        for (user, status) in &changed {
            self.note(*user, *status);
        }
        self.since = HashSet::new();
        changed
    }
}

#[derive(Default)]
struct Waiting {
    people: HashMap<UserId, News>,
    order: VecDeque<UserId>,
}

impl Presence {
    /// Someone came, went, looked away or says something else. Gives how many changes were forgotten for it.
    pub(super) fn change(&self, user: UserId, news: News) -> u64 {
        if let Some(status) = news.status {
            self.heard.lock().note(user, status);
        }
        let lost = self.waiting.lock().add(user, news);
        self.news.notify_one();
        lost
    }
}

impl Waiting {
    fn add(&mut self, user: UserId, news: News) -> u64 {
        match self.people.entry(user) {
            Entry::Occupied(mut known) => known.get_mut().add(news),
            Entry::Vacant(place) => {
                place.insert(news);
                self.order.push_back(user);
            }
        }
        if self.order.len() <= WAITING_MAX {
            return 0;
        }
        self.take(1).len() as u64
    }

    fn take(&mut self, limit: usize) -> Vec<(UserId, News)> {
        let users = self
            .order
            .drain(..limit.min(self.order.len()))
            .collect::<Vec<_>>();
        users
            .into_iter()
            .filter_map(|user| Some((user, self.people.remove(&user)?)))
            .collect()
    }
}

/// How long to wait after a batch, and how many changes the next may hold.
fn pace(connections: usize) -> (Duration, usize) {
    let wait = Duration::from_micros((connections * 1_000_000 / WORDS_PER_S) as u64);
    (wait, (BATCH_WORK / connections.max(1)).clamp(16, 512))
}

/// Tells changes; idle while there are none.
pub(super) async fn tell(hub: Arc<Hub>) {
    for batch in 0_u64.. {
        let changes = loop {
            let (_, limit) = pace(hub.connections());
            let changes = hub.presence.waiting.lock().take(limit);
            if !changes.is_empty() {
                break changes;
            }
            hub.presence.news.notified().await;
        };
        let word = encode(&changes);
        hub.each_connection(|connection| connection.say(About::Presence(batch), word.clone()));
        tokio::time::sleep(pace(hub.connections()).0).await;
    }
}

/// Learns who is there, and compares that with what was heard whenever something may have been lost.
pub(super) async fn compare(hub: Arc<Hub>) {
    // Whoever was there before this instance was: everyone who connects asks for that.
    hub.find_present().await;
    loop {
        hub.suspicions.presence.notified().await;
        tokio::time::sleep(COMPARED_AFTER).await;
        for (user, status) in hub.find_present().await {
            let news = News {
                status: Some(status),
                custom: None,
            };
            hub.tell_news(user, news);
        }
    }
}

impl Hub {
    /// Asks who is there until that is known; gives whose status is another than was heard.
    async fn find_present(&self) -> Vec<(UserId, Status)> {
        loop {
            self.presence.heard.lock().ask();
            if let Some(present) = self.backend.presence.present().await {
                return self.presence.heard.lock().find(present);
            }
            tokio::time::sleep(ASKED_AGAIN_AFTER).await;
        }
    }
}

fn encode(changes: &[(UserId, News)]) -> Bytes {
    let frames = changes.iter().flat_map(|(user, news)| {
        let user = *user;
        let presence = news.status.map(|status| ServerFrame::Presence { user, status });
        let custom = news.custom.clone();
        let status = custom.map(|custom| ServerFrame::Status { user, custom });
        [presence, status].into_iter().flatten()
    });
    let lines: Vec<Bytes> = frames.map(|frame| text(&frame)).collect();
    lines.join(&b'\n').into()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn is(status: Status) -> News {
        News {
            status: Some(status),
            custom: None,
        }
    }

    fn user(n: u128) -> UserId {
        UserId(Uuid::from_u128(n))
    }

    #[test]
    fn who_comes_and_goes_meanwhile_is_told_once() {
        let mut waiting = Waiting::default();
        waiting.add(user(1), is(Status::Online));
        waiting.add(user(2), is(Status::Online));
        waiting.add(user(1), is(Status::Offline));
        assert_eq!(
            waiting.take(16),
            [(user(1), is(Status::Offline)), (user(2), is(Status::Online))]
        );
        assert_eq!(waiting.take(16), []);
    }

    #[test]
    fn who_comes_and_says_something_is_told_both() {
        let mut waiting = Waiting::default();
        waiting.add(user(1), is(Status::Online));
        let silent = News {
            status: None,
            custom: Some(None),
        };
        waiting.add(user(1), silent);
        let lines = encode(&waiting.take(16));
        assert_eq!(lines.split(|byte| *byte == b'\n').count(), 2);
    }

    #[test]
    fn what_waits_is_bounded_and_loses_the_oldest() {
        let mut waiting = Waiting::default();
        let lost: u64 = (0..5_000).map(|n| waiting.add(user(n), is(Status::Online))).sum();
        assert_eq!(lost, 5_000 - 4_096);
        assert_eq!(waiting.take(1), [(user(5_000 - 4_096), is(Status::Online))]);
    }

    #[test]
    fn what_is_found_is_new_unless_it_was_known_or_something_newer_was_heard() {
        let mut heard = Heard::default();
        heard.note(user(1), Status::Online);
        heard.note(user(2), Status::Online);
        heard.note(user(3), Status::Away);
        heard.ask();
        heard.note(user(3), Status::Online);
        heard.note(user(4), Status::Offline);
        let found = vec![
            (user(2), Status::Online),
            (user(4), Status::Online),
            (user(5), Status::Away),
        ];
        let mut changed = heard.find(found.clone());
        changed.sort_by_key(|(user, _)| user.0);
        assert_eq!(changed, [(user(1), Status::Offline), (user(5), Status::Away)]);
        heard.ask();
        let mut changed = heard.find(found);
        changed.sort_by_key(|(user, _)| user.0);
        assert_eq!(changed, [(user(3), Status::Offline), (user(4), Status::Online)]);
    }

    #[test]
    fn the_work_is_bounded_however_many_are_connected() {
        assert_eq!(pace(2).0, Duration::from_millis(1));
        for connections in [1_000, 10_000, 20_000] {
            let (wait, changes) = pace(connections);
            assert!(connections as f64 / wait.as_secs_f64() <= WORDS_PER_S as f64 + 1.0);
            assert!(connections * changes <= BATCH_WORK);
        }
    }

    #[test]
    fn a_batch_is_one_frame_to_a_line() {
        let word = encode(&[(user(1), is(Status::Online)), (user(2), is(Status::Away))]);
        let lines: Vec<ServerFrame> = word
            .split(|byte| *byte == b'\n')
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(
            lines[1],
            ServerFrame::Presence {
                user: user(2),
                status: Status::Away
            }
        );
    }
}
