//! The figures of stores and caches that `docs/performance.md` quotes: `make bench`.
//!
//! Starts a PostgreSQL and a Redis of its own, seeds a room of 1,000,000 messages (`NATTER_BENCH_MESSAGES`) in either
//! engine, measures everything in rounds, so that what else the machine does shows as spread, and writes
//! `target/bench/figures.md` and `figures.json`. All of it lies in folders of its own that go at the end.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on has no figures")]

mod crowd;
mod layers;
mod measure;
mod place;
mod store;
mod table;

use std::{fs, path::Path, thread, time::Duration};

use criterion::Criterion;
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use self::{
    measure::Bench,
    place::{Outcome, Place, messages},
    table::Table,
};

/// How often everything is measured.
const ROUNDS: usize = 3;
/// Of each operation in each round.
const SAMPLES: usize = 30;
const WARM_UP: Duration = Duration::from_millis(500);
const MEASURED: Duration = Duration::from_secs(2);

fn main() -> Outcome<()> {
    // On the disk beside what is built: a file system in memory would make writes durable for nothing.
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))?;
    let runtime = Runtime::new()?;
    let _inside = runtime.enter();
    let redis = services::Redis::start()?;
    println!("Seeding {} messages twice", messages()?);
    let places = runtime
        .block_on(async { Outcome::Ok([Place::sqlite(folder.path()).await?, Place::postgres().await?]) })?;
    let mut bench = Bench {
        table: Table::default(),
        folder: folder.path().join("criterion"),
        round: 0,
    };
    let mut criterion = Criterion::default()
        .sample_size(SAMPLES)
        .warm_up_time(WARM_UP)
        .measurement_time(MEASURED)
        .output_directory(&bench.folder)
        .configure_from_args();
    let load_before = load()?;
    for round in 1..=ROUNDS {
        bench.round = round;
        for place in &places {
            store::measure(&mut criterion, &mut bench, &runtime, place)?;
            runtime.block_on(crowd::read(&mut bench.table, place))?;
            runtime.block_on(crowd::write(&mut bench.table, place))?;
        }
        layers::measure(&mut criterion, &mut bench, &runtime, &places[0], &redis.url())?;
    }
    let about = json!({
        "messages": messages()?,
        "rounds": ROUNDS,
        "cores": thread::available_parallelism()?.get(),
        "load before": load_before,
        "load after": load()?,
    });
    bench.table.write(
        &Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench"),
        &about,
    )?;
    for place in &places {
        runtime.block_on(place.store.close());
    }
    Ok(())
}

/// How many processes wanted a core during the last minute, what is measured here included.
fn load() -> Outcome<String> {
    let text = fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').next().unwrap_or_default().to_owned())
}
