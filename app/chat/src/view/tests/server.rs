//! A model of the server and of the line to it.

use std::collections::VecDeque;

use super::*;
use crate::{
    attachment::Attachment,
    id::AttachmentId,
    message::{Bound, Reaction},
};

/// Few enough that a short history is too much for a resume.
const RESUME_LIMIT: usize = 4;
/// Few enough that a short history has many pages.
const PAGE: usize = 3;

/// A way to change a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Edit,
    Delete,
    React,
    Unreact,
    Pin,
    Unpin,
}

fn reactions(some: bool) -> Vec<Reaction> {
    let reaction = Reaction {
        emoji: "👍".into(),
        count: 1,
        users: vec![user(2)],
    };
    some.then_some(reaction).into_iter().collect()
}

/// Every third message has a file.
fn files(seq: u64) -> Vec<Attachment> {
    let file = Attachment {
        id: AttachmentId(Default::default()),
        name: format!("{seq}.txt"),
        content_type: "text/plain".into(),
        size: seq,
        url: format!("/files/{seq}"),
        width: None,
        height: None,
        color: None,
        variants: Vec::new(),
    };
    seq.is_multiple_of(3).then_some(file).into_iter().collect()
}

/// One room, what is stored of it, and one client's connection.
#[derive(Default)]
pub(super) struct Server {
    pub(super) stored: Vec<Message>,
    pub(super) rev: u64,
    pub(super) read: Marker,
    clock: u64,
    /// The stored messages before the last change: what a lagging replica still shows.
    before: Option<(u64, Vec<Message>)>,
    /// Frames on their way to the client; `None`: not connected.
    line: Option<VecDeque<ServerFrame>>,
    joined: bool,
}

impl Server {
    pub(super) fn connected(&self) -> bool {
        self.line.is_some()
    }

    pub(super) fn connect(&mut self) {
        let head = RoomHead {
            last_rev: self.rev,
            ..head_at(self.stored.len() as u64, self.read)
        };
        self.line = Some(VecDeque::from([hello(vec![head])]));
        self.joined = false;
    }

    pub(super) fn disconnect(&mut self) {
        self.line = None;
    }

    pub(super) fn join(&mut self, after: u64) {
        let mut messages: Vec<_> = self.stored.iter().filter(|m| m.rev > after).cloned().collect();
        messages.sort_by_key(|m| m.rev);
        let limited = messages.len() > RESUME_LIMIT;
        if limited {
            messages.clear();
        }
        let last_seq = self.stored.len() as u64;
        let frame = ServerFrame::Joined {
            id: None,
            room: room(),
            last_seq,
            last_rev: self.rev,
            messages,
            limited,
        };
        self.joined = true;
        self.say(frame);
    }

    pub(super) fn post(&mut self, author: UserId, nonce: Option<Nonce>, from_here: bool) {
        self.post_in(None, author, nonce, from_here);
    }

    fn post_in(&mut self, thread: Option<MessageId>, author: UserId, nonce: Option<Nonce>, from_here: bool) {
        let known = self
            .stored
            .iter()
            .find(|m| nonce.is_some() && m.author.id == author && m.nonce == nonce);
        if let (Some(known), Some(nonce)) = (known, &nonce) {
            self.say(ServerFrame::Sent {
                nonce: nonce.clone(),
                message: known.clone(),
            });
            return;
        }
        self.keep();
        self.rev += 1;
        let seq = self.stored.len() as u64 + 1;
        let message = Message {
            thread,
            nonce: nonce.clone(),
            created_at: Timestamp(self.tick() as i64),
            attachments: files(seq),
            ..message(seq, self.rev, author)
        };
        self.stored.push(message.clone());
        if author == me() {
            self.read.seq = seq;
        }
        match nonce.filter(|_| from_here) {
            Some(nonce) => self.tell(ServerFrame::Sent { nonce, message }),
            None => self.tell(ServerFrame::Message { message }),
        }
    }

    /// A message is changed. What is so already is not changed, and nobody is told.
    pub(super) fn change(&mut self, place: usize, verb: Verb) {
        let Some(place) = self.place(place) else { return };
        let now = &self.stored[place];
        let mut after = now.clone();
        match verb {
            Verb::Edit => after.body = format!("edited at {}", self.rev),
            Verb::Delete => {
                (after.deleted, after.pinned) = (true, false);
                (after.body, after.html) = Default::default();
                (after.reactions, after.attachments) = Default::default();
            }
            Verb::React | Verb::Unreact => after.reactions = reactions(verb == Verb::React),
            Verb::Pin | Verb::Unpin => after.pinned = verb == Verb::Pin,
        }
        if now.deleted || after == *now {
            return;
        }
        self.keep();
        let root = after.thread.filter(|_| after.deleted);
        self.store(place, after);
        if let Some(root) = root {
            self.count_reply(root, false);
        }
    }

    /// Somebody answers a message: two revisions, its own and its root's.
    pub(super) fn reply(&mut self, place: usize, author: UserId) {
        let Some(place) = self.place(place) else { return };
        let to = &self.stored[place];
        let root = to.thread.unwrap_or(to.id);
        if self
            .stored
            .iter()
            .any(|message| message.id == root && message.deleted)
        {
            return;
        }
        self.post_in(Some(root), author, None, false);
        self.count_reply(root, true);
    }

    fn count_reply(&mut self, root: MessageId, more: bool) {
        if let Some(place) = self.stored.iter().position(|message| message.id == root) {
            let mut counted = self.stored[place].clone();
            counted.reply_count = if more {
                counted.reply_count + 1
            } else {
                counted.reply_count - 1
            };
            self.store(place, counted);
        }
    }

    fn store(&mut self, place: usize, after: Message) {
        self.rev += 1;
        let message = Message {
            rev: self.rev,
            ..after
        };
        self.stored[place] = message.clone();
        self.tell(ServerFrame::Changed { message });
    }

    fn place(&self, place: usize) -> Option<usize> {
        place.checked_rem(self.stored.len())
    }

    /// Another device of the user moves the marker.
    pub(super) fn read(&mut self, seq: u64) {
        let seq = seq.min(self.stored.len() as u64);
        if seq > self.read.seq {
            self.read.seq = seq;
            self.tell_read();
        }
    }

    /// This device tells how far it has read, knowing of this turn.
    pub(super) fn read_in(&mut self, marker: Marker) {
        if marker.turn >= self.read.turn {
            self.read(marker.seq);
        }
    }

    /// Another device of the user marks messages as unread.
    pub(super) fn unread(&mut self, seq: u64) {
        let seq = seq.saturating_sub(1).min(self.stored.len() as u64);
        let turn = self.tick();
        self.read = Marker { turn, seq };
        self.tell_read();
    }

    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock + 1
    }

    fn tell_read(&mut self) {
        let Marker { turn, seq } = self.read;
        self.tell(ServerFrame::Read {
            room: room(),
            seq,
            turn,
        });
    }

    pub(super) fn page(&self, bound: Bound, lagging: bool) -> Page {
        let now = (self.rev, self.stored.clone());
        let (last_rev, stored) = self.before.clone().filter(|_| lagging).unwrap_or(now);
        let range = match bound {
            Bound::Newest => stored.len().saturating_sub(PAGE)..stored.len(),
            Bound::Before(seq) => {
                let end = (seq as usize - 1).min(stored.len());
                end.saturating_sub(PAGE)..end
            }
            Bound::After(seq) => {
                let start = (seq as usize).min(stored.len());
                start..(start + PAGE).min(stored.len())
            }
            Bound::Around(seq) => {
                let start = (seq as usize - 1).saturating_sub(PAGE / 2).min(stored.len());
                start..(start + PAGE).min(stored.len())
            }
        };
        let (has_before, has_after) = (range.start > 0, range.end < stored.len());
        Page {
            messages: stored[range].to_vec(),
            has_before,
            has_after,
            last_rev,
        }
    }

    /// The next frame that reaches the client.
    pub(super) fn deliver(&mut self) -> Option<ServerFrame> {
        self.line.as_mut()?.pop_front()
    }

    /// The next frame does not reach the client, if it is a change by somebody else: whose loss the next one shows.
    pub(super) fn lose(&mut self) {
        if let Some(line) = &mut self.line
            && let Some(ServerFrame::Message { message } | ServerFrame::Changed { message }) = line.front()
            && message.author.id != me()
        {
            line.pop_front();
        }
    }

    fn keep(&mut self) {
        self.before = Some((self.rev, self.stored.clone()));
    }

    /// A room that is not open here is not told of.
    fn tell(&mut self, frame: ServerFrame) {
        if self.joined {
            self.say(frame);
        }
    }

    fn say(&mut self, frame: ServerFrame) {
        if let Some(line) = &mut self.line {
            line.push_back(frame);
        }
    }
}
