//! The vocabulary: one line of a history, read and written.

use serde::{Deserialize, Serialize};
use serde_json::{json, value::RawValue};

/// One line.
#[derive(Deserialize)]
pub(super) struct Line<'a> {
    /// Whose; absent for what the store holds.
    #[serde(default)]
    pub client: Option<&'a str>,
    #[serde(borrow)]
    pub event: Event<'a>,
}

/// What happened.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Event<'a> {
    /// A connection is open, as this user.
    Connected { user: &'a str },
    /// The connection is no more.
    Disconnected,
    /// The client sent this frame.
    #[serde(borrow)]
    Said(&'a RawValue),
    /// The server sent this frame.
    #[serde(borrow)]
    Heard(&'a RawValue),
    /// The client posted over HTTP.
    #[serde(borrow)]
    Posted(Send<'a>),
    /// A post over HTTP was answered with 200 or 201 and this message.
    Answered {
        nonce: &'a str,
        #[serde(borrow)]
        message: &'a RawValue,
    },
    /// The client got this state of a message over HTTP: in a page, or as the answer to a change.
    #[serde(borrow)]
    Shown(&'a RawValue),
    /// What the store holds of a room at the end.
    #[serde(borrow)]
    Stored(Stored<'a>),
}

/// A message on its way in.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Send<'a> {
    pub nonce: &'a str,
    pub room: &'a str,
    pub body: &'a str,
}

/// A room in the store.
#[derive(Clone, Deserialize)]
pub(super) struct Stored<'a> {
    pub room: &'a str,
    pub last_rev: u64,
    /// All messages by `seq`, with or without what is deleted.
    #[serde(borrow)]
    pub messages: Vec<&'a RawValue>,
}

/// A frame of either side, as far as it matters here.
#[derive(Deserialize)]
pub(super) struct Frame<'a> {
    #[serde(rename = "type")]
    pub kind: &'a str,
    #[serde(borrow, default)]
    pub room: Option<&'a RawValue>,
    #[serde(default)]
    pub nonce: Option<&'a str>,
    #[serde(default)]
    pub body: Option<&'a str>,
    #[serde(default)]
    pub after: Option<u64>,
    #[serde(borrow, default)]
    pub message: Option<&'a RawValue>,
    #[serde(default)]
    pub last_seq: Option<u64>,
    #[serde(default)]
    pub last_rev: Option<u64>,
    #[serde(borrow, default)]
    pub messages: Vec<&'a RawValue>,
    #[serde(default)]
    pub limited: bool,
}

impl<'a> Frame<'a> {
    /// The room's id, where `room` is one: in `room` frames it is the whole room.
    pub(super) fn room(&self) -> Option<&'a str> {
        serde_json::from_str(self.room?.get()).ok()
    }

    /// What a `send` frame sends.
    pub(super) fn send(&self) -> Option<Send<'a>> {
        Some(Send {
            nonce: self.nonce?,
            room: self.room()?,
            body: self.body?,
        })
    }
}

/// A message, as far as it matters here, and its bytes.
#[derive(Clone, Copy)]
pub(super) struct Message<'a> {
    pub id: &'a str,
    pub room: &'a str,
    pub seq: u64,
    pub rev: u64,
    pub author: &'a str,
    pub nonce: Option<&'a str>,
    /// Whether it may say something else than what was sent.
    pub is_altered: bool,
    pub bytes: &'a str,
}

impl<'a> Message<'a> {
    pub(super) fn read(bytes: &'a str) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Author<'a> {
            id: &'a str,
        }
        #[derive(Deserialize)]
        struct Fields<'a> {
            id: &'a str,
            room: &'a str,
            seq: u64,
            rev: u64,
            #[serde(borrow)]
            author: Author<'a>,
            #[serde(default)]
            nonce: Option<&'a str>,
            #[serde(default)]
            edited_at: Option<&'a str>,
            #[serde(default)]
            deleted: bool,
        }
        let fields: Fields<'a> = serde_json::from_str(bytes)?;
        Ok(Self {
            id: fields.id,
            room: fields.room,
            seq: fields.seq,
            rev: fields.rev,
            author: fields.author.id,
            nonce: fields.nonce,
            is_altered: fields.deleted || fields.edited_at.is_some(),
            bytes,
        })
    }

    /// Its text, which may hold escapes and so is no part of the history.
    pub(super) fn body(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Body {
            body: String,
        }
        serde_json::from_str(self.bytes).ok().map(|Body { body }| body)
    }
}

fn line(client: Option<&str>, event: impl Serialize) -> String {
    #[derive(Serialize)]
    struct Written<'a, E> {
        #[serde(skip_serializing_if = "Option::is_none")]
        client: Option<&'a str>,
        event: E,
    }
    // Text that is JSON already and strings always have a JSON form.
    serde_json::to_string(&Written { client, event }).unwrap_or_default()
}

/// Puts JSON that is there already into a line, byte for byte.
fn verbatim(client: Option<&str>, before: &str, json: &str, after: &str) -> String {
    let client = client.map_or(String::new(), |client| format!("\"client\":{},", json!(client)));
    format!("{{{client}\"event\":{{{before}{json}{after}}}}}")
}

/// A line that says that a connection of the client is open, as this user. The client's name must need no escapes.
#[must_use]
pub fn connected(client: &str, user: &str) -> String {
    line(Some(client), json!({ "connected": { "user": user } }))
}

/// A line that says that the client's connection is no more.
#[must_use]
pub fn disconnected(client: &str) -> String {
    line(Some(client), "disconnected")
}

/// A line that says what frame the client sent; to be written before it is.
#[must_use]
pub fn said(client: &str, frame: &str) -> String {
    verbatim(Some(client), "\"said\":", frame, "")
}

/// A line that says what frame the client got.
#[must_use]
pub fn heard(client: &str, frame: &str) -> String {
    verbatim(Some(client), "\"heard\":", frame, "")
}

/// A line that says that the client posts over HTTP; to be written before it does.
#[must_use]
pub fn posted(client: &str, room: &str, nonce: &str, body: &str) -> String {
    let send = json!({ "room": room, "nonce": nonce, "body": body });
    line(Some(client), json!({ "posted": send }))
}

/// A line that says that a post was answered with 200 or 201 and this message.
#[must_use]
pub fn answered(client: &str, nonce: &str, message: &str) -> String {
    let before = format!("\"answered\":{{\"nonce\":{},\"message\":", json!(nonce));
    verbatim(Some(client), &before, message, "}")
}

/// A line that says that the client got this state of a message over HTTP.
#[must_use]
pub fn shown(client: &str, message: &str) -> String {
    verbatim(Some(client), "\"shown\":", message, "")
}

/// A line that says where a room stands at the end, and all of its messages.
#[must_use]
pub fn stored(room: &str, last_rev: u64, messages: &[impl AsRef<str>]) -> String {
    let messages: Vec<&str> = messages.iter().map(AsRef::as_ref).collect();
    let before = format!(
        "\"stored\":{{\"room\":{},\"last_rev\":{last_rev},\"messages\":[",
        json!(room)
    );
    verbatim(None, &before, &messages.join(","), "]}")
}
