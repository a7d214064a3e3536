//! One frame of a room's log, encoded once and shared by everyone who reads the room.

use backend::{Result, event::Logged, message::encode};
use bytes::Bytes;
use chat::{ConnectionId, Message, MessageId, Nonce, UserId};

const POSTED: &str = r#"{"type":"message","message":"#;
const CHANGED: &str = r#"{"type":"changed","message":"#;

// The message's own JSON is cut out of the frame by this length, whichever of the two it begins with.
const _: () = assert!(POSTED.len() == CHANGED.len());

/// One change of a room as its readers get it.
#[derive(Debug)]
pub(crate) struct Frame {
    /// The frame as it goes over the wire.
    pub(crate) bytes: Bytes,
    /// Its place in the log.
    pub(crate) rev: u64,
    /// The message's number.
    pub(crate) seq: u64,
    /// The message that was posted or changed.
    pub(crate) message: MessageId,
    /// Whether the message is new.
    pub(crate) posted: bool,
    /// Who posted it.
    pub(crate) author: UserId,
    /// The author's id for the send.
    pub(crate) nonce: Option<Nonce>,
    /// The connection that it came from; `None` also where the frame was read back from the store.
    pub(crate) origin: Option<ConnectionId>,
    /// When the send was accepted, in microseconds since the Unix epoch; 0: not to be measured.
    pub(crate) born_us: u64,
}

impl Frame {
    /// The frame for an event.
    pub(crate) fn of_event(logged: &Logged) -> Self {
        Self {
            bytes: envelope(logged.posted, &logged.json),
            rev: logged.rev,
            seq: logged.seq,
            message: logged.id,
            posted: logged.posted,
            author: logged.author,
            nonce: logged.nonce.clone(),
            origin: logged.origin,
            born_us: logged.born_us,
        }
    }

    /// The frame for a message read back from the store.
    ///
    /// # Errors
    /// `internal` where the message cannot be encoded.
    pub(crate) fn of_message(message: &Message, posted: bool) -> Result<Self> {
        Ok(Self {
            bytes: envelope(posted, &encode(message)?),
            rev: message.rev,
            seq: message.seq,
            message: message.id,
            posted,
            author: message.author.id,
            nonce: message.nonce.clone(),
            origin: None,
            born_us: 0,
        })
    }

    /// The message alone, as JSON.
    pub(crate) fn json(&self) -> &[u8] {
        &self.bytes[POSTED.len()..self.bytes.len() - 1]
    }
}

fn envelope(posted: bool, json: &str) -> Bytes {
    [if posted { POSTED } else { CHANGED }, json, "}"].concat().into()
}

/// The frame that tells a connection that its own send is stored.
pub(crate) fn sent(nonce: &Nonce, json: &[u8]) -> Bytes {
    // A text always encodes.
    let nonce = serde_json::to_vec(nonce).unwrap_or_default();
    [
        br#"{"type":"sent","nonce":"#,
        nonce.as_slice(),
        br#","message":"#,
        json,
        b"}",
    ]
    .concat()
    .into()
}

/// Any other frame.
pub(crate) fn text(frame: &chat::wire::ServerFrame) -> Bytes {
    serde_json::to_vec(frame)
        .map(Bytes::from)
        .unwrap_or_else(|error| {
            tracing::error!(%error, "a frame could not be encoded");
            Bytes::from_static(b"{}")
        })
}

#[cfg(test)]
pub(crate) mod tests {
    use chat::{Author, RoomId, Timestamp, wire::ServerFrame};
    use uuid::Uuid;

    use super::*;

    /// The message `seq` in its state at `rev`.
    pub(crate) fn message(seq: u64, rev: u64) -> Message {
        Message {
            id: MessageId(Uuid::from_u128(u128::from(seq))),
            room: RoomId(Uuid::from_u128(1)),
            seq,
            rev,
            author: Author {
                id: UserId(Uuid::from_u128(2)),
                username: "mei".into(),
                display_name: "田中 芽衣".into(),
                avatar_url: None,
            },
            body: format!("message {seq} at {rev}"),
            html: format!("<p>message {seq} at {rev}</p>"),
            created_at: Timestamp(0),
            edited_at: None,
            deleted: false,
            pinned: false,
            thread: None,
            reply_count: 0,
            nonce: Some(Nonce::new(format!("n{seq}")).unwrap()),
            reactions: Vec::new(),
            attachments: Vec::new(),
            mentions: Vec::new(),
            calls: None,
        }
    }

    /// The frame of message `seq` at `rev`.
    pub(crate) fn frame(seq: u64, rev: u64) -> Frame {
        Frame::of_message(&message(seq, rev), seq == rev).unwrap()
    }

    #[test]
    fn spliced_frames_are_what_encoding_them_whole_gives() {
        for posted in [true, false] {
            let message = message(3, 7);
            let frame = Frame::of_message(&message, posted).unwrap();
            let whole = match posted {
                true => ServerFrame::Message {
                    message: message.clone(),
                },
                false => ServerFrame::Changed {
                    message: message.clone(),
                },
            };
            assert_eq!(
                serde_json::from_slice::<ServerFrame>(&frame.bytes).unwrap(),
                whole
            );
            assert_eq!(serde_json::from_slice::<Message>(frame.json()).unwrap(), message);
        }
    }

    #[test]
    fn a_nonce_with_quotes_stays_one_text() {
        let (message, nonce) = (message(1, 1), Nonce::new(r#"a"b\c"#).unwrap());
        let bytes = sent(&nonce, frame(1, 1).json());
        assert_eq!(
            serde_json::from_slice::<ServerFrame>(&bytes).unwrap(),
            ServerFrame::Sent { nonce, message }
        );
    }
}
