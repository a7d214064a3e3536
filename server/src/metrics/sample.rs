//! What is not counted as it happens but looked at: when somebody asks, or at an even pace.

use std::{path::PathBuf, sync::Arc, time::Duration};

use backend::{Backend, store::PoolLoad};
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{
    runtime::Handle,
    time::{Instant, MissedTickBehavior, interval, sleep},
};

use super::machine::{self, Reading};

/// How often old observations are folded away. Without it histograms grow for ever.
const UPKEEP: Duration = Duration::from_secs(5);
/// How often a task looks how late it runs.
const LAG_EVERY: Duration = Duration::from_millis(250);
/// How often the database is asked for the time of its last backup.
const BACKUP_EVERY: Duration = Duration::from_secs(15);

/// Looks at what has no event of its own.
#[derive(Clone)]
pub struct Sampler {
    backend: Arc<Backend>,
    recorder: PrometheusHandle,
    /// Where the data is, for a database in a file.
    data: Option<PathBuf>,
}

impl Sampler {
    /// A sampler of this backend, whose data is in this folder if it is in one.
    #[must_use]
    pub fn new(backend: Arc<Backend>, recorder: PrometheusHandle, data: Option<PathBuf>) -> Self {
        gauge!("natter_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        gauge!("process_cpu_limit_cores").set(machine::cores());
        set("process_max_fds", machine::max_fds());
        Self {
            backend,
            recorder,
            data,
        }
    }

    /// All metrics as Prometheus reads them, as they are now.
    #[must_use]
    pub fn render(&self) -> String {
        self.look_at_process();
        self.look_at_runtime();
        self.look_at_store();
        self.recorder.render()
    }

    fn look_at_process(&self) {
        let reading = Reading::take();
        if let Some(seconds) = reading.cpu_seconds {
            // Counters here are whole numbers.
            counter!("process_cpu_seconds_total").absolute(seconds as u64);
        }
        set("process_resident_memory_bytes", reading.resident_bytes);
        set("process_memory_limit_bytes", machine::memory_limit_bytes());
        set("process_threads", reading.threads);
        set("process_open_fds", reading.open_fds);
        set("process_start_time_seconds", reading.started);
        if let Some((size, free)) = self.data.as_deref().and_then(machine::disk) {
            gauge!("disk_size_bytes").set(size);
            gauge!("disk_free_bytes").set(free);
        }
    }

    fn look_at_runtime(&self) {
        let Ok(runtime) = Handle::try_current().map(|handle| handle.metrics()) else {
            return;
        };
        gauge!("runtime_workers").set(runtime.num_workers() as f64);
        gauge!("runtime_tasks").set(runtime.num_alive_tasks() as f64);
        gauge!("runtime_queue_length").set(runtime.global_queue_depth() as f64);
    }

    fn look_at_store(&self) {
        let load = self.backend.store.load();
        gauge!("database_queue_length").set(load.waiting as f64);
        for PoolLoad {
            name,
            idle,
            busy,
            most,
        } in load.pools
        {
            for (state, count) in [("idle", idle), ("busy", busy)] {
                gauge!("database_pool_connections", "pool" => name, "state" => state).set(count as f64);
            }
            gauge!("database_pool_connections_max", "pool" => name).set(most as f64);
        }
    }
}

fn set(name: &'static str, value: Option<f64>) {
    if let Some(value) = value {
        gauge!(name).set(value);
    }
}

/// Does what has to be done at an even pace, for as long as the process runs.
pub async fn keep_up(sampler: Sampler) {
    futures::join!(fold(&sampler), feel_lag(), watch_backups(&sampler));
}

async fn fold(sampler: &Sampler) {
    let mut tick = interval(UPKEEP);
    loop {
        tick.tick().await;
        sampler.recorder.run_upkeep();
    }
}

async fn feel_lag() {
    let lag = histogram!("runtime_lag_seconds");
    loop {
        let due = Instant::now() + LAG_EVERY;
        sleep(LAG_EVERY).await;
        lag.record(due.elapsed());
    }
}

async fn watch_backups(sampler: &Sampler) {
    let mut tick = interval(BACKUP_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        // Where the database is away, others say so.
        if let Ok(Some(at)) = sampler.backend.store.last_backup().await {
            gauge!("last_backup_timestamp_seconds").set(at.0 as f64 / 1_000.0);
        }
    }
}
