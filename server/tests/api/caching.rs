//! The table of `docs/caching.md`, walked: what each kind of answer says about who may keep it.

use std::collections::BTreeMap;

use reqwest::Response;
use serde_json::json;

use crate::common::TestServer;

/// What an answer says: `Cache-Control`, `Vary` in order, and what it can be compared by.
fn said(answer: &Response) -> [String; 3] {
    let text = |name: &str| {
        let values = answer.headers().get_all(name).iter();
        values
            .map(|value| value.to_str().unwrap().to_lowercase())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut vary: Vec<String> = text("vary").split(", ").map(str::to_owned).collect();
    vary.sort_unstable();
    vary.dedup();
    let tag = text("etag");
    let validator = match (tag.as_str(), text("last-modified").as_str()) {
        ("", "") => "-",
        ("", _) => "Last-Modified",
        _ if tag.starts_with("w/") => "weak ETag",
        _ => "ETag",
    };
    [text("cache-control"), vary.join(", "), validator.to_owned()]
}

/// The rows of the table, by what they are about: `Cache-Control`, `Vary`, validator.
fn table() -> BTreeMap<String, [String; 3]> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/caching.md")).unwrap();
    let rows = text
        .lines()
        .filter(|line| line.starts_with("| ") && !line.contains("---"));
    let cells = rows.map(|row| {
        row.trim_matches('|')
            .split(" | ")
            .map(|cell| cell.trim().replace('`', ""))
            .collect()
    });
    cells
        .skip(1)
        .map(|row: Vec<String>| {
            let none = |cell: &String| {
                if cell == "none" {
                    String::new()
                } else {
                    cell.clone()
                }
            };
            (row[0].clone(), [none(&row[1]), none(&row[2]), row[3].clone()])
        })
        .collect()
}

#[tokio::test]
async fn every_kind_of_answer_says_who_may_keep_it_as_the_table_has_it() {
    let server = TestServer::start();
    let site = server.database().with_file_name("site");
    // Long enough to be worth compressing.
    let script = "export const text = 'natter';\n".repeat(100);
    std::fs::write(site.join("pkg/natter.0123456789.js"), &script).unwrap();
    std::fs::write(site.join("sw.js"), &script).unwrap();
    std::fs::write(site.join("manifest.webmanifest"), "{}").unwrap();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let message = rosa.say(&room, "hello").await;
    let id = message["id"].as_str().unwrap();
    let plain = async |path: &str| {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        http.get(format!("{}{path}", server.url()))
            .header("accept-encoding", "br")
            .send()
            .await
            .unwrap()
    };
    let page = rosa
        .by_cookie("GET", "/rooms/general")
        .header("accept-encoding", "br");
    let list = rosa
        .by_token("GET", "/api/rooms")
        .header("accept-encoding", "br")
        .send()
        .await
        .unwrap();
    let tag = list.headers()["etag"].clone();
    let unchanged = rosa
        .by_token("GET", "/api/rooms")
        .header("if-none-match", tag)
        .send()
        .await
        .unwrap();
    assert_eq!(unchanged.status(), 304);
    // Last, as it ends the session. It leads elsewhere, which is not followed.
    let stay = reqwest::redirect::Policy::none();
    let http = reqwest::Client::builder().redirect(stay).build().unwrap();
    let form = http
        .post(format!("{}/fn/sign_out", server.url()))
        .header("cookie", &rosa.cookie)
        .header("origin", server.url())
        .header("content-type", "application/x-www-form-urlencoded");
    let answers = [
        (
            "built code and style, /pkg/",
            plain("/pkg/natter.0123456789.js").await,
        ),
        ("not there, /pkg/", plain("/pkg/natter.9876543210.js").await),
        ("the service worker, /sw.js", plain("/sw.js").await),
        (
            "icons, manifest and the like",
            plain("/manifest.webmanifest").await,
        ),
        ("pages, signed in or not", page.send().await.unwrap()),
        ("pages, signed in or not", plain("/login").await),
        ("pages that are not there", plain("/nowhere").await),
        (
            "messages and threads, GET",
            rosa.get(&format!("/api/messages?room={room}")).await,
        ),
        (
            "messages and threads, GET",
            rosa.get(&format!("/api/threads/{id}")).await,
        ),
        ("other calls, GET", list),
        ("other calls, GET", rosa.get("/api/me").await),
        ("304", unchanged),
        (
            "calls that change something",
            rosa.post("/api/messages", json!({ "room": room, "body": "x" }))
                .await,
        ),
        (
            "calls that change something",
            rosa.ask("PUT", &format!("/api/messages/{id}/pin")).await,
        ),
        ("refusals", rosa.get("/api/nowhere").await),
        ("refusals", plain("/api/me").await),
        ("health and metrics", plain("/health").await),
        ("health and metrics", plain("/health/ready").await),
        ("health and metrics", plain("/metrics").await),
        (
            "forms, their answers and redirections",
            form.send().await.unwrap(),
        ),
    ];
    let table = table();
    let (mut walked, mut differing) = (BTreeMap::new(), Vec::new());
    for (kind, answer) in answers {
        let (url, found) = (answer.url().path().to_owned(), said(&answer));
        let expected = table
            .get(kind)
            .unwrap_or_else(|| panic!("the table has no {kind}: {table:?}"));
        // Short answers are not compressed, and so do not vary.
        let varies = !found[1].is_empty();
        if found[0] != expected[0] || found[2] != expected[2] || varies && found[1] != expected[1] {
            differing.push(format!("{kind}: {url} says {found:?}"));
        }
        walked.insert(kind, *walked.get(kind).unwrap_or(&false) || varies);
    }
    assert_eq!(differing, Vec::<String>::new());
    for (kind, [_, vary, _]) in &table {
        let seen = walked
            .get(kind.as_str())
            .unwrap_or_else(|| panic!("{kind} is not walked"));
        assert_eq!(*seen, !vary.is_empty(), "{kind} varies");
    }
}
