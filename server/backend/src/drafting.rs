//! Drafts: what people wrote and did not send, on all of their devices.

use std::sync::Arc;

use chat::{MessageId, Problem, RoomId, Timestamp, UserId, body::BODY_CHARS_MAX, wire::ServerFrame};

use crate::{
    Backend, Caller, Result,
    stamp::now,
    store::{Draft, Place},
};

impl Backend {
    /// Keeps what the caller has written in a room and not sent. The later of two devices wins, by when it was written;
    /// gives the draft that is kept then.
    ///
    /// # Errors
    /// `invalid` for a body that is too long, `room_not_found`, `not_a_member`, `unavailable`.
    pub async fn keep_draft(
        self: &Arc<Self>,
        caller: &Caller,
        room: RoomId,
        body: String,
        at: Option<Timestamp>,
    ) -> Result<Draft> {
        let draft = drafted(body, at)?;
        self.check_reader(caller, room).await?;
        self.keep_and_tell(caller.id(), Place::Room(room), draft).await
    }

    /// What the caller has written in a room and not sent.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `unavailable`.
    pub async fn draft(&self, caller: &Caller, room: RoomId) -> Result<Option<Draft>> {
        self.check_reader(caller, room).await?;
        Ok(self.store.draft(caller.id(), Place::Room(room)).await?)
    }

    /// Keeps a reply that the caller has begun in the thread of a message, as [`Self::keep_draft`] does in a room.
    ///
    /// # Errors
    /// `invalid` for a body that is too long, `message_not_found`, `not_a_member`, `unavailable`.
    pub async fn keep_reply_draft(
        self: &Arc<Self>,
        caller: &Caller,
        id: MessageId,
        body: String,
        at: Option<Timestamp>,
    ) -> Result<Draft> {
        let draft = drafted(body, at)?;
        let place = self.find_thread(caller, id).await?;
        self.keep_and_tell(caller.id(), place, draft).await
    }

    /// The reply that the caller has begun in the thread of a message.
    ///
    /// # Errors
    /// `message_not_found`, `not_a_member`, `unavailable`.
    pub async fn reply_draft(&self, caller: &Caller, id: MessageId) -> Result<Option<Draft>> {
        let place = self.find_thread(caller, id).await?;
        Ok(self.store.draft(caller.id(), place).await?)
    }

    async fn find_thread(&self, caller: &Caller, id: MessageId) -> Result<Place> {
        let message = self.find_message(caller, id).await?;
        Ok(Place::Thread {
            root: message.thread.unwrap_or(id),
            room: message.room,
        })
    }

    async fn keep_and_tell(self: &Arc<Self>, user: UserId, place: Place, draft: Draft) -> Result<Draft> {
        self.carry_through(move |backend| async move {
            let (draft, kept) = backend.store.keep_draft(user, place, draft).await?;
            if kept {
                backend.tell_own(user, frame(place, &draft)).await;
            }
            Ok(draft)
        })
        .await
    }
}

fn drafted(body: String, at: Option<Timestamp>) -> Result<Draft> {
    if body.chars().count() > BODY_CHARS_MAX || body.contains('\0') {
        return Err(Problem::invalid("body", "must have at most 8,000 characters"));
    }
    // A clock that is ahead must not win for ever.
    let at = at.unwrap_or_else(now).min(now());
    Ok(Draft { body, at })
}

fn frame(place: Place, draft: &Draft) -> ServerFrame {
    let (body, at) = (draft.body.clone(), draft.at);
    match place {
        Place::Room(room) => ServerFrame::Draft { room, body, at },
        Place::Thread { root, room } => ServerFrame::ReplyDraft { room, root, body, at },
    }
}
