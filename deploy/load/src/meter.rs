//! What server and generator used, at the moments that matter: before the first connection, idle with
//! all of them, while the measured messages pass, at the end.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::process::{Holdings, Processes};

/// Above this share of its core the generator measures itself.
const SATURATED: f64 = 0.85;

/// Reads the use of server and generator.
#[derive(Debug)]
pub struct Meter {
    roots: Vec<u32>,
    server: Processes,
    generator: Processes,
    before: Holdings,
    idle: Holdings,
    window: Moment,
}

#[derive(Clone, Copy, Debug)]
struct Moment {
    at: Instant,
    server: Duration,
    generator: Duration,
    deliveries: u64,
}

/// What the server's processes used.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ServerUse {
    /// User and system time from the first measured message to the end.
    pub cpu_seconds: f64,
    /// The same as a share of one core.
    pub cpu_share: f64,
    /// The same for each delivery, in microseconds.
    pub cpu_us_per_delivery: Option<f64>,
    /// Before the first connection.
    pub before: Holdings,
    /// With all connections, before the first message.
    pub idle: Holdings,
    /// After the last delivery.
    pub end: Holdings,
    /// Resident memory added by each idle connection, in bytes.
    pub rss_per_connection: f64,
    /// The same of the proportional set.
    pub pss_per_connection: f64,
}

/// What the generator used.
#[derive(Clone, Debug, Default, Serialize)]
pub struct GeneratorUse {
    /// User and system time from the first measured message to the end.
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
        let before = server.holdings();
        let window = Moment {
            at: Instant::now(),
            server: server.cpu(),
            generator: generator.cpu(),
            deliveries: 0,
        };
        Self {
            roots: roots.to_vec(),
            server,
            generator,
            before,
            idle: before,
            window,
        }
    }

    /// All connections are open and nothing happens.
    pub fn idle(&mut self) {
        self.server = Processes::family(&self.roots);
        self.idle = self.server.holdings();
        self.window(0);
    }

    /// The measured part begins. Reads little: messages are under way.
    pub fn window(&mut self, deliveries: u64) {
        let (server, generator) = (self.server.cpu(), self.generator.cpu());
        self.window = Moment {
            at: Instant::now(),
            server,
            generator,
            deliveries,
        };
    }

    /// The measured part is over.
    pub fn end(&self, connections: usize, deliveries: u64) -> (Option<ServerUse>, GeneratorUse) {
        let elapsed = self.window.at.elapsed().as_secs_f64();
        let generator_cpu = (self.generator.cpu().saturating_sub(self.window.generator)).as_secs_f64();
        let server = Processes::family(&self.roots);
        let server_cpu = server.cpu().saturating_sub(self.window.server).as_secs_f64();
        let delivered = deliveries - self.window.deliveries;
        let each = |now: u64, then: u64| (now as f64 - then as f64) / connections.max(1) as f64;
        let server = ServerUse {
            cpu_seconds: server_cpu,
            cpu_share: server_cpu / elapsed,
            cpu_us_per_delivery: (delivered > 0).then(|| server_cpu * 1e6 / delivered as f64),
            before: self.before,
            idle: self.idle,
            end: server.holdings(),
            rss_per_connection: each(self.idle.rss, self.before.rss),
            pss_per_connection: each(self.idle.pss, self.before.pss),
        };
        let generator = GeneratorUse {
            cpu_seconds: generator_cpu,
            cpu_share: generator_cpu / elapsed,
            saturated: generator_cpu / elapsed > SATURATED,
            end: self.generator.holdings(),
        };
        ((!self.roots.is_empty()).then_some(server), generator)
    }
}
