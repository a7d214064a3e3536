//! A user with at least one connection here.

use std::sync::Arc;

use bytes::Bytes;
use chat::{ConnectionId, Marker, RoomId, UserId};
use parking_lot::{Mutex, MutexGuard};

use super::{connection::Connection, mentions::Mentions, room::Room, slots::About};

/// What all connections of one user share. Membership is the user's, so rooms list users, not
/// connections: a second window costs no further entries.
///
/// Locks are taken in this order and no other: a user's memberships, a room, a user's rest, a connection's.
pub(crate) struct LiveUser {
    /// The user.
    pub(crate) id: UserId,
    memberships: Mutex<Memberships>,
    rest: Mutex<Rest>,
}

/// A room that lists the user.
pub(super) struct Listed {
    pub(super) room: Arc<Room>,
    /// Up to where the user has read it, as far as was heard.
    pub(super) read: Marker,
}

/// The rooms that the user is a member of.
#[derive(Default)]
pub(super) struct Memberships {
    /// The rooms that list the user.
    pub(super) rooms: Vec<Listed>,
    /// Greetings under way, whose view of the memberships may be older than the events heard since.
    pub(super) loading: u32,
    /// Rooms left while greetings are under way.
    pub(super) left: Vec<RoomId>,
    /// How often the user left a room: tells whether a right checked earlier may have gone.
    pub(super) departures: u64,
}

#[derive(Default)]
struct Rest {
    connections: Vec<Arc<Connection>>,
    mentions: Mentions,
    /// The last connection is gone, and this user is no longer in the hub.
    gone: bool,
}

impl LiveUser {
    /// A user without connections yet.
    pub(super) fn new(id: UserId) -> Self {
        Self {
            id,
            memberships: Mutex::default(),
            rest: Mutex::default(),
        }
    }

    /// The rooms that the user is a member of.
    pub(super) fn memberships(&self) -> MutexGuard<'_, Memberships> {
        self.memberships.lock()
    }

    /// Moves the marker of a room from where it was known to be; gives both places. `None`: the user is not listed there.
    pub(super) fn note_read(
        &self,
        room: RoomId,
        to: impl FnOnce(Marker) -> Marker,
    ) -> Option<(Marker, Marker)> {
        let mut memberships = self.memberships.lock();
        let listed = memberships
            .rooms
            .iter_mut()
            .find(|listed| listed.room.id == room)?;
        let before = listed.read;
        listed.read = to(before);
        Some((before, listed.read))
    }

    /// Whether the user is a member of the room and has not read message `seq`.
    pub(super) fn has_unread(&self, room: RoomId, seq: u64) -> bool {
        let memberships = self.memberships.lock();
        let mut listed = memberships.rooms.iter();
        listed.any(|listed| listed.room.id == room && listed.read.seq < seq)
    }

    /// How often the user left a room so far.
    pub(crate) fn departures(&self) -> u64 {
        self.memberships.lock().departures
    }

    /// Adds a connection; false: the user has just left the hub, and a new one is needed.
    pub(super) fn add(&self, connection: &Arc<Connection>) -> bool {
        let mut rest = self.rest.lock();
        if !rest.gone {
            rest.connections.push(Arc::clone(connection));
        }
        !rest.gone
    }

    /// Takes a connection off; true: it was the last.
    pub(super) fn remove(&self, connection: &Arc<Connection>) -> bool {
        let mut rest = self.rest.lock();
        rest.connections.retain(|other| !Arc::ptr_eq(other, connection));
        rest.gone = rest.connections.is_empty();
        rest.gone
    }

    /// The user's unread mentions.
    pub(super) fn with_mentions<T>(&self, act: impl FnOnce(&mut Mentions) -> T) -> T {
        act(&mut self.rest.lock().mentions)
    }

    /// The user's connections.
    pub(super) fn connections(&self) -> Vec<Arc<Connection>> {
        self.rest.lock().connections.clone()
    }

    /// Whether the last connection is gone.
    pub(super) fn is_gone(&self) -> bool {
        self.rest.lock().gone
    }

    /// Says something to all of the user's connections but one. Most have no other.
    pub(super) fn say(&self, about: About, except: Option<ConnectionId>, word: impl FnOnce() -> Bytes) {
        let rest = self.rest.lock();
        let mut others = rest
            .connections
            .iter()
            .filter(|connection| Some(connection.id) != except)
            .peekable();
        if others.peek().is_some() {
            let word = word();
            others.for_each(|connection| connection.say(about, word.clone()));
        }
    }

    /// Tells all connections where a room stands, as its messages do not tell how many mentions there are.
    pub(super) fn say_count(&self, room: RoomId, head: impl FnOnce(u64) -> Bytes) {
        let rest = self.rest.lock();
        let word = head(rest.mentions.count(room));
        for connection in &rest.connections {
            connection.say(About::Head(room), word.clone());
        }
    }

    /// Tells the connections that do not have `room` open where it stands. `head` gives the frame for a number of mentions.
    pub(super) fn say_head(&self, room: RoomId, head: impl FnOnce(u64) -> Bytes) {
        let rest = self.rest.lock();
        let mut outside = rest
            .connections
            .iter()
            .filter(|connection| !connection.reads(room))
            .peekable();
        if outside.peek().is_none() {
            return;
        }
        let word = head(rest.mentions.count(room));
        outside.for_each(|connection| connection.say(About::Head(room), word.clone()));
    }
}
