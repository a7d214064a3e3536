//! People as they are: they switch rooms, scroll, follow links, look at what is unread, and now and then post.

mod action;
mod line;
mod metrics;
mod user;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::Rc,
    time::{Duration, Instant},
};

use futures::future::try_join_all;
use tokio::{
    runtime::Builder,
    task::{LocalSet, spawn_local},
    time::{sleep_until, timeout_at},
};

use self::{metrics::Counters, user::User};
use crate::{
    check::Faults,
    error::Error,
    latency::Latency,
    limits,
    machine::Machine,
    meter::Meter,
    options::{Mix, Scenario},
    report::{ActionsMade, MixMade, Report, RequestsMade},
    roster,
};

const PATIENCE: Duration = Duration::from_secs(10);
/// So many arrive a second: the start is not what is measured.
const ARRIVALS: f64 = 100.0;
const MOST_NOTES: usize = 10;

pub(super) fn play(scenario: &Scenario, options: &Mix) -> Result<Report, Error> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::io("runtime"))?;
    LocalSet::new().block_on(&runtime, mix(scenario, options))
}

/// What all of them found.
#[derive(Default)]
struct Found {
    latency: BTreeMap<&'static str, Latency>,
    made: RequestsMade,
    asked_again: u64,
    unchanged: u64,
    cut_off: u64,
    notes: Vec<String>,
}

async fn mix(scenario: &Scenario, options: &Mix) -> Result<Report, Error> {
    limits::reserve_sockets(2 * options.users)?;
    let people = roster::take(roster::load(&options.target.tokens)?, options.users)?;
    let urls = options.urls();
    let mut meter = Meter::begin(&options.target.server_pid);
    let found = Rc::new(RefCell::new(Found::default()));
    let begin = Instant::now() + Duration::from_secs_f64(options.users as f64 / ARRIVALS);
    let users = people.into_iter().enumerate().map(|(index, person)| {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .pool_max_idle_per_host(1);
        let user = User::new(index, person, urls[index % urls.len()].clone(), http.build()?);
        Ok(spawn_local(live(
            user,
            index,
            options.clone(),
            begin,
            Rc::clone(&found),
        )))
    });
    let users: Vec<_> = users.collect::<Result<_, Error>>()?;
    let http = reqwest::Client::new();
    sleep_until((begin + options.warmup).into()).await;
    let before = Counters::read(&http, &urls).await?;
    meter.window(0);
    sleep_until((begin + options.warmup + options.duration).into()).await;
    let after = Counters::read(&http, &urls).await?;
    let measured = found.borrow().made.measured;
    let usage = meter.end(options.users, measured);
    try_join_all(users)
        .await
        .map_err(|error| Error::Malformed(error.to_string()))?;
    let mut found = found.take();
    found.made.clients = options.users;
    found.made.per_second = measured as f64 / options.duration.as_secs_f64();
    let mut all = Latency::new()?;
    for latency in found.latency.values() {
        all.add(latency)?;
    }
    found.made.latency_ms = all.percentiles();
    found.notes.truncate(MOST_NOTES);
    let actions = found.latency.iter().map(|(name, latency)| {
        let latency_ms = latency.percentiles();
        ((*name).to_owned(), ActionsMade { latency_ms })
    });
    Ok(Report {
        scenario: scenario.clone(),
        machine: Machine::this(),
        connections: None,
        messages: None,
        requests: Some(found.made),
        mix: Some(MixMade {
            actions: actions.collect(),
            asked_again: found.asked_again,
            unchanged: found.unchanged,
            unchanged_share: found.unchanged as f64 / found.asked_again.max(1) as f64,
            cut_off: found.cut_off,
            told: after.since(&before),
        }),
        faults: Faults::default(),
        usage,
        notes: found.notes,
    })
}

/// One person's time: what is due is done, one thing after the other.
async fn live(mut user: User, index: usize, options: Mix, begin: Instant, found: Rc<RefCell<Found>>) {
    let (measured_from, end) = (begin + options.warmup, begin + options.warmup + options.duration);
    let arrives = begin - Duration::from_secs_f64((options.users - index) as f64 / ARRIVALS);
    sleep_until(arrives.into()).await;
    note(&found, user.arrive().await);
    for round in 0.. {
        let turn = round * options.users + index;
        let due = begin + Duration::from_secs_f64(60.0 / options.rate * turn as f64);
        if due >= end {
            break;
        }
        sleep_until(due.into()).await;
        let (action, before) = (user.draw(), user.answers);
        let acted = timeout_at((Instant::now() + PATIENCE).into(), user.act(action, turn)).await;
        let acted = acted.unwrap_or(Err(Error::Late(action.name())));
        let is_good = note(&found, acted);
        if user.is_cut_off() {
            found.borrow_mut().cut_off += 1;
            // Whoever is cut off comes back.
            let _ = user.connect().await;
        } else if is_good && due >= measured_from {
            let mut found = found.borrow_mut();
            found.made.measured += user.answers.all - before.all;
            found.asked_again += user.answers.asked_again - before.asked_again;
            found.unchanged += user.answers.unchanged - before.unchanged;
            if let (Ok(empty), name) = (Latency::new(), action.name()) {
                found.latency.entry(name).or_insert(empty).record(due.elapsed());
            }
        }
    }
    found.borrow_mut().made.answered += user.answers.all;
}

/// Counts what failed; true: nothing did.
fn note(found: &RefCell<Found>, acted: Result<(), Error>) -> bool {
    let Err(error) = acted else { return true };
    let mut found = found.borrow_mut();
    match &error {
        Error::Http(error) if error.status().is_some() => found.made.refused += 1,
        _ => found.made.broken += 1,
    }
    found.notes.push(error.to_string());
    false
}
