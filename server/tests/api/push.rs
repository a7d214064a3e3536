//! Web Push: browsers are told by a push service that stands in for a real one, and read what only they can read.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    hkdf::{HKDF_SHA256, KeyType, Prk, Salt},
    rand::SystemRandom,
    signature::{self, ECDSA_P256_SHA256_FIXED},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};

use crate::common::{Person, TestServer, assert_problem};

/// Long enough that only what never comes is missed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a push service was asked.
struct Asked {
    path: String,
    head: String,
    body: Vec<u8>,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map_or("", |(_, value)| value)
    }
}

/// A push service that answers 201, and 410 for whoever has `gone` in the address.
struct Service {
    address: String,
    asked: mpsc::Receiver<Asked>,
}

impl Service {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (tell, asked) = mpsc::channel(100);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, tell.clone()));
            }
        });
        Self { address, asked }
    }

    async fn next(&mut self) -> Asked {
        timeout(PATIENCE, self.asked.recv()).await.unwrap().unwrap()
    }

    fn server(&self) -> TestServer {
        TestServer::setup()
            .with("NATTER_LIMITS", "off")
            .with("NATTER_OUTSIDE", &*self.address)
            .start()
    }
}

async fn answer(mut stream: TcpStream, tell: mpsc::Sender<Asked>) {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut asked = Asked {
        path: head.split_whitespace().nth(1).unwrap_or_default().to_owned(),
        body: bytes.split_off(end + 4),
        head,
    };
    let length: usize = asked.header("content-length").parse().unwrap_or(0);
    while asked.body.len() < length {
        if stream.read_buf(&mut asked.body).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let status = if asked.path.contains("gone") {
        "410 Gone"
    } else {
        "201 Created"
    };
    let reply = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(reply.as_bytes()).await.ok();
    tell.send(asked).await.ok();
}

/// A browser's end of one subscription. It can read one message.
struct Browser {
    private: EphemeralPrivateKey,
    public: Vec<u8>,
    secret: [u8; 16],
}

impl Browser {
    fn new() -> Self {
        let private = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).unwrap();
        let public = private.compute_public_key().unwrap().as_ref().to_vec();
        Self {
            private,
            public,
            secret: [9; 16],
        }
    }

    fn subscription(&self, endpoint: &str) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({ "endpoint": endpoint, "keys": { "p256dh": encode(&self.public), "auth": encode(&self.secret) } })
    }

    /// Has `person` told here.
    async fn subscribe(&self, person: &Person, endpoint: &str) {
        let answer = person.post("/api/push", self.subscription(endpoint)).await;
        assert_eq!(answer.status(), 204);
    }

    /// What a message says, by the words of RFC 8291 alone.
    fn read(self, body: &[u8]) -> Value {
        let (salt, rest) = body.split_at(16);
        let (record, rest) = rest.split_at(4);
        assert!(u32::from_be_bytes(record.try_into().unwrap()) as usize >= rest.len());
        let (server, sealed) = rest[1..].split_at(rest[0].into());
        let peer = UnparsedPublicKey::new(&ECDH_P256, server);
        let info = [b"WebPush: info\0", &*self.public, server].concat();
        let shared = agree_ephemeral(self.private, &peer, |shared| {
            expand(&Salt::new(HKDF_SHA256, &self.secret).extract(shared), &info, 32)
        });
        let secret = Salt::new(HKDF_SHA256, salt).extract(&shared.unwrap());
        let key = expand(&secret, b"Content-Encoding: aes128gcm\0", 16);
        let nonce = expand(&secret, b"Content-Encoding: nonce\0", 12);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(&nonce).unwrap();
        let mut sealed = sealed.to_vec();
        let open = key.open_in_place(nonce, Aad::empty(), &mut sealed).unwrap();
        let end = open.iter().rposition(|byte| *byte != 0).unwrap();
        assert_eq!(open[end], 2, "the last record");
        serde_json::from_slice(&open[..end]).unwrap()
    }
}

fn expand(secret: &Prk, info: &[u8], bytes: usize) -> Vec<u8> {
    struct Bytes(usize);
    impl KeyType for Bytes {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut out = vec![0; bytes];
    let info = [info];
    secret
        .expand(&info, Bytes(bytes))
        .unwrap()
        .fill(&mut out)
        .unwrap();
    out
}

async fn until_status(person: &Person, wanted: &str) {
    while person.get_json("/api/me").await["user"]["status"] != wanted {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn whoever_is_mentioned_and_not_there_is_told_what_nobody_else_can_read() {
    let mut service = Service::start().await;
    let mut server = service.server();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let browser = Browser::new();
    let endpoint = format!("http://{}/mei", service.address);
    browser.subscribe(&mei, &endpoint).await;
    let key = mei.get_json("/api/push").await["key"]
        .as_str()
        .unwrap()
        .to_owned();
    rosa.say(&room, "nobody in particular").await;
    rosa.say(&room, "@mei,\n  look at **this**").await;
    let asked = service.next().await;
    assert_eq!(asked.path, "/mei");
    assert_eq!(
        (asked.header("content-encoding"), asked.header("ttl")),
        ("aes128gcm", "86400")
    );
    // Who speaks to whom is signed with the key that browsers subscribe to.
    let (token, named) = asked.header("authorization")["vapid t=".len()..]
        .split_once(", k=")
        .unwrap();
    assert_eq!(named, key);
    let (signed, by) = token.rsplit_once('.').unwrap();
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    signature::UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, bytes(&key))
        .verify(signed.as_bytes(), &bytes(by))
        .unwrap();
    let claims: Value = serde_json::from_slice(&bytes(signed.split_once('.').unwrap().1)).unwrap();
    assert_eq!(claims["aud"], format!("http://{}", service.address));
    let letter = browser.read(&asked.body);
    let expected = json!({
        "title": "rosa in #general", "body": "@mei, look at this", "url": "/rooms/general/2", "tag": room,
    });
    assert_eq!(letter, expected);
    // The key outlives the process.
    server.kill();
    server.restart();
    assert_eq!(mei.get_json("/api/push").await["key"], key);
}

/// Lets whatever was posted so far be told: messages are looked at in order, and this one is for Rosa.
async fn settle(service: &mut Service, mei: &Person, room: &str) {
    mei.say(room, "@rosa").await;
    assert_eq!(service.next().await.path, "/rosa");
}

#[tokio::test]
async fn direct_messages_are_told_and_what_one_does_not_want_to_hear_is_not() {
    let mut service = Service::start().await;
    let server = service.server();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let endpoint = |name: &str| format!("http://{}/{name}", service.address);
    let (of_rosa, of_mei) = (endpoint("rosa"), endpoint("mei"));
    Browser::new().subscribe(&rosa, &of_rosa).await;
    let browser = Browser::new();
    browser.subscribe(&mei, &of_mei).await;
    let put = async |path: &str, body: Value| {
        let request = mei.by_token("PUT", path).json(&body);
        assert_eq!(request.send().await.unwrap().status(), 204);
    };
    let notify = format!("/api/rooms/{room}/notify");
    for choice in [json!({ "muted": true }), json!({ "level": "nothing" })] {
        put(&notify, choice).await;
        rosa.say(&room, "@mei").await;
        settle(&mut service, &mei, &room).await;
    }
    put(&notify, json!({})).await;
    put("/api/me/quiet", json!({ "until": "2999-01-01T00:00:00.000Z" })).await;
    rosa.say(&room, "@mei").await;
    settle(&mut service, &mei, &room).await;
    put("/api/me/quiet", json!({})).await;
    // Whoever looks is not told either.
    let socket = mei.connect().await;
    until_status(&mei, "online").await;
    rosa.say(&room, "@mei").await;
    settle(&mut service, &mei, &room).await;
    socket.close().await;
    until_status(&mei, "offline").await;
    let direct = rosa.post("/api/rooms/direct", json!({ "users": [mei.id] })).await;
    let direct: Value = direct.json().await.unwrap();
    rosa.say(direct["id"].as_str().unwrap(), "are you there?").await;
    let asked = service.next().await;
    assert_eq!(asked.path, "/mei");
    let letter = browser.read(&asked.body);
    assert_eq!(
        (&letter["title"], &letter["body"]),
        (&json!("rosa"), &json!("are you there?"))
    );
}

#[tokio::test]
async fn a_browser_that_is_gone_is_forgotten_and_whoever_wants_everything_gets_it() {
    let mut service = Service::start().await;
    let server = service.server();
    let (rosa, mei, tomasz) = (
        server.register("rosa").await,
        server.register("mei").await,
        server.register("tomasz").await,
    );
    let room = rosa.room_id("general").await;
    let endpoint = |name: &str| format!("http://{}/{name}", service.address);
    let (gone, keen) = (endpoint("gone"), endpoint("keen"));
    Browser::new().subscribe(&mei, &gone).await;
    Browser::new().subscribe(&tomasz, &keen).await;
    let notify = tomasz
        .by_token("PUT", &format!("/api/rooms/{room}/notify"))
        .json(&json!({ "level": "all" }));
    assert_eq!(notify.send().await.unwrap().status(), 204);
    let mut told = Vec::new();
    for body in ["@mei", "@mei again", "and everyone else"] {
        rosa.say(&room, body).await;
        // Tomasz hears everything, so each message asks for him once.
        loop {
            let asked = service.next().await.path;
            told.push(asked.clone());
            if asked == "/keen" {
                break;
            }
        }
    }
    // In whichever order the two of the first message came.
    let times = |path: &str| told.iter().filter(|told| *told == path).count();
    assert_eq!((times("/keen"), times("/gone")), (3, 1), "{told:?}");
}

#[tokio::test]
async fn what_is_no_browser_is_refused() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let good = Browser::new().subscription("https://push.example.org/x");
    let with = |pointer: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    for bad in [
        with("/endpoint", json!("http://push.example.org/x")),
        with("/endpoint", json!("ftp://push.example.org/x")),
        with("/endpoint", json!("https://me:secret@push.example.org/x")),
        with(
            "/endpoint",
            json!(format!("https://push.example.org/{}", "x".repeat(3_000))),
        ),
        with("/keys/p256dh", json!("AAAA")),
        with("/keys/p256dh", json!("!")),
        with("/keys/auth", json!("AAAA")),
        with("/keys", json!({})),
        json!({}),
    ] {
        assert_problem(rosa.post("/api/push", bad).await, 422, "invalid").await;
    }
    assert_eq!(rosa.post("/api/push", good.clone()).await.status(), 204);
    let nobody = server.anonymous("POST", "/api/push", Some(good)).await;
    assert_problem(nobody, 401, "not_signed_in").await;
}
