use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(20),
    body_bytes: 1_000,
    redirects: 3,
};

/// A host that answers each request with what `answer` makes of its path, and counts who came.
async fn host(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = listener.local_addr().unwrap();
    let visits = Arc::new(AtomicUsize::new(0));
    let (count, answer) = (Arc::clone(&visits), Arc::new(answer));
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::Relaxed);
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let mut head = vec![0; 4_096];
                let length = stream.read(&mut head).await.unwrap_or(0);
                let head = String::from_utf8_lossy(&head[..length]).into_owned();
                let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
                let _ = stream.write_all(answer(&path).as_bytes()).await;
            });
        }
    });
    (socket, visits)
}

fn page(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn sent_to(address: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {address}\r\nContent-Length: 0\r\n\r\n")
}

/// An open way out, but for what is private.
fn strict() -> Outside {
    Outside::new(Rules::default())
}

fn allowing(sockets: &[SocketAddr]) -> Outside {
    Outside::new(Rules {
        allow: sockets.to_vec(),
    })
}

async fn get(outside: &Outside, address: &str) -> Result<Answer, Fault> {
    outside.call(Request::get(address.parse().unwrap(), BOUNDS)).await
}

#[tokio::test]
async fn an_address_that_is_not_of_the_public_web_is_refused() {
    let cases = [
        ("ftp://example.org/", Fault::Address),
        ("file:///etc/passwd", Fault::Address),
        ("gopher://127.0.0.1:6379/_x", Fault::Address),
        ("http://user:secret@example.org/", Fault::Address),
        ("http://user@93.184.215.14/", Fault::Address),
        ("http://93.184.215.14:8080/", Fault::Private),
        ("http://93.184.215.14:443/", Fault::Private),
        ("http://127.0.0.1/", Fault::Private),
        ("http://127.1/", Fault::Private),
        ("http://0x7f000001/", Fault::Private),
        ("http://2130706433/", Fault::Private),
        ("http://017700000001/", Fault::Private),
        ("http://0/", Fault::Private),
        ("http://[::1]/", Fault::Private),
        ("http://[::ffff:127.0.0.1]/", Fault::Private),
        ("http://[::ffff:a9fe:a9fe]/", Fault::Private),
        ("http://169.254.169.254/latest/meta-data/", Fault::Private),
        ("https://10.0.0.1/", Fault::Private),
        ("http://localhost/", Fault::Private),
    ];
    for (address, fault) in cases {
        assert_eq!(get(&strict(), address).await.unwrap_err(), fault, "{address}");
    }
}

#[tokio::test]
async fn a_private_address_is_not_even_connected_to() {
    let (socket, visits) = host(|_| page("secret")).await;
    let address = format!("http://{socket}/");
    assert_eq!(get(&strict(), &address).await.unwrap_err(), Fault::Private);
    assert_eq!(visits.load(Ordering::Relaxed), 0);
    let answer = get(&allowing(&[socket]), &address).await.unwrap();
    assert_eq!((&answer.body[..], answer.whole), (&b"secret"[..], true));
}

#[tokio::test]
async fn each_redirect_is_judged_like_the_first_address() {
    let (secret, visits) = host(|_| page("secret")).await;
    let (open, _) = host(move |_| sent_to(&format!("http://{secret}/"))).await;
    let there = format!("http://{open}/");
    assert_eq!(get(&allowing(&[open]), &there).await.unwrap_err(), Fault::Private);
    assert_eq!(visits.load(Ordering::Relaxed), 0);
    let answer = get(&allowing(&[open, secret]), &there).await.unwrap();
    assert_eq!(answer.address.as_str(), format!("http://{secret}/"));
    for elsewhere in [
        "file:///etc/passwd",
        "http://a:b@example.org/",
        "//169.254.169.254/",
        "http://[",
    ] {
        let (open, _) = host(move |_| sent_to(elsewhere)).await;
        let refused = get(&allowing(&[open]), &format!("http://{open}/"))
            .await
            .unwrap_err();
        assert!(
            !matches!(refused, Fault::Slow | Fault::Unreachable),
            "{elsewhere}: {refused}"
        );
    }
}

#[tokio::test]
async fn callers_who_are_sent_round_stop() {
    let (socket, visits) = host(|path| sent_to(&format!("{path}x"))).await;
    let outside = allowing(&[socket]);
    assert_eq!(
        get(&outside, &format!("http://{socket}/")).await.unwrap_err(),
        Fault::Redirects
    );
    assert_eq!(visits.load(Ordering::Relaxed), 1 + BOUNDS.redirects);
}

#[tokio::test]
async fn what_is_posted_is_not_sent_on() {
    let (socket, visits) = host(|_| sent_to("/elsewhere")).await;
    let mut request = Request::get(format!("http://{socket}/").parse().unwrap(), BOUNDS);
    request.method = Method::POST;
    request.body = Bytes::from_static(b"{}");
    let answer = allowing(&[socket]).call(request).await.unwrap();
    assert_eq!(answer.status, StatusCode::FOUND);
    assert_eq!(visits.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_answer_is_read_up_to_its_limit() {
    let (socket, _) = host(|_| page(&"x".repeat(100_000))).await;
    let answer = get(&allowing(&[socket]), &format!("http://{socket}/"))
        .await
        .unwrap();
    assert_eq!((answer.body.len(), answer.whole), (BOUNDS.body_bytes, false));
}

#[tokio::test]
async fn answers_that_are_none_are_faults() {
    let heads = [
        "nonsense\r\n\r\n".to_owned(),
        String::new(),
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort".to_owned(),
        format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(1_000_000)),
    ];
    for head in heads {
        let (socket, _) = host(move |_| head.clone()).await;
        let fault = get(&allowing(&[socket]), &format!("http://{socket}/"))
            .await
            .unwrap_err();
        assert_eq!(fault, Fault::Broken);
    }
}

#[tokio::test]
async fn a_host_that_says_nothing_costs_the_time_that_was_given() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = silent.local_addr().unwrap();
    let bounds = Bounds {
        time: Duration::from_millis(50),
        ..BOUNDS
    };
    let request = Request::get(format!("http://{socket}/").parse().unwrap(), bounds);
    assert_eq!(allowing(&[socket]).call(request).await.unwrap_err(), Fault::Slow);
}

/// A name service that says something else each time it is asked.
struct Fickle {
    said: AtomicUsize,
    answers: Vec<Vec<SocketAddr>>,
}

#[async_trait]
impl Names for Fickle {
    async fn find(&self, _: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
        let turn = self.said.fetch_add(1, Ordering::Relaxed);
        Ok(self.answers[turn.min(self.answers.len() - 1)].clone())
    }
}

#[tokio::test]
async fn the_address_that_was_judged_is_the_one_that_is_called() {
    let (good, _) = host(|_| page("good")).await;
    let (secret, visits) = host(|_| page("secret")).await;
    let names = |answers: Vec<Vec<SocketAddr>>| {
        let said = AtomicUsize::new(0);
        Arc::new(Fickle { said, answers })
    };
    let rules = Rules { allow: vec![good] };
    let rebound = names(vec![vec![good], vec![secret]]);
    let outside = Outside::with_names(rules.clone(), Arc::clone(&rebound) as Arc<dyn Names>);
    let answer = get(&outside, "http://rebound.example/").await.unwrap();
    assert_eq!(&answer.body[..], b"good");
    assert_eq!(
        rebound.said.load(Ordering::Relaxed),
        1,
        "asked once for a connection"
    );
    assert_eq!(
        get(&outside, "http://rebound.example/").await.unwrap_err(),
        Fault::Private
    );

    // Of several addresses only those are called that may be.
    let mixed = Outside::with_names(rules, names(vec![vec![secret, good]]));
    assert_eq!(
        &get(&mixed, "http://mixed.example/").await.unwrap().body[..],
        b"good"
    );
    assert_eq!(visits.load(Ordering::Relaxed), 0);
    let nobody = Outside::with_names(Rules::default(), names(vec![vec![]]));
    assert_eq!(
        get(&nobody, "http://nobody.example/").await.unwrap_err(),
        Fault::Unknown
    );
}
