//! What every device of one person hears of what the person attends to: what it knew before, with the frames that came,
//! is what a device that comes now is told.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::common::{Person, Socket, TestServer};

/// Where a person's rooms stand, as one device knows by frames alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Known {
    rooms: BTreeMap<String, Standing>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Standing {
    last_seq: u64,
    turn: u64,
    seq: u64,
    mentions: u64,
    muted: bool,
}

impl Known {
    fn of(hello: &Value) -> Self {
        let mut known = Self::default();
        for head in hello["rooms"].as_array().unwrap() {
            let standing = Standing {
                last_seq: number(head, "last_seq"),
                turn: number(head, "read_turn"),
                seq: number(head, "read_seq"),
                mentions: number(head, "mentions"),
                muted: head["muted"] == true,
            };
            known.rooms.insert(text(head, "room"), standing);
        }
        known
    }

    fn hear(&mut self, frame: &Value) {
        let (kind, room) = (text(frame, "type"), &frame["room"]);
        let Some(name) = room
            .as_str()
            .map(str::to_owned)
            .or_else(|| room["id"].as_str().map(str::to_owned))
        else {
            return;
        };
        let standing = self.rooms.entry(name.clone()).or_default();
        match kind.as_str() {
            "head" => {
                standing.last_seq = standing.last_seq.max(number(frame, "last_seq"));
                standing.mentions = number(frame, "mentions");
            }
            "read" => standing.put(number(frame, "turn"), number(frame, "seq")),
            "room" if room["member"] == false => drop(self.rooms.remove(&name)),
            "room" => {
                standing.last_seq = standing.last_seq.max(number(room, "last_seq"));
                standing.mentions = number(room, "mentions");
                standing.muted = room["muted"] == true;
                standing.put(number(room, "read_turn"), number(room, "read_seq"));
            }
            _ => {}
        }
    }
}

impl Standing {
    fn put(&mut self, turn: u64, seq: u64) {
        (self.turn, self.seq) = (self.turn, self.seq).max((turn, seq));
        self.mentions = self.mentions.min(self.last_seq.saturating_sub(self.seq));
    }
}

fn number(value: &Value, field: &str) -> u64 {
    value[field].as_u64().unwrap_or(0)
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

/// Hears until what is known is what a device that comes now is told.
async fn agrees(person: &Person, device: &mut Socket, known: &mut Known) {
    let fresh = person.connect().await;
    let wanted = Known::of(&fresh.hello);
    while *known != wanted {
        let frame = device.next().await.unwrap();
        known.hear(&frame);
    }
    fresh.close().await;
}

#[tokio::test]
async fn what_a_device_knew_and_hears_is_what_a_fresh_one_is_told_whatever_is_done() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let mut device = mei.connect().await;
    let mut known = Known::of(&device.hello);
    let called = rosa.say(&room, "@mei").await;
    agrees(&mei, &mut device, &mut known).await;
    let all = rosa.say(&room, "@room").await;
    agrees(&mei, &mut device, &mut known).await;
    assert_eq!(known.rooms[&room].mentions, 2);
    let read = format!("/api/rooms/{room}/read");
    let unread = format!("/api/rooms/{room}/unread");
    mei.post(&read, json!({ "seq": 2 })).await;
    agrees(&mei, &mut device, &mut known).await;
    mei.post(&unread, json!({ "seq": 1 })).await;
    agrees(&mei, &mut device, &mut known).await;
    assert_eq!((known.rooms[&room].seq, known.rooms[&room].mentions), (0, 2));
    rosa.edit(&all, "nobody").await;
    agrees(&mei, &mut device, &mut known).await;
    rosa.change("DELETE", &called, "").await;
    agrees(&mei, &mut device, &mut known).await;
    assert_eq!(known.rooms[&room].mentions, 0);
    rosa.edit(&all, "@room again").await;
    agrees(&mei, &mut device, &mut known).await;
    let notify = format!("/api/rooms/{room}/notify");
    let muted = mei.by_token("PUT", &notify).json(&json!({ "muted": true }));
    assert_eq!(muted.send().await.unwrap().status(), 204);
    agrees(&mei, &mut device, &mut known).await;
    assert!(known.rooms[&room].muted);
    mei.say(&room, "I am here").await;
    agrees(&mei, &mut device, &mut known).await;
    assert_eq!(known.rooms[&room].mentions, 0);
    // Leaving and coming back begins a later turn.
    let harbour = mei.create_room("harbour", false).await;
    agrees(&mei, &mut device, &mut known).await;
    mei.post(&format!("/api/rooms/{harbour}/unread"), json!({ "seq": 1 }))
        .await;
    for way in ["leave", "join"] {
        mei.post(&format!("/api/rooms/{harbour}/{way}"), json!({})).await;
        agrees(&mei, &mut device, &mut known).await;
    }
}

#[tokio::test]
async fn in_an_open_room_a_head_tells_the_mentions_that_its_messages_do_not() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let mut device = mei.connect().await;
    device.join(&room, None).await;
    let here = rosa.say(&room, "@here").await;
    assert_eq!(device.expect("head").await["mentions"], 1);
    rosa.edit(&here, "nobody").await;
    assert_eq!(device.expect("head").await["mentions"], 0);
    rosa.edit(&here, "@mei").await;
    assert_eq!(device.expect("head").await["mentions"], 1);
    mei.post(&format!("/api/rooms/{room}/read"), json!({ "seq": 1 }))
        .await;
    assert_eq!(device.expect("read").await["seq"], 1);
    mei.post(&format!("/api/rooms/{room}/unread"), json!({ "seq": 1 }))
        .await;
    let back = device.expect("read").await;
    assert_eq!(back["seq"], 0);
    assert_eq!(device.expect("head").await["mentions"], 1);
    // A word from before the marker went back does not move it; one from after it does.
    let late = json!({ "type": "read", "room": room, "seq": 1, "turn": number(&back, "turn") - 1 });
    device.send(late).await;
    device
        .send(json!({ "type": "join", "id": 1, "room": room }))
        .await;
    device.expect("joined").await;
    assert_eq!(mei.room("general").await["unread"], 1);
    device
        .send(json!({ "type": "read", "room": room, "seq": 1, "turn": back["turn"] }))
        .await;
    device
        .send(json!({ "type": "join", "id": 2, "room": room }))
        .await;
    device.expect("joined").await;
    assert_eq!(mei.room("general").await["unread"], 0);
}

#[tokio::test]
async fn a_status_is_told_to_everyone_and_what_is_ones_own_to_ones_devices() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let (mut own, mut others) = (rosa.connect().await, mei.connect().await);
    rosa.patch("/api/me/status", json!({ "text": "at lunch" })).await;
    let heard = others.expect("status").await;
    let custom = json!({ "text": "at lunch", "emoji": "", "until": null });
    assert_eq!((&heard["user"], &heard["custom"]), (&json!(rosa.id), &custom));
    rosa.patch("/api/me/status", json!({})).await;
    assert_eq!(others.expect("status").await["custom"], Value::Null);
    let message = rosa.say(&room, "keep this").await;
    rosa.change("PUT", &message, "/saved").await;
    let saved = own.expect("saved").await;
    assert_eq!(
        (&saved["message"], &saved["saved"]),
        (&message["id"], &json!(true))
    );
    rosa.change("DELETE", &message, "/saved").await;
    assert_eq!(own.expect("saved").await["saved"], false);
    let follow = format!("/api/threads/{}/follow", message["id"].as_str().unwrap());
    rosa.ask("PUT", &follow).await;
    let thread = own.expect("thread").await;
    assert_eq!(
        (&thread["root"], &thread["following"]),
        (&message["id"], &json!(true))
    );
    let put = async |path: &str, body: Value| {
        let request = rosa.by_token("PUT", path).json(&body);
        assert!(request.send().await.unwrap().status().is_success());
    };
    put(&format!("/api/rooms/{room}/draft"), json!({ "body": "half a" })).await;
    let draft = own.expect("draft").await;
    assert_eq!((&draft["room"], &draft["body"]), (&json!(room), &json!("half a")));
    let of_thread = format!("/api/threads/{}/draft", message["id"].as_str().unwrap());
    put(&of_thread, json!({ "body": "half a reply" })).await;
    let draft = own.expect("reply_draft").await;
    assert_eq!(
        (&draft["room"], &draft["root"], &draft["body"]),
        (&json!(room), &message["id"], &json!("half a reply"))
    );
    put("/api/me/quiet", json!({ "daily": [1320, 420] })).await;
    assert_eq!(own.expect("quiet").await["quiet"]["daily"], json!([1320, 420]));
    // Nothing of that was anybody else's business.
    others.join(&room, None).await;
    mei.say(&room, "bye").await;
    loop {
        let frame = others.next().await.unwrap();
        let kind = text(&frame, "type");
        assert!(
            !["saved", "thread", "draft", "reply_draft", "quiet"].contains(&kind.as_str()),
            "{frame}"
        );
        if kind == "presence" || kind == "head" || kind == "read" {
            continue;
        }
        break;
    }
}

/// Hears until the devices are told that a thread is another, and gives its root.
async fn told(device: &mut Socket) -> Value {
    device.expect("thread").await["root"].clone()
}

#[tokio::test]
async fn every_device_hears_when_to_count_unread_threads_anew() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let root = rosa.say(&room, "root").await;
    let (mut desk, mut phone) = (rosa.connect().await, rosa.connect().await);
    desk.join(&room, None).await;
    let unread = async || {
        let found = rosa.get_json("/api/threads/unread").await;
        found["threads"].as_array().unwrap().len()
    };
    // A reply, whether the room is open or not; then reading; then another reply, and its deletion.
    mei.reply(&root, "one").await;
    for device in [&mut desk, &mut phone] {
        assert_eq!(told(device).await, root["id"]);
    }
    assert_eq!(unread().await, 1);
    let read = format!("/api/threads/{}/read", root["id"].as_str().unwrap());
    rosa.post(&read, json!({ "seq": 2 })).await;
    for device in [&mut desk, &mut phone] {
        assert_eq!(told(device).await, root["id"]);
    }
    assert_eq!(unread().await, 0);
    let second = mei.reply(&root, "two").await;
    for device in [&mut desk, &mut phone] {
        told(device).await;
    }
    assert_eq!(unread().await, 1);
    mei.change("DELETE", &second, "").await;
    for device in [&mut desk, &mut phone] {
        told(device).await;
    }
    assert_eq!(unread().await, 0);
    // Who follows it no longer is told nothing of it.
    let follow = format!("/api/threads/{}/follow", root["id"].as_str().unwrap());
    rosa.ask("DELETE", &follow).await;
    assert_eq!(desk.expect("thread").await["following"], false);
    mei.reply(&root, "three").await;
    desk.expect("message").await;
    let own = rosa.say(&room, "the end").await;
    loop {
        let frame = desk.next().await.unwrap();
        assert_ne!(frame["type"], "thread", "{frame}");
        if frame["message"]["id"] == own["id"] {
            break;
        }
    }
}
