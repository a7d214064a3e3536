//! What a collector of traces is told.

use std::time::Duration;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::common::TestServer;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// Takes what is posted, until everything that is wanted has come.
async fn collect(listener: TcpListener, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let mut spans = Vec::new();
    while !enough(&spans) {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut text = Vec::new();
        let body = loop {
            stream.read_buf(&mut text).await.unwrap();
            let said = String::from_utf8_lossy(&text).into_owned();
            let Some((head, body)) = said.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .unwrap();
            if body.len() == length.parse::<usize>().unwrap() {
                assert!(head.starts_with("POST /v1/traces HTTP/1.1"), "{head}");
                break body.to_owned();
            }
        };
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .await
            .unwrap();
        let told: Value = serde_json::from_str(&body).unwrap();
        let resource = &told["resourceSpans"][0];
        assert_eq!(
            resource["resource"]["attributes"][0]["value"]["stringValue"],
            "chat"
        );
        spans.extend(
            resource["scopeSpans"][0]["spans"]
                .as_array()
                .unwrap()
                .iter()
                .cloned(),
        );
    }
    spans
}

fn attribute<'a>(span: &'a Value, key: &str) -> &'a Value {
    let attributes = span["attributes"].as_array().unwrap();
    attributes
        .iter()
        .find(|attribute| attribute["key"] == key)
        .map_or(&Value::Null, |attribute| &attribute["value"])
}

#[tokio::test]
async fn a_request_and_what_it_asks_the_store_are_told_under_the_trace_that_the_proxy_began() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let collector = format!("http://{}", listener.local_addr().unwrap());
    let is_named = |span: &Value, name: &str| span["name"] == name && span["traceId"] == TRACE;
    let collected = tokio::spawn(collect(listener, move |spans| {
        spans.iter().any(|span| is_named(span, "GET /api/rooms"))
            && spans.iter().any(|span| span["name"] == "POST /api/auth/register")
    }));
    let setup = TestServer::setup()
        .with("NATTER_LIMITS", "off")
        .with("OTEL_SERVICE_NAME", "chat");
    let server = setup.with("OTEL_EXPORTER_OTLP_ENDPOINT", collector).start();
    let rosa = server.register("rosa").await;
    let ask = async |flags: &str, id: &str| {
        let traceparent = format!("00-{TRACE}-b7ad6b7169203331-{flags}");
        let request = rosa
            .by_token("GET", "/api/rooms")
            .header("traceparent", traceparent);
        request.header("x-request-id", id).send().await.unwrap()
    };
    assert_eq!(ask("00", "left-out").await.status(), 200);
    assert_eq!(ask("01", "wanted").await.status(), 200);
    let spans = tokio::time::timeout(Duration::from_secs(30), collected)
        .await
        .unwrap()
        .unwrap();
    let request = spans
        .iter()
        .find(|span| is_named(span, "GET /api/rooms"))
        .unwrap();
    assert_eq!(request["parentSpanId"], "b7ad6b7169203331");
    assert_eq!(attribute(request, "http.response.status_code")["intValue"], "200");
    assert_eq!(attribute(request, "natter.request_id")["stringValue"], "wanted");
    let number = |name: &str| request[name].as_str().unwrap().parse::<u64>().unwrap();
    assert!(number("startTimeUnixNano") < number("endTimeUnixNano"));
    let within = spans
        .iter()
        .filter(|span| span["parentSpanId"] == request["spanId"]);
    let operations: Vec<_> = within
        .map(|span| attribute(span, "db.operation.name")["stringValue"].clone())
        .collect();
    assert!(!operations.is_empty(), "{spans:#?}");
    assert!(
        !spans
            .iter()
            .any(|span| attribute(span, "natter.request_id")["stringValue"] == "left-out")
    );
}

#[tokio::test]
async fn a_collector_that_is_away_holds_nobody_up() {
    let setup = TestServer::setup().with("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
    let mut server = setup.start();
    let rosa = server.register("rosa").await;
    assert_eq!(rosa.get("/api/me").await.status(), 200);
    server.terminate();
    assert_eq!(server.wait(), Some(0));
}
