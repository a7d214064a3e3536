//! Connections that do nothing.

use std::time::Instant;

use super::stage::{Seating, Stage};
use crate::{
    error::Error,
    options::{Idle, Scenario},
    report::Report,
};

pub(super) fn play(scenario: &Scenario, options: &Idle) -> Result<Report, Error> {
    let &Idle {
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
    let mut stage = Stage::open(&options.target, &options.opening, seating, 0)?;
    stage.begin_window();
    stage.crowd.run_until(Instant::now() + options.duration)?;
    stage.close(scenario)
}
