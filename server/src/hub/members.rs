//! What follows from a change of membership and needs the store: telling the user how the room looks
//! now, and whether it may still be read. One at a time, so that the last word is the latest.

use std::{sync::Arc, time::Duration};

use backend::store::Head;
use bytes::Bytes;
use chat::{Room, wire::ServerFrame};
use tokio::sync::mpsc;

use super::{Hub, frame::text, slots::About, user::LiveUser};

/// How often the store is asked before a room is closed to be on the safe side.
const ATTEMPTS: u32 = 5;

/// A user came into a room or left it.
pub(super) struct Move {
    pub(super) room: chat::RoomId,
    pub(super) user: Arc<LiveUser>,
    pub(super) left: bool,
}

impl Hub {
    /// Hands a move on.
    pub(super) fn follow(&self, moved: Move) {
        // Fails only when the runtime is shutting down.
        self.moves.send(moved).ok();
    }

    async fn see(&self, moved: &Move) -> Option<Room> {
        for attempt in 0..ATTEMPTS {
            match self.backend.view_room(moved.user.id, moved.room).await {
                Ok(room) => return Some(room),
                Err(problem) => tracing::warn!(%problem, "a room could not be read"),
            }
            tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
        }
        None
    }
}

/// Follows the moves, in their order.
pub(super) async fn follow(hub: Arc<Hub>, mut moves: mpsc::UnboundedReceiver<Move>) {
    while let Some(moved) = moves.recv().await {
        let view = hub.see(&moved).await;
        let may_read = view.as_ref().is_some_and(|room| room.member || !room.private);
        if let Some(Room {
            id,
            last_seq,
            last_rev,
            ..
        }) = view
            && let Some(room) = hub.known_room(id)
        {
            room.observe(Head {
                room: id,
                last_seq,
                last_rev,
            });
        }
        if moved.left
            && let Some(room) = hub.known_room(moved.room)
        {
            moved
                .user
                .connections()
                .iter()
                .for_each(|connection| room.decide(connection, may_read));
        }
        if let Some(room) = view {
            let about = About::Room(room.id);
            let word: Bytes = text(&ServerFrame::Room { room: Box::new(room) });
            moved.user.say(about, None, || word);
        }
    }
}
