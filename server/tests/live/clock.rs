//! The machine's clock is set back, and then forwards, while people write.

use std::{fs, os::unix::fs::FileExt, path::PathBuf, process::Command};

use chat::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{common::TestServer, number, places};

const HOUR: i64 = 60 * 60;
/// Few enough for the limits, which are on: they must not take the clock for time that people have used up.
const EACH: u64 = 4;

/// A clock that can be set.
struct Clock {
    folder: TempDir,
}

impl Clock {
    fn build() -> Self {
        let clock = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::write(clock.ahead(), 0_i64.to_ne_bytes()).unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live/clock.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(clock.library())
            .arg(source)
            .status();
        assert!(built.unwrap().success());
        clock
    }

    fn ahead(&self) -> PathBuf {
        self.folder.path().join("ahead")
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("clock.so")
    }

    /// From now on it is so many seconds ahead. In place: the server has the file in its memory.
    fn set(&self, ahead: i64) {
        let file = fs::OpenOptions::new().write(true).open(self.ahead()).unwrap();
        file.write_all_at(&ahead.to_ne_bytes(), 0).unwrap();
    }
}

fn at(message: &Value) -> i64 {
    let time: Timestamp = serde_json::from_value(message["created_at"].clone()).unwrap();
    time.0
}

#[tokio::test]
async fn a_clock_that_is_set_back_neither_doubles_nor_misplaces_anything() {
    let clock = Clock::build();
    let server = TestServer::setup()
        .with("LD_PRELOAD", clock.library().display().to_string())
        .with("CLOCK_AHEAD", clock.ahead().display().to_string())
        .start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let mut socket = mei.connect().await;
    socket.join(&room, None).await;
    let mut said = Vec::new();
    for ahead in [0, -HOUR, HOUR] {
        clock.set(ahead);
        for n in 0..EACH {
            let new =
                json!({ "room": room, "body": format!("{n} at {ahead}"), "nonce": format!("{ahead}-{n}") });
            let answer = rosa.post("/api/messages", new.clone()).await;
            assert_eq!(answer.status(), 201, "the limits count by another clock");
            let message: Value = answer.json().await.unwrap();
            let again = rosa.post("/api/messages", new).await;
            assert_eq!(again.status(), 200);
            assert_eq!(again.json::<Value>().await.unwrap(), message, "stored once");
            assert_eq!(socket.expect("message").await["message"], message);
            said.push(message);
        }
    }
    let spread = at(&said[2 * EACH as usize]) - at(&said[0]);
    assert!(spread > HOUR * 900, "or the clock was not set: {spread} ms");

    let all = 3 * EACH;
    assert_eq!(
        rosa.history(&room).await,
        said,
        "in the order in which it was said"
    );
    let seqs: Vec<u64> = said.iter().map(|message| number(message, "seq")).collect();
    assert_eq!(seqs, (1..=all).collect::<Vec<_>>());
    let joined = mei.connect().await.join(&room, Some(EACH)).await;
    let resumed: Vec<u64> = places(&joined).iter().map(|(_, rev)| *rev).collect();
    assert_eq!(resumed, (EACH + 1..=all).collect::<Vec<_>>(), "and resumed in it");
    // Nobody was signed out by it.
    assert_eq!(
        rosa.by_cookie("GET", "/api/me").send().await.unwrap().status(),
        200
    );
}
