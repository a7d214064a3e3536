//! The `natter` command.

use std::process::ExitCode;

use clap::Parser;
use natter::{command, config::Cli};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let traces = natter::ops::log::start(&cli.config);
    let ended = command::run(cli).await;
    if let Some(traces) = traces {
        traces.finish().await;
    }
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("natter: {error}");
            ExitCode::FAILURE
        }
    }
}
