//! What arrives, read as little as the checks need: the strings of a frame are borrowed from it, and
//! what is not asked for (author, html, reactions …) is stepped over. Also what is sent.

use std::{borrow::Cow, ops::Deref};

use serde::{Deserialize, Serialize};

/// Text that is borrowed from the frame unless it holds escapes.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// Any frame of the server: its kind, and the message of those that carry one.
#[derive(Debug, Deserialize)]
pub struct Frame<'a> {
    /// The `type`.
    #[serde(rename = "type", borrow)]
    pub kind: Text<'a>,
    /// Of `message`, `changed` and `sent`.
    #[serde(borrow, default)]
    pub message: Option<Message<'a>>,
}

/// What is looked at of a message.
#[derive(Debug, Deserialize)]
pub struct Message<'a> {
    /// The room's id.
    #[serde(borrow)]
    pub room: Text<'a>,
    /// Its number in the room.
    pub seq: u64,
    /// The room's number of its last change.
    pub rev: u64,
    /// The sender's id for it.
    #[serde(borrow, default)]
    pub nonce: Option<Text<'a>>,
    /// Its source text.
    #[serde(borrow, default)]
    pub body: Option<Text<'a>>,
}

/// A `joined` frame. Its messages bring a returning connection up to `last_rev`.
#[derive(Debug, Deserialize)]
pub struct Joined<'a> {
    /// The room's id.
    #[serde(borrow)]
    pub room: Text<'a>,
    /// The room's last message.
    pub last_seq: u64,
    /// The room's last change: live frames go on after it.
    pub last_rev: u64,
    /// Present states of what changed since the `after` asked for, ascending.
    #[serde(borrow, default)]
    pub messages: Vec<Message<'a>>,
    /// Too far behind: a page must be loaded over HTTP.
    #[serde(default)]
    pub limited: bool,
}

/// An `error` frame.
#[derive(Debug, Deserialize)]
pub struct Refusal {
    /// Of the send that was refused.
    pub nonce: Option<String>,
    /// The stable code.
    #[serde(default)]
    pub code: String,
    /// For people.
    #[serde(default)]
    pub detail: String,
}

/// A `reconnect` frame.
#[derive(Debug, Deserialize)]
pub struct Reconnect {
    /// When to come back.
    #[serde(default)]
    pub in_ms: u64,
}

/// What this client says.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Request<'a> {
    /// Opens a room on this connection.
    Join {
        /// Echoed by `joined`.
        id: &'a str,
        /// The room.
        room: &'a str,
        /// The last change seen of it.
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<u64>,
    },
    /// Posts a message.
    Send {
        /// The room.
        room: &'a str,
        /// The mark.
        nonce: &'a str,
        /// The text.
        body: &'a str,
    },
}

impl Request<'_> {
    /// The frame's text.
    pub fn encode(&self) -> String {
        // Strings and numbers always have a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELIVERED: &str = r#"{"type":"message","message":{"id":"m","room":"r","seq":3,"rev":4,
        "author":{"id":"u","username":"ann","display_name":"Ann","avatar_url":null},"body":"7-1 \"rev\":9",
        "html":"<p>7-1 &quot;rev&quot;:9</p>","thread":null,"reactions":[{"emoji":"x","users":["u"]}],"nonce":"7-1"}}"#;

    #[test]
    fn a_delivery_is_read_and_a_body_cannot_pass_for_a_field() {
        let frame: Frame = serde_json::from_str(DELIVERED).unwrap();
        let message = frame.message.unwrap();
        assert_eq!(
            (&*frame.kind, &*message.room, message.seq, message.rev),
            ("message", "r", 3, 4)
        );
        assert_eq!(message.nonce.as_deref(), Some("7-1"));
        assert_eq!(message.body.as_deref(), Some("7-1 \"rev\":9"));
        assert!(
            matches!(message.nonce.unwrap().0, Cow::Borrowed(_)),
            "the hot path must not allocate"
        );
    }

    #[test]
    fn frames_without_a_message_and_with_unknown_fields_are_read() {
        let room = r#"{"type":"room","room":{"id":"r","new_field":[1]},"message":null}"#;
        assert!(serde_json::from_str::<Frame>(room).unwrap().message.is_none());
    }

    #[test]
    fn a_first_join_has_no_after() {
        let join = Request::Join {
            id: "1",
            room: "r",
            after: None,
        }
        .encode();
        assert_eq!(join, r#"{"type":"join","id":"1","room":"r"}"#);
    }
}
