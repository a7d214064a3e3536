//! Outgoing webhooks.

use serde_json::{Value, json};

use super::{allowing, assert_signed, made, two};
use crate::common::{Person, Receiver};

async fn outgoing(rosa: &Person, url: &str, room: Option<&str>, changes: bool) -> Value {
    let webhook = json!({ "name": "Archive", "url": url, "room": room, "changes": changes });
    made(rosa.post("/api/webhooks", webhook).await).await
}

#[tokio::test]
async fn a_webhook_is_told_what_is_written_in_its_room_signed_and_in_order() {
    let mut receiver = Receiver::start().await;
    let server = allowing(&[&receiver]);
    let (rosa, mei, room) = two(&server).await;
    rosa.say(&room, "before there was a webhook").await;
    let webhook = outgoing(&rosa, &receiver.url("/told"), Some(&room), true).await;
    let secret = webhook["secret"].as_str().unwrap();
    let elsewhere = rosa.create_room("elsewhere", false).await;
    rosa.say(&elsewhere, "not told").await;
    let first = rosa.say(&room, "one").await;
    let told = receiver.next().await;
    assert_signed(&told, secret);
    assert_eq!(told.header("content-type"), "application/json");
    let body = told.json();
    assert_eq!((&body["event"], &body["message"]), (&json!("message"), &first));
    assert_eq!(body["room"]["slug"], "general");
    assert_eq!(told.header("natter-event"), "message");
    mei.say(&room, "two").await;
    assert_eq!(receiver.next().await.json()["message"]["body"], "two");
    rosa.edit(&first, "one, changed").await;
    let changed = receiver.next().await.json();
    assert_eq!(changed["event"], "changed");
    assert_eq!(changed["message"]["body"], "one, changed");
    let document = natter::openapi::document();
    crate::common::document::validate(
        &document["components"]["schemas"]["Told"],
        &changed,
        "what is told",
    );
}

#[tokio::test]
async fn a_webhook_of_the_workspace_is_told_of_public_channels_new_ones_too_and_of_no_others() {
    let mut receiver = Receiver::start().await;
    let server = allowing(&[&receiver]);
    let (rosa, mei, room) = two(&server).await;
    outgoing(&rosa, &receiver.url("/"), None, false).await;
    let secret = rosa.create_room("secret", true).await;
    rosa.say(&secret, "among ourselves").await;
    let direct = made(rosa.post("/api/rooms/direct", json!({ "users": [mei.id] })).await).await;
    rosa.say(direct["id"].as_str().unwrap(), "between us").await;
    let first = rosa.say(&room, "in general").await;
    assert_eq!(receiver.next().await.json()["message"], first);
    rosa.edit(&first, "changes are not told").await;
    let harbour = rosa.create_room("harbour", false).await;
    let second = rosa.say(&harbour, "in a new channel").await;
    assert_eq!(receiver.next().await.json()["message"], second);
    assert!(receiver.is_idle());
}

#[tokio::test]
async fn what_is_not_taken_is_told_again_and_nothing_after_it_before() {
    let mut receiver = Receiver::start().await;
    receiver.answer(500, "");
    let server = allowing(&[&receiver]);
    let (rosa, _, room) = two(&server).await;
    outgoing(&rosa, &receiver.url("/"), Some(&room), false).await;
    rosa.say(&room, "one").await;
    rosa.say(&room, "two").await;
    let refused = receiver.next().await;
    receiver.answer(204, "");
    let again = receiver.next().await;
    assert_eq!(refused.json(), again.json());
    assert_eq!(refused.header("natter-delivery"), again.header("natter-delivery"));
    assert_eq!(again.json()["message"]["body"], "one");
    assert_eq!(receiver.next().await.json()["message"]["body"], "two");
}

#[tokio::test]
async fn a_webhook_that_is_gone_is_stopped_and_goes_on_when_somebody_says_so() {
    let mut receiver = Receiver::start().await;
    receiver.answer(410, "");
    let server = allowing(&[&receiver]);
    let (rosa, _, room) = two(&server).await;
    let webhook = outgoing(&rosa, &receiver.url("/"), Some(&room), false).await;
    rosa.say(&room, "one").await;
    receiver.next().await;
    let stopped = loop {
        let list = rosa.get_json("/api/webhooks").await;
        if list["webhooks"][0]["stopped_at"].is_string() {
            break list["webhooks"][0].clone();
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(stopped["fault"], "it answered 410");
    receiver.answer(200, "");
    let path = format!("/api/webhooks/{}/resume", webhook["id"].as_str().unwrap());
    assert_eq!(rosa.ask("POST", &path).await.status(), 204);
    assert_eq!(receiver.next().await.json()["message"]["body"], "one");
    let path = format!("/api/webhooks/{}", webhook["id"].as_str().unwrap());
    assert_eq!(rosa.ask("DELETE", &path).await.status(), 204);
    assert_eq!(rosa.get_json("/api/webhooks").await["webhooks"], json!([]));
}

#[tokio::test]
async fn what_was_written_while_the_server_was_down_is_told_once_it_is_back() {
    let mut receiver = Receiver::start().await;
    receiver.answer(503, "");
    let mut server = allowing(&[&receiver]);
    let (rosa, _, room) = two(&server).await;
    outgoing(&rosa, &receiver.url("/"), Some(&room), false).await;
    rosa.say(&room, "one").await;
    receiver.next().await;
    server.kill();
    receiver.answer(200, "");
    server.restart();
    while receiver.next().await.json()["message"]["body"] != "one" {}
}

#[tokio::test]
async fn nobody_is_reached_inside_the_network_directly_or_by_a_redirect() {
    let (mut inside, mut open) = (Receiver::start().await, Receiver::start().await);
    let server = allowing(&[&open]);
    let (rosa, _, room) = two(&server).await;
    for url in [
        inside.url("/"),
        format!("http://localhost:{}/", inside.addr.port()),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://[::1]/".to_owned(),
    ] {
        outgoing(&rosa, &url, Some(&room), false).await;
    }
    open.answer(307, "");
    outgoing(&rosa, &open.url("/"), Some(&room), false).await;
    rosa.say(&room, "one").await;
    open.next().await;
    // A redirect is an answer like any other: it is not followed.
    open.answer(200, "");
    assert_eq!(open.next().await.json()["message"]["body"], "one");
    assert!(inside.is_idle());
}
