//! What a run ran on: a figure without its machine says nothing.

use std::fs;

use serde::Serialize;

/// A machine.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// Its cores, as the system counts them.
    pub cores: usize,
    /// Its memory in bytes.
    pub memory: u64,
    /// The kernel's release.
    pub kernel: String,
}

impl Machine {
    /// This one.
    pub fn this() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let processors = read("/proc/cpuinfo");
        let field = |text: &str, name: &str| {
            let value = text
                .lines()
                .find(|line| line.starts_with(name))
                .and_then(|line| line.split_once(':'));
            value
                .map(|(_, value)| value.trim().to_owned())
                .unwrap_or_default()
        };
        let memory = field(&read("/proc/meminfo"), "MemTotal");
        Self {
            processor: field(&processors, "model name"),
            cores: processors
                .lines()
                .filter(|line| line.starts_with("processor"))
                .count(),
            memory: memory.trim_end_matches(" kB").parse::<u64>().unwrap_or_default() * 1024,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        }
    }
}
