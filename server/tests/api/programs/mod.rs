//! Programs: bots, incoming and outgoing webhooks, slash commands.

mod bots;
mod commands;
mod incoming;
mod outgoing;

use reqwest::Response;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::common::{Person, Receiver, TestServer, Told};

const GHOST: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

const PASSWORD: &str = "correct horse battery";

/// The owner, a member, and the room that both are in.
async fn two(server: &TestServer) -> (Person, Person, String) {
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    (rosa, mei, room)
}

async fn made(answer: Response) -> Value {
    assert_eq!(answer.status(), 201);
    answer.json().await.unwrap()
}

/// A bot with a token, as a person of whom no cookie is known.
async fn bot(rosa: &Person, username: &str) -> Person {
    let bot = made(rosa.post("/api/bots", json!({ "username": username })).await).await;
    let id = bot["user"]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/bots/{id}/tokens");
    let token = made(rosa.post(&path, json!({ "name": "tests" })).await).await;
    Person {
        username: username.to_owned(),
        id,
        token: token["token"].as_str().unwrap().to_owned(),
        cookie: String::new(),
        ..rosa.clone()
    }
}

fn allowing(receivers: &[&Receiver]) -> TestServer {
    let allowed: Vec<String> = receivers
        .iter()
        .map(|receiver| receiver.addr.to_string())
        .collect();
    TestServer::setup()
        .with("NATTER_LIMITS", "off")
        .with("NATTER_OUTSIDE", allowed.join(","))
        .start()
}

/// Checks a signature as a receiver would, by what the documentation says.
fn assert_signed(told: &Told, secret: &str) {
    let signature = told.header("natter-signature");
    let (time, given) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let signed = [time.as_bytes(), b".", &told.body].concat();
    let pad = |with: u8| {
        let mut block = [with; 64];
        secret
            .bytes()
            .zip(&mut block)
            .for_each(|(byte, place)| *place ^= byte);
        block
    };
    let inner = Sha256::new()
        .chain_update(pad(0x36))
        .chain_update(&signed)
        .finalize();
    let outer: [u8; 32] = Sha256::new()
        .chain_update(pad(0x5c))
        .chain_update(inner)
        .finalize()
        .into();
    let expected: String = outer.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(given, expected);
}
