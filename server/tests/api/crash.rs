//! `kill -9` in the middle of posting loses nothing acknowledged.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use crate::common::{Person, TestServer};

/// Posts until the server is gone, noting what was acknowledged, and gives the nonce left in the air.
async fn post_until_it_breaks(
    rosa: Person,
    room: String,
    writer: usize,
    acknowledged: Arc<Mutex<Vec<Value>>>,
) -> String {
    for n in 0.. {
        let nonce = format!("{writer}-{n}");
        let send = json!({ "room": room, "body": format!("{writer} says {n}"), "nonce": nonce });
        match rosa.by_token("POST", "/api/messages").json(&send).send().await {
            Ok(answer) if answer.status() == 201 => match answer.json::<Value>().await {
                Ok(message) => acknowledged.lock().unwrap().push(message),
                Err(_) => return nonce,
            },
            _ => return nonce,
        }
    }
    unreachable!("the server is killed")
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_and_what_was_in_the_air_is_stored_at_most_once() {
    let mut server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    for round in 0..3 {
        let writers: Vec<_> = (0..8)
            .map(|n| {
                tokio::spawn(post_until_it_breaks(
                    rosa.clone(),
                    room.clone(),
                    round * 8 + n,
                    Arc::clone(&acknowledged),
                ))
            })
            .collect();
        let enough = (round + 1) * 150;
        while acknowledged.lock().unwrap().len() < enough {
            tokio::task::yield_now().await;
        }
        server.kill();
        let mut in_the_air = Vec::new();
        for writer in writers {
            in_the_air.push(writer.await.unwrap());
        }
        server.restart();
        for nonce in in_the_air {
            let send = json!({ "room": room, "body": "sent again", "nonce": nonce });
            let answer = rosa.post("/api/messages", send).await;
            assert!(matches!(answer.status().as_u16(), 200 | 201));
            let message = answer.json().await.unwrap();
            acknowledged.lock().unwrap().push(message);
        }
    }
    let history = rosa.history(&room).await;
    let seqs: Vec<u64> = history.iter().map(|m| m["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>(), "no gaps");
    let nonces: HashSet<_> = history.iter().map(|m| m["nonce"].as_str().unwrap()).collect();
    assert_eq!(nonces.len(), history.len(), "nothing twice");
    for message in acknowledged.lock().unwrap().iter() {
        let seq = usize::try_from(message["seq"].as_u64().unwrap()).unwrap();
        assert_eq!(&history[seq - 1], message, "acknowledged means stored");
    }
}
