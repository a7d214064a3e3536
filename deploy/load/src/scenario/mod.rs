//! The scenarios. Those over WebSocket share a stage: people seated, connections open, meters read.

mod fanout;
mod idle;
mod mix;
mod requests;
mod saturate;
mod stage;

use crate::{error::Error, options::Scenario, report::Report};

/// Plays a scenario and reports what it found.
pub fn play(scenario: &Scenario) -> Result<Report, Error> {
    match scenario {
        Scenario::Fanout(options) => fanout::play(scenario, options),
        Scenario::Idle(options) => idle::play(scenario, options),
        Scenario::Saturate(options) => saturate::play(scenario, options),
        Scenario::Posts(options) => requests::post(scenario, options),
        Scenario::Gets(options) => requests::get(scenario, options),
        Scenario::Mix(options) => mix::play(scenario, options),
    }
}
