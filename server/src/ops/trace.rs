//! Traces for OpenTelemetry, where `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector: each request with the questions that
//! it puts to the store, under the trace that the proxy began.
//!
//! Spans are sent as OTLP over HTTP in JSON, by a few lines of our own: the official crates would add a hundred others
//! to say the same. Where the collector is slow or away, spans are dropped and nobody waits.

mod otlp;
mod span;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{
        Notify,
        mpsc::{self, Receiver, Sender, error::TrySendError},
    },
    task::JoinHandle,
    time::timeout,
};
use tracing::{
    Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, filter::Targets, layer::Context, registry::LookupSpan};
use url::Url;

use otlp::Collector;
use span::Span;

/// The most finished spans that wait to be sent; more are dropped.
const WAITING_MAX: usize = 4_096;
/// The most spans in one message.
const BATCH_MAX: usize = 512;
/// How long finished spans wait for company.
const COLLECT: Duration = Duration::from_secs(1);
/// How long the end of the process waits for the last spans.
const FINISH: Duration = Duration::from_secs(3);

/// Keeps spans and hands them on when they end.
pub struct Traces {
    finished: Sender<Span>,
    /// What share of the traces that begin here is kept.
    share: f64,
}

/// What sends them on.
pub struct Sending {
    task: JoinHandle<()>,
    finishing: Arc<Notify>,
}

impl Sending {
    /// Sends what is left, and takes no more.
    pub async fn finish(self) {
        self.finishing.notify_one();
        let _ = timeout(FINISH, self.task).await;
    }
}

impl Traces {
    /// The traces for the collector at `endpoint`. Has to be called within a runtime.
    #[must_use]
    pub fn to(endpoint: &Url, service: &str, share: f64) -> (Self, Sending) {
        let (finished, spans) = mpsc::channel(WAITING_MAX);
        let finishing = Arc::new(Notify::new());
        let collector = Collector::new(endpoint, service);
        let task = tokio::spawn(send(collector, spans, Arc::clone(&finishing)));
        (Self { finished, share }, Sending { task, finishing })
    }

    /// Which spans are worth keeping.
    #[must_use]
    pub fn filter() -> Targets {
        Targets::new()
            .with_target("natter::middleware", tracing::Level::INFO)
            .with_target("backend::store::timed", tracing::Level::DEBUG)
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Traces {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(new) = context.span(id) else { return };
        let begun = match new.parent() {
            Some(parent) => parent
                .extensions()
                .get::<Span>()
                .map(|parent| Span::within(parent, attributes)),
            None => Span::root(attributes, self.share),
        };
        if let Some(span) = begun {
            new.extensions_mut().insert(span);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(span) = span.extensions_mut().get_mut::<Span>()
        {
            span.note(values);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context
            .span(&id)
            .and_then(|span| span.extensions_mut().remove::<Span>());
        let Some(mut span) = span else { return };
        span.end();
        if let Err(TrySendError::Full(_)) = self.finished.try_send(span) {
            metrics::counter!("trace_spans_dropped_total").increment(1);
        }
    }
}

async fn send(collector: Collector, mut spans: Receiver<Span>, finishing: Arc<Notify>) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    let mut told = false;
    loop {
        tokio::select! {
            biased;
            () = finishing.notified() => spans.close(),
            count = spans.recv_many(&mut batch, BATCH_MAX) => if count == 0 { return },
        }
        let more = async {
            while batch.len() < BATCH_MAX
                && let Some(span) = spans.recv().await
            {
                batch.push(span);
            }
        };
        let _ = timeout(COLLECT, more).await;
        if batch.is_empty() {
            continue;
        }
        let taken = collector.take(&batch).await;
        if let Err(error) = &taken {
            metrics::counter!("trace_spans_dropped_total").increment(batch.len() as u64);
            // Once, and not for every batch of a day.
            if !told {
                tracing::warn!(%error, "the collector of traces does not take them");
            }
        }
        told = taken.is_err();
        batch.clear();
    }
}
