//! A scenario several times, each with a fresh server on a core of its own: medians and spreads.

mod preset;
mod server;
mod storm;
mod summary;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use clap::{Args, Parser};
use serde_json::Value;
use tokio::{
    process::Command as Process,
    signal::unix::{SignalKind, signal},
};

use self::server::{Prepared, Server};
use crate::{
    error::Error,
    options::{Command, Options, Scenario},
};

/// Options of `bench`.
#[derive(Clone, Debug, Args)]
pub struct Bench {
    /// `rooms`, `room`, `busy`, `idle`, `saturate`, `posts`, `messages`, `mix`, `storm`, or `all`; `growth-100`
    /// to `growth-10000`, or `growth`.
    #[arg(required = true, value_parser = preset::names())]
    pub presets: Vec<String>,
    /// Runs of each.
    #[arg(long, default_value_t = 3)]
    pub runs: usize,
    /// The server's binary.
    #[arg(long, default_value = "target/release/natter")]
    pub binary: PathBuf,
    /// Where data, reports and the server's log go. Not a file system in memory: a durable write must cost what it costs.
    #[arg(long, default_value = "target/load")]
    pub folder: PathBuf,
    /// The server's core; `none` leaves it to the system.
    #[arg(long, default_value = "0")]
    pub server_core: String,
    /// The generator's core; `none` leaves it to the system.
    #[arg(long, default_value = "1")]
    pub generator_core: String,
    /// Messages beforehand, over all rooms.
    #[arg(long, default_value_t = 1000)]
    pub messages: u32,
    /// Added to the server's environment, `NAME=VALUE`; it may name another database or Redis.
    #[arg(long)]
    pub env: Vec<String>,
    /// Processes whose use is counted with the server's: its database, Redis.
    #[arg(long, value_delimiter = ',')]
    pub also_pid: Vec<u32>,
    /// Options of the scenario that take the place of the preset's.
    #[arg(last = true)]
    pub overrides: Vec<String>,
}

/// Runs the presets; true when every run passed. Ends early, and stops what it started, on the usual signals.
pub async fn run(bench: &Bench) -> Result<bool, Error> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::io("signals"))?;
    // Servers and generators end with the future that holds them.
    tokio::select! {
        passed = run_all(bench) => passed,
        _ = terminate.recv() => Err(Error::Usage("terminated".into())),
        _ = tokio::signal::ctrl_c() => Err(Error::Usage("interrupted".into())),
    }
}

async fn run_all(bench: &Bench) -> Result<bool, Error> {
    fs::create_dir_all(&bench.folder).map_err(Error::io(bench.folder.display().to_string()))?;
    let mut all_passed = true;
    for name in preset::expand(&bench.presets) {
        let mut reports = Vec::new();
        for number in 1..=bench.runs {
            println!("── {name}, run {number} of {}", bench.runs);
            reports.push(run_once(bench, name, number).await?);
        }
        all_passed &= reports.iter().all(|report| report["passed"] == true);
        let summary = summary::Summary::of(name, &reports);
        summary.write(&bench.folder)?;
        println!("{}", summary.markdown());
    }
    Ok(all_passed)
}

async fn run_once(bench: &Bench, name: &str, number: usize) -> Result<Value, Error> {
    let mut line = preset::options(name);
    line.extend(bench.overrides.iter().cloned());
    let scenario = parse(&line)?;
    let prepared = Prepared::seed(bench, scenario.needs()).await?;
    let server = Server::start(bench, &prepared).await?;
    println!(
        "server ready after {:.0} ms",
        server.ready_in.as_secs_f64() * 1000.0
    );
    let report = bench.folder.join(format!("{name}-{number}.json"));
    let place = (server.pid, server.url.clone());
    let generating = generate(bench, &line, &place, &prepared, &report);
    if name == preset::STORM {
        let (people, ..) = scenario.needs();
        let striking = storm::strike(bench, &prepared, server, people);
        let ((), server) = tokio::try_join!(generating, striking)?;
        let mut value = read(&report)?;
        value["server"] = storm::cost(&server, people).await?;
        server.stop().await?;
        return Ok(value);
    }
    generating.await?;
    let ready_in = server.ready_in.as_secs_f64() * 1000.0;
    server.stop().await?;
    let mut value = read(&report)?;
    value["server"]["ready_in_ms"] = ready_in.into();
    Ok(value)
}

fn parse(line: &[String]) -> Result<Scenario, Error> {
    let line = ["natter-load".to_owned()].into_iter().chain(line.iter().cloned());
    match Options::try_parse_from(line)
        .map_err(|error| Error::Usage(error.to_string()))?
        .command
    {
        Command::Scenario(scenario) => Ok(scenario),
        Command::Bench(_) | Command::Check { .. } => {
            Err(Error::Usage("a bench runs one of the scenarios".into()))
        }
    }
}

/// Runs the generator as a process of its own, so that it can have a core of its own.
async fn generate(
    bench: &Bench,
    line: &[String],
    (pid, url): &(u32, String),
    prepared: &Prepared,
    report: &Path,
) -> Result<(), Error> {
    let myself = env::current_exe().map_err(Error::io("this program"))?;
    let mut pids = vec![*pid];
    pids.extend(&bench.also_pid);
    let pids = pids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
    let mut generator = pinned(&bench.generator_core, &myself);
    generator.args(line).args(["--url", url, "--server-pid", &pids]);
    generator
        .arg("--tokens")
        .arg(prepared.tokens())
        .arg("--json")
        .arg(report);
    let _ = fs::remove_file(report);
    let status = generator.stdin(Stdio::null()).kill_on_drop(true).status().await;
    let status = status.map_err(Error::io("the generator"))?;
    // With 1 there is a report that says why; otherwise there is none.
    match status.code() {
        Some(0 | 1) => Ok(()),
        _ => Err(Error::Process(format!(
            "the generator ended with {status}. {}",
            prepared.log_tail()
        ))),
    }
}

/// A program bound to a core.
fn pinned(core: &str, program: &Path) -> Process {
    if core == "none" {
        return Process::new(program);
    }
    let mut process = Process::new("taskset");
    process.args(["--cpu-list", core]).arg(program);
    process
}

fn read(path: &Path) -> Result<Value, Error> {
    let text = fs::read_to_string(path).map_err(Error::io(path.display().to_string()))?;
    serde_json::from_str(&text).map_err(|error| Error::Malformed(error.to_string()))
}
