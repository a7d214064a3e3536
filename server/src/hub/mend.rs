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
use tokio::sync::Notify;

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

/// That something may have been lost. However often that is said during one comparison, there is one more.
#[derive(Default)]
pub(super) struct Suspicions {
    heads: Notify,
    people: Notify,
    pub(super) presence: Notify,
}

impl Suspicions {
    fn raise(&self) {
        self.heads.notify_one();
        self.people.notify_one();
        self.presence.notify_one();
    }
}

/// Compares whenever something is suspected, for as long as the process lives. Heads do not wait for people, who are
/// many.
pub(super) async fn compare(hub: Arc<Hub>) {
    futures::join!(compare_heads(&hub), compare_people(&hub));
}

async fn compare_heads(hub: &Hub) {
    loop {
        hub.suspicions.heads.notified().await;
        hub.compare_heads().await;
    }
}

async fn compare_people(hub: &Hub) {
    loop {
        hub.suspicions.people.notified().await;
        hub.compare_memberships().await;
        hub.compare_rooms().await;
        hub.compare_credentials().await;
    }
}

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

    /// Sees to it that all that is held is compared with the store, soon and from this moment on.
    pub(super) fn suspect_everything(&self) {
        self.metrics.gaps.increment(1);
        self.suspicions.raise();
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

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn what_is_suspected_during_a_comparison_takes_one_more_however_often_it_is_said() {
        let suspicions = Suspicions::default();
        let next = || suspicions.heads.notified().now_or_never();
        suspicions.raise();
        assert!(next().is_some() && next().is_none(), "a comparison began");
        (0..100).for_each(|_| suspicions.raise());
        assert!(next().is_some() && next().is_none());
    }
}
