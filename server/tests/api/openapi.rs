//! The document of the API is true: what is served is described, what is described is served, and answers are as they
//! are described. Whatever else the tests here ask is held against it too: see `common/document.rs`.

use std::collections::BTreeSet;

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::common::{
    Person, TestServer, checked,
    document::{operations, seen},
};

const GHOST: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const PASSWORD: &str = "correct horse battery";
/// What only a fault of the server or its database brings about.
const FAULTS: [u16; 2] = [500, 503];

#[test]
fn every_call_that_is_served_is_described_and_every_call_that_is_described_is_served() {
    let served = natter::rest::served().into_iter();
    let served: BTreeSet<String> = served.map(|(method, path)| format!("{method} {path}")).collect();
    let described: BTreeSet<String> = operations()
        .into_iter()
        .map(|(_, method, path, _)| format!("{} {path}", method.to_ascii_uppercase()))
        .collect();
    let lacking: Vec<_> = served.difference(&described).collect();
    assert!(
        lacking.is_empty(),
        "served but not described (add them to the `describe` of their module in server/src/rest): {lacking:#?}"
    );
    let invented: Vec<_> = described.difference(&served).collect();
    assert!(invented.is_empty(), "described but not served: {invented:#?}");
}

#[test]
fn every_operation_has_an_id_of_its_own_and_every_part_of_a_path_is_told_of() {
    let mut ids = BTreeSet::new();
    for (id, method, path, operation) in operations() {
        assert!(ids.insert(id.clone()), "two operations are called {id}");
        let parts: BTreeSet<&str> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let told: BTreeSet<&str> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(told, parts, "{method} {path}");
    }
}

#[test]
fn every_reference_leads_somewhere_and_nothing_is_left_over() {
    let document = natter::openapi::document();
    let mut named = BTreeSet::new();
    references(&document, &mut named);
    for reference in &named {
        let target = document.pointer(reference.trim_start_matches('#'));
        assert!(target.is_some(), "{reference} leads nowhere");
    }
    for (name, _) in document["components"]["schemas"].as_object().unwrap() {
        let reference = format!("#/components/schemas/{name}");
        assert!(
            named.iter().any(|used| used.starts_with(&reference)),
            "nothing refers to {name}"
        );
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                found.insert(reference.to_owned());
            }
            fields.values().for_each(|value| references(value, found));
        }
        _ => {}
    }
}

#[tokio::test]
async fn the_document_is_there_for_everyone_and_whoever_has_it_is_told_so() {
    let server = TestServer::start();
    let answer = server.anonymous("GET", "/api/openapi.json", None).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "public, max-age=300");
    let tag = answer.headers()["etag"].to_str().unwrap().to_owned();
    let document: Value = answer.json().await.unwrap();
    assert_eq!(document, natter::openapi::document());
    let again = reqwest::Client::new().get(format!("{}/api/openapi.json", server.url()));
    let again = checked(again.header("if-none-match", tag)).await;
    assert_eq!(again.status(), 304);
}

/// A path with something in each of its parts.
fn filled(path: &str) -> String {
    let filled = path.split('/').map(|part| match part {
        "{emoji}" => "%F0%9F%91%8D",
        part if part.starts_with('{') => GHOST,
        part => part,
    });
    filled.collect::<Vec<_>>().join("/")
}

/// What every operation has to refuse, with what the document says of it.
#[tokio::test]
async fn every_operation_refuses_as_it_is_described() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    for (id, method, path, operation) in operations() {
        let method = method.to_ascii_uppercase();
        let path = filled(&path);
        let refused = async |request: RequestBuilder, status: u16| {
            assert_eq!(checked(request).await.status().as_u16(), status, "{id}");
        };
        let describes = |status: u16| !operation["responses"][status.to_string()].is_null();
        if operation["security"].is_null() {
            refused(rosa.bare(&method, &path), 401).await;
            assert!(describes(401), "{id}");
        }
        if method != "GET" && describes(403) {
            refused(rosa.bare(&method, &path).header("cookie", &rosa.cookie), 403).await;
        }
        // What is asked at an address that does not exist is not read.
        let is_hook = path.starts_with("/hooks/");
        if !operation["requestBody"]["content"]["application/json"].is_null() && !is_hook {
            let send = |kind: &str, body: Vec<u8>| {
                rosa.by_token(&method, &path)
                    .header("content-type", kind)
                    .body(body)
            };
            let huge = format!("{{\"x\":\"{}\"}}", "x".repeat(1024 * 1024)).into_bytes();
            refused(send("application/json", b"{".to_vec()), 400).await;
            refused(send("application/json", b"\"\\ud800\"".to_vec()), 400).await;
            refused(send("application/json", "[".repeat(50_000).into_bytes()), 400).await;
            refused(send("application/json", huge), 413).await;
            refused(send("application/json", b"[]".to_vec()), 422).await;
            refused(send("text/plain", b"{}".to_vec()), 415).await;
            let shape = &operation["requestBody"]["content"]["application/json"]["schema"];
            if !shape["required"].is_null() {
                refused(send("application/json", b"{}".to_vec()), 422).await;
            }
        } else if path.contains(GHOST) {
            refused(rosa.by_token(&method, &path), 404).await;
        }
    }
}

#[tokio::test]
async fn every_operation_below_api_tells_whoever_asks_too_often_when_to_come_back() {
    let server = TestServer::setup().with("NATTER_LIMITS", "api=1/1h").start();
    server.anonymous("GET", "/api/me", None).await;
    for (id, method, path, _) in operations() {
        if path.starts_with("/api/") {
            let answer = server
                .anonymous(&method.to_ascii_uppercase(), &filled(&path), None)
                .await;
            assert_eq!(answer.status(), 429, "{id}");
        }
    }
}

/// Everything that the document says of answers of success happens.
#[tokio::test]
async fn every_operation_succeeds_as_it_is_described() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    accounts(&server, &rosa).await;
    let room = rooms(&rosa, &mei).await;
    messages(&rosa, &room).await;
    programs(&rosa, &room).await;
    people(&rosa, &mei, &room).await;
    files(&rosa).await;
    data(&rosa, &server.register("tom").await).await;
    for path in ["/health", "/health/ready", "/metrics", "/api/openapi.json"] {
        assert_eq!(server.anonymous("GET", path, None).await.status(), 200);
    }
    for (id, method, path, operation) in operations() {
        let described = operation["responses"].as_object().unwrap().keys();
        let described = described.map(|status| status.parse::<u16>().unwrap());
        // The upgrade of a connection is the business of the tests of the live connection.
        let successes = described.filter(|status| (200..300).contains(status) && !FAULTS.contains(status));
        for status in successes {
            assert!(
                seen(&id).contains(&status),
                "{method} {path} ({id}) never answered {status}: this test should make it"
            );
        }
    }
}

async fn data(rosa: &Person, tom: &Person) {
    assert_eq!(tom.get("/api/me/export").await.status(), 200);
    assert_eq!(rosa.get("/api/export").await.status(), 200);
    let shown = tom.send_picture("/api/me/avatar", &crate::data::png(8, 8)).await;
    let address = ok(shown, 200).await["user"]["avatar_url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(tom.get(&address).await.status(), 200);
    ok(tom.ask("DELETE", "/api/me/avatar").await, 204).await;
    let erase = json!({ "password": PASSWORD });
    ok(
        checked(tom.by_cookie("POST", "/api/me/erase").json(&erase)).await,
        204,
    )
    .await;
    let again = format!("/api/users/{}/erase", tom.id);
    ok(rosa.post(&again, json!({ "keep_messages": true })).await, 204).await;
}

async fn files(rosa: &Person) {
    let form = "--x\r\ncontent-disposition: form-data; name=file; filename=a.txt\r\n\r\nahoy\r\n--x--\r\n";
    let upload = rosa
        .by_token("POST", "/api/files")
        .header("content-type", "multipart/form-data; boundary=x");
    let file = ok(checked(upload.body(form)).await, 201).await;
    let url = file["attachment"]["url"].as_str().unwrap();
    assert_eq!(rosa.get(url).await.status(), 200);
    let part = rosa.by_token("GET", url).header("range", "bytes=1-2");
    assert_eq!(checked(part).await.status(), 206);
    let begin = json!({ "name": "b.txt", "size": 4 });
    let begun = ok(rosa.post("/api/files/uploads", begin).await, 201).await;
    let path = format!("/api/files/uploads/{}", begun["upload"]["id"].as_str().unwrap());
    ok(rosa.get(&path).await, 200).await;
    let bytes = rosa.by_token("PATCH", &path).header("upload-offset", "0");
    ok(checked(bytes.body("ahoy")).await, 200).await;
    ok(rosa.ask("DELETE", &path).await, 204).await;
}

async fn ok(answer: reqwest::Response, status: u16) -> Value {
    let url = answer.url().clone();
    assert_eq!(answer.status(), status, "{url}");
    answer.json().await.unwrap_or(Value::Null)
}

async fn accounts(server: &TestServer, rosa: &Person) {
    let register = json!({ "username": "ines", "password": PASSWORD, "display_name": "Inês" });
    ok(
        server
            .anonymous("POST", "/api/auth/register", Some(register))
            .await,
        201,
    )
    .await;
    let login = json!({ "username": "ines", "password": PASSWORD });
    ok(
        server.anonymous("POST", "/api/auth/login", Some(login)).await,
        200,
    )
    .await;
    ok(rosa.get("/api/me").await, 200).await;
    let token = ok(rosa.post("/api/tokens", json!({ "name": "robot" })).await, 201).await;
    ok(rosa.get("/api/tokens").await, 200).await;
    let path = format!("/api/tokens/{}", token["id"].as_str().unwrap());
    ok(rosa.ask("DELETE", &path).await, 204).await;
    ok(rosa.get("/api/users?query=r&limit=1").await, 200).await;
    let out = checked(rosa.by_cookie("POST", "/api/auth/logout")).await;
    ok(out, 204).await;
}

/// Gives a room with both in it.
async fn rooms(rosa: &Person, mei: &Person) -> String {
    let direct = json!({ "users": [mei.id] });
    ok(rosa.post("/api/rooms/direct", direct.clone()).await, 201).await;
    ok(rosa.post("/api/rooms/direct", direct).await, 200).await;
    let create = json!({ "name": "Harbour", "topic": "Ships", "private": false });
    let room = ok(rosa.post("/api/rooms", create).await, 201).await;
    let room = room["id"].as_str().unwrap().to_owned();
    let path = |what: &str| format!("/api/rooms/{room}/{what}");
    ok(mei.post(&path("join"), json!({})).await, 204).await;
    ok(mei.post(&path("leave"), json!({})).await, 204).await;
    ok(
        rosa.post(&path("members"), json!({ "users": [mei.id] })).await,
        204,
    )
    .await;
    ok(mei.get(&path("members")).await, 200).await;
    ok(mei.get("/api/rooms").await, 200).await;
    ok(mei.post(&path("read"), json!({ "seq": 1 })).await, 204).await;
    room
}

async fn messages(rosa: &Person, room: &str) {
    let post = json!({ "room": room, "body": "ahoy @mei", "nonce": "1" });
    let message = ok(rosa.post("/api/messages", post.clone()).await, 201).await;
    ok(rosa.post("/api/messages", post).await, 200).await;
    rosa.reply(&message, "ahoy").await;
    let path = |what: &str| format!("/api/messages/{}{what}", message["id"].as_str().unwrap());
    ok(rosa.patch(&path(""), json!({ "body": "ahoy all" })).await, 200).await;
    for what in ["/pin", "/reactions/%F0%9F%91%8D"] {
        ok(rosa.ask("PUT", &path(what)).await, 204).await;
    }
    ok(rosa.get(&path("/history")).await, 200).await;
    ok(rosa.get(&format!("/api/rooms/{room}/pins")).await, 200).await;
    ok(rosa.get(&format!("/api/messages?room={room}&limit=2")).await, 200).await;
    ok(
        rosa.get(&format!("/api/threads/{}", message["id"].as_str().unwrap()))
            .await,
        200,
    )
    .await;
    ok(rosa.get("/api/search?q=ahoy").await, 200).await;
    attention(rosa, room, &message).await;
    for what in ["/pin", "/reactions/%F0%9F%91%8D", ""] {
        ok(rosa.ask("DELETE", &path(what)).await, 204).await;
    }
}

async fn attention(rosa: &Person, room: &str, message: &Value) {
    let put = async |path: &str, body: Value, status| {
        ok(checked(rosa.by_token("PUT", path).json(&body)).await, status).await
    };
    let of_room = |what: &str| format!("/api/rooms/{room}/{what}");
    ok(rosa.post(&of_room("unread"), json!({ "seq": 1 })).await, 204).await;
    put(&of_room("notify"), json!({ "level": "all", "muted": true }), 204).await;
    put(&of_room("draft"), json!({ "body": "aho" }), 200).await;
    ok(rosa.get(&of_room("draft")).await, 200).await;
    ok(rosa.get("/api/unread").await, 200).await;
    let status = json!({ "text": "at sea", "emoji": "🚢" });
    ok(rosa.patch("/api/me/status", status).await, 200).await;
    put("/api/me/quiet", json!({ "daily": [1320, 420] }), 204).await;
    ok(rosa.get("/api/me/quiet").await, 200).await;
    let id = message["id"].as_str().unwrap();
    let follow = format!("/api/threads/{id}/follow");
    ok(rosa.ask("PUT", &follow).await, 204).await;
    ok(rosa.get(&follow).await, 200).await;
    ok(rosa.get("/api/threads").await, 200).await;
    ok(rosa.get("/api/threads/unread").await, 200).await;
    let draft = format!("/api/threads/{id}/draft");
    put(&draft, json!({ "body": "aho" }), 200).await;
    ok(rosa.get(&draft).await, 200).await;
    ok(
        rosa.post(&format!("/api/threads/{id}/read"), json!({ "seq": 9 }))
            .await,
        204,
    )
    .await;
    ok(rosa.ask("DELETE", &follow).await, 204).await;
    let saved = format!("/api/messages/{id}/saved");
    ok(rosa.ask("PUT", &saved).await, 204).await;
    ok(rosa.get("/api/saved").await, 200).await;
    ok(rosa.ask("DELETE", &saved).await, 204).await;
    ok(rosa.get("/api/users?query=rosa").await, 200).await;
    ok(rosa.get("/api/push").await, 200).await;
    let point = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    let endpoint = "https://push.example.org/rosa";
    let browser =
        json!({ "endpoint": endpoint, "keys": { "p256dh": point, "auth": "BTBZMqHH6r4Tts7J_aSIgg" } });
    ok(rosa.post("/api/push", browser).await, 204).await;
    let forget = rosa
        .by_token("DELETE", "/api/push")
        .json(&json!({ "endpoint": endpoint }));
    ok(checked(forget).await, 204).await;
}

async fn programs(rosa: &Person, room: &str) {
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let bot = ok(rosa.post("/api/bots", json!({ "username": "helper" })).await, 201).await;
    let bot = id(&bot["user"]);
    ok(rosa.get("/api/bots").await, 200).await;
    let tokens = format!("/api/bots/{bot}/tokens");
    let token = ok(rosa.post(&tokens, json!({ "name": "one" })).await, 201).await;
    ok(rosa.get(&tokens).await, 200).await;
    ok(rosa.ask("DELETE", &format!("{tokens}/{}", id(&token))).await, 204).await;
    let path = format!("/api/rooms/{room}/webhooks");
    let incoming = ok(rosa.post(&path, json!({ "name": "Deploys" })).await, 201).await;
    ok(rosa.get(&path).await, 200).await;
    let address = incoming["url"].as_str().unwrap().strip_prefix(&rosa.url).unwrap();
    let posted = checked(rosa.bare("POST", address).json(&json!({ "text": "ahoy" }))).await;
    assert_eq!(posted.status(), 200);
    ok(
        rosa.ask("DELETE", &format!("{path}/{}", id(&incoming))).await,
        204,
    )
    .await;
    let outgoing = json!({ "name": "Archive", "url": "https://example.org/", "room": room });
    let outgoing = ok(rosa.post("/api/webhooks", outgoing).await, 201).await;
    ok(rosa.get("/api/webhooks").await, 200).await;
    let path = format!("/api/webhooks/{}", id(&outgoing));
    ok(rosa.ask("POST", &format!("{path}/resume")).await, 204).await;
    ok(rosa.ask("DELETE", &path).await, 204).await;
    let command = json!({ "name": "deploy", "url": "https://example.org/", "bot": bot });
    let command = ok(rosa.post("/api/commands", command).await, 201).await;
    ok(rosa.get("/api/commands").await, 200).await;
    ok(
        rosa.ask("DELETE", &format!("/api/commands/{}", id(&command)))
            .await,
        204,
    )
    .await;
    let path = format!("/api/rooms/{room}/commands");
    ok(rosa.get(&path).await, 200).await;
    ok(rosa.post(&path, json!({ "text": "/me waves" })).await, 200).await;
}

async fn people(rosa: &Person, mei: &Person, room: &str) {
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let user = format!("/api/users/{}", mei.id);
    ok(rosa.get(&user).await, 200).await;
    ok(rosa.patch(&user, json!({ "role": "moderator" })).await, 200).await;
    ok(mei.patch("/api/me", json!({ "title": "Captain" })).await, 200).await;
    let path = format!("/api/rooms/{room}");
    ok(rosa.get(&path).await, 200).await;
    ok(rosa.patch(&path, json!({ "description": "Ships" })).await, 200).await;
    let said = mei.say(room, "over there").await;
    let report = json!({ "message": said["id"], "reason": "Not here" });
    let reported = ok(rosa.post("/api/reports", report.clone()).await, 201).await;
    ok(rosa.post("/api/reports", report).await, 200).await;
    ok(rosa.get("/api/reports?resolved=false").await, 200).await;
    let resolve = format!("/api/reports/{}/resolve", id(&reported));
    ok(rosa.post(&resolve, json!({ "resolution": "Moved" })).await, 204).await;
    let invite = ok(rosa.post("/api/invites", json!({ "uses_max": 1 })).await, 201).await;
    ok(rosa.get("/api/invites").await, 200).await;
    ok(
        rosa.ask("DELETE", &format!("/api/invites/{}", id(&invite))).await,
        204,
    )
    .await;
    let ban = format!("/api/rooms/{room}/bans/{}", mei.id);
    let banned = rosa.by_token("PUT", &ban).json(&json!({ "reason": "Enough" }));
    ok(checked(banned).await, 204).await;
    ok(rosa.get(&format!("/api/rooms/{room}/bans")).await, 200).await;
    ok(rosa.ask("DELETE", &ban).await, 204).await;
    ok(mei.post(&format!("{path}/join"), json!({})).await, 204).await;
    let member = format!("/api/rooms/{room}/members/{}", mei.id);
    ok(rosa.ask("DELETE", &member).await, 204).await;
    ok(rosa.get("/api/audit").await, 200).await;
    sessions(mei).await;
}

/// Signs in and gives the one who has the new cookie.
async fn signed_in(person: &Person) -> Person {
    let login = json!({ "username": person.username, "password": PASSWORD });
    let answer = checked(person.bare("POST", "/api/auth/login").json(&login)).await;
    with_cookie(person, &answer)
}

fn with_cookie(person: &Person, answer: &reqwest::Response) -> Person {
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    Person {
        cookie: cookie.split(';').next().unwrap().to_owned(),
        ..person.clone()
    }
}

async fn sessions(mei: &Person) {
    let first = signed_in(mei).await;
    let list = ok(checked(first.by_cookie("GET", "/api/sessions")).await, 200).await;
    let session = list["sessions"][0]["id"].as_str().unwrap();
    ok(mei.ask("DELETE", &format!("/api/sessions/{session}")).await, 204).await;
    let second = signed_in(mei).await;
    let passwords = json!({ "current_password": PASSWORD, "new_password": "another battery" });
    let changed = second.by_cookie("POST", "/api/me/password").json(&passwords);
    let changed = checked(changed).await;
    assert_eq!(changed.status(), 200);
    let third = with_cookie(mei, &changed);
    ok(checked(third.by_cookie("DELETE", "/api/sessions")).await, 204).await;
}
