//! What a connection does with what arrives: the hot path first.

use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use crate::{
    check::Arrival,
    client::Client,
    frame::{Frame, Message, Reconnect, Refusal},
    run::Run,
};

impl Client {
    /// Reads a text frame: one object, or several apart by newlines.
    pub(crate) fn receive(&mut self, text: &str, run: &mut Run, now: Instant) {
        for line in text.split('\n').filter(|line| !line.is_empty()) {
            match serde_json::from_str::<Frame>(line) {
                Ok(frame) => self.frame(&frame, line, run, now),
                Err(error) => self.malformed(&error, run),
            }
        }
    }

    fn frame(&mut self, frame: &Frame, line: &str, run: &mut Run, now: Instant) {
        match (&*frame.kind, &frame.message) {
            ("message", Some(message)) => self.message(message, run, now),
            ("changed", Some(message)) => drop(self.place(message, run)),
            ("sent", Some(message)) => self.sent(message, run, now),
            ("message" | "changed" | "sent", None) => self.outcome.faults.malformed += 1,
            ("hello", _) => self.hello(run, now),
            ("joined", _) => match serde_json::from_str(line) {
                Ok(joined) => self.joined(&joined, run, now),
                Err(error) => self.malformed(&error, run),
            },
            ("error", _) => {
                if let Some(refusal) = self.parse(line, run) {
                    self.refused(&refusal, run);
                }
            }
            ("reconnect", _) => {
                let reconnect: Option<Reconnect> = self.parse(line, run);
                self.come_back = reconnect.map(|reconnect| Duration::from_millis(reconnect.in_ms));
            }
            // head, typing, presence, read, room: not durable, not asked for.
            _ => {}
        }
    }

    fn message(&mut self, message: &Message, run: &mut Run, now: Instant) {
        if let Some((place, arrival)) = self.place(message, run) {
            self.outcome.subscriptions[place]
                .stream
                .number(message.seq, arrival);
            self.content(place, message, run, Some(now));
        }
    }

    /// Takes the frame's `rev`; none when there is nothing more to do with it.
    fn place(&mut self, message: &Message, run: &mut Run) -> Option<(usize, Arrival)> {
        let Some(place) = self.subscription(&message.room, run) else {
            self.outcome.faults.foreign += 1;
            self.note("a durable frame of a room not opened", message, run);
            return None;
        };
        if self.is_echo(place, message, run) {
            return None;
        }
        let arrival = self.outcome.subscriptions[place].stream.change(message.rev);
        match arrival {
            Arrival::InOrder => return Some((place, arrival)),
            Arrival::Early => self.note("a gap before", message, run),
            Arrival::Late => self.note("out of order", message, run),
            Arrival::Repeated => self.note("seen before", message, run),
            Arrival::Unopened => self.note("before joined", message, run),
        }
        (arrival != Arrival::Repeated).then_some((place, arrival))
    }

    /// What was sent again after a reconnect comes twice when it had been stored the first time: once with
    /// the room, once as the answer. That is no doubling.
    fn is_echo(&self, place: usize, message: &Message, run: &Run) -> bool {
        // Only those who came back can have sent again: the others are spared the look into the book.
        let nonce = message.nonce.as_deref().filter(|_| self.outcome.disconnects > 0);
        let Some((_, send)) = nonce.and_then(|nonce| run.ledger.find(nonce)) else {
            return false;
        };
        let stream = &self.outcome.subscriptions[place].stream;
        let is_known = stream.has(send.ordinal) && stream.position() >= Some(message.rev);
        is_known && send.again && send.sender == self.index
    }

    /// Takes a message of this run by its mark; others only count by their `rev`.
    pub(crate) fn content(&mut self, place: usize, message: &Message, run: &mut Run, now: Option<Instant>) {
        let ledger = &mut run.ledger;
        let Some((_, send)) = message.nonce.as_deref().and_then(|nonce| ledger.find(nonce)) else {
            return;
        };
        let (due, sender, ordinal, room) = (send.due, send.sender, send.ordinal, send.room);
        let subscription = &mut self.outcome.subscriptions[place];
        if room != subscription.room {
            subscription.stream.faults.foreign += 1;
            return ledger.note(|| {
                format!(
                    "connection {}: a message in another room than sent to",
                    self.index
                )
            });
        }
        if !is_whole(message, run) {
            subscription.stream.faults.altered += 1;
            self.note("another body than sent with", message, run);
        }
        if !self.outcome.subscriptions[place].stream.message(ordinal) {
            self.outcome.subscriptions[place].stream.faults.doubled += 1;
            self.note("a message that had come before, now as", message, run);
        } else if sender != self.index {
            run.ledger.deliver(due, now);
        }
    }

    fn sent(&mut self, message: &Message, run: &mut Run, now: Instant) {
        let found = message
            .nonce
            .as_deref()
            .and_then(|nonce| run.ledger.find(nonce))
            .map(|(index, _)| index);
        if let Some(index) = found {
            self.answered(index, run, now);
        }
        // The answer takes the place of the `message` frame, unless the room's own frame comes as well.
        if !found.is_some_and(|index| self.comes_anyway(index, message, run)) {
            self.message(message, run, now);
        }
    }

    fn answered(&mut self, index: usize, run: &mut Run, now: Instant) {
        if !run.ledger.acknowledge(index, now) {
            return;
        }
        self.unanswered.retain(|waiting| *waiting != index);
        if run.pumping {
            let next = run.ledger.plan(run.ledger.sends()[index].room, self.index, now);
            self.unanswered.push(next);
            self.send(next, run);
        }
    }

    fn comes_anyway(&self, index: usize, message: &Message, run: &Run) -> bool {
        let place = self.subscription(&message.room, run);
        let is_next =
            place.is_some_and(|place| self.outcome.subscriptions[place].stream.is_next(message.rev));
        !is_next && run.ledger.sends()[index].again
    }

    fn refused(&mut self, refusal: &Refusal, run: &mut Run) {
        let (code, detail) = (&refusal.code, &refusal.detail);
        run.ledger
            .note(|| format!("connection {}: error {code}: {detail}", self.index));
        match refusal
            .nonce
            .as_deref()
            .and_then(|nonce| run.ledger.marker.index(nonce))
        {
            Some(index) if run.ledger.refuse(index) => self.unanswered.retain(|waiting| *waiting != index),
            Some(_) => {}
            None => self.outcome.errors += 1,
        }
    }

    /// The place of a room among this connection's.
    pub(crate) fn subscription(&self, room: &str, run: &Run) -> Option<usize> {
        self.outcome
            .subscriptions
            .iter()
            .position(|subscription| run.rooms[subscription.room].id == room)
    }

    fn parse<T: DeserializeOwned>(&mut self, line: &str, run: &mut Run) -> Option<T> {
        serde_json::from_str(line)
            .map_err(|error| self.malformed(&error, run))
            .ok()
    }

    fn malformed(&mut self, error: &serde_json::Error, run: &mut Run) {
        self.outcome.faults.malformed += 1;
        run.ledger
            .note(|| format!("connection {}: unreadable: {error}", self.index));
    }

    fn note(&self, what: &str, message: &Message, run: &mut Run) {
        let (room, rev) = (&*message.room, message.rev);
        run.ledger
            .note(|| format!("connection {}, room {room}: {what} rev {rev}", self.index));
    }
}

fn is_whole(message: &Message, run: &Run) -> bool {
    match (&message.body, &message.nonce) {
        (Some(body), Some(nonce)) => run.ledger.marker.is_body_of(body, nonce),
        _ => false,
    }
}
