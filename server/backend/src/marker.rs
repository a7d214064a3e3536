//! Read markers.

use chat::{Code, ConnectionId, RoomId};

use crate::{Backend, Caller, Event, Result, store::MarkerMove};

impl Backend {
    /// Moves the caller's read marker forwards; backwards and beyond the newest message it stays where that leads.
    ///
    /// # Errors
    /// `not_a_member`, `unavailable`.
    pub async fn mark_read(
        &self,
        caller: &Caller,
        room: RoomId,
        seq: u64,
        origin: Option<ConnectionId>,
    ) -> Result<()> {
        match self.store.mark_read(room, caller.id(), seq).await? {
            MarkerMove::Moved(seq) => {
                self.bus
                    .publish(Event::MarkerMoved {
                        user: caller.id(),
                        room,
                        seq,
                        origin,
                    })
                    .await;
                Ok(())
            }
            MarkerMove::Kept => Ok(()),
            // Which of the two it is matters only now, and costs a look.
            MarkerMove::NotAMember => {
                self.store.room(room).await?.ok_or(Code::RoomNotFound)?;
                Err(Code::NotAMember.into())
            }
        }
    }
}
