//! A real server in a process of its own, on a free port with a private data folder, and people who use it.
//!
//! Every test binary uses a part of this.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::allow_attributes
)]

pub mod document;
mod person;
mod receiver;
pub mod slack;
mod socket;

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

pub use document::checked;
pub use person::{PASSWORD, Person, address};
pub use receiver::{Receiver, Told};
use serde_json::{Value, json};
pub use socket::{Ended, Socket};
use tempfile::TempDir;

/// How a server is to be started.
pub struct Setup {
    env: Vec<(&'static str, String)>,
    within: Vec<&'static str>,
}

impl Setup {
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    /// Started by another program, which becomes the server: `sh -c …`. It gets the server's command as its last words.
    #[must_use]
    pub fn within(mut self, program: &[&'static str]) -> Self {
        self.within = program.to_vec();
        self
    }

    #[must_use]
    pub fn start(self) -> TestServer {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir_all(folder.path().join("site/pkg")).expect("a folder for assets");
        let mut server = TestServer {
            folder,
            setup: self,
            process: None,
            url: String::new(),
        };
        server.run("127.0.0.1:0");
        server
    }
}

/// A server; stopped with its data removed at the end of the test.
pub struct TestServer {
    folder: TempDir,
    setup: Setup,
    process: Option<Child>,
    url: String,
}

impl TestServer {
    /// A server without limits, for tests that are not about them.
    #[must_use]
    pub fn start() -> Self {
        Self::setup().with("NATTER_LIMITS", "off").start()
    }

    #[must_use]
    pub const fn setup() -> Setup {
        Setup {
            env: Vec::new(),
            within: Vec::new(),
        }
    }

    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    #[must_use]
    pub fn socket_url(&self) -> String {
        format!("{}/ws", self.url.replace("http://", "ws://"))
    }

    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("natter.db")
    }

    /// Where the server runs, with all that it keeps.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the bytes of files are.
    #[must_use]
    pub fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("a running server").id()
    }

    /// The binary with this server's environment, for subcommands.
    #[must_use]
    pub fn command(&self, addr: &str) -> Command {
        const BINARY: &str = env!("CARGO_BIN_EXE_natter");
        let mut command = match self.setup.within.split_first() {
            Some((program, given)) => {
                let mut command = Command::new(program);
                command.args(given).arg(BINARY);
                command
            }
            None => Command::new(BINARY),
        };
        command
            .env("NATTER_ADDR", addr)
            .env("DATABASE_URL", format!("sqlite://{}", self.database().display()))
            .env("NATTER_FILES", self.files())
            .env("NATTER_SITE_ROOT", self.folder.path().join("site"))
            .env("RUST_LOG", "warn")
            // Tests stay on this machine.
            .env("NATTER_PREVIEWS", "off")
            .envs(self.setup.env.iter().cloned())
            .current_dir(self.folder.path());
        command
    }

    fn run(&mut self, addr: &str) {
        let mut process = self
            .command(addr)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let line = lines.find_map(|line| line.ok().filter(|line| line.contains("http://")));
        let line = line.expect("the server says where it listens");
        self.url = line.split_whitespace().last().expect("an address").to_owned();
        self.process = Some(process);
    }

    /// `kill -9`: nothing is flushed, nobody is told.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("a running server");
        process.kill().expect("the process is there");
        process.wait().expect("the process ends");
    }

    /// SIGTERM, without waiting for what follows.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.pid().to_string()])
            .status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for the end and gives the exit code.
    pub fn wait(&mut self) -> Option<i32> {
        self.process
            .take()
            .expect("a running server")
            .wait()
            .expect("the process ends")
            .code()
    }

    /// Starts again with the same data at the same address.
    pub fn restart(&mut self) {
        let addr = self.url.trim_start_matches("http://").to_owned();
        self.run(&addr);
    }

    /// A new account, known by cookie and by token.
    pub async fn register(&self, username: &str) -> Person {
        Person::register(&self.url, username).await
    }

    /// A request by nobody.
    pub async fn anonymous(&self, method: &str, path: &str, body: Option<Value>) -> reqwest::Response {
        let method = method.parse().expect("a method");
        let request = reqwest::Client::new().request(method, format!("{}{path}", self.url));
        checked(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    /// The text of `/metrics`.
    pub async fn metrics(&self) -> String {
        self.anonymous("GET", "/metrics", None)
            .await
            .text()
            .await
            .expect("text")
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// A port that was free a moment ago.
#[must_use]
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .expect("a free port")
        .port()
}

/// Asserts that an answer is problem details with this status and code, and gives its body.
pub async fn assert_problem(response: reqwest::Response, status: u16, code: &str) -> Value {
    assert!(
        response.headers().contains_key("x-request-id"),
        "every answer names its request"
    );
    let content_type = response.headers().get("content-type").cloned();
    let found = response.status().as_u16();
    let body: Value = response.json().await.unwrap_or(json!(null));
    assert_eq!((found, body["code"].as_str()), (status, Some(code)), "{body}");
    assert_eq!(content_type.unwrap(), "application/problem+json");
    assert_eq!(body["status"], status);
    body
}
