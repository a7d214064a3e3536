//! Connections that do not do what they should.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use crate::common::TestServer;

/// Longer than the server waits for a request's head, even on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn open(server: &TestServer, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes).unwrap();
    stream
}

#[tokio::test]
async fn who_says_nothing_or_never_finishes_is_sent_away() {
    let server = TestServer::start();
    let beginnings: [&[u8]; 3] = [b"", b"PRI * HT", b"GET /health HTTP/1.1\r\nhost: x\r\nx-slow: "];
    let mut streams: Vec<_> = beginnings.iter().map(|bytes| open(&server, bytes)).collect();
    assert_eq!(
        server.anonymous("GET", "/health", None).await.status(),
        200,
        "nobody else waits for them"
    );
    for (stream, beginning) in streams.iter_mut().zip(beginnings) {
        let mut rest = Vec::new();
        let ended = stream.read_to_end(&mut rest);
        assert!(
            ended.is_ok(),
            "{:?} is still open",
            String::from_utf8_lossy(beginning)
        );
    }
}

#[tokio::test]
async fn a_connection_that_was_used_is_kept_for_as_long_as_clients_keep_theirs() {
    const REQUEST: &[u8] = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n";
    let server = TestServer::start();
    let mut stream = open(&server, REQUEST);
    let mut answer = [0; 4096];
    assert!(stream.read(&mut answer).unwrap() > 0);
    // Longer than one may be silent who has asked nothing yet.
    tokio::time::sleep(Duration::from_secs(13)).await;
    stream.write_all(REQUEST).unwrap();
    let length = stream.read(&mut answer).unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 200 "));
}

#[tokio::test]
async fn what_is_missing_today_may_be_there_tomorrow() {
    let server = TestServer::start();
    let missing = server.anonymous("GET", "/pkg/natter.later.js", None).await;
    assert_eq!(missing.status(), 404);
    assert!(
        !missing
            .headers()
            .get("cache-control")
            .is_some_and(|value| value.to_str().unwrap().contains("immutable"))
    );
}

#[tokio::test]
async fn a_page_says_for_whom_it_is() {
    let server = TestServer::start();
    let page = server.anonymous("GET", "/", None).await;
    assert_eq!(page.headers().get("natter-viewer").unwrap(), "nobody");
    let ines = server.register("ines").await;
    let page = ines.by_cookie("GET", "/rooms/general").send().await.unwrap();
    let me = ines.get_json("/api/me").await;
    assert_eq!(
        page.headers().get("natter-viewer").unwrap(),
        me["user"]["id"].as_str().unwrap()
    );
}

/// What the server answers to these bytes, until it closes.
fn answer(server: &TestServer, bytes: &[u8]) -> String {
    let mut text = String::new();
    open(server, bytes).read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn what_is_meant_for_a_proxy_is_refused() {
    let server = TestServer::start();
    for target in ["GET evil:80", "CONNECT evil:80", "OPTIONS *"] {
        let text = answer(
            &server,
            format!("{target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes(),
        );
        assert!(text.starts_with("HTTP/1.1 400"), "{target}: {text}");
    }
}

#[tokio::test]
async fn a_client_that_stalls_in_the_middle_of_a_body_is_at_fault() {
    let server = TestServer::start();
    let head = "POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    let text = answer(&server, head.as_bytes());
    assert!(text.starts_with("HTTP/1.1 400"), "{text}");
}
