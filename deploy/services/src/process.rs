//! Signals to a server and to the processes it started.

use std::{fs, io, thread, time::Duration};

use rustix::process::{Pid, Signal, kill_process};

/// How often something awaited is looked at.
const GLANCE: Duration = Duration::from_millis(3);

/// How long a signal may take to show.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process with its children. Servers here have no grandchildren.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// Halts all of it at once, as far as anyone outside can tell.
    pub(crate) fn pause(self) -> io::Result<()> {
        self.signal(Signal::STOP)?;
        // A parent that has come to a halt starts nothing any more.
        wait_until("halt", || self.state().is_none_or(|state| state == 'T'))?;
        for child in self.children() {
            child.signal(Signal::STOP)?;
        }
        Ok(())
    }

    pub(crate) fn resume(self) -> io::Result<()> {
        for child in self.children() {
            child.signal(Signal::CONT)?;
        }
        self.signal(Signal::CONT)
    }

    /// SIGKILL to all of it, and waits until it is gone.
    pub(crate) fn kill(self) -> io::Result<()> {
        self.pause()?;
        let children = self.children();
        for process in children.iter().chain([&self]) {
            process.signal(Signal::KILL)?;
        }
        wait_until("end", || {
            self.has_ended() && children.iter().all(|child| child.has_ended())
        })
    }

    /// Sends a signal that ends it, and waits until it is gone.
    pub(crate) fn end_by(self, signal: Signal) -> io::Result<()> {
        self.signal(signal)?;
        wait_until("end", || self.has_ended())
    }

    /// Whether nothing of it runs; its parent may not have noticed yet. Its first thread may be done before the others,
    /// and as long as one is left, what it listened on still takes connections.
    pub(crate) fn has_ended(self) -> bool {
        self.state()
            .is_none_or(|state| "ZX".contains(state) && self.threads() <= 1)
    }

    fn threads(self) -> usize {
        fs::read_dir(format!("/proc/{}/task", self.0)).map_or(0, Iterator::count)
    }

    pub(crate) fn children(self) -> Vec<Self> {
        let Self(pid) = self;
        let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        list.split_whitespace()
            .filter_map(|pid| pid.parse().ok().map(Self))
            .collect()
    }

    /// What it calls itself: its command line, unless it wrote something else there.
    pub(crate) fn title(self) -> String {
        let title = fs::read(format!("/proc/{}/cmdline", self.0)).unwrap_or_default();
        String::from_utf8_lossy(&title)
            .trim_end_matches(['\0', ' '])
            .replace('\0', " ")
    }

    /// The letter for its state; nothing when there is no such process.
    fn state(self) -> Option<char> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).ok()?;
        // The name before it may hold anything, brackets too.
        stat.rsplit_once(") ")?.1.chars().next()
    }

    /// That it is gone already is no error.
    pub(crate) fn signal(self, signal: Signal) -> io::Result<()> {
        let pid = i32::try_from(self.0).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| io::Error::other("not a process id"))?;
        match kill_process(pid, signal) {
            Err(rustix::io::Errno::SRCH) => Ok(()),
            result => result.map_err(Into::into),
        }
    }
}

/// Looks again and again until something is so.
///
/// # Errors
///
/// When it is not within half a minute.
pub(crate) fn wait_until(what: &str, mut so: impl FnMut() -> bool) -> io::Result<()> {
    let glances = PATIENCE.as_millis() / GLANCE.as_millis();
    for _ in 0..glances {
        if so() {
            return Ok(());
        }
        thread::sleep(GLANCE);
    }
    Err(io::Error::new(
        io::ErrorKind::TimedOut,
        format!("a server does not {what}"),
    ))
}
