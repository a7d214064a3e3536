//! Messages at a fixed rate. The schedule does not wait for the server: a late answer delays nothing
//! but itself.

use std::time::{Duration, Instant};

use super::stage::{Seating, Stage};
use crate::{
    error::Error,
    options::{Fanout, Scenario},
    report::Report,
    schedule::{self, Planned},
};

/// Between planning and the first message.
const HEAD_START: Duration = Duration::from_millis(100);

pub(super) fn play(scenario: &Scenario, options: &Fanout) -> Result<Report, Error> {
    let &Fanout {
        connections,
        rooms,
        room_size,
        warmup,
        ..
    } = options;
    let seating = Seating {
        connections,
        rooms,
        room_size,
    };
    let mut stage = Stage::open(&options.target, &options.opening, seating, options.body_bytes)?;
    let length = warmup + options.duration;
    let plan = schedule::plan(
        &stage.crowd.run.rooms,
        options.rate,
        length,
        options.arrivals,
        options.seed,
    );
    let start = Instant::now() + HEAD_START;
    stage.crowd.run.ledger.measure(start + warmup..start + length);
    let (before, measured) = plan.split_at(plan.partition_point(|message| message.due < warmup));
    send(&mut stage, start, before)?;
    stage.crowd.run_until(start + warmup)?;
    stage.begin_window();
    send(&mut stage, start, measured)?;
    stage.crowd.run_until(start + length)?;
    stage.end_window();
    stage.drain(options.opening.drain)?;
    stage.close(scenario)
}

fn send(stage: &mut Stage, start: Instant, plan: &[Planned]) -> Result<(), Error> {
    for message in plan {
        let due = start + message.due;
        let index = stage.crowd.run.ledger.plan(message.room, message.sender, due);
        stage.crowd.run_until(due)?;
        stage.crowd.send(message.sender, index);
    }
    Ok(())
}
