//! The public contract of the REST API to the letter, where no other test of a noun says it: what every answer has,
//! what ids and times look like, limits that are promised as numbers.

use reqwest::Response;
use serde_json::{Value, json};

use crate::common::{Person, TestServer, assert_problem};

const PASSWORD: &str = "correct horse battery";

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

/// The fields of an object, in the order of the alphabet.
fn fields(value: &Value) -> Vec<&str> {
    let mut fields: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    fields
}

fn has_all(value: &Value, expected: &[&str]) {
    let found = fields(value);
    for field in expected {
        assert!(found.contains(field), "{field} is missing from {value}");
    }
}

#[tokio::test]
async fn every_answer_names_its_request_whatever_it_is() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let client = client.build().unwrap();
    for (method, path, status) in [
        ("GET", "/health", 200),
        ("GET", "/health/ready", 200),
        ("POST", "/health", 405),
        ("GET", "/metrics", 200),
        ("GET", "/api/openapi.json", 200),
        ("GET", "/api/me", 200),
        ("GET", "/api/nothing", 404),
        ("PUT", "/api/me", 405),
        ("GET", "/ws", 400),
        ("PUT", "/ws", 405),
        ("GET", "/", 302),
        ("GET", "/nothing", 404),
        ("POST", "/hooks/none", 404),
        ("GET", "/hooks/none", 405),
    ] {
        let request = rosa.by_token(method, path).build().unwrap();
        let answer = client.execute(request).await.unwrap();
        assert!(!header(&answer, "x-request-id").is_empty(), "{method} {path}");
        assert_eq!(answer.status(), status, "{method} {path}");
    }
}

#[tokio::test]
async fn what_compresses_is_encoded_as_the_client_can_read_it() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    for n in 0..20 {
        rosa.say(&room, &format!("the same words again and again {n}"))
            .await;
    }
    let path = format!("/api/messages?room={room}");
    for (asked, given) in [
        ("br", "br"),
        ("zstd", "zstd"),
        ("gzip", "gzip"),
        ("identity", ""),
        ("", ""),
    ] {
        for path in [path.as_str(), "/api/openapi.json"] {
            let answer = rosa.by_token("GET", path).header("accept-encoding", asked);
            let answer = answer.send().await.unwrap();
            assert_eq!(header(&answer, "content-encoding"), given, "{asked} {path}");
            assert!(
                header(&answer, "vary").contains("accept-encoding"),
                "{asked} {path}"
            );
        }
    }
}

#[tokio::test]
async fn every_get_that_can_be_kept_has_a_weak_tag_and_honours_it() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let message = rosa.say(&room, "ahoy").await;
    let id = message["id"].as_str().unwrap();
    for path in [
        "/api/me".to_owned(),
        "/api/tokens".to_owned(),
        "/api/users".to_owned(),
        "/api/rooms".to_owned(),
        format!("/api/rooms/{room}/members"),
        format!("/api/rooms/{room}/pins"),
        format!("/api/messages?room={room}"),
        format!("/api/messages/{id}/history"),
        format!("/api/threads/{id}"),
        "/api/search?q=ahoy".to_owned(),
        "/api/openapi.json".to_owned(),
    ] {
        let first = rosa.get(&path).await;
        assert_eq!(first.status(), 200, "{path}");
        let tag = header(&first, "etag").to_owned();
        assert!(tag.starts_with("W/\"") && tag.ends_with('"'), "{path}: {tag}");
        for known in [tag.as_str(), "*", &format!("\"other\", {tag}")] {
            let again = rosa.by_token("GET", &path).header("if-none-match", known);
            let again = again.send().await.unwrap();
            assert_eq!(again.status(), 304, "{path} {known}");
            assert_eq!(header(&again, "etag"), tag, "{path}");
            assert_eq!(header(&again, "vary"), "accept-encoding", "{path}");
            assert!(again.bytes().await.unwrap().is_empty());
        }
        let other = rosa.by_token("GET", &path).header("if-none-match", "W/\"other\"");
        assert_eq!(other.send().await.unwrap().status(), 200, "{path}");
    }
}

#[tokio::test]
async fn objects_have_every_field_that_is_promised() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room("general").await;
    let promised = [
        "id", "kind", "slug", "name", "topic", "private", "member", "last_seq", "last_rev", "read_seq",
        "unread", "mentions",
    ];
    has_all(&room, &promised);
    let id = room["id"].as_str().unwrap();
    let said = rosa.say(id, "hello @mei").await;
    let promised = [
        "id",
        "room",
        "seq",
        "rev",
        "author",
        "body",
        "html",
        "created_at",
        "edited_at",
        "deleted",
        "pinned",
        "thread",
        "reply_count",
        "nonce",
        "reactions",
        "attachments",
        "mentions",
    ];
    has_all(&said, &promised);
    has_all(&said["author"], &["id", "username", "display_name", "avatar_url"]);
    assert_eq!(said["mentions"], json!([mei.id]));
    let users = rosa.get_json("/api/users").await;
    has_all(&users, &["users", "next_cursor"]);
    has_all(
        &users["users"][0],
        &["id", "username", "display_name", "avatar_url", "status"],
    );
    let page = rosa.get_json(&format!("/api/messages?room={id}")).await;
    has_all(&page, &["messages", "has_before", "has_after", "last_rev"]);
    let found = rosa.get_json("/api/search?q=hello").await;
    has_all(&found, &["results", "next_cursor"]);
    has_all(&found["results"][0], &["message", "highlight"]);
    // Ids are UUIDv7, times RFC 3339 in UTC with milliseconds.
    for id in [&said["id"], &said["room"], &said["author"]["id"]] {
        let id = id.as_str().unwrap();
        assert_eq!((id.len(), &id[14..15]), (36, "7"), "{id}");
    }
    let time = said["created_at"].as_str().unwrap();
    assert_eq!(
        (time.len(), &time[10..11], &time[19..20], &time[23..]),
        (24, "T", ".", "Z"),
        "{time}"
    );
    for person in [&rosa, &mei] {
        let seen = person.history(id).await;
        assert_eq!(seen[0], said, "a message is the same for everyone");
    }
}

#[tokio::test]
async fn an_address_signs_in_twenty_times_a_minute() {
    let server = TestServer::setup().start();
    for name in ["rosa", "mei"] {
        server.register(name).await;
    }
    let mut statuses = Vec::new();
    for n in 0..22 {
        let name = if n % 2 == 0 { "rosa" } else { "mei" };
        let login = json!({ "username": name, "password": PASSWORD });
        let answer = server.anonymous("POST", "/api/auth/login", Some(login)).await;
        statuses.push(answer.status().as_u16());
        if answer.status() == 429 {
            assert!(header(&answer, "retry-after").parse::<u64>().unwrap() >= 1);
        }
    }
    assert_eq!(statuses[..20], [200; 20]);
    // A place is earned again every three seconds.
    assert!(statuses[20..].contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn every_path_with_an_id_says_that_there_is_nothing_whatever_stands_there() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    for id in [
        "01890a5d-ac96-774b-bcce-b302099a8057",
        "1",
        "%00",
        "%ff%fe",
        "null",
        "..%2f..",
        "'",
    ] {
        for (method, path, code) in [
            ("DELETE", format!("/api/tokens/{id}"), "token_not_found"),
            ("POST", format!("/api/rooms/{id}/join"), "room_not_found"),
            ("POST", format!("/api/rooms/{id}/leave"), "room_not_found"),
            ("GET", format!("/api/rooms/{id}/members"), "room_not_found"),
            ("GET", format!("/api/rooms/{id}/pins"), "room_not_found"),
            ("GET", format!("/api/messages/{id}/history"), "message_not_found"),
            ("DELETE", format!("/api/messages/{id}"), "message_not_found"),
            ("PUT", format!("/api/messages/{id}/pin"), "message_not_found"),
            ("GET", format!("/api/threads/{id}"), "message_not_found"),
            ("GET", format!("/api/bots/{id}/tokens"), "bot_not_found"),
            ("DELETE", format!("/api/webhooks/{id}"), "webhook_not_found"),
            ("DELETE", format!("/api/commands/{id}"), "command_not_found"),
        ] {
            assert_problem(rosa.ask(method, &path).await, 404, code).await;
        }
    }
}

/// Who is no member of a private room learns nothing of it and changes nothing in it.
#[tokio::test]
async fn a_private_room_is_forbidden_over_every_call() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.create_room("secret", true).await;
    let said = rosa.say(&room, "among ourselves").await;
    let message = said["id"].as_str().unwrap();
    let bodies =
        json!({ "users": [mei.id], "seq": 1, "body": "x", "room": room, "text": "/me waves", "name": "x" });
    let refused = async |person: &Person, method: &str, path: String| {
        let request = person.by_token(method, &path).json(&bodies);
        assert_problem(request.send().await.unwrap(), 403, "not_a_member").await;
    };
    for (method, path) in [
        ("POST", format!("/api/rooms/{room}/join")),
        ("POST", format!("/api/rooms/{room}/leave")),
        ("POST", format!("/api/rooms/{room}/members")),
        ("GET", format!("/api/rooms/{room}/members")),
        ("GET", format!("/api/rooms/{room}/pins")),
        ("POST", format!("/api/rooms/{room}/read")),
        ("POST", format!("/api/rooms/{room}/commands")),
        ("GET", format!("/api/rooms/{room}/commands")),
        ("POST", format!("/api/rooms/{room}/webhooks")),
        ("GET", format!("/api/messages?room={room}")),
        ("POST", "/api/messages".to_owned()),
        ("PATCH", format!("/api/messages/{message}")),
        ("DELETE", format!("/api/messages/{message}")),
        ("PUT", format!("/api/messages/{message}/pin")),
        ("PUT", format!("/api/messages/{message}/reactions/%F0%9F%91%8D")),
        ("GET", format!("/api/messages/{message}/history")),
        ("GET", format!("/api/threads/{message}")),
        ("GET", format!("/api/search?q=ourselves&room={room}")),
    ] {
        refused(&mei, method, path).await;
    }
    assert_eq!(rosa.history(&room).await, [said]);
}
