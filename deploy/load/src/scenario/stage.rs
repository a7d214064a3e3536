//! What the WebSocket scenarios share: opening, draining, closing, reporting.

use std::time::{Duration, Instant};

use crate::{
    crowd::Crowd,
    error::Error,
    ledger::Counts,
    limits,
    machine::Machine,
    meter::Meter,
    options::{Opening, Scenario, Target},
    report::{Connections, Messages, Report},
    roster,
    run::Run,
    socket::Server,
    tally,
};

/// How often a draining run looks for those that have to catch up.
const GLANCE: Duration = Duration::from_millis(200);
/// Time for what must not come: doubled frames behind the last good one.
const LINGER: Duration = Duration::from_millis(300);

/// How many sit where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seating {
    pub(super) connections: usize,
    pub(super) rooms: usize,
    /// 0: all members.
    pub(super) room_size: usize,
}

/// A scenario under way.
pub(super) struct Stage {
    pub(super) crowd: Crowd,
    pub(super) meter: Meter,
    connections: usize,
    window: (Instant, Counts),
    rates: (f64, f64),
}

impl Stage {
    /// Seats the people, opens their connections, and reads the meters before and after.
    pub(super) fn open(
        target: &Target,
        opening: &Opening,
        seating: Seating,
        body_bytes: u32,
    ) -> Result<Self, Error> {
        limits::reserve_sockets(seating.connections)?;
        let people = roster::take(roster::load(&target.tokens)?, seating.connections)?;
        let size = (seating.room_size > 0).then_some(seating.room_size);
        let rooms = roster::seat(&people, seating.rooms, size)?;
        let server = Server::find(&target.url, target.source)?;
        let run = Run::new(server, rooms, body_bytes as usize)?;
        let mut meter = Meter::begin(&target.server_pid);
        let mut crowd = Crowd::open(run, people, opening.connect_rate)?;
        crowd.run_until(Instant::now() + opening.settle)?;
        meter.idle();
        let window = (Instant::now(), Counts::default());
        Ok(Self {
            crowd,
            meter,
            connections: seating.connections,
            window,
            rates: (0.0, 0.0),
        })
    }

    /// The measured part begins.
    pub(super) fn begin_window(&mut self) {
        let counts = self.crowd.run.ledger.counts;
        self.window = (Instant::now(), counts);
        self.meter.window(counts.received);
    }

    /// The measured part ends; what is under way is still waited for.
    pub(super) fn end_window(&mut self) {
        let (now, then) = (self.crowd.run.ledger.counts, self.window.1);
        let seconds = self.window.0.elapsed().as_secs_f64();
        let rate = |now: u64, then: u64| (now - then) as f64 / seconds;
        self.rates = (
            rate(now.acknowledged, then.acknowledged),
            rate(now.received, then.received),
        );
    }

    /// Waits until everything is answered and delivered, at most so long, and then a little for what is too much.
    pub(super) fn drain(&mut self, patience: Duration) -> Result<(), Error> {
        let deadline = Instant::now() + patience;
        let is_settled = |crowd: &Crowd| crowd.run.ledger.is_settled();
        while !is_settled(&self.crowd) && Instant::now() < deadline {
            self.crowd
                .run_while(deadline.min(Instant::now() + GLANCE), |crowd| !is_settled(crowd))?;
            self.crowd.catch_up()?;
        }
        self.crowd.run_until(Instant::now() + LINGER)
    }

    /// Reads the meters, closes the connections, and gives the account.
    pub(super) fn close(self, scenario: &Scenario) -> Result<Report, Error> {
        let received = self.crowd.run.ledger.counts.received;
        let usage = self.meter.end(self.connections, received);
        let opened_in = self.crowd.opened_in;
        let (Run { ledger, rooms, .. }, outcomes) = self.crowd.close()?;
        let sizes = || rooms.iter().map(|room| room.members.len());
        let (counts, times) = (ledger.counts, &ledger.times);
        let connections = Connections {
            count: outcomes.len(),
            rooms: rooms.len(),
            smallest_room: sizes().min().unwrap_or(0),
            largest_room: sizes().max().unwrap_or(0),
            opened_in_seconds: opened_in.as_secs_f64(),
            disconnects: outcomes.iter().map(|outcome| outcome.disconnects).sum(),
            limited: outcomes.iter().map(|outcome| outcome.limited).sum(),
            errors: outcomes.iter().map(|outcome| outcome.errors).sum(),
            hello_ms: times.hello.percentiles(),
            join_ms: times.join.percentiles(),
            resume_ms: times.resume.percentiles(),
        };
        let messages = Messages {
            counts,
            unanswered: counts.sent - counts.acknowledged - counts.refused,
            acknowledged_per_second: self.rates.0,
            delivered_per_second: self.rates.1,
            delivery_ms: times.delivery.percentiles(),
            acknowledgement_ms: times.acknowledgement.percentiles(),
            lag_ms: times.lag.percentiles(),
        };
        Ok(Report {
            scenario: scenario.clone(),
            machine: Machine::this(),
            connections: Some(connections),
            messages: (counts.planned > 0).then_some(messages),
            requests: None,
            mix: None,
            faults: tally::faults(ledger.sends(), rooms.len(), &outcomes),
            usage,
            notes: ledger.notes.clone(),
        })
    }
}
