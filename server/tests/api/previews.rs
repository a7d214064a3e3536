//! Previews of links, with other hosts on this machine that the server may call by exception.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::common::{Person, TestServer};

/// A host that answers each path with what `answer` makes of it. Gives its address, and how often it was called.
async fn host(answer: impl Fn(&str) -> String + Send + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::Relaxed);
            let mut head = vec![0; 4_096];
            let length = stream.read(&mut head).await.unwrap_or(0);
            let head = String::from_utf8_lossy(&head[..length]).into_owned();
            let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
            let _ = stream.write_all(answer(&path).as_bytes()).await;
        }
    });
    (address, calls)
}

fn page(html: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{html}",
        html.len()
    )
}

fn server(allow: &[&str]) -> TestServer {
    TestServer::setup()
        .with("NATTER_LIMITS", "off")
        .with("NATTER_PREVIEWS", "on")
        .with("NATTER_OUTSIDE", allow.join(","))
        .start()
}

/// Waits until a message is changed, and gives it as it is then.
async fn changed(person: &Person, message: &Value, since: u64) -> Value {
    let mut socket = person.connect().await;
    let joined = socket.join(message["room"].as_str().unwrap(), Some(since)).await;
    // It may have been quicker than the socket.
    let is_it = |found: &Value| found["id"] == message["id"] && found["rev"] != message["rev"];
    let already = joined["messages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|found| is_it(found));
    if let Some(found) = already {
        return found.clone();
    }
    loop {
        let frame = socket.expect_any(&["changed", "message"]).await;
        if frame["message"]["id"] == message["id"] && frame["message"]["rev"] != message["rev"] {
            return frame["message"].clone();
        }
    }
}

#[tokio::test]
async fn a_link_says_what_it_leads_to_for_everyone_and_is_followed_once() {
    let (there, calls) =
        host(|_| page("<title>Harbour &amp; sea</title><meta name=description content='All <b>tides</b>.'>"))
            .await;
    let server = server(&[&there]);
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let first = rosa.say(&room, &format!("look: http://{there}/tides")).await;
    let shown = changed(&mei, &first, first["rev"].as_u64().unwrap()).await;
    let html = shown["html"].as_str().unwrap();
    assert!(
        html.contains("<aside class=\"preview\"><small>127.0.0.1</small>"),
        "{html}"
    );
    assert!(
        html.contains(">Harbour &amp; sea</a><p>All &lt;b&gt;tides&lt;/b&gt;.</p>"),
        "{html}"
    );
    assert_eq!(
        (&shown["body"], &shown["edited_at"]),
        (&first["body"], &Value::Null)
    );
    assert_eq!(mei.history(&room).await, std::slice::from_ref(&shown));
    let second = mei.say(&room, &format!("again http://{there}/tides#x")).await;
    changed(&rosa, &second, second["rev"].as_u64().unwrap()).await;
    assert_eq!(calls.load(Ordering::Relaxed), 1, "the store knows it");
    let edited = rosa.edit(&first, &format!("here: http://{there}/tides")).await;
    let shown = changed(&mei, &edited, edited["rev"].as_u64().unwrap()).await;
    assert!(shown["html"].as_str().unwrap().contains("Harbour"));
}

#[tokio::test]
async fn nothing_private_is_called_nor_what_redirects_there() {
    let (secret, secret_calls) = host(|_| page("<title>secret</title>")).await;
    let to_secret = format!("HTTP/1.1 302 Found\r\nLocation: http://{secret}/\r\nContent-Length: 0\r\n\r\n");
    let (there, calls) = host(move |path| match path {
        "/last" => page("<title>last</title>"),
        _ => to_secret.clone(),
    })
    .await;
    let server = server(&[&there]);
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let body = format!("http://{secret}/ http://{there}/away http://{there}/last");
    let message = rosa.say(&room, &body).await;
    let shown = changed(&rosa, &message, message["rev"].as_u64().unwrap()).await;
    let html = shown["html"].as_str().unwrap();
    assert!(
        html.contains(">last</a>") && !html.contains("<small>secret"),
        "{html}"
    );
    assert_eq!(html.matches("<aside").count(), 1);
    assert_eq!(secret_calls.load(Ordering::Relaxed), 0);
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn what_is_no_page_or_hidden_has_no_preview() {
    let (there, calls) = host(|path| match path {
        "/picture" => "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 2\r\n\r\nxx".into(),
        "/gone" => "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\r\n<title>none</title>\n".into(),
        "/last" => page("<title>last</title>"),
        _ => page("<title>hidden</title>"),
    })
    .await;
    let server = server(&[&there]);
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let body =
        format!("http://{there}/picture http://{there}/gone http://{there}/last ||http://{there}/hidden||");
    let message = rosa.say(&room, &body).await;
    let html = changed(&rosa, &message, message["rev"].as_u64().unwrap()).await["html"].to_string();
    assert_eq!(html.matches("<aside").count(), 1, "{html}");
    assert!(html.contains(">last</a>"));
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_place_without_previews_calls_nobody() {
    let (there, calls) = host(|_| page("<title>x</title>")).await;
    let server = TestServer::setup()
        .with("NATTER_LIMITS", "off")
        .with("NATTER_OUTSIDE", &*there)
        .with("NATTER_PREVIEWS", "off")
        .start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let message = rosa.say(&room, &format!("http://{there}/")).await;
    for _ in 0..20 {
        rosa.say(&room, "and more").await;
    }
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    assert_eq!(rosa.history(&room).await[0], message);
}
