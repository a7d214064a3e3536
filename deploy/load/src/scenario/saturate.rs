//! As fast as it goes: some connections of each room keep a window of unacknowledged messages. This
//! loop is closed (an acknowledgement calls for the next send), so it finds the throughput; its
//! latencies tell how long the queue is, not how quick the server.

use std::time::Instant;

use super::stage::{Seating, Stage};
use crate::{
    error::Error,
    options::{Saturate, Scenario},
    report::Report,
};

pub(super) fn play(scenario: &Scenario, options: &Saturate) -> Result<Report, Error> {
    let &Saturate {
        connections,
        rooms,
        room_size,
        ..
    } = options;
    let seating = Seating {
        connections,
        rooms,
        room_size,
    };
    let mut stage = Stage::open(&options.target, &options.opening, seating, options.body_bytes)?;
    let begin = Instant::now() + options.warmup;
    let end = begin + options.duration;
    stage.crowd.run.ledger.measure(begin..end);
    stage.crowd.run.pumping = true;
    fill_windows(&mut stage, options);
    stage.crowd.run_until(begin)?;
    stage.begin_window();
    stage.crowd.run_until(end)?;
    stage.end_window();
    stage.crowd.run.pumping = false;
    stage.drain(options.opening.drain)?;
    stage.close(scenario)
}

fn fill_windows(stage: &mut Stage, options: &Saturate) {
    for (room, seats) in stage.crowd.run.rooms.clone().iter().enumerate() {
        for sender in seats.members.iter().take(options.senders) {
            for _ in 0..options.window {
                let index = stage.crowd.run.ledger.plan(room, *sender, Instant::now());
                stage.crowd.send(*sender, index);
            }
        }
    }
}
