//! Followed threads.

use std::sync::Arc;

use chat::{Message, MessageId, wire::ServerFrame};

use crate::{
    Backend, Caller, Event, Result,
    event::Logged,
    message::encode,
    stamp::now,
    store::{Followed, UnreadThread},
};

/// The most threads of a list.
pub const FOLLOWED_LIMIT_MAX: u64 = 100;

impl Backend {
    /// Has the caller follow the thread of a message, or no longer; of a reply, the thread that it is in.
    ///
    /// # Errors
    /// `message_not_found`, `not_a_member`, `unavailable`.
    pub async fn follow_thread(
        self: &Arc<Self>,
        caller: &Caller,
        id: MessageId,
        following: bool,
    ) -> Result<()> {
        let root = self.find_root(caller, id).await?;
        let user = caller.id();
        self.carry_through(move |backend| async move {
            if backend.store.follow(&root, user, following, now()).await? {
                backend.tell_thread(user, &root, following).await;
            }
            Ok(())
        })
        .await
    }

    /// Whether the caller follows the thread of `root`.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn follows_thread(&self, caller: &Caller, root: MessageId) -> Result<bool> {
        Ok(self.store.follows(root, caller.id()).await?)
    }

    /// The same of whatever message of it the caller names.
    ///
    /// # Errors
    /// `message_not_found`, `not_a_member`, `unavailable`.
    pub async fn find_following(&self, caller: &Caller, id: MessageId) -> Result<bool> {
        let root = self.find_root(caller, id).await?;
        self.follows_thread(caller, root.id).await
    }

    /// The caller has read a thread up to the reply `seq`. The room's own marker stays where it is.
    ///
    /// # Errors
    /// `message_not_found`, `not_a_member`, `unavailable`.
    pub async fn read_thread(self: &Arc<Self>, caller: &Caller, id: MessageId, seq: u64) -> Result<()> {
        let root = self.find_root(caller, id).await?;
        let last_seq = self.head(root.room).await?.last_seq;
        let user = caller.id();
        self.carry_through(move |backend| async move {
            let moved = backend
                .store
                .read_thread(root.id, user, seq.min(last_seq))
                .await?;
            if moved {
                backend.tell_thread(user, &root, true).await;
            }
            Ok(())
        })
        .await
    }

    /// The threads that the caller follows, those with unread replies first.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn list_followed(&self, caller: &Caller, limit: u64) -> Result<Vec<Followed>> {
        let limit = limit.clamp(1, FOLLOWED_LIMIT_MAX);
        Ok(self.store.followed(caller.id(), limit).await?)
    }

    /// The threads that the caller follows and that have unread replies.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn unread_threads(&self, caller: &Caller) -> Result<Vec<UnreadThread>> {
        Ok(self.store.unread_threads(caller.id()).await?)
    }

    /// Tells that a message counts another number of replies, and those who follow its thread that it has another.
    pub(crate) async fn tell_recounted(&self, root: &Message, born_us: u64) -> Result<()> {
        // What was stored is told, whoever cannot be: a device that asks again finds it.
        let followers = self.store.followers(root.id).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "those who follow a thread were not told of a reply");
            Vec::new()
        });
        let logged = Logged {
            followers,
            ..Logged::changed(root, encode(root)?, born_us)
        };
        self.bus.publish(Event::Logged(logged)).await;
        Ok(())
    }

    async fn find_root(&self, caller: &Caller, id: MessageId) -> Result<Message> {
        let message = self.find_message(caller, id).await?;
        match message.thread {
            Some(root) => self.find_message(caller, root).await,
            None => Ok(message),
        }
    }

    async fn tell_thread(&self, user: chat::UserId, root: &Message, following: bool) {
        let frame = ServerFrame::Thread {
            room: root.room,
            root: root.id,
            following,
        };
        self.tell_own(user, frame).await;
    }
}
