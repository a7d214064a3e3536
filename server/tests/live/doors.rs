//! Who gets in, and who is sent away.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::common::{Person, Socket, TestServer, assert_problem};

async fn with_headers(person: &Person, headers: &[(&str, &str)]) -> Result<Socket, u16> {
    Socket::open(&person.url, headers).await
}

#[tokio::test]
async fn a_browser_needs_an_origin_of_this_site_and_a_program_does_not() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let (cookie, token) = (rosa.cookie.as_str(), format!("Bearer {}", rosa.token));
    for foreign in [
        "https://evil.example",
        "null",
        "http://127.0.0.1.evil.example",
        "",
    ] {
        assert_eq!(
            with_headers(&rosa, &[("cookie", cookie), ("origin", foreign)])
                .await
                .err(),
            Some(403),
            "{foreign}"
        );
    }
    assert_eq!(
        with_headers(&rosa, &[("cookie", cookie)]).await.err(),
        Some(403),
        "no origin is no proof"
    );
    let mut browser = with_headers(&rosa, &[("cookie", cookie), ("origin", &rosa.url)])
        .await
        .ok()
        .unwrap();
    assert_eq!(browser.expect("hello").await["user"], json!(rosa.id));
    let mut program = with_headers(&rosa, &[("authorization", &token)])
        .await
        .ok()
        .unwrap();
    assert_eq!(program.expect("hello").await["user"], json!(rosa.id));
}

#[tokio::test]
async fn who_is_not_signed_in_is_told_so_by_the_close_code() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let origin = rosa.url.as_str();
    for headers in [
        vec![],
        vec![("origin", origin)],
        vec![("authorization", "Bearer nonsense")],
        vec![("authorization", "Basic cm9zYTpyb3Nh")],
        vec![
            ("cookie", "session=forged; natter=forged; __Host-natter=forged"),
            ("origin", origin),
        ],
    ] {
        let mut socket = Socket::open(&rosa.url, &headers).await.ok().unwrap();
        let ended = socket.next().await.expect_err("nothing is said");
        assert_eq!(ended.code, 4401, "{headers:?}");
    }
}

#[tokio::test]
async fn signing_out_and_revoking_close_the_connections_of_just_that() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let by_cookie = [("cookie", rosa.cookie.as_str()), ("origin", rosa.url.as_str())];
    let mut browser = with_headers(&rosa, &by_cookie).await.ok().unwrap();
    browser.expect("hello").await;
    let (mut program, mut other) = (rosa.connect().await, mei.connect().await);
    assert_eq!(
        rosa.by_cookie("POST", "/api/auth/logout")
            .send()
            .await
            .unwrap()
            .status(),
        204
    );
    assert_eq!(browser.ended().await.code, 4401);
    crate::settle(&mut program).await;

    let tokens: Value = rosa.get_json("/api/tokens").await;
    let id = tokens["tokens"][0]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{tokens}"));
    assert_eq!(
        rosa.by_token("DELETE", &format!("/api/tokens/{id}"))
            .send()
            .await
            .unwrap()
            .status(),
        204
    );
    assert_eq!(program.ended().await.code, 4401);
    crate::settle(&mut other).await;
}

#[tokio::test]
async fn the_subprotocol_is_agreed_on_when_it_is_offered() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    for (offered, agreed) in [
        ("natter.v1.json", Some("natter.v1.json")),
        ("mqtt, natter.v1.json", Some("natter.v1.json")),
        ("mqtt", None),
    ] {
        let answer = rosa
            .by_token("GET", "/ws")
            .headers(upgrade())
            .header("sec-websocket-protocol", offered)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
        let found = answer
            .headers()
            .get("sec-websocket-protocol")
            .map(|value| value.to_str().unwrap());
        assert_eq!(found, agreed, "{offered}");
        assert_eq!(
            answer.headers()["sec-websocket-accept"],
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }
}

/// An upgrade with the key of the protocol's own example.
fn upgrade() -> reqwest::header::HeaderMap {
    let headers = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    headers
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .into_iter()
        .collect()
}

#[tokio::test]
async fn a_request_that_is_no_upgrade_gets_a_problem() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    assert_problem(rosa.get("/ws").await, 400, "malformed").await;
    assert_problem(rosa.post("/ws", json!({})).await, 405, "method_not_allowed").await;
    let mut old = upgrade();
    old.insert("sec-websocket-version", "8".parse().unwrap());
    assert_problem(
        rosa.by_token("GET", "/ws").headers(old).send().await.unwrap(),
        400,
        "malformed",
    )
    .await;
}

#[tokio::test]
async fn a_person_opens_only_so_many_sockets_a_minute() {
    let server = TestServer::setup().with("NATTER_LIMITS", "socket=3/1m").start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(rosa.connect().await);
    }
    let refused = rosa
        .by_token("GET", "/ws")
        .headers(upgrade())
        .send()
        .await
        .unwrap();
    assert!(
        refused.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse::<u64>()
            .unwrap()
            >= 1
    );
    assert_problem(refused, 429, "too_fast").await;
    mei.connect().await;
}
