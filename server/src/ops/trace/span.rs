//! What is remembered of a span until it is sent.

use std::{
    fmt::Debug,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Map, Value, json};
use tracing::{
    field::{Field, Visit},
    span::{Attributes, Record},
};

/// The field in which a request brings the trace that it belongs to (W3C Trace Context).
const TRACEPARENT: &str = "traceparent";
/// OTLP's kind of a span that answers somebody, and of one that asks somebody.
const SERVER: u8 = 2;
const CLIENT: u8 = 3;
/// OTLP's status of what went wrong.
const ERROR: u8 = 2;
/// Answers from here on are the server's fault.
const FAULT: u64 = 500;

/// A span that is under way, or over.
pub(super) struct Span {
    trace: u128,
    id: u64,
    parent: Option<u64>,
    name: &'static str,
    begun_ns: u64,
    ended_ns: u64,
    fields: Map<String, Value>,
}

impl Span {
    /// A span without one around it: of a request, if it is to be kept. What the store does for nobody's request is
    /// not.
    pub(super) fn root(attributes: &Attributes<'_>, share: f64) -> Option<Self> {
        let name = attributes.metadata().name();
        if name != "request" {
            return None;
        }
        let mut span = Self::new(name, attributes);
        match span
            .fields
            .remove(TRACEPARENT)
            .as_ref()
            .and_then(Value::as_str)
            .and_then(parent)
        {
            Some((_, _, false)) => return None,
            Some((trace, parent, true)) => {
                span.trace = trace;
                span.parent = Some(parent);
            }
            None if rand::random::<f64>() >= share => return None,
            None => span.trace = rand::random(),
        }
        Some(span)
    }

    /// A span within another one.
    pub(super) fn within(parent: &Self, attributes: &Attributes<'_>) -> Self {
        Self {
            trace: parent.trace,
            parent: Some(parent.id),
            ..Self::new(attributes.metadata().name(), attributes)
        }
    }

    fn new(name: &'static str, attributes: &Attributes<'_>) -> Self {
        let mut span = Self {
            trace: 0,
            id: rand::random(),
            parent: None,
            name,
            begun_ns: now_ns(),
            ended_ns: 0,
            fields: Map::new(),
        };
        attributes.record(&mut Fields(&mut span.fields));
        span
    }

    /// Takes in what became known later.
    pub(super) fn note(&mut self, values: &Record<'_>) {
        values.record(&mut Fields(&mut self.fields));
    }

    /// It is over.
    pub(super) fn end(&mut self) {
        self.ended_ns = now_ns();
    }

    /// As OTLP has it.
    pub(super) fn to_json(&self) -> Value {
        let text = |name: &str| self.fields.get(name).and_then(Value::as_str).unwrap_or_default();
        let (kind, name) = match self.name {
            "request" => (SERVER, format!("{} {}", text("method"), text("route"))),
            _ => (CLIENT, text("op").to_owned()),
        };
        let status = self.fields.get("status").and_then(Value::as_u64);
        let attributes: Vec<Value> = self
            .fields
            .iter()
            .map(|(key, value)| attribute(key, value))
            .collect();
        json!({
            "traceId": format!("{:032x}", self.trace),
            "spanId": format!("{:016x}", self.id),
            "parentSpanId": self.parent.map(|id| format!("{id:016x}")).unwrap_or_default(),
            "name": name.trim_end(),
            "kind": kind,
            "startTimeUnixNano": self.begun_ns.to_string(),
            "endTimeUnixNano": self.ended_ns.to_string(),
            "attributes": attributes,
            "status": if status >= Some(FAULT) { json!({ "code": ERROR }) } else { json!({}) },
        })
    }
}

/// A field under the name that OpenTelemetry has for it.
fn attribute(key: &str, value: &Value) -> Value {
    let key = match key {
        "method" => "http.request.method",
        "route" => "http.route",
        "status" => "http.response.status_code",
        "op" => "db.operation.name",
        "id" => "natter.request_id",
        other => other,
    };
    let value = match value {
        Value::Number(number) => json!({ "intValue": number.to_string() }),
        other => json!({ "stringValue": other }),
    };
    json!({ "key": key, "value": value })
}

/// The trace, the span around and whether it is kept, of `00-TRACE-SPAN-FLAGS`.
fn parent(text: &str) -> Option<(u128, u64, bool)> {
    let [version, trace, span, flags] = text.split('-').collect::<Vec<_>>()[..] else {
        return None;
    };
    let sized = version == "00" && trace.len() == 32 && span.len() == 16 && flags.len() == 2;
    let trace = u128::from_str_radix(trace, 16)
        .ok()
        .filter(|trace| sized && *trace != 0)?;
    let span = u64::from_str_radix(span, 16).ok().filter(|span| *span != 0)?;
    Some((trace, span, u8::from_str_radix(flags, 16).ok()? & 1 == 1))
}

fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Writes fields down.
struct Fields<'a>(&'a mut Map<String, Value>);

impl Visit for Fields<'_> {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0
            .insert(field.name().to_owned(), format!("{value:?}").into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_that_a_proxy_began_is_understood() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(
            parent(good),
            Some((0x0af7651916cd43dd8448eb211c80319c, 0xb7ad6b7169203331, true))
        );
        assert!(parent(&good.replace("-01", "-00")).is_some_and(|(_, _, kept)| !kept));
        for bad in [
            "",
            "00-0-0-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        ] {
            assert_eq!(parent(bad), None, "{bad}");
        }
    }
}
