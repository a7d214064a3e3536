//! All the connections of a run, and the loop they live in: one thread, one epoll, one buffer.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    time::{Duration, Instant},
};

use crate::{
    backfill,
    client::{Client, Outcome, Phase},
    error::Error,
    poll::{Poll, Ready},
    roster::Person,
    run::Run,
};

/// More handshakes at once would measure the listener's backlog.
const HANDSHAKES: usize = 256;
/// From the first attempt to the answer to the upgrade.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// A connection that cannot be had again for so long is given up.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(100);
/// For all rooms to be open after the last connection was begun.
const OPENING: Duration = Duration::from_secs(60);
/// For the server to answer all closes.
const FAREWELL: Duration = Duration::from_secs(2);
/// How often something awaited is looked for.
const GLANCE: Duration = Duration::from_millis(5);
/// The most that is read at once, and the longest frame.
const BUFFER: usize = 4 * 1024 * 1024;

/// The connections.
pub struct Crowd {
    /// What they share.
    pub run: Run,
    /// From the first connection begun to the last room open.
    pub opened_in: Duration,
    clients: Vec<Client>,
    poll: Poll,
    ready: Vec<Ready>,
    buffer: Vec<u8>,
    /// When a connection is to be looked at: to begin, or because its handshake takes too long.
    alarms: BinaryHeap<Reverse<(Instant, usize)>>,
    /// Connections that may begin as soon as fewer handshakes are under way.
    waiting: VecDeque<usize>,
    handshakes: usize,
    is_closing: bool,
}

impl Crowd {
    /// Opens one connection for each person, `rate` a second (0: all at once), and waits for their rooms.
    pub fn open(run: Run, people: Vec<Person>, rate: f64) -> Result<Self, Error> {
        let (start, count) = (Instant::now(), people.len());
        let step = if rate > 0.0 { 1.0 / rate } else { 0.0 };
        let begin = |index: usize| start + Duration::from_secs_f64(step * index as f64);
        let people = people.into_iter().enumerate();
        let clients: Vec<_> = people
            .map(|(index, person)| Client::new(index, person, &run, begin(index)))
            .collect();
        let mut crowd = Self {
            run,
            opened_in: Duration::ZERO,
            clients,
            poll: Poll::new()?,
            ready: Vec::new(),
            buffer: vec![0; BUFFER],
            alarms: (0..count).map(|index| Reverse((begin(index), index))).collect(),
            waiting: VecDeque::new(),
            handshakes: 0,
            is_closing: false,
        };
        let deadline = begin(count) + OPENING;
        crowd.run_while(deadline, |crowd| {
            crowd.run.ready < count && crowd.run.failed.is_empty()
        })?;
        crowd.opened_in = start.elapsed();
        crowd.check_open(count)?;
        Ok(crowd)
    }

    fn check_open(&self, wanted: usize) -> Result<(), Error> {
        let Run {
            ready,
            failed,
            ledger,
            ..
        } = &self.run;
        if *ready == wanted {
            return Ok(());
        }
        let why = failed.first().or(ledger.notes.first()).map_or("", String::as_str);
        Err(Error::Closed(format!(
            "{ready} of {wanted} connections have their rooms open. {why}"
        )))
    }

    /// Lets the connections live until then.
    pub fn run_until(&mut self, until: Instant) -> Result<(), Error> {
        while Instant::now() < until {
            self.turn(until)?;
        }
        Ok(())
    }

    /// Lets the connections live while something holds, at the longest until then.
    pub fn run_while(&mut self, until: Instant, holds: impl Fn(&Self) -> bool) -> Result<(), Error> {
        while holds(self) && Instant::now() < until {
            self.turn(until.min(Instant::now() + GLANCE))?;
        }
        Ok(())
    }

    /// Has a message of the ledger sent.
    pub fn send(&mut self, connection: usize, index: usize) {
        let client = &mut self.clients[connection];
        if let Err(error) = client.tell(index, &mut self.run) {
            self.broke(connection, &error, Instant::now());
        }
    }

    /// Loads over HTTP what was too much for the sockets.
    pub fn catch_up(&mut self) -> Result<(), Error> {
        if self.clients.iter().any(|client| !client.behind.is_empty()) {
            backfill::catch_up(&mut self.clients, &mut self.run)?;
        }
        Ok(())
    }

    /// Closes all connections, and hands over what each saw.
    pub fn close(mut self) -> Result<(Run, Vec<Outcome>), Error> {
        self.is_closing = true;
        for connection in 0..self.clients.len() {
            if let Err(error) = self.clients[connection].close() {
                self.broke(connection, &error, Instant::now());
            }
        }
        let is_open = |client: &Client| client.phase == Phase::Open;
        self.run_while(Instant::now() + FAREWELL, |crowd| {
            crowd.clients.iter().any(is_open)
        })?;
        Ok((
            self.run,
            self.clients.into_iter().map(|client| client.outcome).collect(),
        ))
    }

    /// Waits once, and does what has become possible or due.
    fn turn(&mut self, until: Instant) -> Result<(), Error> {
        let alarm = self.alarms.peek().map_or(until, |Reverse((at, _))| *at);
        let mut ready = std::mem::take(&mut self.ready);
        self.poll.wait(until.min(alarm), &mut ready)?;
        ready.iter().for_each(|ready| self.attend(*ready));
        self.ready = ready;
        self.look_at_alarms();
        Ok(())
    }

    fn attend(&mut self, ready: Ready) {
        let client = &mut self.clients[ready.connection];
        let was_open = client.phase == Phase::Open;
        let attended = client.ready(ready, &mut self.run, &mut self.buffer);
        if !was_open && client.phase == Phase::Open {
            self.handshakes -= 1;
        }
        if let Err(error) = attended {
            self.broke(ready.connection, &error, Instant::now());
        }
    }

    fn look_at_alarms(&mut self) {
        let now = Instant::now();
        while self.alarms.peek().is_some_and(|Reverse((at, _))| *at <= now)
            && let Some(Reverse((_, connection))) = self.alarms.pop()
        {
            let client = &self.clients[connection];
            match client.phase {
                Phase::Resting(until) if until <= now => self.waiting.push_back(connection),
                Phase::Connecting | Phase::Upgrading if client.began + HANDSHAKE <= now => {
                    self.broke(connection, &Error::Late("the handshake"), now);
                }
                _ => {}
            }
        }
        while self.handshakes < HANDSHAKES
            && let Some(connection) = self.waiting.pop_front()
        {
            self.begin(connection, now);
        }
    }

    fn begin(&mut self, connection: usize, now: Instant) {
        self.handshakes += 1;
        self.alarms.push(Reverse((now + HANDSHAKE, connection)));
        let client = &mut self.clients[connection];
        client.phase = Phase::Connecting;
        if let Err(error) = client.connect(&self.run, &self.poll, now) {
            self.broke(connection, &error, now);
        }
    }

    /// A connection came to an end: it rests and tries again, unless that is of no use.
    fn broke(&mut self, connection: usize, error: &Error, now: Instant) {
        let client = &mut self.clients[connection];
        let (was_open, was_shaking) = (
            client.phase == Phase::Open,
            matches!(client.phase, Phase::Connecting | Phase::Upgrading),
        );
        self.handshakes -= usize::from(was_shaking);
        if self.is_closing {
            return client.end();
        }
        if was_open && matches!(error, Error::Malformed(_)) {
            client.outcome.faults.malformed += 1;
        }
        client.interrupt(now);
        let since = client.broke.unwrap_or(client.created);
        if error.is_final() || now.saturating_duration_since(since) > PATIENCE {
            let why = format!("{} (connection {connection}): {error}", client.person.username);
            client.end();
            self.run.ledger.note(|| why.clone());
            self.run.failed.push(why);
            return;
        }
        // Not all at the same moment: the spread comes from the index, so that runs are alike.
        let spread = Duration::from_millis(connection as u64 % 100);
        let until = now + client.come_back.take().unwrap_or(PAUSE) + spread;
        client.phase = Phase::Resting(until);
        self.alarms.push(Reverse((until, connection)));
    }
}
