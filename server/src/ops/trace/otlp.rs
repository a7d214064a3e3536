//! Handing spans to a collector: OTLP over HTTP/1.1, in JSON.

use std::{io, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use url::Url;

use super::span::Span;

/// How long the collector may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How much of its answer is read: the status is at its beginning.
const ANSWER_BYTES: usize = 64;

/// A collector, and what is said of this process to it.
pub(super) struct Collector {
    host: String,
    authority: String,
    path: String,
    resource: Value,
}

impl Collector {
    /// The collector at this address, to which the path for traces is added.
    pub(super) fn new(endpoint: &Url, service: &str) -> Self {
        let host = endpoint.host_str().unwrap_or_default();
        let authority = format!("{host}:{}", endpoint.port_or_known_default().unwrap_or(80));
        let text = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
        let attributes = [
            text("service.name", service),
            text("service.version", env!("CARGO_PKG_VERSION")),
            text("service.instance.id", &uuid::Uuid::new_v4().to_string()),
        ];
        Self {
            host: host.to_owned(),
            authority,
            path: format!("{}/v1/traces", endpoint.path().trim_end_matches('/')),
            resource: json!({ "attributes": attributes }),
        }
    }

    /// Hands spans over.
    pub(super) async fn take(&self, spans: &[Span]) -> io::Result<()> {
        let spans: Vec<Value> = spans.iter().map(Span::to_json).collect();
        let scope = json!({ "scope": { "name": "natter" }, "spans": spans });
        let body = json!({ "resourceSpans": [{ "resource": self.resource, "scopeSpans": [scope] }] });
        timeout(PATIENCE, self.post(&body.to_string())).await?
    }

    async fn post(&self, body: &str) -> io::Result<()> {
        let mut stream = TcpStream::connect(&self.authority).await?;
        let request = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.path,
            self.host,
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::with_capacity(ANSWER_BYTES);
        stream.take(ANSWER_BYTES as u64).read_to_end(&mut answer).await?;
        match answer.get(9..12) {
            Some([b'2', _, _]) => Ok(()),
            status => Err(io::Error::other(format!(
                "it answers {:?}",
                String::from_utf8_lossy(status.unwrap_or_default())
            ))),
        }
    }
}
