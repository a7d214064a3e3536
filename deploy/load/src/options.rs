//! The command line: what every scenario needs, and what each adds.

use std::{net::Ipv4Addr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};
use serde::Serialize;

use crate::{bench::Bench, schedule::Arrivals};

/// Natter's load generator: open-loop, one clock, every delivery checked.
#[derive(Debug, Parser)]
#[command(version, args_override_self = true)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// One of the scenarios, against a server that is running.
    #[command(flatten)]
    Scenario(Scenario),
    /// Seeds and starts a server for every run, pins it and the generator to cores of their own, and gives medians.
    Bench(Bench),
    /// Holds a recorded history against the contract.
    Check {
        /// Lines of JSON, as the fault tests write them.
        history: PathBuf,
    },
}

/// The scenarios.
#[derive(Clone, Debug, Subcommand, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scenario {
    /// Messages at a fixed rate into rooms; every delivery to every receiver is timed and checked.
    Fanout(Fanout),
    /// Connections that do nothing: what each costs.
    Idle(Idle),
    /// Messages as fast as they are acknowledged, a window of them under way: deliveries a second.
    Saturate(Saturate),
    /// Durable posts over HTTP by many writers: throughput, latency, and every number given once.
    Posts(Posts),
    /// Reads over HTTP by many clients: throughput and latency.
    Gets(Gets),
    /// People who switch rooms, scroll, follow links, react and now and then post: what caches are worth.
    Mix(Mix),
}

/// The server under test, and where the report goes.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Target {
    /// The server's origin.
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    pub url: String,
    /// Lines of username, token and room ids, apart by tabs, as `natter seed --tokens` writes them.
    #[arg(long, default_value = "tokens.tsv")]
    #[serde(skip)]
    pub tokens: PathBuf,
    /// Process ids of the server, and of a database and others to be counted with it; descendants are included.
    #[arg(long, value_delimiter = ',')]
    #[serde(skip)]
    pub server_pid: Vec<u32>,
    /// The first local address to connect from; the next ones follow after every 20,000 connections.
    #[arg(long)]
    pub source: Option<Ipv4Addr>,
    /// Writes the report as JSON, too.
    #[arg(long)]
    #[serde(skip)]
    pub json: Option<PathBuf>,
}

/// How the connections are opened and closed.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Opening {
    /// Connections begun in a second; 0 for all at once.
    #[arg(long, default_value_t = 1000.0)]
    pub connect_rate: f64,
    /// Rest between the last joined room and the first message.
    #[arg(long, default_value = "2", value_parser = seconds)]
    #[serde(serialize_with = "as_seconds")]
    pub settle: Duration,
    /// The longest to wait for the last answers and deliveries.
    #[arg(long, default_value = "10", value_parser = seconds)]
    #[serde(serialize_with = "as_seconds")]
    pub drain: Duration,
}

/// Options of `fanout`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Fanout {
    /// The server under test, and where the report goes.
    #[command(flatten)]
    pub target: Target,
    /// How the connections are opened and closed.
    #[command(flatten)]
    pub opening: Opening,
    /// Connections, each a person of its own.
    #[arg(long, default_value_t = 1000)]
    pub connections: usize,
    /// Rooms that take part.
    #[arg(long, default_value_t = 20)]
    pub rooms: usize,
    /// Connections in each room; 0 for all its members.
    #[arg(long, default_value_t = 50)]
    pub room_size: usize,
    /// Messages a minute, over all rooms.
    #[arg(long, default_value_t = 10_000.0)]
    pub rate: f64,
    /// The measured part.
    #[arg(long, default_value = "60", value_parser = seconds)]
    #[serde(serialize_with = "as_seconds")]
    pub duration: Duration,
    /// Messages before the measured part: checked, not timed.
    #[arg(long, default_value = "5", value_parser = seconds)]
    #[serde(serialize_with = "as_seconds")]
    pub warmup: Duration,
    /// How the sends are spaced.
    #[arg(long, value_enum, default_value_t = Arrivals::Constant)]
    pub arrivals: Arrivals,
    /// Of the random arrivals.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Length of each message's text.
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(24..=8000))]
    pub body_bytes: u32,
}

/// Options of `idle`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Idle {
    /// The server under test, and where the report goes.
    #[command(flatten)]
    pub target: Target,
    /// How the connections are opened and closed.
    #[command(flatten)]
    pub opening: Opening,
    /// Connections, each a person of its own.
    #[arg(long, default_value_t = 5000)]
    pub connections: usize,
    /// Rooms to open; 0 leaves all rooms closed.
    #[arg(long, default_value_t = 100)]
    pub rooms: usize,
    /// Connections in each room; 0 for all its members.
    #[arg(long, default_value_t = 50)]
    pub room_size: usize,
    /// How long to watch the server do nothing.
    #[arg(long, default_value = "30", value_parser = seconds)]
    #[serde(serialize_with = "as_seconds")]
    pub duration: Duration,
}

/// Options of `saturate`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Saturate {
    /// The server under test, and where the report goes.
    #[command(flatten)]
    pub target: Target,
    /// How the connections are opened and closed.
    #[command(flatten)]
    pub opening: Opening,
    /// Connections, each a person of its own.
    #[arg(long, default_value_t = 500)]
    pub connections: usize,
    /// Rooms that take part.
    #[arg(long, default_value_t = 10)]
    pub rooms: usize,
    /// Connections in each room; 0 for all its members.
    #[arg(long, default_value_t = 50)]
    pub room_size: usize,
    /// Connections in each room that send.
    #[arg(long, default_value_t = 2)]
    pub senders: usize,
    /// Messages each of them has under way.
    #[arg(long, default_value_t = 16)]
    pub window: usize,
    /// The measured part.
    #[arg(long, default_value = "20", value_parser = seconds)]
    #[serde(serialize_with = "as_seconds")]
    pub duration: Duration,
    /// Messages before the measured part: checked, not timed.
    #[arg(long, default_value = "3", value_parser = seconds)]
    #[serde(serialize_with = "as_seconds")]
    pub warmup: Duration,
    /// Length of each message's text.
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(24..=8000))]
    pub body_bytes: u32,
}

/// How requests are made over HTTP.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Requests {
    /// Clients, each a person of its own with one connection kept alive and one request at a time.
    #[arg(long, visible_alias = "writers", default_value_t = 64)]
    pub clients: usize,
    /// Requests a minute, over all clients, timed from when each was due; 0: each client as fast as answers come.
    #[arg(long, default_value_t = 0.0)]
    pub rate: f64,
    /// The measured part.
    #[arg(long, default_value = "20", value_parser = seconds)]
    #[serde(serialize_with = "as_seconds")]
    pub duration: Duration,
    /// Requests before the measured part: made and checked, not timed.
    #[arg(long, default_value = "3", value_parser = seconds)]
    #[serde(serialize_with = "as_seconds")]
    pub warmup: Duration,
}

/// Options of `posts`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Posts {
    /// The server under test, and where the report goes.
    #[command(flatten)]
    pub target: Target,
    /// How requests are made.
    #[command(flatten)]
    pub requests: Requests,
    /// Length of each message's text.
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(24..=8000))]
    pub body_bytes: u32,
}

/// Options of `gets`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Gets {
    /// The server under test, and where the report goes.
    #[command(flatten)]
    pub target: Target,
    /// How requests are made.
    #[command(flatten)]
    pub requests: Requests,
    /// What to get; `{room}` becomes a room of the client's person.
    #[arg(long, default_value = "/api/messages?room={room}&limit=50")]
    pub path: String,
}

/// Options of `mix`.
#[derive(Clone, Debug, Args, Serialize)]
pub struct Mix {
    /// The server under test, and where the report goes.
    #[command(flatten)]
    pub target: Target,
    /// Origins of several instances, which take turns with the people; without, the one of `--url`.
    #[arg(long, value_delimiter = ',')]
    pub instances: Vec<String>,
    /// People, each with a live connection and one request at a time.
    #[arg(long, default_value_t = 200)]
    pub users: usize,
    /// Rooms to seed.
    #[arg(long, default_value_t = 20)]
    pub rooms: usize,
    /// Members to seed in each.
    #[arg(long, default_value_t = 50)]
    pub room_size: usize,
    /// Actions a minute, over all people, timed from when each was due; one in about thirteen is a post.
    #[arg(long, default_value_t = 6000.0)]
    pub rate: f64,
    /// The measured part.
    #[arg(long, default_value = "60", value_parser = seconds)]
    #[serde(serialize_with = "as_seconds")]
    pub duration: Duration,
    /// Actions before the measured part, which fill the caches.
    #[arg(long, default_value = "20", value_parser = seconds)]
    #[serde(serialize_with = "as_seconds")]
    pub warmup: Duration,
}

impl Mix {
    /// Where the servers are.
    pub fn urls(&self) -> Vec<String> {
        if self.instances.is_empty() {
            vec![self.target.url.clone()]
        } else {
            self.instances.clone()
        }
    }
}

fn as_seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

/// Reads `60`, `60s` or `0.5`.
fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text
        .trim_end_matches('s')
        .parse()
        .map_err(|_| "expected seconds, such as 60 or 0.5")?;
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}

impl Scenario {
    /// The server under test.
    pub fn target(&self) -> &Target {
        match self {
            Self::Fanout(options) => &options.target,
            Self::Idle(options) => &options.target,
            Self::Saturate(options) => &options.target,
            Self::Posts(options) => &options.target,
            Self::Gets(options) => &options.target,
            Self::Mix(options) => &options.target,
        }
    }

    /// How many people, rooms and members a server must be seeded with.
    pub fn needs(&self) -> (usize, usize, usize) {
        let needs =
            |people, rooms: usize, size| (people, rooms.max(1), if size == 0 { people } else { size });
        match self {
            Self::Fanout(options) => needs(options.connections, options.rooms, options.room_size),
            Self::Idle(options) => needs(options.connections, options.rooms, options.room_size),
            Self::Saturate(options) => needs(options.connections, options.rooms, options.room_size),
            Self::Mix(options) => needs(options.users, options.rooms, options.room_size),
            Self::Posts(Posts { requests, .. }) | Self::Gets(Gets { requests, .. }) => needs(
                requests.clients,
                requests.clients.div_ceil(4),
                4.min(requests.clients),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn the_main_scenario_needs_no_options() {
        let options = Options::try_parse_from(["natter-load", "fanout"]).unwrap();
        let Command::Scenario(Scenario::Fanout(fanout)) = options.command else {
            panic!("fanout")
        };
        assert_eq!(
            (fanout.connections, fanout.rooms, fanout.room_size),
            (1000, 20, 50)
        );
        assert_eq!(
            (fanout.rate, fanout.duration),
            (10_000.0, Duration::from_secs(60))
        );
    }

    #[test]
    fn a_later_option_overrides_an_earlier_one() {
        let line = ["natter-load", "fanout", "--duration", "60", "--duration", "0.5s"];
        let Command::Scenario(Scenario::Fanout(fanout)) = Options::try_parse_from(line).unwrap().command
        else {
            panic!("fanout")
        };
        assert_eq!(fanout.duration, Duration::from_millis(500));
    }
}
