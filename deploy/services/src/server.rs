//! A server program in a folder of its own, under a watchdog.

use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Mutex, PoisonError},
};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::process::{Process, wait_until};

/// How much of a log an error quotes.
const TAIL: usize = 2_000;

/// The folder of a server and what runs in it.
#[derive(Debug)]
pub(crate) struct Server {
    folder: PathBuf,
    watchdog: Mutex<Watchdog>,
}

#[derive(Debug)]
struct Watchdog {
    shell: Child,
    /// Closed on exec: while another child held it, the watchdog would think that this process lives.
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    server: Option<Process>,
}

/// A new folder; nobody removes it before a [`Server`] is made of it.
pub(crate) fn folder(name: &str) -> io::Result<TempDir> {
    tempfile::Builder::new()
        .prefix(&format!("natter-{name}-"))
        .tempdir()
}

impl Server {
    /// Takes a folder over. Nothing runs yet.
    ///
    /// `command` stays in the foreground; `end` is the signal by which it ends quickly and takes its children along.
    pub(crate) fn new(folder: TempDir, end: &str, command: &[&str]) -> io::Result<Self> {
        let mut shell = Command::new("sh")
            .args(["-c", include_str!("watchdog.sh"), "watchdog"])
            .arg(folder.path())
            .arg(end)
            .args(command)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // What is typed at the terminal, or ends a whole group, is not for it.
            .process_group(0)
            .spawn()?;
        let asks = shell.stdin.take();
        let answers = shell.stdout.take().ok_or_else(no_answer)?;
        let watchdog = Watchdog {
            shell,
            asks,
            answers: BufReader::new(answers),
            server: None,
        };
        Ok(Self {
            folder: folder.keep(),
            watchdog: Mutex::new(watchdog),
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts the program and waits until `ready` says so of its process id.
    ///
    /// # Errors
    ///
    /// With the end of the log, when the program ends instead.
    pub(crate) fn start(&self, mut ready: impl FnMut(u32) -> bool) -> io::Result<()> {
        let log = fs::metadata(self.folder.join("log")).map_or(0, |log| log.len());
        let pid = self.with(Watchdog::start)?;
        let mut ended = false;
        wait_until("start", || {
            ended = Process(pid).has_ended();
            ended || ready(pid)
        })
        .map_err(|error| self.told(&error.to_string(), log))?;
        if ended {
            return Err(self.told("a server ended at once", log));
        }
        Ok(())
    }

    /// What the log says since this place in it.
    fn told(&self, what: &str, since: u64) -> io::Error {
        let log = fs::read(self.folder.join("log")).unwrap_or_default();
        let since = usize::try_from(since).unwrap_or_default().min(log.len());
        let new = String::from_utf8_lossy(&log[since..]);
        let from = new.ceil_char_boundary(new.len().saturating_sub(TAIL));
        io::Error::other(format!("{what}: {}", &new[from..]))
    }

    pub(crate) fn pause(&self) -> io::Result<()> {
        self.process()?.pause()
    }

    pub(crate) fn resume(&self) -> io::Result<()> {
        self.process()?.resume()
    }

    pub(crate) fn kill(&self) -> io::Result<()> {
        self.process()?.kill()
    }

    pub(crate) fn end_by(&self, signal: Signal) -> io::Result<()> {
        self.process()?.end_by(signal)
    }

    /// Sends a signal to the program's first process.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        self.process()?.signal(signal)
    }

    /// What the program's first process has started.
    pub(crate) fn children(&self) -> io::Result<Vec<Process>> {
        self.process().map(Process::children)
    }

    /// The id of the program's first process.
    pub(crate) fn pid(&self) -> io::Result<u32> {
        self.process().map(|process| process.0)
    }

    fn process(&self) -> io::Result<Process> {
        self.with(|watchdog| watchdog.server.ok_or_else(|| io::Error::other("not started yet")))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Watchdog) -> io::Result<T>) -> io::Result<T> {
        act(&mut self.watchdog.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Watchdog {
    fn start(&mut self) -> io::Result<u32> {
        let running = self.server.is_some_and(|server| !server.has_ended());
        if running {
            return Err(io::Error::other("it runs already"));
        }
        self.asks.as_mut().ok_or_else(no_answer)?.write_all(b"start\n")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let pid = line.trim().parse().map_err(|_| no_answer())?;
        self.server = Some(Process(pid));
        Ok(pid)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.asks = None;
        let _ = self.shell.wait();
    }
}

fn no_answer() -> io::Error {
    io::Error::other("the watchdog does not answer")
}

/// Starts something on a free port, and on another one when someone was quicker.
pub(crate) fn on_a_free_port<T>(mut start: impl FnMut(crate::port::Port) -> io::Result<T>) -> io::Result<T> {
    /// Losing this often is no accident.
    const TRIES: usize = 5;
    let mut tries = 0;
    loop {
        tries += 1;
        match start(crate::port::Port::reserve()?) {
            Err(error) if tries < TRIES && error.to_string().contains("ddress already in use") => {}
            result => return result,
        }
    }
}
