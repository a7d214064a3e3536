//! The server under test: its data, its start on a free port, its end. Only what was started here is
//! stopped here, whatever happens.

use std::{
    fs,
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command as Process},
    time::{sleep, timeout},
};

use super::{Bench, pinned};
use crate::error::Error;

const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(20);
/// Short against the time to start that is reported.
const GLANCE: Duration = Duration::from_millis(5);

/// A folder with a seeded database, removed at the end.
pub(super) struct Prepared(TempDir);

impl Prepared {
    /// Seeds so many people, rooms and members.
    pub(super) async fn seed(bench: &Bench, needs: (usize, usize, usize)) -> Result<Self, Error> {
        if !bench.binary.is_file() {
            let binary = bench.binary.display();
            return Err(Error::Usage(format!(
                "{binary} is missing: build the server first (make build)"
            )));
        }
        let folder = tempfile::Builder::new().prefix("run-").tempdir_in(&bench.folder);
        let prepared = Self(folder.map_err(Error::io(bench.folder.display().to_string()))?);
        let (people, rooms, members) = needs;
        let mut seed = prepared.program(bench, Process::new(&bench.binary))?;
        seed.arg("seed").arg("--tokens").arg(prepared.tokens());
        let numbers = [people, rooms, members, bench.messages as usize].map(|number| number.to_string());
        for (name, number) in ["--users", "--rooms", "--members", "--messages"]
            .into_iter()
            .zip(&numbers)
        {
            seed.args([name, number]);
        }
        let status = seed.status().await.map_err(Error::io("natter seed"))?;
        if !status.success() {
            return Err(Error::Usage(format!(
                "natter seed: {status}. {}",
                prepared.log_tail()
            )));
        }
        Ok(prepared)
    }

    pub(super) fn tokens(&self) -> PathBuf {
        self.0.path().join("tokens.tsv")
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("server.log")
    }

    /// The last lines the server wrote.
    pub(super) fn log_tail(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        format!(
            "The server's last lines:\n{}",
            lines[lines.len().saturating_sub(10)..].join("\n")
        )
    }

    /// The server's program with the environment of this folder, and its output into the log.
    fn program(&self, bench: &Bench, mut program: Process) -> Result<Process, Error> {
        let log = fs::File::options().create(true).append(true).open(self.log());
        let log = log.map_err(Error::io("server.log"))?;
        let error = log.try_clone().map_err(Error::io("server.log"))?;
        // An absolute path: the server reads what follows `sqlite://` as it stands.
        let folder = self.0.path().canonicalize().map_err(Error::io("data folder"))?;
        program.env("NATTER_LIMITS", "off");
        program.env(
            "DATABASE_URL",
            format!("sqlite://{}", folder.join("natter.db").display()),
        );
        program.env("NATTER_FILES", folder.join("files"));
        let pairs = bench.env.iter().filter_map(|pair| pair.split_once('='));
        program
            .envs(pairs)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(error)
            .kill_on_drop(true);
        Ok(program)
    }
}

/// A server that is running.
pub(super) struct Server {
    child: Child,
    pub(super) pid: u32,
    pub(super) url: String,
    /// From the start of the process to the first good answer of `/health/ready`.
    pub(super) ready_in: Duration,
}

impl Server {
    /// Starts it on a free port and waits until it is ready.
    pub(super) async fn start(bench: &Bench, prepared: &Prepared) -> Result<Self, Error> {
        Self::start_at("127.0.0.1:0", bench, prepared).await
    }

    /// Kills it, and starts it again with the same data at the same address.
    pub(super) async fn restart(mut self, bench: &Bench, prepared: &Prepared) -> Result<Self, Error> {
        let ended = self.child.kill().await;
        ended.map_err(Error::io("the server's end"))?;
        Self::start_at(self.url.trim_start_matches("http://"), bench, prepared).await
    }

    async fn start_at(address: &str, bench: &Bench, prepared: &Prepared) -> Result<Self, Error> {
        let mut program = prepared.program(bench, pinned(&bench.server_core, &bench.binary))?;
        program.env("NATTER_ADDR", address);
        // The seeding's output must not be taken for the server's.
        let seen = fs::metadata(prepared.log()).map_or(0, |log| log.len() as usize);
        let start = Instant::now();
        let mut child = program.arg("serve").spawn().map_err(Error::io("the server"))?;
        // taskset becomes the program it starts: the id is the server's.
        let pid = child
            .id()
            .ok_or_else(|| Error::Process("the server ended at once".into()))?;
        let ready = timeout(START, ready(&mut child, prepared, seen)).await;
        match ready.unwrap_or(Err(Error::Late("the server's start"))) {
            Ok(url) => Ok(Self {
                child,
                pid,
                url,
                ready_in: start.elapsed(),
            }),
            Err(error) => Err(Error::Process(format!("{error}. {}", prepared.log_tail()))),
        }
    }

    /// Asks it to end, and insists when it does not.
    pub(super) async fn stop(mut self) -> Result<(), Error> {
        if let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) {
            // It may have ended by itself; waiting tells.
            let _ = kill_process(pid, Signal::TERM);
        }
        match timeout(STOP, self.child.wait()).await {
            Ok(status) => status.map(|_| ()).map_err(Error::io("the server's end")),
            Err(_) => self.child.kill().await.map_err(Error::io("the server's end")),
        }
    }
}

async fn ready(child: &mut Child, prepared: &Prepared, seen: usize) -> Result<String, Error> {
    let http = reqwest::Client::new();
    loop {
        if let Some(status) = child.try_wait().map_err(Error::io("the server"))? {
            return Err(Error::Process(format!("the server ended with {status}")));
        }
        let log = fs::read_to_string(prepared.log()).unwrap_or_default();
        if let Some(url) = log.get(seen..).and_then(address) {
            let answer = http.get(format!("{url}/health/ready")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(url);
            }
        }
        sleep(GLANCE).await;
    }
}

/// The address a log names, once its line is complete.
fn address(log: &str) -> Option<String> {
    const ORIGIN: &str = "http://127.0.0.1:";
    let rest = &log[log.find(ORIGIN)? + ORIGIN.len()..];
    let port = &rest[..rest.find(|character: char| !character.is_ascii_digit())?];
    (!port.is_empty()).then(|| format!("{ORIGIN}{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_plain_and_structured_logs() {
        let found = Some("http://127.0.0.1:4711".to_owned());
        assert_eq!(address("starting\nlistening on http://127.0.0.1:4711\n"), found);
        assert_eq!(
            address(r#"{"message":"listening","url":"http://127.0.0.1:4711"}"#),
            found
        );
    }

    #[test]
    fn an_incomplete_line_names_no_address() {
        assert_eq!(address("listening on http://127.0.0.1:47"), None);
        assert_eq!(address("starting"), None);
    }
}
