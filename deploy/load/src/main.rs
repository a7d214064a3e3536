//! The command `natter-load`. Ends with 0 when all went well, 1 when the server broke the contract, 2
//! when the run could not be made.

use std::{fs, path::Path, process::ExitCode};

use clap::Parser;
use natter_load::{
    bench,
    error::Error,
    history,
    options::{Command, Options, Scenario},
    scenario, table,
};
use tokio::runtime::Builder;

fn main() -> ExitCode {
    let passed = match Options::parse().command {
        Command::Scenario(scenario) => play(&scenario),
        Command::Bench(bench) => Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::io("runtime"))
            .and_then(|runtime| runtime.block_on(bench::run(&bench))),
        Command::Check { history } => check(&history),
    };
    match passed {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("natter-load: {error}");
            ExitCode::from(2)
        }
    }
}

fn play(scenario: &Scenario) -> Result<bool, Error> {
    let report = scenario::play(scenario)?;
    print!("{}", table::text(&report));
    if let Some(path) = &scenario.target().json {
        fs::write(path, format!("{:#}\n", report.to_json()))
            .map_err(Error::io(path.display().to_string()))?;
    }
    Ok(report.failures().is_empty())
}

fn check(path: &Path) -> Result<bool, Error> {
    let history = fs::read_to_string(path).map_err(Error::io(path.display().to_string()))?;
    let verdict = history::check(&history);
    print!("{verdict}");
    Ok(verdict.holds())
}
