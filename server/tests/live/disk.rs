//! The disk is full: what cannot be stored is refused in words, the rest goes on, and so does everything when there is room.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::PathBuf,
    time::Duration,
};

use serde_json::json;

use crate::{
    common::{Person, TestServer, assert_problem},
    number, send,
};

/// A disk of its own for the server, in a namespace where anybody may make one; it goes with the process.
const DISK: &[&str] = &[
    "unshare",
    "--map-root-user",
    "--mount",
    "sh",
    "-c",
    "mount -t tmpfs -o size=24m none . && cd \"$PWD\" && mkdir -p site/pkg && exec \"$0\" \"$@\"",
];
/// Enough to use up what the log has set aside, in messages of the longest body.
const POSTS_MAX: usize = 2_000;
/// Far longer than the server waits before it tries a disk again, in quarters of a second.
const TRIES: usize = 120;

/// Takes what is left of the disk; gives the file that does.
fn fill(server: &TestServer) -> PathBuf {
    let folder = server.folder().strip_prefix("/").unwrap();
    let path = PathBuf::from(format!("/proc/{}/root", server.pid()))
        .join(folder)
        .join("ballast");
    let mut ballast = File::create(&path).unwrap();
    // By smaller and smaller pieces: no page is left.
    for size in [1 << 20, 1 << 12, 1] {
        let piece = vec![7; size];
        loop {
            match ballast.write_all(&piece) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => panic!("{error}"),
            }
        }
    }
    path
}

/// Posts the longest bodies until one is refused; gives how many were stored, and the refusal.
async fn post_until_refused(rosa: &Person, room: &str) -> (usize, reqwest::Response) {
    for n in 0..POSTS_MAX {
        let body = format!("{n:04}{}", "x".repeat(7_900));
        let new = json!({ "room": room, "body": body, "nonce": format!("full-{n}") });
        let answer = rosa.post("/api/messages", new).await;
        if answer.status() != 201 {
            return (n, answer);
        }
    }
    panic!("the disk never got full");
}

#[tokio::test]
async fn everything_at_once_on_a_full_disk_is_refused_and_goes_on_when_there_is_room() {
    let server = TestServer::setup()
        .within(DISK)
        .with("NATTER_LIMITS", "off")
        .start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let mut socket = mei.connect().await;
    socket.join(&room, None).await;
    rosa.say(&room, "before").await;
    socket.expect("message").await;

    let ballast = fill(&server);
    let (stored, refused) = post_until_refused(&rosa, &room).await;
    let wait = refused.headers()["retry-after"].to_str().unwrap().to_owned();
    assert!(wait.parse::<u64>().unwrap() >= 1);
    assert_problem(refused, 503, "unavailable").await;
    for n in 0..stored {
        assert_eq!(
            number(&socket.expect("message").await["message"], "seq"),
            n as u64 + 2
        );
    }
    send(&mut socket, &room, "by-socket", &"y".repeat(7_900)).await;
    let error = socket.expect("error").await;
    assert_eq!(
        (&error["code"], &error["nonce"]),
        (&json!("unavailable"), &json!("by-socket"))
    );
    // Reading needs no room.
    assert_eq!(rosa.history(&room).await.len(), stored + 1);
    assert_eq!(server.anonymous("GET", "/health", None).await.status(), 200);

    fs::remove_file(ballast).unwrap();
    let again = json!({ "room": room, "body": "after", "nonce": format!("full-{stored}") });
    let mut tries = 0;
    while rosa.post("/api/messages", again.clone()).await.status() == 503 {
        tries += 1;
        assert!(tries < TRIES, "there is room, and nothing is stored");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    let told = socket.expect("message").await;
    assert_eq!(
        (number(&told["message"], "seq"), &told["message"]["body"]),
        (stored as u64 + 2, &json!("after")),
        "what was refused was not stored"
    );
    let history = rosa.history(&room).await;
    let seqs: Vec<u64> = history.iter().map(|message| number(message, "seq")).collect();
    assert_eq!(seqs, (1..=stored as u64 + 2).collect::<Vec<_>>());
}
