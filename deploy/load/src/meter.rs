//! What server and generator used, at the moments that matter: before the first connection, idle with
//! all of them, while the measured messages pass, at the end.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::process::{self, Holdings, Processes};

/// Above this share of its core the generator measures itself.
const SATURATED: f64 = 0.85;

/// Reads the use of server and generator.
#[derive(Debug)]
pub struct Meter {
    roots: Vec<u32>,
    server: Processes,
    generator: Processes,
    before: Holdings,
    idle: Option<Holdings>,
    window: Moment,
}

#[derive(Clone, Copy, Debug)]
struct Moment {
    at: Instant,
    server: Duration,
    generator: Duration,
    machine: Duration,
    done: u64,
}

/// What was used from the first measured message or request to the end.
#[derive(Clone, Debug, Serialize)]
pub struct Use {
    /// By the server's processes; none when they are not known.
    pub server: Option<ServerUse>,
    /// By the generator.
    pub generator: GeneratorUse,
    /// By everything else on the machine, as a share of one core; none when the server's processes are not known.
    pub others_cpu_share: Option<f64>,
}

/// What the server's processes used.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ServerUse {
    /// User and system time.
    pub cpu_seconds: f64,
    /// The same as a share of one core.
    pub cpu_share: f64,
    /// The same for each delivery, or request, in microseconds.
    pub cpu_us_each: Option<f64>,
    /// Before the first connection.
    pub before: Holdings,
    /// With all connections, before the first message; none when there are only requests.
    pub idle: Option<Holdings>,
    /// At the end.
    pub end: Holdings,
    /// Resident memory added by each idle connection, in bytes.
    pub rss_per_connection: Option<f64>,
    /// The same of the proportional set.
    pub pss_per_connection: Option<f64>,
}

/// What the generator used.
#[derive(Clone, Debug, Default, Serialize)]
pub struct GeneratorUse {
    /// User and system time.
    pub cpu_seconds: f64,
    /// The same as a share of its one core.
    pub cpu_share: f64,
    /// Whether it was too busy to be trusted.
    pub saturated: bool,
    /// At the end.
    pub end: Holdings,
}

impl Meter {
    /// Begins before the first connection. `roots` are the server's processes, if known.
    pub fn begin(roots: &[u32]) -> Self {
        let (server, generator) = (Processes::family(roots), Processes::myself());
        let (before, window) = (server.holdings(), Moment::now(&server, &generator, 0));
        Self {
            roots: roots.to_vec(),
            server,
            generator,
            before,
            idle: None,
            window,
        }
    }

    /// All connections are open and nothing happens.
    pub fn idle(&mut self) {
        self.server = Processes::family(&self.roots);
        self.idle = Some(self.server.holdings());
    }

    /// The measured part begins, with so many deliveries or requests done. Reads little: messages are under way.
    pub fn window(&mut self, done: u64) {
        self.window = Moment::now(&self.server, &self.generator, done);
    }

    /// The measured part is over.
    pub fn end(&self, connections: usize, done: u64) -> Use {
        let server = Processes::family(&self.roots);
        let end = Moment::now(&server, &self.generator, done);
        let elapsed = (end.at - self.window.at).as_secs_f64();
        let used = |of: fn(&Moment) -> Duration| of(&end).saturating_sub(of(&self.window)).as_secs_f64();
        let (server_cpu, generator_cpu) = (used(|moment| moment.server), used(|moment| moment.generator));
        let others = (used(|moment| moment.machine) - server_cpu - generator_cpu).max(0.0);
        let is_known = !self.roots.is_empty();
        let done = done - self.window.done;
        let each = |now: u64, then: u64| (now as f64 - then as f64) / connections.max(1) as f64;
        let server = ServerUse {
            cpu_seconds: server_cpu,
            cpu_share: server_cpu / elapsed,
            cpu_us_each: (done > 0).then(|| server_cpu * 1e6 / done as f64),
            before: self.before,
            idle: self.idle,
            end: server.holdings(),
            rss_per_connection: self.idle.map(|idle| each(idle.rss, self.before.rss)),
            pss_per_connection: self.idle.map(|idle| each(idle.pss, self.before.pss)),
        };
        let generator = GeneratorUse {
            cpu_seconds: generator_cpu,
            cpu_share: generator_cpu / elapsed,
            saturated: generator_cpu / elapsed > SATURATED,
            end: self.generator.holdings(),
        };
        let others_cpu_share = is_known.then_some(others / elapsed);
        Use {
            server: is_known.then_some(server),
            generator,
            others_cpu_share,
        }
    }
}

impl Moment {
    fn now(server: &Processes, generator: &Processes, done: u64) -> Self {
        let (machine, server, generator) = (process::machine_cpu(), server.cpu(), generator.cpu());
        Self {
            at: Instant::now(),
            server,
            generator,
            machine,
            done,
        }
    }
}
