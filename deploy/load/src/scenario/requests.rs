//! Requests over HTTP: many clients, each with a connection kept alive and one request at a time.

use std::{
    collections::BTreeMap,
    rc::Rc,
    time::{Duration, Instant},
};

use futures::future::try_join_all;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use tokio::{
    runtime::Builder,
    task::{LocalSet, spawn_local},
};

use crate::{
    check::Faults,
    error::Error,
    latency::Latency,
    limits,
    machine::Machine,
    marker::Marker,
    meter::Meter,
    options::{Gets, Posts, Requests, Scenario, Target},
    report::{Report, RequestsMade},
    roster::{self, Person},
};

const PATIENCE: Duration = Duration::from_secs(10);
/// After a failure: a server that is down must not be hammered.
const PAUSE: Duration = Duration::from_millis(100);

/// What is asked, again and again.
enum Call {
    Post(Marker),
    Get(String),
}

/// What one client found.
struct Share {
    made: RequestsMade,
    measured: u64,
    latency: Latency,
    posted: Vec<(String, u64)>,
    notes: Vec<String>,
}

/// What is looked at of an answer to a post.
#[derive(Deserialize)]
struct Posted {
    room: String,
    seq: u64,
}

pub(super) fn post(scenario: &Scenario, options: &Posts) -> Result<Report, Error> {
    let call = Call::Post(Marker::new(options.body_bytes as usize));
    block_on(play(scenario, &options.target, &options.requests, call))
}

pub(super) fn get(scenario: &Scenario, options: &Gets) -> Result<Report, Error> {
    let call = Call::Get(options.path.clone());
    block_on(play(scenario, &options.target, &options.requests, call))
}

fn block_on(playing: impl Future<Output = Result<Report, Error>>) -> Result<Report, Error> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::io("runtime"))?;
    LocalSet::new().block_on(&runtime, playing)
}

async fn play(
    scenario: &Scenario,
    target: &Target,
    requests: &Requests,
    call: Call,
) -> Result<Report, Error> {
    limits::reserve_sockets(requests.clients)?;
    let people = roster::take(roster::load(&target.tokens)?, requests.clients)?;
    let mut meter = Meter::begin(&target.server_pid);
    let (call, start) = (Rc::new(call), Instant::now());
    let clients = people.into_iter().enumerate().map(|(index, person)| {
        let (url, requests, call) = (target.url.clone(), requests.clone(), call.clone());
        spawn_local(client(index, person, url, requests, call, start))
    });
    let clients: Vec<_> = clients.collect();
    tokio::time::sleep(requests.warmup).await;
    meter.window(0);
    let shares = try_join_all(clients)
        .await
        .map_err(|error| Error::Malformed(error.to_string()))?;
    let (made, faults, notes) = sum(shares.into_iter().collect::<Result<_, _>>()?, requests)?;
    let (server, generator) = meter.end(requests.clients, made.answered);
    let (machine, requests) = (Machine::this(), Some(made));
    let scenario = scenario.clone();
    Ok(Report {
        scenario,
        machine,
        connections: None,
        messages: None,
        requests,
        faults,
        server,
        generator,
        notes,
    })
}

async fn client(
    index: usize,
    person: Person,
    url: String,
    requests: Requests,
    call: Rc<Call>,
    start: Instant,
) -> Result<Share, Error> {
    let http = reqwest::Client::builder()
        .timeout(PATIENCE)
        .pool_max_idle_per_host(1)
        .build()?;
    let measured_from = start + requests.warmup;
    let end = measured_from + requests.duration;
    let mut share = Share::new()?;
    for round in 0.. {
        // The clients take turns: a rate is the same however many share it.
        let turn = round * requests.clients + index;
        let step = Duration::from_secs_f64(if requests.rate > 0.0 {
            60.0 / requests.rate
        } else {
            0.0
        });
        let due = if requests.rate > 0.0 {
            start + step.mul_f64(turn as f64)
        } else {
            Instant::now()
        };
        if due >= end {
            break;
        }
        // The runtime wakes up to a millisecond late: well below what a rate of requests is used to find out.
        tokio::time::sleep_until(due.into()).await;
        let is_good = share.make(&http, &call, &url, &person, turn).await;
        if !is_good {
            tokio::time::sleep(PAUSE).await;
        } else if due >= measured_from {
            share.measured += 1;
            share.latency.record(due.elapsed());
        }
    }
    Ok(share)
}

impl Share {
    fn new() -> Result<Self, Error> {
        let (made, latency) = (RequestsMade::default(), Latency::new()?);
        Ok(Self {
            made,
            measured: 0,
            latency,
            posted: Vec::new(),
            notes: Vec::new(),
        })
    }

    /// Makes one request; true when it was answered well.
    async fn make(
        &mut self,
        http: &reqwest::Client,
        call: &Call,
        url: &str,
        person: &Person,
        turn: usize,
    ) -> bool {
        // Not the first room of everybody: that may be one that all are in.
        let room = person
            .rooms
            .get(turn % person.rooms.len().max(1))
            .map_or("", String::as_str);
        let request = match call {
            Call::Get(path) => http.request(Method::GET, format!("{url}{}", path.replace("{room}", room))),
            Call::Post(marker) => {
                let message = json!({"room": room, "body": marker.body(turn), "nonce": marker.nonce(turn)});
                http.request(Method::POST, format!("{url}/api/messages"))
                    .json(&message)
            }
        };
        let answer = async {
            let answer = request.bearer_auth(&person.token).send().await?;
            Ok::<_, reqwest::Error>((answer.status(), answer.bytes().await?))
        };
        match answer.await {
            Ok((status, body)) => self.take(call, status, &body),
            Err(error) => {
                self.made.broken += 1;
                self.notes.push(error.to_string());
                false
            }
        }
    }

    fn take(&mut self, call: &Call, status: StatusCode, body: &[u8]) -> bool {
        self.made.body_bytes += body.len() as u64;
        let posted = match call {
            Call::Get(_) => None,
            Call::Post(_) => serde_json::from_slice::<Posted>(body).ok(),
        };
        let is_good = match call {
            Call::Get(_) => status == StatusCode::OK,
            Call::Post(_) => status == StatusCode::CREATED && posted.is_some(),
        };
        if is_good {
            self.made.answered += 1;
            self.posted.extend(posted.map(|posted| (posted.room, posted.seq)));
        } else {
            self.made.refused += 1;
            self.notes.push(format!("answered {status}"));
        }
        is_good
    }
}

fn sum(shares: Vec<Share>, requests: &Requests) -> Result<(RequestsMade, Faults, Vec<String>), Error> {
    let (mut all, mut measured, mut latency) = (RequestsMade::default(), 0, Latency::new()?);
    let (mut numbers, mut notes): (BTreeMap<_, Vec<u64>>, _) = (BTreeMap::new(), Vec::new());
    for share in shares {
        all.answered += share.made.answered;
        all.refused += share.made.refused;
        all.broken += share.made.broken;
        all.body_bytes += share.made.body_bytes;
        measured += share.measured;
        latency.add(&share.latency)?;
        share
            .posted
            .into_iter()
            .for_each(|(room, seq)| numbers.entry(room).or_default().push(seq));
        notes.extend(share.notes);
    }
    all.clients = requests.clients;
    all.per_second = measured as f64 / requests.duration.as_secs_f64();
    all.latency_ms = latency.percentiles();
    notes.truncate(10);
    let mut faults = Faults::default();
    numbers
        .into_values()
        .for_each(|numbers| faults += numbered(numbers));
    Ok((all, faults, notes))
}

/// The numbers a room gave must be apart and, as nobody else posts, without gaps.
fn numbered(mut numbers: Vec<u64>) -> Faults {
    numbers.sort_unstable();
    let mut faults = Faults::default();
    for pair in numbers.windows(2) {
        match pair[1] - pair[0] {
            0 => faults.doubled += 1,
            step => faults.gaps += step - 1,
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_given_twice_or_left_out_are_found() {
        assert_eq!(numbered(vec![5, 3, 4]), Faults::default());
        assert_eq!(numbered(vec![3, 4, 4, 5]).doubled, 1);
        assert_eq!(numbered(vec![3, 6]).gaps, 2);
    }
}
