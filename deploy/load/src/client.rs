//! One person's connection, as a state machine: it connects, upgrades, joins, sends what it is told, and
//! takes what comes. What arrives in text frames is read in `receive`; when to try again is decided in
//! `crowd`.

use std::{
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use tungstenite::handshake::client::generate_key;

use crate::{
    check::{Faults, Stream},
    error::Error,
    frame::Request,
    poll::{Poll, Ready},
    roster::Person,
    run::Run,
    socket::Socket,
    upgrade,
    wire::{self, Assembly, Heard},
};

/// A room on this connection.
#[derive(Debug)]
pub struct Subscription {
    /// The room, as an index into the rooms that take part.
    pub room: usize,
    /// What was seen of it.
    pub stream: Stream,
}

/// What a connection saw.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Its rooms.
    pub subscriptions: Vec<Subscription>,
    /// Faults that belong to no room of its own.
    pub faults: Faults,
    /// How often it broke.
    pub disconnects: u64,
    /// How often it was too far behind to resume over the socket.
    pub limited: u64,
    /// `error` frames that were not about a send.
    pub errors: u64,
}

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing is open, and nothing before this moment.
    Resting(Instant),
    Connecting,
    Upgrading,
    Open,
    /// For good.
    Ended,
}

/// A connection.
pub(crate) struct Client {
    pub(crate) index: usize,
    pub(crate) person: Person,
    pub(crate) phase: Phase,
    pub(crate) outcome: Outcome,
    /// Sends without an answer; after a reconnect they go out again.
    pub(crate) unanswered: Vec<usize>,
    /// Rooms (places among the subscriptions) to be caught up with over HTTP: the messages missed.
    pub(crate) behind: Vec<(usize, RangeInclusive<u64>)>,
    /// When it was first to begin, and when its last attempt did.
    pub(crate) created: Instant,
    pub(crate) began: Instant,
    pub(crate) joining: Instant,
    /// Since when it is broken.
    pub(crate) broke: Option<Instant>,
    /// When the server asked to come back.
    pub(crate) come_back: Option<Duration>,
    pub(crate) is_ready: bool,
    socket: Option<Socket>,
    key: String,
    assembly: Assembly,
    /// The beginning of a frame whose rest has not arrived.
    carry: Vec<u8>,
    /// What the socket did not take yet.
    outbox: Vec<u8>,
}

impl Client {
    pub(crate) fn new(index: usize, person: Person, run: &Run, begin: Instant) -> Self {
        let mine = run
            .rooms
            .iter()
            .enumerate()
            .filter(|(_, room)| room.members.binary_search(&index).is_ok());
        let subscriptions = mine
            .map(|(room, _)| Subscription {
                room,
                stream: Stream::default(),
            })
            .collect();
        Self {
            index,
            person,
            phase: Phase::Resting(begin),
            outcome: Outcome {
                subscriptions,
                ..Outcome::default()
            },
            unanswered: Vec::new(),
            behind: Vec::new(),
            created: begin,
            began: begin,
            joining: begin,
            broke: None,
            come_back: None,
            is_ready: false,
            socket: None,
            key: generate_key(),
            assembly: Assembly::default(),
            carry: Vec::new(),
            outbox: Vec::new(),
        }
    }

    /// Begins to connect.
    pub(crate) fn connect(&mut self, run: &Run, poll: &Poll, now: Instant) -> Result<(), Error> {
        let socket = Socket::connect(&run.server, self.index)?;
        poll.add(&socket, self.index).map_err(Error::io("epoll"))?;
        (self.socket, self.phase, self.began) = (Some(socket), Phase::Connecting, now);
        Ok(())
    }

    /// Does what has become possible on the socket.
    pub(crate) fn ready(&mut self, ready: Ready, run: &mut Run, buffer: &mut [u8]) -> Result<(), Error> {
        if self.phase == Phase::Connecting {
            self.upgrade(run)?;
        }
        if ready.is_writable && !self.outbox.is_empty() {
            self.flush()?;
        }
        self.read(run, buffer, ready.is_ending)?;
        self.flush()
    }

    fn upgrade(&mut self, run: &Run) -> Result<(), Error> {
        self.socket.as_ref().map_or(Ok(()), Socket::connected)?;
        self.phase = Phase::Upgrading;
        self.outbox = upgrade::request(&run.server.authority, &self.person.token, &self.key).into_bytes();
        self.flush()
    }

    /// Reads until nothing is left. The buffer is shared: it is warm, and no connection holds one.
    fn read(&mut self, run: &mut Run, buffer: &mut [u8], is_ending: bool) -> Result<(), Error> {
        while let Some(socket) = &self.socket {
            let start = self.carry.len();
            buffer[..start].copy_from_slice(&self.carry);
            let Some(count) = socket.receive(&mut buffer[start..])? else {
                return Ok(());
            };
            let (now, end) = (Instant::now(), start + count);
            self.carry.clear();
            let used = self.take(&buffer[..end], run, now)?;
            self.carry.extend_from_slice(&buffer[used..end]);
            if count == 0 {
                return Err(Error::Closed("end of stream".into()));
            }
            if self.carry.len() == buffer.len() {
                return Err(Error::Malformed("a frame larger than the buffer".into()));
            }
            // Less than there was room for is all there was.
            if end < buffer.len() && !is_ending {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes what is complete, and says how much that was.
    fn take(&mut self, bytes: &[u8], run: &mut Run, now: Instant) -> Result<usize, Error> {
        let mut used = 0;
        if self.phase == Phase::Upgrading {
            let Some(length) = upgrade::accepted(bytes, &self.key)? else {
                return Ok(0);
            };
            (self.phase, used) = (Phase::Open, length);
        }
        while let Some((heard, length)) = self.assembly.take(&bytes[used..])? {
            used += length;
            match heard {
                Heard::Text(text) => self.receive(&text, run, now),
                Heard::Ping(payload) => wire::put_pong(&mut self.outbox, payload),
                Heard::Close(why) => return Err(Error::Closed(why)),
                Heard::Binary => self.outcome.faults.malformed += 1,
                Heard::Nothing => {}
            }
        }
        Ok(used)
    }

    /// Sends a message, now or once all rooms are open.
    pub(crate) fn tell(&mut self, index: usize, run: &mut Run) -> Result<(), Error> {
        self.unanswered.push(index);
        if !self.is_ready {
            return Ok(());
        }
        self.send(index, run);
        self.flush()
    }

    /// Puts a message into the outbox and into the book.
    pub(crate) fn send(&mut self, index: usize, run: &mut Run) {
        run.ledger.sending(index, Instant::now());
        let (nonce, body) = (run.ledger.marker.nonce(index), run.ledger.marker.body(index));
        let room = &run.rooms[run.ledger.sends()[index].room].id;
        self.say(&Request::Send {
            room,
            nonce: &nonce,
            body: &body,
        });
    }

    pub(crate) fn say(&mut self, request: &Request) {
        wire::put_text(&mut self.outbox, request.encode());
    }

    fn flush(&mut self) -> Result<(), Error> {
        if let Some(socket) = self.socket.as_ref().filter(|_| !self.outbox.is_empty()) {
            let count = socket.send(&self.outbox)?;
            // What is left goes when the socket is writable again.
            self.outbox.drain(..count);
        }
        Ok(())
    }

    /// Says goodbye; the server closes.
    pub(crate) fn close(&mut self) -> Result<(), Error> {
        if self.phase == Phase::Open {
            wire::put_close(&mut self.outbox);
        }
        self.flush()
    }

    /// Ends for good.
    pub(crate) fn end(&mut self) {
        (self.phase, self.socket) = (Phase::Ended, None);
    }

    /// Lets go of the socket and of what it carried; nothing may come until the rooms are open again.
    pub(crate) fn interrupt(&mut self, now: Instant) {
        self.socket = None;
        self.carry.clear();
        self.outbox.clear();
        self.assembly = Assembly::default();
        self.outcome
            .subscriptions
            .iter_mut()
            .for_each(|subscription| subscription.stream.interrupt());
        if std::mem::take(&mut self.is_ready) {
            self.outcome.disconnects += 1;
            self.broke = Some(now);
        }
    }
}
