//! One client's view: over all its connections, every change of the rooms that it opened, once, in order.

use std::collections::{BTreeMap, HashMap};

use serde_json::value::RawValue;

use super::{
    book::Book,
    line::{Frame, Message, Stored},
    verdict::{Fault, Verdict},
};
use crate::check::{Arrival, Stream};

/// A client and what it holds.
pub(super) struct Client<'a> {
    name: &'a str,
    user: &'a str,
    is_live: bool,
    rooms: BTreeMap<&'a str, View<'a>>,
    /// Sends of this connection without an answer, by nonce.
    unanswered: HashMap<&'a str, u64>,
}

/// A room as a client sees it.
#[derive(Default)]
struct View<'a> {
    stream: Stream,
    /// The last `after` asked for.
    after: Option<u64>,
    /// What changed since is to be held at the end.
    since: u64,
    held: HashMap<&'a str, Message<'a>>,
}

impl<'a> Client<'a> {
    pub(super) fn new(name: &'a str) -> Self {
        Self {
            name,
            user: "",
            is_live: false,
            rooms: BTreeMap::new(),
            unanswered: HashMap::new(),
        }
    }

    pub(super) const fn name(&self) -> &'a str {
        self.name
    }

    pub(super) const fn user(&self) -> &'a str {
        self.user
    }

    pub(super) fn connect(&mut self, user: &'a str, verdict: &mut Verdict) {
        self.disconnect();
        (self.user, self.is_live) = (user, true);
        verdict.facts.connections += 1;
    }

    pub(super) fn disconnect(&mut self) {
        self.is_live = false;
        self.unanswered.clear();
        self.rooms.values_mut().for_each(|view| view.stream.interrupt());
    }

    /// Takes a frame that the client sent.
    pub(super) fn say(&mut self, text: &'a RawValue, book: &mut Book<'a>, verdict: &mut Verdict) {
        let Some(frame) = self.read(text, verdict) else {
            return;
        };
        match (frame.kind, frame.room()) {
            ("join", Some(room)) => self.rooms.entry(room).or_default().after = frame.after,
            ("leave", Some(room)) => drop(self.rooms.remove(room)),
            ("send", _) => {
                if let Some(send) = frame.send() {
                    *self.unanswered.entry(send.nonce).or_default() += 1;
                    book.said(self.user, &send);
                }
            }
            _ => {}
        }
    }

    /// Takes a frame that the client got.
    pub(super) fn hear(&mut self, text: &'a RawValue, book: &mut Book<'a>, verdict: &mut Verdict) {
        let Some(frame) = self.read(text, verdict) else {
            return;
        };
        match (frame.kind, frame.message) {
            ("message" | "changed", Some(message)) => self.live(frame.kind, message, book, verdict),
            ("sent", Some(message)) => {
                self.answer(frame.nonce, verdict);
                let nonce = frame.nonce.unwrap_or_default();
                book.acknowledge(self.name, self.user, nonce, message.get(), verdict);
                self.live("sent", message, book, verdict);
            }
            ("error", _) if frame.nonce.is_some() => self.answer(frame.nonce, verdict),
            ("joined", _) => self.joined(&frame, book, verdict),
            _ => {}
        }
    }

    fn read(&self, text: &'a RawValue, verdict: &mut Verdict) -> Option<Frame<'a>> {
        let read = serde_json::from_str(text.get());
        read.map_err(|error| verdict.note(Fault::Unreadable, || format!("{}: {error}: {text}", self.name)))
            .ok()
    }

    /// Every send has one answer.
    fn answer(&mut self, nonce: Option<&'a str>, verdict: &mut Verdict) {
        let waiting = nonce.and_then(|nonce| self.unanswered.get_mut(nonce));
        match waiting.filter(|waiting| **waiting > 0) {
            Some(waiting) => *waiting -= 1,
            None => verdict.note(Fault::Repeated, || {
                format!("{}: nonce {nonce:?} is answered more often than sent", self.name)
            }),
        }
    }

    fn joined(&mut self, frame: &Frame<'a>, book: &mut Book<'a>, verdict: &mut Verdict) {
        let (Some(room), Some(last_seq), Some(last_rev)) = (frame.room(), frame.last_seq, frame.last_rev)
        else {
            return verdict.note(Fault::Unreadable, || {
                format!("{}: joined without its numbers", self.name)
            });
        };
        let view = self.rooms.entry(room).or_default();
        if view.stream.position().is_none() {
            view.since = view.after.unwrap_or(last_rev);
            view.stream.start(0, view.since);
        }
        if frame.limited {
            view.held.clear();
            view.since = last_rev;
        }
        let messages: Vec<_> = frame
            .messages
            .iter()
            .map(|text| Message::read(text.get()))
            .collect();
        let revs = messages.iter().flatten().map(|message| message.rev);
        let before = view.stream.faults;
        view.stream.resume(last_seq, last_rev, revs);
        let found = view.stream.faults;
        for (fault, count) in [
            (Fault::Repeated, found.doubled - before.doubled),
            (Fault::Misnumbered, found.misnumbered - before.misnumbered),
        ] {
            if count > 0 {
                verdict.note(fault, || {
                    format!("{}: {count} in joined of {room} at {last_rev}", self.name)
                });
            }
        }
        for message in messages {
            match message {
                Ok(message) => {
                    verdict.facts.resumed += 1;
                    book.show(&message, verdict);
                    view.held.insert(message.id, message);
                }
                Err(error) => verdict.note(Fault::Unreadable, || format!("{}: {error}", self.name)),
            }
        }
    }

    /// Takes a durable frame.
    fn live(&mut self, kind: &str, text: &'a RawValue, book: &mut Book<'a>, verdict: &mut Verdict) {
        let message = match Message::read(text.get()) {
            Ok(message) => message,
            Err(error) => return verdict.note(Fault::Unreadable, || format!("{}: {error}", self.name)),
        };
        book.show(&message, verdict);
        let (name, Message { room, seq, rev, .. }) = (self.name, message);
        let view = self.rooms.entry(room).or_default();
        if kind == "sent" && view.has_passed(&message) {
            return;
        }
        verdict.facts.live += 1;
        let arrival = view.stream.change(rev);
        let fault = match arrival {
            Arrival::InOrder => None,
            Arrival::Early => Some(Fault::Gap),
            Arrival::Late => Some(Fault::Unordered),
            Arrival::Repeated => Some(Fault::Repeated),
            Arrival::Unopened => Some(Fault::Foreign),
        };
        if let Some(fault) = fault {
            verdict.note(fault, || format!("{name}: {kind} of {room} with rev {rev}"));
        }
        if kind != "changed" {
            let before = view.stream.faults.misnumbered;
            view.stream.number(seq, arrival);
            if view.stream.faults.misnumbered > before {
                verdict.note(Fault::Misnumbered, || {
                    format!("{name}: {kind} of {room} with seq {seq}")
                });
            }
        }
        view.held.insert(message.id, message);
    }

    /// Holds what the client has at the end against the store.
    pub(super) fn conclude(&self, rooms: &BTreeMap<&'a str, Stored<'a>>, verdict: &mut Verdict) {
        for (room, view) in &self.rooms {
            let Some(stored) = rooms.get(room) else {
                if view.stream.position().is_some() {
                    verdict.note(Fault::Incomplete, || format!("the end of {room} is not told"));
                }
                continue;
            };
            if self.is_live && view.stream.is_open() {
                verdict.facts.open += 1;
                view.conclude(self.name, stored, verdict);
            }
        }
    }
}

impl View<'_> {
    /// Whether a message in this state can be no news: the room is not open, or is read beyond it and shows it.
    fn has_passed(&self, message: &Message<'_>) -> bool {
        let position = self.stream.position().unwrap_or_default();
        let is_known = self.held.contains_key(message.id) || message.rev <= self.since;
        !self.stream.is_open() || (message.rev <= position && is_known)
    }

    fn conclude(&self, name: &str, stored: &Stored<'_>, verdict: &mut Verdict) {
        let room = stored.room;
        let missing = self.stream.gaps(stored.last_rev);
        if missing > 0 {
            verdict.note(Fault::Gap, || {
                format!("{name}: {missing} changes of {room} were never seen")
            });
        }
        let messages = stored
            .messages
            .iter()
            .filter_map(|text| Message::read(text.get()).ok());
        for message in messages {
            match self.held.get(message.id) {
                None if message.rev > self.since => {
                    verdict.note(Fault::Lost, || format!("{name} does not have {}", message.bytes));
                }
                Some(held) if held.rev < message.rev => {
                    verdict.note(Fault::Stale, || {
                        format!("{name} holds {} of {}", held.bytes, message.bytes)
                    });
                }
                _ => {}
            }
        }
    }
}
