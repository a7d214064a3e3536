//! Recorded histories: what clients did and saw, and what the store held at the end, held against the contract.
//!
//! A history is text, a JSON object a line, in the order in which things happened to each client; how the lines of
//! different clients are mixed does not matter. Frames and messages stand in it byte for byte as they came. `line`
//! is the vocabulary, `client` one client's view of its rooms, `book` what all of them together say of messages,
//! `verdict` what came of it. The checker trusts nobody: what it is told of a room's end counts only beside what
//! was acknowledged and shown.

mod book;
mod client;
mod line;
mod verdict;

use std::collections::BTreeMap;

use self::{
    book::Book,
    client::Client,
    line::{Event, Line, Message, Stored},
};
pub use self::{
    line::{answered, connected, disconnected, heard, posted, said, shown, stored},
    verdict::{Fault, Verdict},
};

/// Holds a history against the contract.
///
/// # Examples
///
/// ```
/// use natter_load::history::{self, Fault};
///
/// let message = r#"{"id":"m","room":"r","seq":1,"rev":1,"author":{"id":"u"},"nonce":null,"body":"x"}"#;
/// let joined = r#"{"type":"joined","room":"r","last_seq":0,"last_rev":0,"messages":[],"limited":false}"#;
/// let history = [
///     history::connected("ann", "u"),
///     history::heard("ann", joined),
///     history::stored("r", 1, &[message]),
/// ];
/// let verdict = history::check(&history.join("\n"));
/// assert_eq!(verdict.count(Fault::Lost), 1, "ann never saw the message");
/// ```
#[must_use]
pub fn check(history: &str) -> Verdict {
    let mut check = Check::default();
    for (number, text) in history.lines().enumerate().filter(|(_, text)| !text.is_empty()) {
        match serde_json::from_str::<Line<'_>>(text) {
            Ok(line) => check.take(&line),
            Err(error) => check
                .verdict
                .note(Fault::Unreadable, || format!("line {}: {error}", number + 1)),
        }
    }
    check.conclude()
}

#[derive(Default)]
struct Check<'a> {
    clients: BTreeMap<&'a str, Client<'a>>,
    rooms: BTreeMap<&'a str, Stored<'a>>,
    book: Book<'a>,
    verdict: Verdict,
}

impl<'a> Check<'a> {
    fn take(&mut self, line: &Line<'a>) {
        let Self { book, verdict, .. } = self;
        let client = match (line.client, &line.event) {
            (_, Event::Stored(stored)) => {
                book.store(stored, verdict);
                self.rooms.insert(stored.room, stored.clone());
                return;
            }
            (Some(name), _) => self.clients.entry(name).or_insert_with(|| Client::new(name)),
            (None, _) => return verdict.note(Fault::Unreadable, || "an event of nobody".to_owned()),
        };
        match &line.event {
            Event::Connected { user } => client.connect(user, verdict),
            Event::Disconnected => client.disconnect(),
            Event::Said(frame) => client.say(frame, book, verdict),
            Event::Heard(frame) => client.hear(frame, book, verdict),
            Event::Posted(send) => book.said(client.user(), send),
            Event::Answered { nonce, message } => {
                book.acknowledge(client.name(), client.user(), nonce, message.get(), verdict);
            }
            Event::Shown(message) => match Message::read(message.get()) {
                Ok(message) => book.show(&message, verdict),
                Err(error) => verdict.note(Fault::Unreadable, || format!("{}: {error}", client.name())),
            },
            Event::Stored(_) => {}
        }
    }

    fn conclude(mut self) -> Verdict {
        if self.rooms.is_empty() || self.clients.is_empty() {
            self.verdict.note(Fault::Incomplete, || {
                "without clients and without what was stored nothing is shown".to_owned()
            });
        }
        self.verdict.facts.clients = self.clients.len() as u64;
        self.book.conclude(&mut self.verdict);
        for client in self.clients.values() {
            client.conclude(&self.rooms, &mut self.verdict);
        }
        self.verdict
    }
}

#[cfg(test)]
mod tests;
