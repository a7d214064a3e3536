//! The log: to standard error, so that standard output stays for answers.

use tracing_subscriber::{EnvFilter, fmt};

use crate::config::LogFormat;

/// What is logged unless `RUST_LOG` says otherwise.
const FILTER: &str = "info,sqlx=warn,hyper=warn";

/// Starts the log; a second call changes nothing.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(FILTER));
    let log = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // It fails only where a log runs already, which then is the one to keep.
    let _ = match format {
        LogFormat::Pretty => log.with_target(false).try_init(),
        // One object a line, with the request that it belongs to.
        LogFormat::Json => log
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .try_init(),
    };
}
