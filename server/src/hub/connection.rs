//! The part of a connection that the hub holds on to; the rest is its task's alone.

use std::sync::{
    Arc,
    atomic::{AtomicU16, AtomicU32, Ordering},
};

use backend::{Caller, Credential};
use bytes::Bytes;
use chat::{ConnectionId, RoomId, User, close::Close};
use parking_lot::{Mutex, MutexGuard};

use super::{
    bell::{self, Bell},
    seat::Seat,
    slots::{About, Slots},
    user::LiveUser,
};

/// One open socket.
pub(crate) struct Connection {
    /// The connection's id.
    pub(crate) id: ConnectionId,
    /// Whose it is.
    pub(crate) user: Arc<LiveUser>,
    /// By what its user is known: when that ends, so does the connection.
    pub(crate) credential: Credential,
    /// On whose behalf it speaks, as the user is now.
    caller: Mutex<Arc<Caller>>,
    /// Wakes the connection's task.
    pub(crate) bell: Bell,
    slots: Mutex<Slots>,
    /// The seats in the rooms that are open here.
    seats: Mutex<Vec<(RoomId, Arc<Seat>)>>,
    /// When the other side last gave a sign of life, on the hub's clock.
    seen_s: AtomicU32,
    /// The code to close with; 0: none yet.
    ending: AtomicU16,
}

impl Connection {
    /// A connection just opened.
    pub(crate) fn new(id: ConnectionId, user: Arc<LiveUser>, caller: Caller, now_s: u32) -> Self {
        Self {
            id,
            user,
            credential: caller.credential,
            caller: Mutex::new(Arc::new(caller)),
            bell: Bell::default(),
            slots: Mutex::default(),
            seats: Mutex::default(),
            seen_s: AtomicU32::new(now_s),
            ending: AtomicU16::new(0),
        }
    }

    /// On whose behalf the connection speaks.
    pub(crate) fn caller(&self) -> Arc<Caller> {
        Arc::clone(&self.caller.lock())
    }

    /// The user has another name, picture or role.
    pub(super) fn renew(&self, user: &User) {
        *self.caller.lock() = Arc::new(Caller {
            author: user.author.clone(),
            role: user.role,
            bot: user.bot,
            credential: self.credential,
        });
    }

    /// Says something outside any room's log.
    pub(crate) fn say(&self, about: About, word: Bytes) {
        self.slots.lock().put(about, word);
        self.bell.ring(bell::SLOTS);
    }

    /// What waits to be said.
    pub(crate) fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock()
    }

    /// Notes a sign of life.
    pub(crate) fn seen(&self, now_s: u32) {
        self.seen_s.store(now_s, Ordering::Relaxed);
    }

    /// For how many seconds the other side has been silent.
    pub(crate) fn silent_s(&self, now_s: u32) -> u32 {
        now_s.saturating_sub(self.seen_s.load(Ordering::Relaxed))
    }

    /// Asks the connection's task to close; the first reason stands.
    pub(crate) fn end(&self, close: Close) {
        let first = self
            .ending
            .compare_exchange(0, close.code(), Ordering::AcqRel, Ordering::Acquire);
        if first.is_ok() {
            self.bell.ring(bell::END);
        }
    }

    /// Why the connection is to close, if it is.
    pub(crate) fn ending(&self) -> Option<Close> {
        let code = self.ending.load(Ordering::Acquire);
        Close::ALL.iter().copied().find(|close| close.code() == code)
    }

    /// Whether `room` is open here.
    pub(super) fn reads(&self, room: RoomId) -> bool {
        self.seats.lock().iter().any(|(of, _)| *of == room)
    }

    /// The connection's seats in `room`: two while a room is opened again, else at most one.
    pub(super) fn seats_in(&self, room: RoomId) -> Vec<Arc<Seat>> {
        let seats = self.seats.lock();
        seats
            .iter()
            .filter(|(of, _)| *of == room)
            .map(|(_, seat)| Arc::clone(seat))
            .collect()
    }

    /// Takes a seat.
    pub(super) fn sit(&self, room: RoomId, seat: Arc<Seat>) {
        self.seats.lock().push((room, seat));
    }

    /// Gives a seat back.
    pub(super) fn rise(&self, seat: &Arc<Seat>) {
        let mut seats = self.seats.lock();
        if let Some(place) = seats.iter().position(|(_, of)| Arc::ptr_eq(of, seat)) {
            seats.swap_remove(place);
        }
    }
}
