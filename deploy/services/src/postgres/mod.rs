//! A private PostgreSQL.

mod template;

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::Command,
};

use rustix::process::Signal;

use self::template::Installation;
use crate::{
    port::Port,
    server::{Server, folder, on_a_free_port},
};

/// For tests, in which processes crash but machines do not: nothing waits for the disk.
const SETTINGS: [(&str, &str); 12] = [
    ("listen_addresses", "127.0.0.1"),
    ("unix_socket_directories", ""),
    ("max_connections", "200"),
    ("shared_buffers", "32MB"),
    // In the data folder, where nothing is left behind by a kill.
    ("dynamic_shared_memory_type", "mmap"),
    ("fsync", "off"),
    ("full_page_writes", "off"),
    // A replica that was away finds what it missed.
    ("wal_keep_size", "256MB"),
    ("max_wal_size", "256MB"),
    ("hot_standby_feedback", "on"),
    ("log_checkpoints", "off"),
    ("timezone", "UTC"),
];

/// A PostgreSQL that ends when this is dropped.
#[derive(Debug)]
pub struct Postgres {
    server: Server,
    port: Port,
    installation: Installation,
    settings: Vec<(String, String)>,
}

impl Postgres {
    /// Starts one with an empty database; it answers when this returns.
    ///
    /// # Errors
    ///
    /// When it is not installed or does not start.
    pub fn start() -> io::Result<Self> {
        Self::with(&[])
    }

    /// The same with settings that go before the ones for tests, such as `("fsync", "on")`.
    ///
    /// # Errors
    ///
    /// As for [`Postgres::start`], or when a setting is refused.
    pub fn with(settings: &[(&str, &str)]) -> io::Result<Self> {
        let installation = Installation::find()?;
        let settings: Vec<_> = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        on_a_free_port(|port| {
            let postgres = Self::prepare(&installation, &settings, port)?;
            installation.copy_template(&postgres.data())?;
            postgres.configure()?;
            postgres.start_again()?;
            Ok(postgres)
        })
    }

    /// A streaming replica of this one, with the same settings. It answers when this returns, and holds what was
    /// there when it was asked for.
    ///
    /// # Errors
    ///
    /// When the copy cannot be made or does not start.
    pub fn replica(&self) -> io::Result<Self> {
        on_a_free_port(|port| {
            let replica = Self::prepare(&self.installation, &self.settings, port)?;
            let data = replica.data().display().to_string();
            let from = self.port().to_string();
            let mut copy = self.installation.command("pg_basebackup");
            copy.args([
                "--write-recovery-conf",
                "--wal-method=stream",
                "--checkpoint=fast",
                "--no-sync",
            ]);
            copy.args([
                "--host=127.0.0.1",
                "--username=natter",
                "--port",
                &from,
                "--pgdata",
                &data,
            ]);
            run(&mut copy)?;
            replica.configure()?;
            replica.start_again()?;
            Ok(replica)
        })
    }

    /// A folder and a port, without data.
    fn prepare(installation: &Installation, settings: &[(String, String)], port: Port) -> io::Result<Self> {
        let folder = folder("postgres")?;
        installation.give(folder.path())?;
        let data = folder.path().join("data").display().to_string();
        let command = installation.words("postgres", &["-D", &data]);
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        Ok(Self {
            // An immediate end: it takes its shared memory along, which SIGKILL does not.
            server: Server::new(folder, "QUIT", &command)?,
            port,
            installation: installation.clone(),
            settings: settings.to_vec(),
        })
    }

    /// Writes its settings into a file that the template includes.
    fn configure(&self) -> io::Result<()> {
        let mut file = fs::File::create(self.data().join(template::INCLUDED))?;
        writeln!(file, "port = {}", self.port())?;
        for (name, value) in SETTINGS {
            writeln!(file, "{name} = '{value}'")?;
        }
        if self.installation.has_extension("pg_stat_statements") {
            writeln!(file, "shared_preload_libraries = 'pg_stat_statements'")?;
        }
        for (name, value) in &self.settings {
            writeln!(file, "{name} = '{}'", value.replace('\'', "''"))?;
        }
        Ok(())
    }

    fn data(&self) -> std::path::PathBuf {
        self.server.folder().join("data")
    }

    /// Where it is, for `DATABASE_URL`: a database and its owner, who may do anything, both called `natter`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://natter@127.0.0.1:{}/natter", self.port())
    }

    /// Its port on the loopback address.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port.number()
    }

    /// The id of its first process.
    ///
    /// # Errors
    ///
    /// When it never started.
    pub fn pid(&self) -> io::Result<u32> {
        self.server.pid()
    }

    /// Halts all its processes: connections stay, and nothing answers.
    ///
    /// # Errors
    ///
    /// When it does not come to a halt.
    pub fn pause(&self) -> io::Result<()> {
        self.server.pause()
    }

    /// Lets it go on after [`Postgres::pause`].
    ///
    /// # Errors
    ///
    /// When a signal cannot be sent.
    pub fn resume(&self) -> io::Result<()> {
        self.server.resume()
    }

    /// `kill -9` to all its processes.
    ///
    /// # Errors
    ///
    /// When they do not end.
    pub fn kill(&self) -> io::Result<()> {
        self.server.kill()
    }

    /// Starts it on the same port with the same data, after [`Postgres::kill`].
    ///
    /// # Errors
    ///
    /// When it runs or does not start.
    pub fn start_again(&self) -> io::Result<()> {
        let status = self.data().join("postmaster.pid");
        self.server.start(|pid| is_ready(&status, pid))
    }

    /// A restart as an administrator does it: what is under way is rolled back, connections are closed.
    ///
    /// # Errors
    ///
    /// When it does not end or does not start.
    pub fn restart(&self) -> io::Result<()> {
        self.server.end_by(Signal::INT)?;
        self.start_again()
    }
}

/// Whether the server of this process id says in its status file that it takes connections.
fn is_ready(status: &Path, pid: u32) -> bool {
    let status = fs::read_to_string(status).unwrap_or_default();
    let mut lines = status.lines();
    lines.next() == Some(&pid.to_string()) && lines.last().is_some_and(|line| line.trim() == "ready")
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("{:?}: {said}", command.get_program())))
}
