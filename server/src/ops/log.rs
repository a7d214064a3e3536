//! The log: to standard error, so that standard output stays for answers. And traces, where somebody collects them.

use std::io::stderr;

use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use super::trace::{Sending, Traces};
use crate::config::{Config, LogFormat};

/// What is logged unless `RUST_LOG` says otherwise.
const FILTER: &str = "info,sqlx=warn,hyper=warn";

/// Starts the log; a second call changes nothing. Gives what has to be finished at the end.
pub fn start(config: &Config) -> Option<Sending> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(FILTER));
    let log = match config.log_format {
        LogFormat::Pretty => fmt::layer().with_writer(stderr).with_target(false).boxed(),
        // One object a line, with the request that it belongs to.
        LogFormat::Json => fmt::layer()
            .with_writer(stderr)
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed(),
    };
    let traces = config
        .otlp_endpoint
        .as_ref()
        .map(|endpoint| Traces::to(&endpoint.0, &config.service_name, config.trace_share));
    let (traces, sending) = traces.unzip();
    let traces = traces.map(|traces| traces.with_filter(Traces::filter()));
    // It fails only where a log runs already, which then is the one to keep.
    let _ = Registry::default()
        .with(log.with_filter(filter))
        .with(traces)
        .try_init();
    sending
}
