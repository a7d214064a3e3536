//! The built files: kept for ever where their names are hashed, never where they are plain.

use std::path::Path;

use crate::common::TestServer;

fn write(server: &TestServer, file: &str, text: &str) {
    let site = server.database().with_file_name("site").join("pkg");
    std::fs::write(Path::new(&site).join(file), text).unwrap();
}

#[tokio::test]
async fn while_watching_a_page_names_the_style_as_it_is_written_and_gets_each_change() {
    let server = TestServer::setup()
        .with("LEPTOS_WATCH", "true")
        .with("LEPTOS_HASH_FILES", "false")
        .with("LEPTOS_RELOAD_PORT", "4321")
        .start();
    // A build that hashed its files may have been here before.
    write(&server, "natter.0123456789.css", "p { color: red }");
    for colour in ["green", "blue"] {
        // Twice within one second, which is all that a file's time tells apart.
        write(&server, "natter.css", &format!("p {{ color: {colour} }}"));
        let page = server.anonymous("GET", "/login", None).await;
        let policy = page.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(policy.contains("connect-src 'self' ws:"), "{policy}");
        let page = page.text().await.unwrap();
        assert!(page.contains("href=\"/pkg/natter.css\""), "{page}");
        assert!(page.contains("4321"), "the page listens for changes:\n{page}");
        let style = server.anonymous("GET", "/pkg/natter.css", None).await;
        assert_eq!(style.headers()["cache-control"], "no-store");
        assert_eq!(style.text().await.unwrap(), format!("p {{ color: {colour} }}"));
    }
}

#[tokio::test]
async fn hashed_files_are_kept_for_ever_and_what_is_not_there_is_not() {
    let server = TestServer::start();
    write(&server, "natter.0123456789.js", "export {}");
    let kept = async |path: &str| {
        let answer = server.anonymous("GET", path, None).await;
        let header = answer.headers().get("cache-control").cloned();
        header.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
    };
    let forever = "public, max-age=31536000, immutable";
    assert_eq!(kept("/pkg/natter.0123456789.js").await, forever);
    assert_ne!(kept("/pkg/natter.9876543210.js").await, forever);
}
