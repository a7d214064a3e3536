//! What processes use, as the kernel counts it.

use std::{collections::HashMap, fs, time::Duration};

use serde::Serialize;

/// Memory and files of a set of processes.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Holdings {
    /// Resident memory in bytes.
    pub rss: u64,
    /// Resident memory in bytes, shared pages divided by those who share them; zero when it may not be read.
    pub pss: u64,
    /// Open files.
    pub files: u64,
}

/// Processes and all that descend from them: a database works in children of its first process.
#[derive(Clone, Debug)]
pub struct Processes(Vec<u32>);

impl Processes {
    /// These and their descendants at this moment.
    pub fn family(roots: &[u32]) -> Self {
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        for pid in numbered_entries() {
            if let Some(parent) = stat(pid).and_then(|fields| fields.get(PARENT)?.parse().ok()) {
                children.entry(parent).or_default().push(pid);
            }
        }
        let mut family: Vec<u32> = Vec::new();
        let mut found = roots.to_vec();
        while let Some(pid) = found.pop() {
            if !family.contains(&pid) {
                family.push(pid);
                found.extend(children.get(&pid).into_iter().flatten());
            }
        }
        Self(family)
    }

    /// This process alone.
    pub fn myself() -> Self {
        Self(vec![std::process::id()])
    }

    /// User and system time so far, that of ended children included.
    pub fn cpu(&self) -> Duration {
        ticks(self.0.iter().filter_map(|pid| cpu_ticks(*pid)).sum())
    }

    /// Memory and files at this moment. Reading the shared part takes the kernel a while: not during a measurement.
    pub fn holdings(&self) -> Holdings {
        let sum = |of: fn(u32) -> Option<u64>| self.0.iter().filter_map(|pid| of(*pid)).sum();
        Holdings {
            rss: sum(rss),
            pss: sum(pss),
            files: sum(files),
        }
    }
}

/// User and system time of all processes of the machine so far.
pub fn machine_cpu() -> Duration {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields = text.lines().next().unwrap_or_default().split_whitespace();
    // user, nice and system; what interrupts take belongs to no process.
    ticks(
        fields
            .skip(1)
            .take(3)
            .filter_map(|field| field.parse::<u64>().ok())
            .sum(),
    )
}

fn ticks(count: u64) -> Duration {
    Duration::from_secs_f64(count as f64 / rustix::param::clock_ticks_per_second() as f64)
}

// Fields of `stat`, counted from the one after the name.
const PARENT: usize = 1;
const USER_TIME: usize = 11;
const CHILDREN_SYSTEM_TIME: usize = 14;

fn numbered_entries() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses and may hold anything, parentheses too.
    let (_, fields) = text.rsplit_once(") ")?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

fn cpu_ticks(pid: u32) -> Option<u64> {
    let fields = stat(pid)?;
    Some(
        fields
            .get(USER_TIME..=CHILDREN_SYSTEM_TIME)?
            .iter()
            .filter_map(|field| field.parse::<u64>().ok())
            .sum(),
    )
}

fn rss(pid: u32) -> Option<u64> {
    kilobytes(&format!("/proc/{pid}/status"), "VmRSS:")
}

fn pss(pid: u32) -> Option<u64> {
    kilobytes(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
}

fn files(pid: u32) -> Option<u64> {
    Some(fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count() as u64)
}

/// The value of a line such as `VmRSS:   1234 kB`, in bytes.
fn kilobytes(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_something() {
        let (myself, start) = (Processes::myself(), std::time::Instant::now());
        while myself.cpu() < Duration::from_millis(20) {
            assert!(
                start.elapsed() < Duration::from_secs(10),
                "busy all the time, and nothing counted"
            );
        }
        assert!(machine_cpu() >= myself.cpu());
        let Holdings { rss, files, .. } = myself.holdings();
        assert!(rss > 100_000 && files >= 3, "{rss} {files}");
    }

    #[test]
    fn a_family_holds_its_children() {
        let mut child = std::process::Command::new("sleep").arg("5").spawn().unwrap();
        let family = Processes::family(&[std::process::id()]);
        assert!(family.0.contains(&child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_process_that_is_gone_uses_nothing() {
        assert_eq!(Processes::family(&[u32::MAX]).cpu(), Duration::ZERO);
    }
}
