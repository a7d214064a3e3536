//! What all clients together say of messages: each state the same bytes for everyone, each number given once, each
//! nonce one message, and everything that was acknowledged or shown in the store.

use std::collections::HashMap;

use super::{
    line::{Message, Send, Stored},
    verdict::{Fault, Verdict},
};

/// What is known of messages.
#[derive(Default)]
pub(super) struct Book<'a> {
    /// The bytes of each state, by message and `rev`.
    states: HashMap<(&'a str, u64), &'a str>,
    /// Which message a change of a room is one of.
    revs: HashMap<(&'a str, u64), &'a str>,
    /// Which message has a number in a room.
    seqs: HashMap<(&'a str, u64), &'a str>,
    /// What was sent, by author and nonce.
    sends: HashMap<(&'a str, &'a str), Send<'a>>,
    /// What was acknowledged, by author and nonce.
    acknowledged: HashMap<(&'a str, &'a str), Message<'a>>,
    stored: HashMap<&'a str, Message<'a>>,
    /// Any state of a message that a client saw.
    shown: HashMap<&'a str, Message<'a>>,
}

impl<'a> Book<'a> {
    /// Someone sends this, perhaps again.
    pub(super) fn said(&mut self, author: &'a str, send: &Send<'a>) {
        self.sends.insert((author, send.nonce), *send);
    }

    /// Someone saw a message in this state.
    pub(super) fn show(&mut self, message: &Message<'a>, verdict: &mut Verdict) {
        self.compare(message, verdict);
        let shown = self.shown.entry(message.id).or_insert(*message);
        if message.rev > shown.rev {
            *shown = *message;
        }
    }

    /// The same state is the same bytes, and a number is given once.
    fn compare(&mut self, message: &Message<'a>, verdict: &mut Verdict) {
        let Message {
            id,
            room,
            seq,
            rev,
            bytes,
            ..
        } = *message;
        let known = *self.states.entry((id, rev)).or_insert(bytes);
        if known != bytes {
            verdict.note(Fault::Altered, || format!("{known} is elsewhere {bytes}"));
        }
        for (name, number, of) in [("rev", rev, &mut self.revs), ("seq", seq, &mut self.seqs)] {
            let other = *of.entry((room, number)).or_insert(id);
            if other != id {
                verdict.note(Fault::Misnumbered, || {
                    format!("{name} {number} of {room} is {other} and {id}")
                });
            }
        }
    }

    /// A send is answered with this message.
    pub(super) fn acknowledge(
        &mut self,
        client: &str,
        author: &'a str,
        nonce: &'a str,
        message: &'a str,
        verdict: &mut Verdict,
    ) {
        let message = match Message::read(message) {
            Ok(message) => message,
            Err(error) => return verdict.note(Fault::Unreadable, || format!("{client}: {error}")),
        };
        self.show(&message, verdict);
        let id = message.id;
        let first = self.acknowledged.entry((author, nonce)).or_insert(message);
        if first.id != id {
            let first = first.id;
            verdict.note(Fault::Doubled, || {
                format!("{client}: nonce {nonce} is acknowledged as {first} and as {id}")
            });
        }
        let send = self.sends.get(&(author, nonce));
        let as_sent = send.is_some_and(|send| {
            let body = message.body();
            let as_sent = (message.room, message.nonce, message.author) == (send.room, Some(nonce), author);
            as_sent && (message.is_altered || body.is_some_and(|body| body == send.body.trim()))
        });
        if !as_sent {
            verdict.note(Fault::Altered, || {
                format!(
                    "{client}: nonce {nonce} is acknowledged with another message: {}",
                    message.bytes
                )
            });
        }
    }

    /// A room at the end: numbered without gaps, no nonce twice.
    pub(super) fn store(&mut self, room: &Stored<'a>, verdict: &mut Verdict) {
        let mut nonces = HashMap::new();
        for (text, seq) in room.messages.iter().zip(1..) {
            let message = match Message::read(text.get()) {
                Ok(message) => message,
                Err(error) => {
                    verdict.note(Fault::Unreadable, || format!("stored: {error}"));
                    continue;
                }
            };
            verdict.facts.stored += 1;
            if message.seq != seq || message.rev > room.last_rev || message.room != room.room {
                verdict.note(Fault::Misnumbered, || {
                    format!("stored as number {seq}: {}", message.bytes)
                });
            }
            let known = message
                .nonce
                .and_then(|nonce| nonces.insert((message.author, nonce), message.id));
            if let Some(known) = known {
                verdict.note(Fault::Doubled, || {
                    format!("stored: {known} and {} have one nonce", message.id)
                });
            }
            self.compare(&message, verdict);
            self.stored.insert(message.id, message);
        }
    }

    /// Holds what was acknowledged and shown against the store.
    pub(super) fn conclude(&self, verdict: &mut Verdict) {
        verdict.facts.acknowledged = self.acknowledged.len() as u64;
        for ((_, nonce), message) in &self.acknowledged {
            if !self.stored.contains_key(message.id) {
                verdict.note(Fault::Lost, || {
                    format!("{} is acknowledged for nonce {nonce}", message.id)
                });
            }
        }
        for message in self.shown.values() {
            let stored = self.stored.get(message.id);
            if stored.is_none_or(|stored| stored.rev < message.rev || stored.seq != message.seq) {
                verdict.note(Fault::Phantom, || {
                    format!("shown and not stored so: {}", message.bytes)
                });
            }
        }
    }
}
