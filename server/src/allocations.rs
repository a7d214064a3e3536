//! How often hot paths ask for memory. That can be counted where times cannot be trusted, and is what work that nobody
//! meant to add mostly shows by.
//!
//! `allocations.txt` has the limits, of the profile that tests are built in: an optimised build asks less often.

use std::{
    hint::black_box,
    io,
    path::Path,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use allocation_counter::measure;
use axum::{Router, body::Body};
use backend::{
    Caller, Credential, Event,
    account::Registration,
    event::Logged,
    markdown::{self, Setting},
    message::encode,
};
use bytes::Bytes;
use chat::{Message, RoomId};
use clap::Parser;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    runtime::{Builder, Runtime},
};
use tower::ServiceExt;

use crate::{
    config::Cli,
    hub::{
        frame::{Frame, tests::message},
        log::Log,
    },
    router, serve,
    state::AppState,
    ws::serve_over,
};

/// How often each path is taken; the least counts, so that what is to be done now and then does not.
const ROUNDS: usize = 8;
const READERS: usize = 100;
/// Something of everything that people write often.
const BODY: &str = "**Released**: see https://example.org/notes, and tell @rosa if `cargo test` fails :tada:\n\n- one\n- two";

/// The other end of a connection: says something once, and counts what is written to it.
struct Ear {
    says: Option<Bytes>,
    heard: Arc<AtomicUsize>,
}

impl AsyncRead for Ear {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.says.take() {
            Some(says) => {
                buffer.put_slice(&says);
                Poll::Ready(Ok(()))
            }
            None => Poll::Pending,
        }
    }
}

impl AsyncWrite for Ear {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.heard.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The fewest allocations that `path` gets by with on this thread.
fn least(mut path: impl FnMut()) -> u64 {
    let rounds = (0..ROUNDS).map(|_| measure(&mut path).count_total);
    rounds.min().unwrap_or_default()
}

async fn start(folder: &Path) -> AppState {
    let database = format!("sqlite://{}", folder.join("natter.db").display());
    let files = folder.join("files").display().to_string();
    let given = [
        "natter",
        "--database-url",
        &database,
        "--files",
        &files,
        "--limits",
        "off",
    ];
    let config = Cli::parse_from(given).config;
    serve::state(&config, config.addr).await.unwrap()
}

/// Someone with a room.
async fn register(state: &AppState) -> (Caller, RoomId) {
    let registration = Registration {
        username: "rosa".into(),
        password: "correct horse battery".into(),
        display_name: None,
        invite: None,
    };
    let signed_in = state.backend.register(registration, "here").await.unwrap();
    let caller = Caller {
        author: signed_in.user.author,
        role: signed_in.user.role,
        bot: false,
        credential: Credential::Session(signed_in.session),
    };
    let room = state.backend.list_rooms(&caller).await.unwrap()[0].id;
    (caller, room)
}

/// A frame as a client sends it; its mask changes nothing.
fn join(room: RoomId) -> Bytes {
    let text = format!(r#"{{"type":"join","room":"{room}"}}"#);
    let head = [0x81, 0x80 | u8::try_from(text.len()).unwrap(), 0, 0, 0, 0];
    [&head, text.as_bytes()].concat().into()
}

/// Connects all readers, who then have the room open; gives the count of writes to them.
async fn connect(state: &AppState, caller: &Caller, room: RoomId) -> Arc<AtomicUsize> {
    let heard = Arc::new(AtomicUsize::new(0));
    for _ in 0..READERS {
        let ear = Ear {
            says: Some(join(room)),
            heard: Arc::clone(&heard),
        };
        tokio::spawn(serve_over(Arc::clone(&state.hub), caller.clone(), None, ear));
    }
    let mut before = 0;
    // Until everyone has been greeted and told of the room, and nothing else comes.
    while before < 2 * READERS || heard.load(Ordering::Relaxed) > before {
        before = heard.load(Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    heard
}

fn delivered(runtime: &Runtime, state: &AppState) -> u64 {
    let (heard, room, mut n) = runtime.block_on(async {
        let (caller, room) = register(state).await;
        let heads = state.backend.store.heads(&[room]).await.unwrap();
        (connect(state, &caller, room).await, room, heads[0].last_rev)
    });
    least(|| {
        n += 1;
        let message = Message {
            room,
            nonce: None,
            ..message(n, n)
        };
        let logged = Logged::posted(&message, encode(&message).unwrap(), None, 0);
        runtime.block_on(async {
            let all = heard.load(Ordering::Relaxed) + READERS;
            state.backend.bus.publish(Event::Logged(logged)).await;
            while heard.load(Ordering::Relaxed) < all {
                tokio::task::yield_now().await;
            }
        });
    })
}

fn routed(runtime: &Runtime, router: &Router, path: &str) -> u64 {
    least(|| {
        let request = http::Request::get(path).body(Body::empty()).unwrap();
        black_box(runtime.block_on(router.clone().oneshot(request)).unwrap());
    })
}

#[test]
fn hot_paths_ask_for_memory_as_often_as_is_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let state = runtime.block_on(start(folder.path()));
    let router = {
        let _inside = runtime.enter();
        router::public(&state, true)
    };
    let (mut log, mut n) = (Log::new(0, 0), 0);
    let measured = [
        (
            "a message encoded",
            least(|| drop(black_box(encode(&message(1, 1))))),
        ),
        (
            "a message made, encoded, and put into its room's log",
            least(|| {
                n += 1;
                let message = message(n, n);
                let logged = Logged::posted(&message, encode(&message).unwrap(), None, 0);
                log.append(Frame::of_event(&logged));
            }),
        ),
        (
            "the same, heard from the bus and written to 100 readers",
            delivered(&runtime, &state),
        ),
        (
            "an ordinary message rendered",
            least(|| drop(black_box(markdown::render(BODY, Setting::default())))),
        ),
        (
            "a line of plain text rendered",
            least(|| drop(black_box(markdown::render("see you at noon", Setting::default())))),
        ),
        ("a request for its health", routed(&runtime, &router, "/health")),
        (
            "a request of nobody to the API, refused",
            routed(&runtime, &router, "/api/rooms"),
        ),
    ];
    let written = written();
    assert!(
        measured
            .iter()
            .map(|(path, _)| path)
            .eq(written.iter().map(|(path, _)| path))
    );
    for ((path, count), (_, most)) in measured.iter().zip(&written) {
        assert!(
            count <= most,
            "{path}: {count} allocations, and no more than {most} before"
        );
    }
}

/// The paths of `allocations.txt`, and how often each may ask.
fn written() -> Vec<(&'static str, u64)> {
    let (_, table) = include_str!("allocations.txt").split_once("\n\n").unwrap();
    let line = |line: &'static str| {
        let (count, path) = line.trim_start().split_once("  ").unwrap();
        (path, count.parse().unwrap())
    };
    table.lines().map(line).collect()
}
