//! What a client holds of a room, and how everything it hears changes that.
//!
//! The one law: whatever is delivered, in whatever order, however often, with whatever gaps a lost connection
//! tears, a view that has heard the room's end shows what a fresh load would show. Three facts carry it. A room
//! numbers its messages without gaps, so what is missing can be seen. A message carries the `rev` of its last
//! change, so the newer state of two is known. And `last_rev` is never claimed before everything up to it was
//! heard, so a resume after it brings the rest.
//!
//! Nothing here draws, waits or talks: frames and pages come in, [`Change`]s for whoever draws come out, and
//! [`View::need`] says what to ask the server for.

mod group;
mod pages;
mod pending;
mod rooms;
#[cfg(test)]
mod tests;

use std::{collections::VecDeque, ops::Range};

pub use group::{GROUP_MS, continues};
pub use pages::Side;
pub use pending::Pending;
pub use rooms::{Mark, Rooms};

use crate::{
    id::{RoomId, UserId},
    marker::Marker,
    message::Message,
    nonce::Nonce,
    wire::ServerFrame,
};

/// What a client holds of one room: a run of messages without holes, and its own sends that are not stored yet.
#[derive(Clone, Debug)]
pub struct View {
    room: RoomId,
    me: UserId,
    /// A run of neighbours by `seq`.
    held: VecDeque<Message>,
    /// The room's newest message, held or not.
    last_seq: u64,
    /// Everything up to this revision was heard.
    last_rev: u64,
    read: Marker,
    /// The user marked messages as unread and has not come back since: seeing them does not read them.
    unread_kept: bool,
    pending: Vec<Pending>,
    /// The newest revision heard of. Beyond `last_rev`, what lies between was skipped and has to be asked for.
    heard_rev: u64,
    /// Too far behind to resume: held states may be old until a page that shows this revision is loaded.
    behind: Option<u64>,
    /// A page is on its way.
    asked: Option<pages::Asked>,
    /// States of messages that are not held, heard while a page is on its way.
    aside: Vec<Message>,
}

/// How many states are put aside before the page that they wait for counts as lost.
const ASIDE_MAX: usize = 1_000;

/// What became different, for whoever draws the view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// This message came to the end.
    Appended(u64),
    /// This message is in another state.
    Changed(u64),
    /// An own send is stored; it is the message of this number, at the end unless it was held before.
    Confirmed(Nonce, u64),
    /// An own send was added, failed or is tried again.
    Pending(Nonce),
    /// An own send is gone without being drawn anywhere else.
    Dropped(Nonce),
    /// A page of older messages, with these numbers, came to the beginning.
    Prepended(Range<u64>),
    /// A page of newer messages, with these numbers, came to the end.
    Extended(Range<u64>),
    /// Of what was held, only the messages with these numbers still are.
    Kept(Range<u64>),
    /// All messages were replaced.
    Reset,
    /// The room's end moved, but the message is not held.
    Moved,
    /// The read marker moved.
    Read,
}

/// What the view has to be given before it is up to date again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A `join` after [`View::last_rev`].
    Resume,
    /// The newest page, through [`View::load`].
    Page,
}

/// Where a room and its reader stand when a view begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// The room's newest message.
    pub last_seq: u64,
    /// The revision that the messages show.
    pub last_rev: u64,
    /// Up to which message the user has read.
    pub read_seq: u64,
    /// The turn of that marker: see [`Marker`].
    pub read_turn: u64,
}

impl View {
    /// A view that begins with these messages, ascending by `seq`.
    #[must_use]
    pub fn new(room: RoomId, me: UserId, messages: Vec<Message>, start: Start) -> Self {
        let mut view = Self {
            room,
            me,
            held: VecDeque::new(),
            last_seq: start.last_seq,
            last_rev: start.last_rev,
            read: Marker {
                turn: start.read_turn,
                seq: start.read_seq,
            },
            unread_kept: false,
            pending: Vec::new(),
            heard_rev: start.last_rev,
            behind: None,
            asked: None,
            aside: Vec::new(),
        };
        for message in messages {
            view.hold_at_end(message);
        }
        view
    }

    /// The room.
    #[must_use]
    pub const fn room(&self) -> RoomId {
        self.room
    }

    /// Whose view it is.
    #[must_use]
    pub const fn me(&self) -> UserId {
        self.me
    }

    /// The messages held, ascending by `seq`.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &Message> + ExactSizeIterator {
        self.held.iter()
    }

    /// One held message.
    #[must_use]
    pub fn message(&self, seq: u64) -> Option<&Message> {
        self.held.get(self.place(seq)?)
    }

    /// Everything up to this revision was heard: resume after it.
    #[must_use]
    pub const fn last_rev(&self) -> u64 {
        self.last_rev
    }

    /// The room's newest message, held or not.
    #[must_use]
    pub const fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Up to which message the user has read.
    #[must_use]
    pub const fn read_seq(&self) -> u64 {
        self.read.seq
    }

    /// Up to where the user has read.
    #[must_use]
    pub const fn marker(&self) -> Marker {
        self.read
    }

    /// How many messages the user has not read.
    #[must_use]
    pub const fn unread(&self) -> u64 {
        self.last_seq.saturating_sub(self.read.seq)
    }

    /// Whether there are messages older than those held.
    #[must_use]
    pub fn has_before(&self) -> bool {
        self.held.front().map_or(self.last_seq > 0, |first| first.seq > 1)
    }

    /// Whether the newest message is held.
    #[must_use]
    pub fn at_end(&self) -> bool {
        self.next_seq() > self.last_seq
    }

    /// What to ask the server for.
    #[must_use]
    pub const fn need(&self) -> Option<Need> {
        match self.behind {
            Some(_) => Some(Need::Page),
            None if self.heard_rev > self.last_rev => Some(Need::Resume),
            None => None,
        }
    }

    /// Takes in one frame. Those of other rooms, and those that are not about messages, change nothing.
    pub fn apply(&mut self, frame: ServerFrame) -> Vec<Change> {
        let mut changes = Vec::new();
        match frame {
            ServerFrame::Hello { rooms, .. } => {
                let head = rooms.iter().find(|head| head.room == self.room);
                head.into_iter()
                    .for_each(|head| self.move_marker(head.marker(), &mut changes));
            }
            ServerFrame::Joined {
                room,
                last_seq,
                last_rev,
                messages,
                limited,
                ..
            } if room == self.room => {
                self.resume(messages, &mut changes);
                self.catch_up(last_seq, last_rev, limited, &mut changes);
            }
            ServerFrame::Sent { message, .. }
            | ServerFrame::Message { message }
            | ServerFrame::Changed { message }
                if message.room == self.room =>
            {
                self.hear(message.rev);
                self.put(message, &mut changes);
            }
            ServerFrame::Read { room, seq, turn } if room == self.room => {
                self.move_marker(Marker { turn, seq }, &mut changes);
            }
            _ => {}
        }
        changes
    }

    /// The newest message was seen. Gives the number to tell the server, if that is news. What was marked as unread stays
    /// so until the user comes back.
    pub fn see(&mut self) -> Option<u64> {
        let news = self.at_end() && self.unread() > 0 && !self.unread_kept;
        news.then(|| {
            self.read.seq = self.last_seq;
            self.read.seq
        })
    }

    /// The user comes back to the room: what is seen is read again.
    pub const fn come_back(&mut self) {
        self.unread_kept = false;
    }

    /// Messages of a resume come by `rev`; a run grows by `seq`.
    fn resume(&mut self, messages: Vec<Message>, changes: &mut Vec<Change>) {
        for message in in_order(messages) {
            self.put(message, changes);
        }
    }

    fn catch_up(&mut self, last_seq: u64, last_rev: u64, limited: bool, changes: &mut Vec<Change>) {
        if limited {
            self.behind = self.behind.max(Some(last_rev));
            self.asked = None;
        }
        self.last_rev = self.last_rev.max(last_rev);
        if last_seq > self.last_seq {
            self.last_seq = last_seq;
            changes.push(Change::Moved);
        }
    }

    fn hear(&mut self, rev: u64) {
        self.heard_rev = self.heard_rev.max(rev);
        if rev == self.last_rev + 1 {
            self.last_rev = rev;
        }
    }

    fn put(&mut self, message: Message, changes: &mut Vec<Change>) {
        let (seq, own) = (message.seq, message.author.id == self.me);
        let settled = message.nonce.clone().filter(|nonce| own && self.forget(nonce));
        let moved = seq > self.last_seq;
        self.last_seq = self.last_seq.max(seq);
        if own && self.read.precedes(message.created_at) {
            // The server moved the author's marker with the message.
            self.unread_kept = false;
            self.move_marker(self.read.reading(seq), changes);
        }
        let drawn = self.hold(message);
        changes.extend(match (settled, drawn) {
            (Some(nonce), Some(_)) => Some(Change::Confirmed(nonce, seq)),
            (Some(nonce), None) if self.place(seq).is_some() => Some(Change::Confirmed(nonce, seq)),
            (Some(nonce), None) => Some(Change::Dropped(nonce)),
            (None, Some(change)) => Some(change),
            (None, None) => moved.then_some(Change::Moved),
        });
    }

    /// Keeps a message if it is news and next to what is held.
    fn hold(&mut self, message: Message) -> Option<Change> {
        let seq = message.seq;
        if let Some(held) = self.place(seq).and_then(|place| self.held.get_mut(place)) {
            let newer = message.rev > held.rev;
            if newer {
                *held = message;
            }
            return newer.then_some(Change::Changed(seq));
        }
        if seq == self.next_seq() {
            self.hold_at_end(message);
            return Some(Change::Appended(seq));
        }
        self.put_aside(message);
        None
    }

    /// Keeps a state for the page that is on its way, which may be older.
    fn put_aside(&mut self, message: Message) {
        if self.asked.is_some() || self.behind.is_some() {
            self.aside.push(message);
        }
        if self.aside.len() > ASIDE_MAX {
            self.aside.clear();
            self.asked = None;
            // The page has to be newer than what is thrown away here.
            self.behind = self.behind.map(|rev| rev.max(self.heard_rev));
        }
    }

    fn hold_at_end(&mut self, message: Message) {
        if self.held.is_empty() || message.seq == self.next_seq() {
            self.last_seq = self.last_seq.max(message.seq);
            self.held.push_back(message);
        }
    }

    fn move_marker(&mut self, to: Marker, changes: &mut Vec<Change>) {
        let before = self.read;
        self.read = before.heard(to);
        self.unread_kept |= self.read.seq < before.seq;
        if self.read.seq != before.seq {
            changes.push(Change::Read);
        }
    }

    fn next_seq(&self) -> u64 {
        self.held.back().map_or(1, |last| last.seq + 1)
    }

    fn place(&self, seq: u64) -> Option<usize> {
        let place = usize::try_from(seq.checked_sub(self.held.front()?.seq)?).ok()?;
        (place < self.held.len()).then_some(place)
    }
}

/// Messages by their numbers, which they mostly come by anyway. The standard library's sorts weigh 3 kB in the page.
fn in_order(messages: Vec<Message>) -> Vec<Message> {
    let mut ordered: Vec<Message> = Vec::with_capacity(messages.len());
    for message in messages {
        let place = ordered.iter().rposition(|other| other.seq <= message.seq);
        ordered.insert(place.map_or(0, |place| place + 1), message);
    }
    ordered
}
