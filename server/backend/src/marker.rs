//! Read markers.

use std::sync::Arc;

use chat::{Code, ConnectionId, Marker, Problem, RoomId};

use crate::{
    Backend, Caller, Event, Result,
    stamp::now,
    store::{MarkedUnread, MarkerMove},
};

/// How far someone has read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The room.
    pub room: RoomId,
    /// Up to which message.
    pub seq: u64,
    /// The marker's turn as the reader knows it: one that went back since stays there. `None`: whatever it is.
    pub turn: Option<u64>,
    /// The connection that says so, which need not be told.
    pub origin: Option<ConnectionId>,
}

impl Reading {
    /// That `room` was read up to `seq`, whatever became of the marker before.
    #[must_use]
    pub const fn of(room: RoomId, seq: u64) -> Self {
        Self {
            room,
            seq,
            turn: None,
            origin: None,
        }
    }
}

impl Backend {
    /// Moves the caller's read marker forwards; backwards and beyond the newest message it stays where that leads.
    ///
    /// # Errors
    /// `not_a_member`, `unavailable`.
    pub async fn mark_read(self: &Arc<Self>, caller: &Caller, reading: Reading) -> Result<()> {
        let Reading {
            room,
            seq,
            turn,
            origin,
        } = reading;
        let user = caller.id();
        let moved = self.carry_through(move |backend| async move {
            let moved = backend.store.mark_read(room, user, seq, turn).await?;
            if let MarkerMove::Moved(Marker { turn, seq }) = moved {
                let event = Event::MarkerMoved {
                    user,
                    room,
                    seq,
                    turn,
                    back_from: None,
                    origin,
                };
                backend.bus.publish(event).await;
            }
            Ok(moved)
        });
        match moved.await? {
            MarkerMove::Moved(_) | MarkerMove::Kept => Ok(()),
            // Which of the two it is matters only now, and costs a look.
            MarkerMove::NotAMember => Err(self.not_a_member(room).await?),
        }
    }

    /// Moves the caller's read marker back, so that message `seq` and all after it are unread on every device. The
    /// marker begins a new turn with it, so that no device moves it forwards again that has not heard of it.
    ///
    /// # Errors
    /// `invalid` for a number that no message has, `room_not_found`, `not_a_member`, `unavailable`.
    pub async fn mark_unread(self: &Arc<Self>, caller: &Caller, room: RoomId, seq: u64) -> Result<Marker> {
        if seq == 0 {
            return Err(Problem::invalid("seq", "must be the number of a message"));
        }
        let user = caller.id();
        let marked = self.carry_through(move |backend| async move {
            let marked = backend.store.mark_unread(room, user, seq, now()).await?;
            if let MarkedUnread::Moved { marker, last_seq } = marked {
                let event = Event::MarkerMoved {
                    user,
                    room,
                    seq: marker.seq,
                    turn: marker.turn,
                    back_from: Some(last_seq),
                    origin: None,
                };
                backend.bus.publish(event).await;
            }
            Ok(marked)
        });
        match marked.await? {
            MarkedUnread::Moved { marker, .. } => Ok(marker),
            MarkedUnread::NotAMember => Err(self.not_a_member(room).await?),
        }
    }

    /// Why someone who is no member is refused.
    pub(crate) async fn not_a_member(&self, room: RoomId) -> Result<Problem> {
        self.store.room(room).await?.ok_or(Code::RoomNotFound)?;
        Ok(Code::NotAMember.into())
    }
}
