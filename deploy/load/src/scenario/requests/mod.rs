//! Requests over HTTP: many clients, each with a connection kept alive and one request at a time.

mod share;

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use futures::future::try_join_all;
use reqwest::RequestBuilder;
use serde_json::json;
use tokio::{
    runtime::Builder,
    task::{LocalSet, spawn_local},
    time::{sleep, sleep_until},
};

use self::share::{Share, sum};
use crate::{
    error::Error,
    limits,
    machine::Machine,
    marker::Marker,
    meter::Meter,
    options::{Gets, Posts, Requests, Scenario, Target},
    report::Report,
    roster::{self, Person},
};

const PATIENCE: Duration = Duration::from_secs(10);
/// After a failure: a server that is down must not be hammered.
const PAUSE: Duration = Duration::from_millis(100);

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
    let (call, begin) = (Rc::new(call), Instant::now());
    let clients = people.into_iter().enumerate().map(|(index, person)| {
        let client = Client {
            index,
            person,
            url: target.url.clone(),
            call: call.clone(),
        };
        spawn_local(client.live(requests.clone(), begin))
    });
    let clients: Vec<_> = clients.collect();
    sleep(requests.warmup).await;
    meter.window(0);
    let shares = try_join_all(clients)
        .await
        .map_err(|error| Error::Malformed(error.to_string()))?;
    let (made, faults, notes) = sum(shares.into_iter().collect::<Result<_, _>>()?, requests)?;
    Ok(Report {
        scenario: scenario.clone(),
        machine: Machine::this(),
        connections: None,
        messages: None,
        usage: meter.end(0, made.measured),
        requests: Some(made),
        mix: None,
        faults,
        notes,
    })
}

/// What is asked, again and again.
enum Call {
    Post(Marker),
    Get(String),
}

struct Client {
    index: usize,
    person: Person,
    url: String,
    call: Rc<Call>,
}

impl Client {
    async fn live(self, requests: Requests, begin: Instant) -> Result<Share, Error> {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .pool_max_idle_per_host(1)
            .build()?;
        let (measured_from, mut share) = (begin + requests.warmup, Share::new()?);
        for round in 0.. {
            // The clients take turns: a rate is the same however many share it.
            let turn = round * requests.clients + self.index;
            let due = match requests.rate > 0.0 {
                true => begin + Duration::from_secs_f64(60.0 / requests.rate * turn as f64),
                false => Instant::now(),
            };
            if due >= measured_from + requests.duration {
                break;
            }
            // The runtime rounds up to milliseconds: a request that is due must not wait for the next one.
            if due > Instant::now() {
                sleep_until(due.into()).await;
            }
            if !self.ask(&http, turn, &mut share).await {
                sleep(PAUSE).await;
            } else if due >= measured_from {
                share.measured(due.elapsed());
            }
        }
        Ok(share)
    }

    /// Makes one request; true when it was answered well.
    async fn ask(&self, http: &reqwest::Client, turn: usize, share: &mut Share) -> bool {
        let request = self.request(http, turn).bearer_auth(&self.person.token);
        let answer = async {
            let answer = request.send().await?;
            Ok::<_, reqwest::Error>((answer.status(), answer.bytes().await?))
        };
        match (answer.await, &*self.call) {
            (Ok((status, body)), Call::Get(_)) => share.got(status, &body),
            (Ok((status, body)), Call::Post(_)) => share.posted(status, &body),
            (Err(error), _) => share.broke(&error),
        }
    }

    fn request(&self, http: &reqwest::Client, turn: usize) -> RequestBuilder {
        // Not the first room of everybody: that may be one that all are in.
        let rooms = &self.person.rooms;
        let room = rooms.get(turn % rooms.len().max(1)).map_or("", String::as_str);
        match &*self.call {
            Call::Get(path) => http.get(format!("{}{}", self.url, path.replace("{room}", room))),
            Call::Post(marker) => {
                let message = json!({"room": room, "body": marker.body(turn), "nonce": marker.nonce(turn)});
                http.post(format!("{}/api/messages", self.url)).json(&message)
            }
        }
    }
}
