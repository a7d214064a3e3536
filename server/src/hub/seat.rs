//! The readers of a room, and what room and reader know of each other.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

use super::{connection::Connection, log::Cursor, room::Room};

/// What room and reader know of each other.
pub(crate) struct Seat {
    /// Where the reader stands among the room's readers; written under the room's lock.
    place: AtomicUsize,
    /// Revisions beyond this are not for this reader, for the time being or for ever.
    limit: AtomicU64,
    /// The reader may not read the room any longer.
    closed: AtomicBool,
}

impl Seat {
    /// The last revision that may be shown. To be asked *after* a frame was found: whoever set the limit did
    /// so before the frame was there.
    pub(crate) fn limit(&self) -> u64 {
        self.limit.load(Ordering::Acquire)
    }

    /// Whether the room is to be closed on this connection.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Shows nothing beyond `rev` for the time being.
    pub(super) fn suspend(&self, rev: u64) {
        self.limit.fetch_min(rev, Ordering::AcqRel);
    }

    /// Lets the reader read on, or not ever.
    pub(super) fn decide(&self, may_read: bool) {
        match may_read {
            true => self.limit.store(u64::MAX, Ordering::Release),
            false => self.closed.store(true, Ordering::Release),
        }
    }
}

/// A room that is open on a connection. Dropping it closes the room there.
pub(crate) struct Reading {
    /// The room.
    pub(crate) room: Arc<Room>,
    /// How far it is read.
    pub(crate) cursor: Cursor,
    /// What the room knows of this reader.
    pub(crate) seat: Arc<Seat>,
    /// The bell's bit for this room.
    pub(crate) bell: u64,
    /// Where it is open.
    pub(super) connection: Arc<Connection>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.room.vacate(&self.seat);
        self.connection.rise(&self.seat);
    }
}

/// A connection that has the room open.
pub(super) struct Reader {
    pub(super) connection: Arc<Connection>,
    pub(super) seat: Arc<Seat>,
    bell: u64,
}

/// All who have a room open.
#[derive(Default)]
pub(super) struct Readers(Vec<Reader>);

impl Readers {
    /// Whether there are none.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Reader> {
        self.0.iter()
    }

    /// Tells all that there is something to read.
    pub(super) fn ring(&self) {
        for reader in &self.0 {
            reader.connection.bell.ring(reader.bell);
        }
    }

    /// Tells one that it may look again.
    pub(super) fn ring_one(&self, seat: &Seat) {
        if let Some(reader) = self.0.get(seat.place.load(Ordering::Relaxed)) {
            reader.connection.bell.ring(reader.bell);
        }
    }

    /// Gives a reader a seat; `others` are those that its connection has here already, and is as restricted as.
    pub(super) fn seat(
        &mut self,
        connection: &Arc<Connection>,
        others: &[Arc<Seat>],
        bell: u64,
    ) -> Arc<Seat> {
        let seat = Arc::new(Seat {
            place: AtomicUsize::new(self.0.len()),
            limit: AtomicU64::new(others.iter().map(|seat| seat.limit()).min().unwrap_or(u64::MAX)),
            closed: AtomicBool::new(others.iter().any(|seat| seat.is_closed())),
        });
        self.0.push(Reader {
            connection: Arc::clone(connection),
            seat: Arc::clone(&seat),
            bell,
        });
        seat
    }

    /// Takes a seat away, at no greater cost the more there are.
    pub(super) fn vacate(&mut self, seat: &Seat) {
        let place = seat.place.load(Ordering::Relaxed);
        self.0.swap_remove(place);
        if let Some(moved) = self.0.get(place) {
            moved.seat.place.store(place, Ordering::Relaxed);
        }
        if self.0.is_empty() {
            self.0 = Vec::new();
        }
    }
}
