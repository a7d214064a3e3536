//! Read markers.

use std::sync::Arc;

use chat::{Code, ConnectionId, RoomId};

use crate::{Backend, Caller, Event, Result, store::MarkerMove};

impl Backend {
    /// Moves the caller's read marker forwards; backwards and beyond the newest message it stays where that leads.
    ///
    /// # Errors
    /// `not_a_member`, `unavailable`.
    pub async fn mark_read(
        self: &Arc<Self>,
        caller: &Caller,
        room: RoomId,
        seq: u64,
        origin: Option<ConnectionId>,
    ) -> Result<()> {
        let user = caller.id();
        let moved = self.carry_through(move |backend| async move {
            let moved = backend.store.mark_read(room, user, seq).await?;
            if let MarkerMove::Moved(seq) = moved {
                let event = Event::MarkerMoved {
                    user,
                    room,
                    seq,
                    origin,
                };
                backend.bus.publish(event).await;
            }
            Ok(moved)
        });
        match moved.await? {
            MarkerMove::Moved(_) | MarkerMove::Kept => Ok(()),
            // Which of the two it is matters only now, and costs a look.
            MarkerMove::NotAMember => {
                self.store.room(room).await?.ok_or(Code::RoomNotFound)?;
                Err(Code::NotAMember.into())
            }
        }
    }
}
