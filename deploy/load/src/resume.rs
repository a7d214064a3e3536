//! How a connection opens its rooms, at first and after a break.

use std::time::Instant;

use crate::{
    client::Client,
    frame::{Joined, Message, Request},
    run::Run,
};

impl Client {
    /// The socket is open: asks for the rooms, after what was last seen of them.
    pub(crate) fn hello(&mut self, run: &mut Run, now: Instant) {
        run.ledger
            .times
            .hello
            .record(now.saturating_duration_since(self.began));
        self.joining = now;
        for place in 0..self.outcome.subscriptions.len() {
            let subscription = &self.outcome.subscriptions[place];
            let (room, after) = (&run.rooms[subscription.room].id, subscription.stream.position());
            self.say(&Request::Join {
                id: &place.to_string(),
                room,
                after,
            });
        }
        self.check_ready(run, now);
    }

    /// A room is open: takes what was missed.
    pub(crate) fn joined(&mut self, joined: &Joined, run: &mut Run, now: Instant) {
        let Some(place) = self.subscription(&joined.room, run) else {
            self.outcome.faults.foreign += 1;
            return;
        };
        run.ledger
            .times
            .join
            .record(now.saturating_duration_since(self.joining));
        let stream = &mut self.outcome.subscriptions[place].stream;
        if stream.position().is_none() {
            stream.start(joined.last_seq, joined.last_rev);
        } else {
            let last_seq = stream.last_seq();
            stream.resume(
                joined.last_seq,
                joined.last_rev,
                joined.messages.iter().map(|message| message.rev),
            );
            joined
                .messages
                .iter()
                .for_each(|message| self.catch_up_with(place, message, run, Some(now)));
            if joined.limited {
                self.outcome.limited += 1;
                self.behind.push((place, last_seq + 1..=joined.last_seq));
            }
        }
        self.check_ready(run, now);
    }

    /// Takes a message in its present state: it may be a later state of one seen before.
    pub(crate) fn catch_up_with(
        &mut self,
        place: usize,
        message: &Message,
        run: &mut Run,
        now: Option<Instant>,
    ) {
        let send = message.nonce.as_deref().and_then(|nonce| run.ledger.find(nonce));
        let stream = &self.outcome.subscriptions[place].stream;
        if !send.is_some_and(|(_, send)| stream.has(send.ordinal)) {
            self.content(place, message, run, now);
        }
    }

    /// When all rooms are open: says so, and sends what waited or went unanswered.
    fn check_ready(&mut self, run: &mut Run, now: Instant) {
        if self.is_ready
            || !self
                .outcome
                .subscriptions
                .iter()
                .all(|subscription| subscription.stream.is_open())
        {
            return;
        }
        self.is_ready = true;
        match self.broke.take() {
            None => run.ready += 1,
            Some(broke) => run
                .ledger
                .times
                .resume
                .record(now.saturating_duration_since(broke)),
        }
        self.unanswered
            .clone()
            .into_iter()
            .for_each(|index| self.send(index, run));
    }
}
