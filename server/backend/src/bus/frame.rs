//! How events travel through Redis: one byte for the format, sixteen for the instance, one for the kind,
//! then the event as JSON. A message's own JSON, which is most of it, follows raw after a line feed.

use std::sync::Arc;

use uuid::Uuid;

use crate::event::{Event, Logged};

/// The format that this version writes and reads.
const FORMAT: u8 = b'1';
const EVENT: u8 = b'e';
const GAP: u8 = b'g';
const BEAT: u8 = b'b';
const LEAVE: u8 = b'l';
/// Format, instance and kind.
const HEAD_BYTES: usize = 18;
/// Compact JSON holds no raw line feed.
const SEPARATOR: u8 = b'\n';

/// What one instance tells the others.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Frame {
    /// Something happened.
    Event(Arc<Event>),
    /// Some events could not be sent: compare with the store.
    Gap,
    /// I am here.
    Beat,
    /// I am going and owe nothing.
    Leave,
}

impl Frame {
    /// The bytes; nothing where the event cannot be written, which no event is.
    pub(super) fn encode(&self, from: Uuid) -> Option<Vec<u8>> {
        match self {
            Self::Event(event) => encode_event(from, event),
            Self::Gap => Some(head(from, GAP)),
            Self::Beat => Some(head(from, BEAT)),
            Self::Leave => Some(head(from, LEAVE)),
        }
    }

    /// Who sent it, and what; `None` for what another version of Natter writes and this one does not know.
    pub(super) fn decode(bytes: &[u8]) -> Option<(Uuid, Self)> {
        let (head, body) = bytes.split_at_checked(HEAD_BYTES)?;
        let from = Uuid::from_slice(head.get(1..HEAD_BYTES - 1)?).ok()?;
        let frame = match (head[0], head[HEAD_BYTES - 1]) {
            (FORMAT, EVENT) => Self::Event(Arc::new(decode_event(body)?)),
            (FORMAT, GAP) => Self::Gap,
            (FORMAT, BEAT) => Self::Beat,
            (FORMAT, LEAVE) => Self::Leave,
            _ => return None,
        };
        Some((from, frame))
    }
}

fn head(from: Uuid, kind: u8) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD_BYTES);
    bytes.push(FORMAT);
    bytes.extend_from_slice(from.as_bytes());
    bytes.push(kind);
    bytes
}

pub(super) fn encode_event(from: Uuid, event: &Event) -> Option<Vec<u8>> {
    let mut bytes = head(from, EVENT);
    let written = match event {
        Event::Logged(logged) => {
            let bare = Logged {
                json: Arc::from(""),
                ..logged.clone()
            };
            serde_json::to_writer(&mut bytes, &Event::Logged(bare)).map(|()| {
                bytes.push(SEPARATOR);
                bytes.extend_from_slice(logged.json.as_bytes());
            })
        }
        event => serde_json::to_writer(&mut bytes, event),
    };
    written
        .inspect_err(|error| tracing::error!(%error, "an event cannot be written"))
        .ok()
        .map(|()| bytes)
}

fn decode_event(body: &[u8]) -> Option<Event> {
    let end = body
        .iter()
        .position(|byte| *byte == SEPARATOR)
        .unwrap_or(body.len());
    let mut event = serde_json::from_slice(&body[..end]).ok()?;
    if let Event::Logged(logged) = &mut event {
        logged.json = std::str::from_utf8(body.get(end + 1..)?).ok()?.into();
    }
    Some(event)
}

#[cfg(test)]
mod tests {
    use chat::{MessageId, RoomId, Status, UserId};

    use super::*;

    const ME: Uuid = Uuid::from_u128(7);

    fn logged(json: &str) -> Event {
        Event::Logged(Logged {
            room: RoomId(Uuid::from_u128(1)),
            rev: 2,
            seq: 1,
            posted: true,
            author: UserId(Uuid::from_u128(3)),
            nonce: None,
            mentions: Vec::new(),
            unmentioned: Vec::new(),
            called_all: Some(true),
            here: true,
            followers: Vec::new(),
            origin: None,
            id: MessageId(Uuid::from_u128(4)),
            json: json.into(),
            born_us: 5,
        })
    }

    #[test]
    fn decoding_gives_back_what_was_encoded() {
        let event = Event::PresenceChanged {
            user: UserId(ME),
            status: Status::Away,
        };
        for frame in [
            Frame::Event(Arc::new(event)),
            Frame::Event(Arc::new(logged("{\"body\":\"two\\nlines, \\\"é\\\"\"}"))),
            Frame::Event(Arc::new(logged(""))),
            Frame::Gap,
            Frame::Beat,
            Frame::Leave,
        ] {
            let bytes = frame.encode(ME).unwrap();
            assert_eq!(Frame::decode(&bytes), Some((ME, frame)));
        }
    }

    #[test]
    fn a_messages_json_is_sent_as_it_is() {
        let json = "{\"body\":\"a \\\"quoted\\\" word\"}";
        let bytes = encode_event(ME, &logged(json)).unwrap();
        assert!(bytes.ends_with(json.as_bytes()));
    }

    #[test]
    fn what_this_version_does_not_know_is_skipped() {
        let mut bytes = head(ME, EVENT);
        bytes.extend_from_slice(b"{\"reacted\":{\"room\":1}}");
        assert_eq!(Frame::decode(&bytes), None);
        assert_eq!(Frame::decode(&head(ME, b'x')), None);
        let mut other_format = head(ME, GAP);
        other_format[0] = b'2';
        assert_eq!(Frame::decode(&other_format), None);
        assert_eq!(Frame::decode(b""), None);
        assert_eq!(Frame::decode(b"1"), None);
    }

    #[test]
    fn fields_of_a_later_version_do_not_hinder() {
        let mut bytes = head(ME, EVENT);
        let user = Uuid::from_u128(9);
        bytes.extend_from_slice(
            format!("{{\"presence_changed\":{{\"user\":\"{user}\",\"status\":\"online\",\"since\":5}}}}")
                .as_bytes(),
        );
        let told = Event::PresenceChanged {
            user: UserId(user),
            status: Status::Online,
        };
        assert_eq!(Frame::decode(&bytes), Some((ME, Frame::Event(Arc::new(told)))));
    }
}
