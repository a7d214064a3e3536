//! What bad input gets: the documented refusal, never a 5xx.

use serde_json::{Value, json};

use crate::common::{TestServer, assert_problem};

const GHOST: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[tokio::test]
async fn bodies_that_cannot_be_messages_are_refused_and_store_nothing() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let long = "x".repeat(8_001);
    for body in ["", " \n\t ", "a\u{0}b", "bell\u{7}", long.as_str()] {
        let answer = rosa
            .post("/api/messages", json!({ "room": room, "body": body }))
            .await;
        let problem = assert_problem(answer, 422, "invalid").await;
        assert_eq!(problem["errors"][0]["field"], "body");
    }
    assert!(rosa.history(&room).await.is_empty());
    let longest = "語".repeat(8_000);
    assert_eq!(
        rosa.say(&room, &longest).await["body"],
        longest,
        "the limit counts characters"
    );
}

#[tokio::test]
async fn json_of_the_wrong_shape_is_told_from_what_is_no_json() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let send = |bytes: Vec<u8>| {
        rosa.by_token("POST", "/api/messages")
            .header("content-type", "application/json")
            .body(bytes)
            .send()
    };
    for broken in [&b"{"[..], b"", b"{\"room\" 7}", b"{\"room\":\"\xff\xfe\"}"] {
        assert_problem(send(broken.to_vec()).await.unwrap(), 400, "malformed").await;
    }
    let deep = "[".repeat(100_000).into_bytes();
    assert!(
        send(deep).await.unwrap().status().is_client_error(),
        "nesting is bounded"
    );
    assert_problem(rosa.post("/api/messages", json!([])).await, 422, "invalid").await;
    for (wrong, field) in [
        (json!({}), "room"),
        (json!({ "room": room }), "body"),
        (json!({ "room": room, "body": 7 }), "body"),
        (json!({ "room": "general", "body": "x" }), "room"),
        (json!({ "room": room, "body": "x", "nonce": "" }), "nonce"),
        (
            json!({ "room": room, "body": "x", "nonce": "n".repeat(65) }),
            "nonce",
        ),
    ] {
        let answer = rosa.post("/api/messages", wrong.clone()).await;
        let problem = assert_problem(answer, 422, "invalid").await;
        assert_eq!(problem["errors"][0]["field"], field, "{wrong}: {problem}");
    }
    let plain = rosa
        .by_token("POST", "/api/messages")
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_problem(plain, 415, "unsupported_media_type").await;
}

#[tokio::test]
async fn what_is_larger_than_any_request_is_refused_unread() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let body = json!({ "room": GHOST, "body": "x".repeat(300 * 1024) });
    assert_problem(rosa.post("/api/messages", body).await, 413, "too_large").await;
}

#[tokio::test]
async fn unknown_rooms_and_ids_that_are_none_are_not_found() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let post = rosa
        .post("/api/messages", json!({ "room": GHOST, "body": "x" }))
        .await;
    assert_problem(post, 404, "room_not_found").await;
    assert_problem(
        rosa.get(&format!("/api/messages?room={GHOST}")).await,
        404,
        "room_not_found",
    )
    .await;
    for id in [GHOST, "general", "..%2f..%2fetc", "%00"] {
        assert_problem(
            rosa.post(&format!("/api/rooms/{id}/join"), json!({})).await,
            404,
            "room_not_found",
        )
        .await;
        let read = rosa
            .post(&format!("/api/rooms/{id}/read"), json!({ "seq": 1 }))
            .await;
        assert_problem(read, 404, "room_not_found").await;
    }
}

#[tokio::test]
async fn queries_that_cannot_be_meant_are_refused() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    for (query, field) in [
        (String::new(), "room"),
        ("room=general".to_owned(), "room"),
        (format!("room={room}&before=-1"), "before"),
        (format!("room={room}&limit=many"), "limit"),
        (format!("room={room}&limit=2&limit=3"), "limit"),
    ] {
        let answer = rosa.get(&format!("/api/messages?{query}")).await;
        let problem = assert_problem(answer, 422, "invalid").await;
        assert_eq!(problem["errors"][0]["field"], field, "{query}: {problem}");
    }
    let both = rosa
        .get(&format!("/api/messages?room={room}&before=1&after=1"))
        .await;
    assert_problem(both, 422, "invalid").await;
    for limit in [0, 1_000_000] {
        let page = rosa
            .get(&format!("/api/messages?room={room}&limit={limit}"))
            .await;
        assert_eq!(page.status(), 200, "a limit beyond the limits is the nearest one");
    }
}

#[tokio::test]
async fn unknown_calls_and_wrong_methods_are_problems_too() {
    let server = TestServer::start();
    for (method, path) in [
        ("GET", "/api/nothing"),
        ("GET", "/api"),
        ("GET", "/api/"),
        ("POST", "/api/"),
        ("GET", "/api/me/"),
    ] {
        let answer = server.anonymous(method, path, None).await;
        assert_problem(answer, 404, "not_found").await;
    }
    assert_problem(
        server.anonymous("DELETE", "/api/me", None).await,
        405,
        "method_not_allowed",
    )
    .await;
}

#[tokio::test]
async fn everything_but_signing_in_needs_a_user() {
    let server = TestServer::start();
    for (method, path) in [
        ("GET", "/api/me"),
        ("GET", "/api/tokens"),
        ("GET", "/api/users"),
        ("GET", "/api/rooms"),
        ("POST", "/api/auth/logout"),
        ("POST", "/api/rooms"),
        ("POST", "/api/messages"),
    ] {
        let body = (method == "POST").then(|| json!({}));
        assert_problem(server.anonymous(method, path, body).await, 401, "not_signed_in").await;
    }
}

#[tokio::test]
async fn another_sites_page_cannot_use_a_cookie_to_change_anything() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let body = json!({ "room": room, "body": "forged" });
    for origin in [Some("https://evil.example"), Some("null"), None] {
        let request = rosa
            .bare("POST", "/api/messages")
            .header("cookie", &rosa.cookie)
            .json(&body);
        let request = match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        };
        assert_problem(request.send().await.unwrap(), 403, "foreign_origin").await;
    }
    assert!(rosa.history(&room).await.is_empty());
    let own = rosa
        .by_cookie("POST", "/api/messages")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(own.status(), 201, "this site's page can");
    let read = rosa.bare("GET", "/api/me").header("cookie", &rosa.cookie);
    let read = read
        .header("origin", "https://evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(
        read.status(),
        200,
        "reading changes nothing, and the answer stays unreadable to the other site"
    );
    assert!(!read.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn another_site_cannot_sign_someone_in() {
    let server = TestServer::start();
    server.register("rosa").await;
    let login = reqwest::Client::new()
        .post(format!("{}/api/auth/login", server.url()))
        .header("origin", "https://evil.example")
        .json(&json!({ "username": "rosa", "password": "correct horse battery" }));
    assert_problem(login.send().await.unwrap(), 403, "foreign_origin").await;
}

#[tokio::test]
async fn parts_of_the_contract_that_are_not_there_yet_say_so() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let reply = rosa
        .post(
            "/api/messages",
            json!({ "room": room, "body": "x", "thread": GHOST }),
        )
        .await;
    assert_eq!(
        assert_problem(reply, 422, "invalid").await["errors"][0]["field"],
        "thread"
    );
    let plain = json!({ "room": room, "body": "x", "thread": Value::Null, "attachments": [] });
    assert_eq!(rosa.post("/api/messages", plain).await.status(), 201);
}

#[tokio::test]
async fn a_browser_that_opens_an_address_gets_refusals_as_a_page() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let page = rosa
        .bare("GET", "/api/nothing")
        .header("accept", "text/html,*/*")
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 404);
    assert!(
        page.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("nonce-") && !policy.contains("unsafe-inline"),
        "{policy}"
    );
    assert!(page.text().await.unwrap().contains("<!DOCTYPE html>"));
}

#[tokio::test]
async fn a_form_that_is_too_large_says_so() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let body = format!("room={GHOST}&body={}", "x".repeat(300 * 1024));
    let request = rosa
        .by_cookie("POST", "/fn/post_message")
        .header("accept", "text/html");
    let request = request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    assert_eq!(request.send().await.unwrap().status(), 413);
}
