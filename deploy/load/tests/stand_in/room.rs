use std::collections::HashMap;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::Fault;

/// A connection that has the room open.
pub(crate) struct Reader {
    pub(crate) connection: u64,
    pub(crate) frames: UnboundedSender<String>,
    delivered: u64,
    held: Option<String>,
}

/// A room: its log and its readers.
#[derive(Default)]
pub(crate) struct Room {
    pub(crate) last_seq: u64,
    pub(crate) last_rev: u64,
    pub(crate) log: Vec<Value>,
    nonces: HashMap<String, usize>,
    readers: Vec<Reader>,
    pub(crate) sends: u64,
}

impl Room {
    pub(crate) fn open(&mut self, connection: u64, frames: UnboundedSender<String>) {
        self.readers.retain(|reader| reader.connection != connection);
        self.readers.push(Reader {
            connection,
            frames,
            delivered: 0,
            held: None,
        });
    }

    pub(crate) fn close(&mut self, connection: u64) {
        self.readers.retain(|reader| reader.connection != connection);
    }

    /// What was posted with this nonce before.
    pub(crate) fn known(&self, nonce: &str) -> Option<Value> {
        self.nonces.get(nonce).map(|place| self.log[*place].clone())
    }

    /// Stores a message and delivers it to all readers but its sender.
    pub(crate) fn post(
        &mut self,
        id: &str,
        author: &str,
        nonce: &str,
        body: &str,
        fault: Fault,
        sender: u64,
    ) -> Value {
        self.last_seq += 1 + u64::from(fault.strikes(Fault::SkipSeq, self.sends));
        self.last_rev += 1 + u64::from(fault.strikes(Fault::SkipRev, self.sends));
        let message = json!({
            "id": format!("{id}-{}", self.last_seq), "room": id, "seq": self.last_seq, "rev": self.last_rev,
            "author": {"id": author, "username": author, "display_name": author, "avatar_url": null},
            "body": body, "html": format!("<p>{body}</p>"), "created_at": "2026-01-01T00:00:00.000Z",
            "edited_at": null, "deleted": false, "pinned": false, "thread": null, "reply_count": 0,
            "nonce": nonce, "reactions": [], "attachments": [], "mentions": []
        });
        self.nonces.insert(nonce.to_owned(), self.log.len());
        self.log.push(message.clone());
        let frame = json!({"type": "message", "message": message}).to_string();
        let readers = self
            .readers
            .iter_mut()
            .filter(|reader| reader.connection != sender);
        readers.for_each(|reader| reader.deliver(&frame, fault));
        message
    }
}

impl Reader {
    fn deliver(&mut self, frame: &str, fault: Fault) {
        let count = self.delivered;
        self.delivered += 1;
        let strikes = |what| fault.strikes(what, count);
        if strikes(Fault::Lose) {
            return;
        }
        if strikes(Fault::Swap) {
            self.held = Some(frame.to_owned());
            return;
        }
        let mut text = frame.to_owned();
        if strikes(Fault::Foreign) {
            text = text.replace("\"room\":\"", "\"room\":\"not-");
        } else if strikes(Fault::Alter) {
            text = text.replace("lorem", "forem");
        } else if strikes(Fault::Garble) {
            text.truncate(20);
        } else if strikes(Fault::Double) {
            text = format!("{frame}\n{frame}");
        }
        let frames = std::iter::once(text).chain(self.held.take());
        frames.for_each(|frame| drop(self.frames.send(frame)));
    }
}
