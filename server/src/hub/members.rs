//! Who is a member of what, and what follows when that changes.
//!
//! What an event says takes effect at once; what needs the store (how the room looks to the user now,
//! whether it may still be read) is done one after another, so that the last word is the latest. The store
//! has the last word on the membership itself too.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use backend::store::Head;
use bytes::Bytes;
use chat::{Marker, Room, RoomId, UserId, wire::ServerFrame};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{
    Hub,
    frame::text,
    greet::Loading,
    listen::tell_read,
    slots::About,
    user::{Listed, LiveUser},
};

/// How often the store is asked before a room is closed to be on the safe side.
const ATTEMPTS: u32 = 5;

/// A user came into a room or left it.
pub(super) struct Move {
    pub(super) room: RoomId,
    pub(super) user: Arc<LiveUser>,
    pub(super) left: bool,
    /// Whether the user is told how the room looks, even as no member.
    pub(super) told: bool,
}

/// Moves that are to be settled. One for each user and room: what is settled is how it stands then, so however
/// often a user comes and goes meanwhile, there are no more moves than there may be memberships.
#[derive(Default)]
pub(super) struct Moves {
    waiting: Mutex<HashMap<(RoomId, UserId), Move>>,
    news: Notify,
}

impl Moves {
    fn add(&self, mut moved: Move) {
        let mut waiting = self.waiting.lock();
        let key = (moved.room, moved.user.id);
        // Who left and came back was suspended, and that has to be decided in any case.
        if let Some(earlier) = waiting.get(&key) {
            moved.left |= earlier.left;
            moved.told |= earlier.told;
        }
        waiting.insert(key, moved);
        drop(waiting);
        self.news.notify_one();
    }
}

impl Hub {
    /// Lists the user as a member of the room who has read it up to `read`.
    pub(super) fn enlist(&self, user: &Arc<LiveUser>, room: RoomId, read: Marker) {
        let mut memberships = user.memberships();
        memberships.left.retain(|left| *left != room);
        // A user without connections is about to go, and nobody would take it off the room's list.
        if !user.is_gone() && !memberships.rooms.iter().any(|listed| listed.room.id == room) {
            let room = self.room(room);
            room.admit(user);
            memberships.rooms.push(Listed { room, read });
        }
    }

    /// Takes the user off the room's members. What is said there from now on is not shown until it is decided
    /// whether the user may read on.
    pub(super) fn strike(&self, user: &Arc<LiveUser>, room: RoomId) {
        let mut memberships = user.memberships();
        memberships.departures += 1;
        if memberships.loading > 0 {
            memberships.left.push(room);
        }
        if let Some(place) = memberships.rooms.iter().position(|listed| listed.room.id == room) {
            memberships.rooms.swap_remove(place).room.dismiss(user);
        }
        drop(memberships);
        user.with_mentions(|mentions| mentions.read(room, u64::MAX));
        if let Some(room) = self.known_room(room) {
            user.connections()
                .iter()
                .for_each(|connection| room.suspend(connection));
        }
    }

    /// Hands a move on to whoever asks the store.
    pub(super) fn follow(&self, moved: Move) {
        self.moves.add(moved);
    }

    /// Compares which rooms have changed with the store, and tells of those that were not heard of.
    pub(super) async fn compare_rooms(&self) {
        let store = &self.backend.store;
        let known = self.rooms_version.load(Ordering::Acquire);
        let (looks, changed) = match futures::try_join!(store.looks(), store.rooms_changed_after(known)) {
            Ok(read) => read,
            Err(error) => return tracing::warn!(%error, "settings of rooms could not be compared"),
        };
        changed.into_iter().for_each(|room| self.hear_room_changed(room));
        self.rooms_version.fetch_max(looks.rooms, Ordering::AcqRel);
    }

    /// Tells a user who was away of those of the rooms he or she is in that have changed since this version.
    pub(crate) async fn tell_rooms_changed(&self, user: &Arc<LiveUser>, since: u64) {
        let changed = match self.backend.store.rooms_changed_after(since).await {
            Ok(changed) => changed,
            Err(error) => return tracing::warn!(%error, "settings of rooms could not be compared"),
        };
        let own: HashSet<RoomId> = user
            .memberships()
            .rooms
            .iter()
            .map(|listed| listed.room.id)
            .collect();
        for room in changed.into_iter().filter(|room| own.contains(room)) {
            self.follow(Move {
                room,
                user: Arc::clone(user),
                left: false,
                told: true,
            });
        }
    }

    /// Compares all memberships, read markers and mentions with the store: any of them may have been lost.
    pub(super) async fn compare_memberships(&self) {
        let users: Vec<_> = self.users.iter().map(|user| Arc::clone(&user)).collect();
        for user in users {
            let (loading, store) = (Loading::begin(&user), &self.backend.store);
            let read = futures::try_join!(store.heads_of(user.id), store.unread_mentions(user.id));
            let (heads, mentions) = match read {
                Ok(read) => read,
                Err(error) => return tracing::warn!(%error, "memberships could not be compared"),
            };
            self.compare_mentions(&user, loading, &mentions);
            for head in &heads {
                let moved = user.note_read(head.room, |known| known.heard(head.marker()));
                if let Some((_, now)) = moved.filter(|(before, now)| before != now) {
                    tell_read(&user, head.room, now, None);
                }
            }
            let stored: HashSet<RoomId> = heads.into_iter().map(|head| head.room).collect();
            let listed: HashSet<RoomId> = user
                .memberships()
                .rooms
                .iter()
                .map(|listed| listed.room.id)
                .collect();
            for room in stored.symmetric_difference(&listed) {
                self.follow(Move {
                    room: *room,
                    user: Arc::clone(&user),
                    left: listed.contains(room),
                    told: listed.contains(room),
                });
            }
        }
    }

    /// Counts mentions that were not heard of, and has the rooms' heads tell their number.
    fn compare_mentions(&self, user: &LiveUser, loading: Loading<'_>, mentions: &[(RoomId, u64)]) {
        let rooms: HashSet<RoomId> = mentions.iter().map(|(room, _)| *room).collect();
        let count = |room: &RoomId| user.with_mentions(|mentions| mentions.count(*room));
        let before: Vec<_> = rooms.iter().map(|room| (room, count(room))).collect();
        loading.finish(mentions);
        for (room, _) in before.iter().filter(|(room, before)| count(room) != *before) {
            if let Some(room) = self.known_room(**room) {
                let due = room.tell_head(Instant::now());
                self.see_to(&room, due);
            }
        }
    }

    async fn settle(&self, moved: Move) {
        let Move {
            room,
            user,
            left,
            told,
        } = moved;
        let view = self.view(&user, room).await;
        match &view {
            Some(view) if view.member => {
                let marker = Marker {
                    turn: view.read_turn,
                    seq: view.read_seq,
                };
                self.enlist(&user, room, marker);
                user.note_read(room, |known| known.heard(marker));
                // Mentions from before count for nobody who was no member; the marker is set beyond them.
                user.with_mentions(|mentions| mentions.read(room, view.read_seq));
            }
            // Where the store cannot be asked, a departure stands and an arrival too.
            None if !left => return,
            Some(_) | None => self.strike(&user, room),
        }
        if let Some(known) = self.known_room(room) {
            if let Some(Room {
                last_seq, last_rev, ..
            }) = view
            {
                known.observe(Head {
                    room,
                    last_seq,
                    last_rev,
                });
            }
            let may_read = self.may_read(&user, view.as_ref()).await;
            user.connections()
                .iter()
                .for_each(|connection| known.decide(connection, may_read));
        }
        // Who was listed wrongly is told nothing of a room that is gone.
        if let Some(view) = view.filter(|view| view.member || told) {
            let word: Bytes = text(&ServerFrame::Room { room: Box::new(view) });
            user.say(About::Room(room), None, || word);
        }
    }

    /// Whether a user who sees a room so may read it. Where that cannot be found out the room is closed, to be on the safe
    /// side.
    async fn may_read(&self, user: &LiveUser, view: Option<&Room>) -> bool {
        match view {
            Some(room) if room.member => true,
            Some(room) if !room.private => match self.backend.sees(user.id, room).await {
                Ok(sees) => sees,
                Err(problem) => {
                    tracing::warn!(%problem, "a right could not be checked");
                    false
                }
            },
            Some(_) | None => false,
        }
    }

    async fn view(&self, user: &LiveUser, room: RoomId) -> Option<Room> {
        for attempt in 0..ATTEMPTS {
            match self.backend.view_room(user.id, room).await {
                Ok(room) => return Some(room),
                Err(problem) => tracing::warn!(%problem, "a room could not be read"),
            }
            tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
        }
        None
    }
}

/// Settles moves one after another; idle while there are none.
pub(super) async fn settle(hub: Arc<Hub>) {
    loop {
        hub.moves.news.notified().await;
        let waiting = std::mem::take(&mut *hub.moves.waiting.lock());
        for moved in waiting.into_values() {
            hub.settle(moved).await;
        }
    }
}
