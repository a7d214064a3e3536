//! Search, from outside.

use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use crate::common::{Person, TestServer, assert_problem};

const GHOST: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn path(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", byte_serialize(value.as_bytes()).collect::<String>()))
        .collect();
    format!("/api/search?{}", pairs.join("&"))
}

async fn search(person: &Person, pairs: &[(&str, &str)]) -> Value {
    person.get_json(&path(pairs)).await
}

fn bodies(page: &Value) -> Vec<&str> {
    let results = page["results"].as_array().unwrap();
    results
        .iter()
        .map(|result| result["message"]["body"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_message_is_found_as_soon_as_it_is_acknowledged() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let said = rosa.say(&room, "meet at the **harbour** & bring 北京大学").await;
    let page = search(&mei, &[("q", "Harbour 京大")]).await;
    assert_eq!(
        page,
        json!({"results": [{
            "message": said,
            "highlight": "meet at the <mark>harbour</mark> &amp; bring 北<mark>京大</mark>学",
        }], "next_cursor": null})
    );
    let edited = mei.get_json("/api/search?q=harbor").await;
    assert_eq!(bodies(&edited), [""; 0]);
}

#[tokio::test]
async fn rooms_people_and_dates_narrow_a_search_down() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let general = rosa.room_id("general").await;
    let kitchen = rosa.create_room("kitchen", false).await;
    rosa.say(&general, "tea one").await;
    rosa.say(&kitchen, "tea two").await;
    mei.say(&general, "tea three").await;
    for (pairs, expected) in [
        (&[("q", "tea from:mei")][..], vec!["tea three"]),
        (&[("q", "tea from:me")], vec!["tea one", "tea two"]),
        (&[("q", "tea from:@Rosa in:#kitchen")], vec!["tea two"]),
        (&[("q", "tea -in:general")], vec!["tea two"]),
        (&[("q", "tea in:kitchne")], vec!["tea two"]),
        (&[("q", "tea from:roas in:gneeral")], vec!["tea one"]),
        (
            &[("q", "tea -in:gneeral")],
            vec!["tea one", "tea three", "tea two"],
        ),
        (&[("q", "tea from:nobody")], vec![]),
        (&[("q", "tea in:nowhere")], vec![]),
        (&[("q", "tea"), ("room", &kitchen)], vec!["tea two"]),
        (&[("q", ""), ("room", "kitchen")], vec!["tea two"]),
        (&[("q", "tea"), ("from", "mei")], vec!["tea three"]),
        (&[("q", "tea"), ("after", "2100-01-01")], vec![]),
        (&[("q", "tea"), ("before", "2000-01-01T00:00:00Z")], vec![]),
        (
            &[
                ("q", "tea two"),
                ("after", "2000-01-01"),
                ("before", "2100-01-01"),
            ],
            vec!["tea two"],
        ),
    ] {
        let page = search(&rosa, pairs).await;
        let mut found = bodies(&page);
        found.sort_unstable();
        assert_eq!(found, expected, "{pairs:?}");
    }
}

#[tokio::test]
async fn private_rooms_are_found_by_their_members_alone() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let closed = rosa.create_room("closed", true).await;
    rosa.say(&closed, "a secret").await;
    assert_eq!(bodies(&search(&rosa, &[("q", "secret")]).await), ["a secret"]);
    for q in ["secret", "in:closed", "from:rosa", "-nothing"] {
        assert_eq!(bodies(&search(&mei, &[("q", q)]).await), [""; 0], "{q}");
    }
    let refused = mei.get(&path(&[("q", "secret"), ("room", &closed)])).await;
    assert_problem(refused, 403, "not_a_member").await;
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let long = "a".repeat(513);
    let many = "a ".repeat(25);
    for (field, pairs) in [
        ("q", &[][..]),
        ("q", &[("q", "  ")]),
        ("q", &[("q", &long)]),
        ("q", &[("q", &many)]),
        ("from", &[("q", "a"), ("from", "nobody")]),
        ("from", &[("q", "a"), ("from", GHOST)]),
        ("before", &[("q", "a"), ("before", "yesterday")]),
        ("after", &[("q", "a"), ("after", "2026-02-31")]),
        ("limit", &[("q", "a"), ("limit", "many")]),
        ("cursor", &[("q", "a"), ("cursor", "junk")]),
        ("cursor", &[("q", "a"), ("cursor", &long)]),
    ] {
        let problem = assert_problem(rosa.get(&path(pairs)).await, 422, "invalid").await;
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    for room in [GHOST, "nowhere"] {
        let refused = rosa.get(&path(&[("q", "a"), ("room", room)])).await;
        assert_problem(refused, 404, "room_not_found").await;
    }
    assert_problem(
        server.anonymous("GET", "/api/search?q=a", None).await,
        401,
        "not_signed_in",
    )
    .await;
}

#[tokio::test]
async fn no_text_breaks_a_search() {
    let server = TestServer::setup().with("NATTER_LIMITS", "off").start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    rosa.say(&room, "plain").await;
    for q in [
        "\"",
        "'",
        "\\",
        "\\'",
        "'; DROP TABLE messages; --",
        "\" OR 1=1",
        "a AND",
        "OR",
        "NOT a",
        "NEAR(a b, 2)",
        "words:plain",
        "{words}: plain",
        "^plain",
        "plain + ",
        "plain* *",
        "(((",
        "a <-> b",
        "!a",
        "a & | b",
        "a:*",
        "'a':A",
        "=",
        "=link",
        "=r",
        "%",
        "_",
        "\u{202e}",
        "\u{0}",
        "𝕳",
        "-",
        "--",
        "-\"",
        "from:\"",
        "in:#",
        "has:",
        "- - -",
        "\"\" \"\"",
        "*",
        "**",
        "?",
        "before:9999-12-31",
        "after:9999-12-31T23:59:59.999Z",
        "before:0000-01-01",
        "after:0001-01-01 before:0001-01-02",
        "👩‍👩‍👧",
        "e\u{301}\u{301}",
        "ﷺ",
        "İıſß",
    ] {
        let response = rosa.get(&path(&[("q", q)])).await;
        assert_eq!(response.status(), 200, "{q:?}");
    }
    assert_eq!(bodies(&search(&rosa, &[("q", "plain")]).await), ["plain"]);
}

#[tokio::test]
async fn results_come_in_pages_and_a_cursor_fits_its_search_alone() {
    let server = TestServer::setup().with("NATTER_LIMITS", "off").start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    for n in 0..7 {
        rosa.say(&room, &format!("tea {n}")).await;
    }
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = search(&rosa, &[("q", "tea"), ("limit", "3"), ("cursor", &cursor)]).await;
        found.extend(bodies(&page).into_iter().map(ToOwned::to_owned));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
        rosa.say(&room, "tea meanwhile").await;
    }
    assert_eq!(
        found,
        ["tea 6", "tea 5", "tea 4", "tea 3", "tea 2", "tea 1", "tea 0"]
    );
    let other = rosa.get(&path(&[("q", "coffee"), ("cursor", &cursor)])).await;
    assert_problem(other, 422, "invalid").await;
}

#[tokio::test]
async fn too_many_searches_have_to_wait() {
    let server = TestServer::setup().with("NATTER_LIMITS", "search=2/1m").start();
    let rosa = server.register("rosa").await;
    for _ in 0..2 {
        assert_eq!(rosa.get("/api/search?q=a").await.status(), 200);
    }
    assert_problem(rosa.get("/api/search?q=a").await, 429, "too_fast").await;
}

#[tokio::test]
async fn the_page_shows_what_was_found_without_scripts() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let said = rosa.say(&room, "tea <script>alert(1)</script>").await;
    let page = async |path: &str| {
        rosa.by_cookie("GET", path)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    };
    let html = page("/search?q=tea").await;
    assert!(
        html.contains("<mark>tea</mark> &lt;script&gt;alert(1)&lt;/script&gt;"),
        "{html}"
    );
    assert!(
        html.contains(&format!("href=\"/rooms/general/{}\"", said["seq"])),
        "{html}"
    );
    assert!(page("/search?q=coffee").await.contains("Nothing found"));
    let blank = page("/search").await;
    assert!(blank.contains("action=\"/search\"") && !blank.contains("Nothing found"));
    let hostile = page("/search?q=%22%3E%3Cscript%3E").await;
    assert!(!hostile.contains("\"><script>"), "{hostile}");
}
