//! Many at once who want something: those who are there already do not wait for them.

use std::{
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::json;

use crate::{
    common::{Person, TestServer},
    number,
};

/// As many as a test may have open wherever it runs.
const SILENT: usize = 600;
const SIGN_INS: usize = 150;
/// What is said meanwhile.
const SAID: usize = 10;

#[tokio::test]
async fn a_flood_of_connections_that_say_nothing_keeps_nobody_from_talking() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut socket = rosa.connect().await;
    socket.join(&room, None).await;
    let address = server.url().trim_start_matches("http://").to_owned();
    let silent: Vec<_> = (0..SILENT)
        .map(|_| TcpStream::connect(&address).unwrap())
        .collect();

    let mei = server.register("mei").await;
    let mut another = mei.connect().await;
    another.join(&room, None).await;
    for n in 0..SAID {
        mei.say(&room, &format!("message {n}")).await;
        for socket in [&mut socket, &mut another] {
            assert_eq!(
                number(&socket.expect("message").await["message"], "seq"),
                n as u64 + 1
            );
        }
    }
    drop(silent);
}

/// Signs in once more; gives the status. A refusal says when to come back.
async fn sign_in(person: Person) -> u16 {
    let who = json!({ "username": person.username, "password": crate::common::PASSWORD });
    let answer = person
        .bare("POST", "/api/auth/login")
        .json(&who)
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    let waits = answer.headers().contains_key("retry-after");
    assert!(status == 200 || (status == 503 && waits), "{status}");
    status
}

#[tokio::test]
async fn people_who_all_sign_in_at_once_are_answered_and_hold_nobody_else_up() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let left = Arc::new(AtomicUsize::new(SIGN_INS));
    let storm: Vec<_> = (0..SIGN_INS)
        .map(|_| {
            let (rosa, left) = (rosa.clone(), Arc::clone(&left));
            tokio::spawn(async move {
                let status = sign_in(rosa).await;
                left.fetch_sub(1, Ordering::SeqCst);
                status
            })
        })
        .collect();
    while left.load(Ordering::SeqCst) == SIGN_INS {
        tokio::task::yield_now().await;
    }
    for n in 0..SAID {
        rosa.say(&room, &format!("message {n}")).await;
    }
    assert!(
        left.load(Ordering::SeqCst) > 0,
        "what was said did not wait for all of them"
    );
    let mut signed_in = 0;
    for one in storm {
        signed_in += usize::from(one.await.unwrap() == 200);
    }
    assert!(signed_in > 0, "a storm lets somebody in");
    assert_eq!(sign_in(rosa).await, 200, "and afterwards everybody");
}
