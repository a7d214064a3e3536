//! What the system says of this process and of what it may use.

use std::{fs, path::Path, thread};

use rustix::{fs::statvfs, param, process};

/// What the system says at one moment. What it does not say is absent.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) cpu_seconds: Option<f64>,
    pub(super) resident_bytes: Option<f64>,
    pub(super) threads: Option<f64>,
    pub(super) open_fds: Option<f64>,
    /// When the process started, as a Unix time in seconds.
    pub(super) started: Option<f64>,
}

impl Reading {
    /// Reads the files of this process in `/proc`.
    pub(super) fn take() -> Self {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        // The name before it may hold anything. What follows begins with the third field.
        let fields: Vec<f64> = stat
            .rsplit_once(") ")
            .map(|(_, rest)| {
                rest.split(' ')
                    .map(|field| field.parse().unwrap_or(0.0))
                    .collect()
            })
            .unwrap_or_default();
        let field = |number: usize| fields.get(number - 3).copied();
        let ticks = param::clock_ticks_per_second() as f64;
        Self {
            cpu_seconds: field(14)
                .zip(field(15))
                .map(|(user, system)| (user + system) / ticks),
            threads: field(20),
            started: field(22)
                .zip(boot_time())
                .map(|(since_boot, boot)| boot + since_boot / ticks),
            resident_bytes: field(24).map(|pages| pages * param::page_size() as f64),
            open_fds: fs::read_dir("/proc/self/fd")
                .ok()
                .map(|files| files.count() as f64),
        }
    }
}

/// When the machine started, as a Unix time in seconds.
fn boot_time() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}

/// How many files the process may open.
pub(super) fn max_fds() -> Option<f64> {
    let limit = process::getrlimit(process::Resource::Nofile);
    limit.current.map(|files| files as f64)
}

/// How many cores the process may use: what its group is given, or what it may run on.
pub(super) fn cores() -> f64 {
    let own = thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64);
    let given = group_file("cpu.max").and_then(|text| {
        let (quota, period) = text.trim().split_once(' ')?;
        Some(quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?)
    });
    given.map_or(own, |given| given.min(own))
}

/// How much memory there is for the process, in bytes.
pub(super) fn memory_limit_bytes() -> Option<f64> {
    let given = group_file("memory.max").and_then(|text| text.trim().parse::<f64>().ok());
    match (given, machine_memory_bytes()) {
        (Some(given), Some(all)) => Some(given.min(all)),
        (given, all) => given.or(all),
    }
}

fn machine_memory_bytes() -> Option<f64> {
    let info = fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0)
}

/// A file of the process' control group, where there are groups of the second version.
fn group_file(name: &str) -> Option<String> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let group = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let folder = Path::new("/sys/fs/cgroup").join(group.trim_start_matches('/'));
    fs::read_to_string(folder.join(name)).ok()
}

/// Size of the disk that holds `place`, and what is free of it for this process, in bytes.
pub(super) fn disk(place: &Path) -> Option<(f64, f64)> {
    let disk = statvfs(place).ok()?;
    let unit = disk.f_frsize as f64;
    Some((disk.f_blocks as f64 * unit, disk.f_bavail as f64 * unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_there_to_be_read() {
        let reading = Reading::take();
        assert!(reading.cpu_seconds.is_some());
        assert!(reading.resident_bytes > Some(1e6), "{reading:?}");
        assert!(
            reading.threads >= Some(1.0) && reading.open_fds >= Some(3.0),
            "{reading:?}"
        );
        assert!(reading.started > Some(1.7e9), "{reading:?}");
        assert!(max_fds() > Some(10.0) && cores() > 0.0 && memory_limit_bytes() > Some(1e6));
        let (size, free) = disk(Path::new("/")).unwrap();
        assert!(size >= free && free > 0.0);
    }
}
