//! A room as this process knows it: its log while somebody reads it, and who is to be told of what.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

use backend::{Backend, event::Logged, store::Head};
use bytes::Bytes;
use chat::{ConnectionId, MessageId, RoomId, UserId, wire::ServerFrame};
use parking_lot::{Mutex, MutexGuard};

use super::{
    connection::Connection,
    crowd::Crowd,
    frame::{Frame, text},
    heads::{Owed, Throttle},
    log::{Appended, Cursor, Log, Mended},
    seat::{Readers, Reading, Seat},
    slots::About,
    user::LiveUser,
};

/// Frames kept while the log is being opened. What is beyond this the store has.
const EARLY_MAX: usize = 64;

/// A room that someone here reads or is a member of.
pub(crate) struct Room {
    /// The room's id.
    pub(crate) id: RoomId,
    /// The log's newest revision, for readers that must not take the lock.
    last_rev: AtomicU64,
    /// How many have it open, for the same.
    open: AtomicUsize,
    /// Held while the log is being opened, so that the store is asked once.
    opening: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

/// What the room's lock guards.
pub(super) struct State {
    /// Where the room stands; `None` until somebody has asked the store.
    head: Option<(u64, u64)>,
    /// The newest head among events that came before it was known where the room stands.
    early_head: (u64, u64),
    log: Record,
    readers: Readers,
    members: HashMap<UserId, Arc<LiveUser>>,
    heads: Throttle,
    /// A task is at work on a hole.
    mending: bool,
    unread_since: Instant,
}

/// The log is only kept while there are readers, or were lately.
enum Record {
    Closed,
    /// The store is asked for the head; these came meanwhile.
    Opening(Vec<Frame>),
    Open(Log),
}

/// Whoever is opening a log. One that goes away half-way leaves it closed, not being opened for ever.
struct Opening<'a>(&'a Room);

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if matches!(state.log, Record::Opening(_)) {
            state.log = Record::Closed;
        }
    }
}

/// What has to be done after a room has heard something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Due {
    /// Revisions are missing and nobody is at work on it yet.
    pub(super) mending: bool,
    /// A head is owed to members, but not yet.
    pub(super) heads: bool,
}

impl Room {
    /// A room that nobody reads yet.
    pub(super) fn new(id: RoomId) -> Self {
        let state = State {
            head: None,
            early_head: (0, 0),
            log: Record::Closed,
            readers: Readers::default(),
            members: HashMap::new(),
            heads: Throttle::default(),
            mending: false,
            unread_since: Instant::now(),
        };
        Self {
            id,
            last_rev: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            opening: tokio::sync::Mutex::new(()),
            state: Mutex::new(state),
        }
    }

    /// The log's newest revision.
    pub(crate) fn last_rev(&self) -> u64 {
        self.last_rev.load(Ordering::Acquire)
    }

    /// How many have it open here, roughly.
    pub(crate) fn crowd(&self) -> Crowd {
        Crowd::of(self.open.load(Ordering::Relaxed))
    }

    /// The place of a reader that has read up to `rev`, if the log reaches back that far.
    pub(crate) fn cursor(&self, rev: u64) -> Option<Cursor> {
        self.lock().log()?.cursor(rev)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Sees to it that the log is open. Whatever is published after this began is in it.
    ///
    /// # Errors
    /// `room_not_found`, `unavailable`.
    pub(super) async fn open(&self, backend: &Backend) -> backend::Result<()> {
        if self.lock().log().is_some() {
            return Ok(());
        }
        let _turn = self.opening.lock().await;
        {
            let mut state = self.lock();
            if state.log().is_some() {
                return Ok(());
            }
            state.log = Record::Opening(Vec::new());
        }
        let _opening = Opening(self);
        let head = backend.head(self.id).await?;
        self.begin_log(head);
        Ok(())
    }

    /// Opens the log at this head, with what came while the store was asked.
    fn begin_log(&self, head: Head) {
        let mut state = self.lock();
        let early = match std::mem::replace(&mut state.log, Record::Closed) {
            Record::Opening(early) => early,
            Record::Closed | Record::Open(_) => Vec::new(),
        };
        let known = state.observe(head);
        let mut log = Log::new(head.last_seq, head.last_rev);
        for frame in early {
            log.append(frame);
        }
        // There may have been more than was kept.
        log.expect(known.last_rev);
        state.unread_since = Instant::now();
        state.log = Record::Open(log);
        self.note_last_rev(&state);
    }

    /// What has to be done for a log that was just opened: what came meanwhile may have a hole.
    pub(super) fn look_for_hole(&self) -> Due {
        Due {
            mending: self.lock().begin_mending(),
            heads: false,
        }
    }

    /// Takes a change in, rings its readers and tells members where the room stands.
    pub(super) fn hear(&self, logged: &Logged, now: Instant) -> Due {
        let mut state = self.lock();
        state.see((if logged.posted { logged.seq } else { 0 }, logged.rev));
        let mending = match &mut state.log {
            Record::Closed => false,
            Record::Opening(early) => {
                if early.len() < EARLY_MAX {
                    early.push(Frame::of_event(logged));
                }
                false
            }
            Record::Open(log) => {
                let appended = log.append(Frame::of_event(logged));
                self.note_last_rev(&state);
                if appended == Appended::Grown {
                    state.readers.ring();
                }
                state.begin_mending()
            }
        };
        Due {
            mending,
            heads: self.owe_heads(&mut state, now),
        }
    }

    /// Learns where the room stands in the store; gives where it stands by all that is known, and whether
    /// nothing was known before.
    pub(super) fn observe(&self, head: Head) -> (Head, bool) {
        let mut state = self.lock();
        let first = state.head.is_none();
        (state.observe(head), first)
    }

    /// Compares with where the room stands in the store.
    pub(super) fn compare(&self, head: Head, now: Instant) -> Due {
        let mut state = self.lock();
        let behind = state.head.is_some_and(|(_, rev)| rev < head.last_rev);
        state.observe(head);
        let mending = match &mut state.log {
            Record::Open(log) => {
                log.expect(head.last_rev);
                state.begin_mending()
            }
            Record::Closed | Record::Opening(_) => false,
        };
        Due {
            mending,
            heads: behind && self.owe_heads(&mut state, now),
        }
    }

    /// Notes that `rev` exists; true: it is not in the log, and nobody is at work on it yet.
    pub(super) fn expect(&self, rev: u64) -> bool {
        let mut state = self.lock();
        let Record::Open(log) = &mut state.log else {
            return false;
        };
        log.expect(rev);
        state.begin_mending()
    }

    /// The revision after which some are missing; `None`: none are, and whoever was at work on it is done.
    pub(super) fn hole(&self) -> Option<u64> {
        let mut state = self.lock();
        let hole = state.log().filter(|log| log.has_hole()).map(Log::last_rev);
        state.mending = hole.is_some();
        hole
    }

    /// Takes in what the store has after the log's last revision.
    ///
    /// # Errors
    /// `internal` where a message cannot be encoded.
    pub(super) fn mend(&self, changes: &backend::store::Changes) -> backend::Result<Mended> {
        let mut state = self.lock();
        let Record::Open(log) = &mut state.log else {
            return Ok(Mended::Filled);
        };
        let mended = log.mend(changes);
        self.note_last_rev(&state);
        state.readers.ring();
        mended
    }

    /// Tells those who have the room open that someone types. A person writes in one place at a time, so there is one word
    /// of each.
    pub(super) fn hear_typing(&self, user: UserId, thread: Option<MessageId>, origin: Option<ConnectionId>) {
        let word = text(&ServerFrame::Typing {
            room: self.id,
            user,
            thread,
        });
        for reader in self.lock().readers.iter() {
            if Some(reader.connection.id) != origin && !reader.seat.is_closed() {
                reader.connection.say(About::Typing(self.id, user), word.clone());
            }
        }
    }

    /// Tells members where the room stands, as there is news about it that no change brought.
    pub(super) fn tell_head(&self, now: Instant) -> Due {
        Due {
            mending: false,
            heads: self.owe_heads(&mut self.lock(), now),
        }
    }

    /// Tells all connections of a member where the room stands.
    pub(super) fn say_count(&self, user: &LiveUser) {
        let state = self.lock();
        if let Some(head) = state.head {
            user.say_count(self.id, |mentions| head_frame(self.id, head, mentions));
        }
    }

    /// The members who are connected here.
    pub(super) fn members(&self) -> Vec<Arc<LiveUser>> {
        self.lock().members.values().cloned().collect()
    }

    /// Sends heads that are owed, if it is time; true: they are still owed.
    pub(super) fn pay_heads(&self, now: Instant) -> bool {
        let mut state = self.lock();
        if state.heads.pay(now) {
            state.send_heads(self.id);
        }
        state.heads.is_owed()
    }

    /// Whether somebody here has the room open.
    pub(super) fn is_read(&self) -> bool {
        !self.lock().readers.is_empty()
    }

    /// Everyone here who is a member or has the room open, each once.
    pub(super) fn people(&self) -> Vec<Arc<LiveUser>> {
        let state = self.lock();
        let mut people = state.members.clone();
        for reader in state.readers.iter() {
            let user = &reader.connection.user;
            people.entry(user.id).or_insert_with(|| Arc::clone(user));
        }
        people.into_values().collect()
    }

    /// Lists a member.
    pub(super) fn admit(&self, user: &Arc<LiveUser>) {
        self.lock().members.insert(user.id, Arc::clone(user));
    }

    /// Takes a member off the list.
    pub(super) fn dismiss(&self, user: &Arc<LiveUser>) {
        let mut state = self.lock();
        if state
            .members
            .get(&user.id)
            .is_some_and(|listed| Arc::ptr_eq(listed, user))
        {
            state.members.remove(&user.id);
        }
    }

    /// Shows these readers nothing further until it is decided whether they may read on.
    pub(super) fn suspend(&self, connection: &Connection) {
        let state = self.lock();
        let last_rev = state.log().map_or(0, Log::last_rev);
        for seat in connection.seats_in(self.id) {
            seat.suspend(last_rev);
        }
    }

    /// Lets a suspended reader read on, or closes the room on its connection.
    pub(super) fn decide(&self, connection: &Connection, may_read: bool) {
        let state = self.lock();
        for seat in connection.seats_in(self.id) {
            seat.decide(may_read);
            state.readers.ring_one(&seat);
        }
    }

    /// Drops the log where nobody has read it for a while; true: nobody needs the room at all.
    pub(super) fn sweep(&self, now: Instant, patience: std::time::Duration) -> bool {
        let mut state = self.lock();
        let unread = state.readers.is_empty() && now.duration_since(state.unread_since) > patience;
        if unread && matches!(state.log, Record::Open(_)) && !state.mending {
            state.log = Record::Closed;
        }
        unread && state.members.is_empty() && matches!(state.log, Record::Closed)
    }

    /// Seats a reader at `cursor`. The caller holds the lock, so that no frame can come in between.
    pub(super) fn seat(
        self: &Arc<Self>,
        state: &mut State,
        connection: &Arc<Connection>,
        cursor: Cursor,
        bell: u64,
    ) -> Reading {
        let seat = state
            .readers
            .seat(connection, &connection.seats_in(self.id), bell);
        self.open.fetch_add(1, Ordering::Relaxed);
        connection.sit(self.id, Arc::clone(&seat));
        Reading {
            room: Arc::clone(self),
            cursor,
            seat,
            bell,
            connection: Arc::clone(connection),
        }
    }

    /// Takes a reader's seat away.
    pub(super) fn vacate(&self, seat: &Seat) {
        let mut state = self.lock();
        state.readers.vacate(seat);
        self.open.fetch_sub(1, Ordering::Relaxed);
        if state.readers.is_empty() {
            state.unread_since = Instant::now();
        }
    }

    fn owe_heads(&self, state: &mut State, now: Instant) -> bool {
        if state.members.is_empty() || state.head.is_none() {
            return false;
        }
        let owed = state.heads.owe(now);
        if owed == Owed::Now {
            state.send_heads(self.id);
        }
        owed == Owed::Later
    }

    fn note_last_rev(&self, state: &State) {
        if let Record::Open(log) = &state.log {
            self.last_rev.store(log.last_rev(), Ordering::Release);
        }
    }
}

impl State {
    /// The log, if it is open.
    pub(super) fn log(&self) -> Option<&Log> {
        match &self.log {
            Record::Open(log) => Some(log),
            Record::Closed | Record::Opening(_) => None,
        }
    }

    fn see(&mut self, (seq, rev): (u64, u64)) {
        let head = self.head.as_mut().unwrap_or(&mut self.early_head);
        *head = (head.0.max(seq), head.1.max(rev));
    }

    fn observe(&mut self, head: Head) -> Head {
        let (seq, rev) = self.head.unwrap_or(self.early_head);
        let (last_seq, last_rev) = (seq.max(head.last_seq), rev.max(head.last_rev));
        self.head = Some((last_seq, last_rev));
        Head {
            last_seq,
            last_rev,
            ..head
        }
    }

    /// Whether a task has to be set to work on a hole; from then on one is.
    fn begin_mending(&mut self) -> bool {
        let begin = !self.mending && self.log().is_some_and(Log::has_hole);
        self.mending |= begin;
        begin
    }

    fn send_heads(&self, room: RoomId) {
        let Some(stand) = self.head else {
            return;
        };
        let head = |mentions| head_frame(room, stand, mentions);
        // Nearly everyone gets these same bytes.
        let mut plain: Option<Bytes> = None;
        for user in self.members.values() {
            user.say_head(room, |mentions| match mentions {
                0 => plain.get_or_insert_with(|| head(0)).clone(),
                _ => head(mentions),
            });
        }
    }
}

fn head_frame(room: RoomId, (last_seq, last_rev): (u64, u64), mentions: u64) -> Bytes {
    text(&ServerFrame::Head {
        room,
        last_seq,
        last_rev,
        mentions,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::frame::tests::message;

    /// A room whose log is opened at revision 10, having heard of these meanwhile.
    fn opened_while(revs: impl IntoIterator<Item = u64>) -> Room {
        let room = Room::new(message(1, 1).room);
        room.lock().log = Record::Opening(Vec::new());
        for rev in revs {
            let logged = Logged::posted(&message(rev, rev), "{}".into(), None, 0);
            room.hear(&logged, Instant::now());
        }
        room.begin_log(Head {
            room: room.id,
            last_seq: 10,
            last_rev: 10,
        });
        room
    }

    #[test]
    fn what_was_missed_while_a_log_was_opened_is_looked_for() {
        let more_than_is_kept = 11..=11 + EARLY_MAX as u64;
        for (revs, last_rev) in [(more_than_is_kept, 10 + EARLY_MAX as u64), (12..=13, 10)] {
            let room = opened_while(revs);
            assert_eq!((room.hole(), room.last_rev()), (Some(last_rev), last_rev));
        }
        let room = opened_while([12]);
        assert!(room.look_for_hole().mending && !room.look_for_hole().mending);
        assert!(!opened_while(9..=12).look_for_hole().mending);
    }
}
