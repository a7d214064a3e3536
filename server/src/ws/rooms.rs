//! The rooms that are open on one connection, and how far each is read.

use std::ops::ControlFlow;

use bytes::Bytes;
use chat::{ConnectionId, RoomId, UserId};

use super::{outbox::Outbox, sends::Sends};
use crate::hub::{
    Reading,
    bell::{Bell, ROOM_BITS},
    log::Lent,
    room::Room,
};

/// The most rooms open on one connection.
pub(super) const OPEN_MAX: usize = 1_000;
/// A reader that is further behind than this is let in again at the head instead of being led along.
const LAG_MAX: u64 = 4_096;

struct Open {
    reading: Reading,
    /// Reading stopped here and goes on once the room has been entered again.
    catching: bool,
}

/// A connection's open rooms.
#[derive(Default)]
pub(super) struct OpenRooms {
    rooms: Vec<Open>,
    /// Which room comes first in the next turn.
    first: usize,
}

/// Whose turn it is, and where what is read goes.
pub(super) struct Reader<'a> {
    pub(super) connection: ConnectionId,
    pub(super) user: UserId,
    pub(super) bell: &'a Bell,
    /// A room that is just being entered again: nothing of it may be shown meanwhile.
    pub(super) paused: Option<RoomId>,
    pub(super) sends: &'a mut Sends,
    pub(super) outbox: &'a mut Outbox,
}

impl OpenRooms {
    /// Whether there may be one more.
    pub(super) fn has_space(&self, room: RoomId) -> bool {
        self.rooms.len() < OPEN_MAX || self.find(room).is_some()
    }

    /// How far `room` is read, and the room itself, if it is open.
    pub(super) fn read_up_to(&self, room: RoomId) -> Option<(u64, &std::sync::Arc<Room>)> {
        let open = &self.rooms[self.find(room)?];
        Some((open.reading.cursor.rev(), &open.reading.room))
    }

    /// The bell's bit for `room`: the one it has, else one that few others have.
    pub(super) fn bell_for(&self, room: RoomId) -> u64 {
        let own = self.find(room).map(|place| self.rooms[place].reading.bell);
        own.unwrap_or_else(|| {
            let used = self.rooms.iter().fold(0, |used, open| used | open.reading.bell);
            let free = (!used).trailing_zeros();
            1 << if free < ROOM_BITS {
                free
            } else {
                self.rooms.len() as u32 % ROOM_BITS
            }
        })
    }

    /// Opens a room, in place of how it was open before.
    pub(super) fn open(&mut self, reading: Reading) {
        let open = Open {
            reading,
            catching: false,
        };
        match self.find(open.reading.room.id) {
            Some(place) => self.rooms[place] = open,
            None => self.rooms.push(open),
        }
    }

    /// Closes a room.
    pub(super) fn close(&mut self, room: RoomId) {
        if let Some(place) = self.find(room) {
            self.rooms.swap_remove(place);
        }
    }

    /// Lets go of what other readers have moved past.
    pub(super) fn let_go(&mut self) {
        self.rooms
            .iter_mut()
            .for_each(|open| open.reading.cursor.let_go());
    }

    /// Reads the rooms behind `bits`, a fair share of each. Gives the rooms, with the last revision read, that have
    /// to be entered again.
    pub(super) fn read(&mut self, bits: u64, reader: &mut Reader<'_>) -> Vec<(RoomId, u64)> {
        let mut lost = Vec::new();
        self.first = self.first.wrapping_add(1);
        for n in 0..self.rooms.len() {
            let place = self.first.wrapping_add(n) % self.rooms.len();
            let open = &mut self.rooms[place];
            let (room, rung) = (open.reading.room.id, open.reading.bell & bits != 0);
            if !rung || open.catching || reader.paused == Some(room) || open.reading.seat.is_closed() {
                continue;
            }
            if read(&mut open.reading, reader).is_break() {
                open.catching = true;
                lost.push((room, open.reading.cursor.rev()));
            }
        }
        self.close_closed(reader);
        lost
    }

    fn close_closed(&mut self, reader: &mut Reader<'_>) {
        for open in self.rooms.extract_if(.., |open| open.reading.seat.is_closed()) {
            let answers = reader.sends.pass(open.reading.room.id, u64::MAX);
            answers.into_iter().for_each(|answer| reader.outbox.say(answer));
        }
    }

    fn find(&self, room: RoomId) -> Option<usize> {
        self.rooms.iter().position(|open| open.reading.room.id == room)
    }
}

/// Reads on in one room; breaks where the room has to be entered again.
fn read(reading: &mut Reading, reader: &mut Reader<'_>) -> ControlFlow<()> {
    let Reading {
        room,
        cursor,
        seat,
        bell,
        ..
    } = reading;
    // Whoever may not see what is new must not get it by entering again either.
    let behind = |limit| {
        if limit == u64::MAX {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    if room.last_rev() > cursor.rev() + LAG_MAX {
        return behind(seat.limit());
    }
    if cursor.is_adrift() {
        match room.cursor(cursor.rev()) {
            Some(found) => *cursor = found,
            None => return behind(seat.limit()),
        }
    }
    let crowd = room.crowd();
    let lent = cursor.lend(|frame| {
        if reader.outbox.is_full() || frame.rev > seat.limit() {
            return false;
        }
        let own =
            frame.author == reader.user && frame.origin.is_none_or(|origin| origin == reader.connection);
        let answer: Option<Bytes> = if own {
            reader.sends.answer(room.id, frame)
        } else {
            None
        };
        #[cfg(feature = "planted")]
        if answer.is_none() && crate::planted::drops_frame() {
            return true;
        }
        reader.outbox.say(answer.unwrap_or_else(|| frame.bytes.clone()));
        reader.outbox.note_birth(frame.born_us, crowd);
        true
    });
    let passed = reader.sends.pass(room.id, cursor.rev());
    passed.into_iter().for_each(|answer| reader.outbox.say(answer));
    match lent {
        Lent::All => {}
        // Where it was not the turn that was full, whoever lifts the limit rings.
        Lent::More if reader.outbox.is_full() => reader.bell.ring(*bell),
        Lent::More => {}
        Lent::Behind => return behind(seat.limit()),
    }
    ControlFlow::Continue(())
}
