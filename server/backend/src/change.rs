//! Changing messages that are there: edit, delete, react, pin. Each change takes the room's next `rev` and is told
//! to whoever reads the room; what is so already stays as it is, and takes none.

use std::sync::Arc;

use chat::{
    Code, Emoji, Message, MessageId, Problem, RoomId,
    body::{self, NotABody},
    message::Version,
    permission::Action,
};

use crate::{
    Backend, Caller, Event, Result,
    event::Logged,
    markdown,
    message::{Rendered, encode},
    stamp::{now, now_us},
    store::{Alteration, Altered, Change, Changed},
};

impl Backend {
    /// Gives a message another body; the author may, and whoever moderates the channel. What it said before is kept.
    /// Gives the message as it is then.
    ///
    /// # Errors
    /// `invalid` for the body, `message_not_found`, `message_deleted`, `not_a_member`, `forbidden`, `too_fast`,
    /// `unavailable`.
    pub async fn edit_message(
        self: &Arc<Self>,
        caller: &Caller,
        id: MessageId,
        body: &str,
    ) -> Result<Message> {
        let body = match body::parse(body) {
            // Where there are files, nothing need be said.
            Err(NotABody::Empty) => String::new(),
            parsed => parsed.map_err(|e| Problem::invalid("body", e.reason()))?,
        };
        self.limit_changes(caller).await?;
        let Rendered { html, mentions } = self.render(&body).await?;
        let edit = Alteration::Edit {
            calls: markdown::call(&html),
            body,
            html,
            mentions,
        };
        let message = self.change_message(caller, id, edit).await?;
        self.seek_previews(&message);
        Ok(message)
    }

    /// Takes away all of a message but its number; the author may, and whoever moderates the channel. What is
    /// deleted stays so.
    ///
    /// # Errors
    /// `message_not_found`, `not_a_member`, `forbidden`, `too_fast`, `unavailable`.
    pub async fn delete_message(self: &Arc<Self>, caller: &Caller, id: MessageId) -> Result<()> {
        self.limit_changes(caller).await?;
        self.change_message(caller, id, Alteration::Delete)
            .await
            .map(drop)
    }

    /// Puts the caller's reaction under a message, or takes it away.
    ///
    /// # Errors
    /// `message_not_found`, `message_deleted` and `too_many` for a reaction more, `not_a_member`, `too_fast`,
    /// `unavailable`.
    pub async fn react_to_message(
        self: &Arc<Self>,
        caller: &Caller,
        id: MessageId,
        emoji: Emoji,
        react: bool,
    ) -> Result<()> {
        self.limit_changes(caller).await?;
        let what = if react {
            Alteration::React(emoji)
        } else {
            Alteration::Unreact(emoji)
        };
        self.change_message(caller, id, what).await.map(drop)
    }

    /// Pins a message to its room, or unpins it; every member may.
    ///
    /// # Errors
    /// `message_not_found`, `message_deleted` and `too_many` for a pin more, `not_a_member`, `too_fast`,
    /// `unavailable`.
    pub async fn pin_message(self: &Arc<Self>, caller: &Caller, id: MessageId, pin: bool) -> Result<()> {
        self.limit_changes(caller).await?;
        let what = if pin { Alteration::Pin } else { Alteration::Unpin };
        self.change_message(caller, id, what).await.map(drop)
    }

    /// What a message said before its edits, newest first; for whoever may read the room.
    ///
    /// # Errors
    /// `message_not_found`, `not_a_member`, `unavailable`.
    pub async fn list_versions(&self, caller: &Caller, id: MessageId) -> Result<Vec<Version>> {
        self.find_message(caller, id).await?;
        Ok(self.store.versions(id).await?)
    }

    /// A room's pinned messages, newest first; for whoever may read the room.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `unavailable`.
    pub async fn list_pins(&self, caller: &Caller, room: RoomId) -> Result<Vec<Message>> {
        self.allow(caller, room, Action::Read).await?;
        Ok(self.store.pins(room).await?)
    }

    /// The message of this id, for whoever may read the room.
    ///
    /// # Errors
    /// `message_not_found`, `not_a_member`, `unavailable`.
    pub async fn find_message(&self, caller: &Caller, id: MessageId) -> Result<Message> {
        let message = self.store.message(id).await?.ok_or(Code::MessageNotFound)?;
        self.allow(caller, message.room, Action::Read).await?;
        Ok(message)
    }

    /// Changes a message and tells of it; gives it as it is then. The store decides who may, in the transaction.
    async fn change_message(
        self: &Arc<Self>,
        caller: &Caller,
        id: MessageId,
        what: Alteration,
    ) -> Result<Message> {
        let born_us = now_us();
        let change = Change {
            message: id,
            by: caller.id(),
            role: caller.role,
            at: now(),
            what,
        };
        self.carry_through(move |backend| async move {
            match backend.store.change(change).await? {
                Changed::Stored(altered) => backend.tell_changed(*altered, born_us).await,
                Changed::Kept(message) => {
                    backend.tell_reached(&message).await;
                    Ok(*message)
                }
                Changed::NotFound => Err(Code::MessageNotFound.into()),
                Changed::NotAMember => Err(Code::NotAMember.into()),
                Changed::Forbidden => Err(Code::Forbidden.into()),
                Changed::Archived => Err(Code::RoomArchived.into()),
                Changed::Deleted => Err(Code::MessageDeleted.into()),
                Changed::TooMany => Err(Code::TooMany.into()),
                Changed::Empty => Err(Problem::invalid("body", NotABody::Empty.reason())),
            }
        })
        .await
    }

    pub(crate) async fn tell_changed(&self, altered: Altered, born_us: u64) -> Result<Message> {
        let Altered {
            message,
            root,
            mentioned,
            unmentioned,
            called_all,
        } = altered;
        let logged = Logged {
            mentions: mentioned,
            unmentioned,
            called_all,
            ..Logged::changed(&message, encode(&message)?, born_us)
        };
        self.bus.publish(Event::Logged(logged)).await;
        if let Some(root) = root {
            self.tell_recounted(&root, born_us).await?;
        }
        Ok(message)
    }
}
