//! Holes: revisions that are missing from a log, found in the store.
//!
//! A change is committed before it is published, so what the bus has not brought the store has. A
//! hole may show itself by a later revision, by a head read from the store, or by the bus's own
//! admission that it may have lost something.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use backend::store::Head;
use chat::RoomId;

use super::{
    Hub,
    room::{Due, Room},
};

/// How long a missing revision may be on its way: publishers overtake each other.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long to wait at most before the store is asked again when it could not answer.
const PATIENCE_MAX: Duration = Duration::from_secs(5);
/// How many heads are read at once.
const HEADS: usize = 500;

impl Hub {
    /// Notes that `rev` of a room exists, and sees to it that it comes.
    pub(crate) fn expect(&self, room: &Arc<Room>, rev: u64) {
        if rev > room.last_rev() && room.expect(rev) {
            self.mend(room);
        }
    }

    /// Does what a room said is due.
    pub(super) fn see_to(&self, room: &Arc<Room>, due: Due) {
        if due.heads {
            self.debts.add(room);
        }
        if due.mending {
            self.mend(room);
        }
    }

    /// Compares all that is held with the store at once.
    pub(super) fn suspect_everything(self: &Arc<Self>) {
        self.metrics.gaps.increment(1);
        let hub = Arc::clone(self);
        tokio::spawn(async move {
            hub.compare_heads().await;
            hub.compare_memberships().await;
            hub.compare_credentials().await;
        });
    }

    /// Compares where rooms stand here and in the store: what was lost without a successor is found so.
    pub(super) async fn compare_heads(&self) {
        let rooms: Vec<RoomId> = self.rooms.iter().map(|room| room.id).collect();
        self.compare_heads_of(&rooms).await;
    }

    /// The same for these rooms only.
    pub(super) async fn compare_heads_of(&self, rooms: &[RoomId]) {
        for some in rooms.chunks(HEADS) {
            match self.backend.heads(some).await {
                Ok(heads) => heads.into_iter().for_each(|head| self.compare(head)),
                Err(problem) => return tracing::warn!(%problem, "heads could not be compared"),
            }
        }
    }

    fn compare(&self, head: Head) {
        if let Some(room) = self.known_room(head.room) {
            self.see_to(&room, room.compare(head, Instant::now()));
        }
    }

    /// Sets a task to work on a room's hole; the room has noted that there is one.
    fn mend(&self, room: &Arc<Room>) {
        let (backend, gaps) = (Arc::clone(&self.backend), self.metrics.gaps.clone());
        let room = Arc::clone(room);
        tokio::spawn(async move {
            let (mut patience, mut since) = (PATIENCE, room.last_rev());
            loop {
                tokio::time::sleep(patience).await;
                let Some(after) = room.hole() else { return };
                if after != since {
                    // That hole is filled; what is missing now is missing for less than this.
                    since = after;
                    continue;
                }
                gaps.increment(1);
                let mended = match backend.changes_after(room.id, after).await {
                    Ok(changes) => room.mend(&changes),
                    Err(problem) => Err(problem),
                };
                patience = match mended {
                    Ok(_) => PATIENCE,
                    Err(problem) => {
                        tracing::warn!(%problem, room = %room.id, "a hole could not be filled yet");
                        (patience * 2).min(PATIENCE_MAX)
                    }
                };
            }
        });
    }
}
