//! Where all of a user's rooms stand: what the list of rooms counts.

use crate::{
    id::{RoomId, UserId},
    marker::Marker,
    mention::Call,
    message::Message,
    room::Room,
    wire::ServerFrame,
};

/// Where one room and its reader stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The room.
    pub room: RoomId,
    /// The number of its newest message.
    pub last_seq: u64,
    /// Up to which message the user has read.
    pub read_seq: u64,
    /// The turn of that marker: see [`Marker`].
    pub read_turn: u64,
    /// How many unread messages mention the user.
    pub mentions: u64,
    /// Whether the user has muted the room: of its unread messages only mentions count.
    pub muted: bool,
}

impl Mark {
    /// How many messages the user has not read.
    #[must_use]
    pub const fn unread(&self) -> u64 {
        self.last_seq.saturating_sub(self.read_seq)
    }

    /// What it adds to the count of all rooms.
    #[must_use]
    pub const fn counted(&self) -> u64 {
        if self.muted { self.mentions } else { self.unread() }
    }

    const fn marker(&self) -> Marker {
        Marker {
            turn: self.read_turn,
            seq: self.read_seq,
        }
    }

    fn put(&mut self, marker: Marker) {
        (self.read_turn, self.read_seq) = (marker.turn, marker.seq);
        self.mentions = self.mentions.min(self.unread());
    }
}

/// The rooms of one user. A person has few enough that a list does.
#[derive(Clone, Debug)]
pub struct Rooms {
    me: UserId,
    marks: Vec<Mark>,
}

impl Rooms {
    /// The rooms as a page shows them. A page that knows only how many messages are unread gives that for
    /// `last_seq`, and 0 for `read_seq`: the first `hello` raises both.
    #[must_use]
    pub const fn new(me: UserId, marks: Vec<Mark>) -> Self {
        Self { me, marks }
    }

    /// Every room.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// One room.
    #[must_use]
    pub fn mark(&self, room: RoomId) -> Option<&Mark> {
        self.marks.iter().find(|mark| mark.room == room)
    }

    /// How many messages wait in all rooms; of muted rooms only those that mention the user.
    #[must_use]
    pub fn unread(&self) -> u64 {
        self.marks.iter().map(Mark::counted).sum()
    }

    /// The user has read a room up to here.
    pub fn read(&mut self, room: RoomId, seq: u64) {
        self.change(room, |mark| mark.put(mark.marker().reading(seq)));
    }

    /// Takes in one frame.
    pub fn apply(&mut self, frame: &ServerFrame) {
        match frame {
            ServerFrame::Hello { rooms, .. } => {
                for head in rooms {
                    self.enter(head.room);
                    self.change(head.room, |mark| {
                        mark.last_seq = mark.last_seq.max(head.last_seq);
                        mark.mentions = head.mentions;
                        mark.muted = head.muted;
                        mark.put(mark.marker().heard(head.marker()));
                    });
                }
                self.marks
                    .retain(|mark| rooms.iter().any(|head| head.room == mark.room));
            }
            ServerFrame::Head {
                room,
                last_seq,
                mentions,
                ..
            } => self.change(*room, |mark| {
                mark.last_seq = mark.last_seq.max(*last_seq);
                mark.mentions = (*mentions).min(mark.unread());
            }),
            ServerFrame::Joined {
                room,
                last_seq,
                messages,
                ..
            } => {
                messages.iter().for_each(|message| self.count(message));
                self.change(*room, |mark| mark.last_seq = mark.last_seq.max(*last_seq));
            }
            ServerFrame::Sent { message, .. } | ServerFrame::Message { message } => self.count(message),
            ServerFrame::Read { room, seq, turn } => {
                let to = Marker {
                    turn: *turn,
                    seq: *seq,
                };
                self.change(*room, |mark| mark.put(mark.marker().heard(to)));
            }
            ServerFrame::Room { room } => self.change_room(room),
            _ => {}
        }
    }

    fn count(&mut self, message: &Message) {
        let me = self.me;
        self.change(message.room, |mark| {
            let news = message.seq > mark.last_seq;
            mark.last_seq = mark.last_seq.max(message.seq);
            if message.author.id == me {
                if !mark.marker().precedes(message.created_at) {
                    return;
                }
                mark.put(mark.marker().reading(message.seq));
            } else if news && (message.mentions.contains(&me) || message.calls == Some(Call::Room)) {
                mark.mentions += 1;
            }
        });
    }

    fn change_room(&mut self, room: &Room) {
        if room.member {
            self.enter(room.id);
            self.change(room.id, |mark| {
                mark.last_seq = mark.last_seq.max(room.last_seq);
                mark.mentions = room.mentions;
                mark.muted = room.muted;
                let to = Marker {
                    turn: room.read_turn,
                    seq: room.read_seq,
                };
                mark.put(mark.marker().heard(to));
            });
        } else {
            self.marks.retain(|mark| mark.room != room.id);
        }
    }

    fn enter(&mut self, room: RoomId) {
        if self.mark(room).is_none() {
            self.marks.push(Mark {
                room,
                last_seq: 0,
                read_seq: 0,
                read_turn: 0,
                mentions: 0,
                muted: false,
            });
        }
    }

    fn change(&mut self, room: RoomId, change: impl FnOnce(&mut Mark)) {
        if let Some(mark) = self.marks.iter_mut().find(|mark| mark.room == room) {
            change(mark);
        }
    }
}
