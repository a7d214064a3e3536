//! What a live connection needs beyond the other use cases: its greeting, opening rooms, resuming,
//! and saying that someone is there or typing.

use std::time::Duration;

use chat::{
    Code, ConnectionId, MessageId, RoomId, Status, UserId, message::RESUME_LIMIT, permission::Action,
    quota::Quota, wire::RoomHead,
};

use crate::{
    Backend, Caller, Event, Result,
    store::{Changes, Head, Looks},
};

/// How long a connection that is gone still counts. A reload is not an absence.
pub const OFFLINE_GRACE: Duration = Duration::from_secs(3);

/// What a connection is greeted with.
#[derive(Clone, Debug)]
pub struct Greeting {
    /// The identity of the stored history.
    pub epoch: String,
    /// Where the user's rooms stand.
    pub rooms: Vec<RoomHead>,
    /// The unread messages that mention the user.
    pub mentions: Vec<(RoomId, u64)>,
    /// How often what many things show has changed.
    pub looks: Looks,
}

impl Backend {
    /// Asks whether the caller may open one more connection.
    ///
    /// # Errors
    /// `too_fast`.
    pub async fn admit_connection(&self, caller: &Caller) -> Result<()> {
        self.limiter
            .take(Quota::Socket, &caller.id().to_string())
            .await
            .allowed()
    }

    /// What a new connection of the caller is greeted with.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn greet(&self, caller: &Caller) -> Result<Greeting> {
        let user = caller.id();
        let (epoch, looks, rooms, mentions) = tokio::try_join!(
            self.store.epoch(),
            self.store.looks(),
            self.store.heads_of(user),
            self.store.unread_mentions(user)
        )?;
        Ok(Greeting {
            epoch,
            rooms,
            mentions,
            looks,
        })
    }

    /// Asks whether the caller may open `room` live: a member's room or a public channel.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `unavailable`.
    pub async fn open_room(&self, caller: &Caller, room: RoomId) -> Result<()> {
        self.allow(caller, room, Action::Read).await.map(drop)
    }

    /// Where a room stands; for the hub, which has no caller.
    ///
    /// # Errors
    /// `room_not_found`, `unavailable`.
    pub async fn head(&self, room: RoomId) -> Result<Head> {
        let heads = self.store.heads(&[room]).await?;
        Ok(heads.into_iter().next().ok_or(Code::RoomNotFound)?)
    }

    /// Where rooms stand; unknown ones are left out.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn heads(&self, rooms: &[RoomId]) -> Result<Vec<Head>> {
        Ok(self.store.heads(rooms).await?)
    }

    /// What changed in a room after a `rev`, one more than [`RESUME_LIMIT`] at most so that the reader sees when
    /// it is too much; for the hub, which has checked the caller.
    ///
    /// # Errors
    /// `room_not_found`, `unavailable`.
    pub async fn changes_after(&self, room: RoomId, rev: u64) -> Result<Changes> {
        Ok(self
            .store
            .changes(room, rev, RESUME_LIMIT + 1)
            .await?
            .ok_or(Code::RoomNotFound)?)
    }

    /// Tells those who have the room open that the caller is typing, a reply where there is a `thread`. Whether that is one
    /// of the room is not asked: nobody shows it elsewhere.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `unavailable`.
    pub async fn type_in_room(
        &self,
        caller: &Caller,
        room: RoomId,
        thread: Option<MessageId>,
        origin: ConnectionId,
    ) -> Result<()> {
        self.allow(caller, room, Action::Write).await?;
        self.bus
            .publish(Event::Typed {
                room,
                user: caller.id(),
                thread,
                origin: Some(origin),
            })
            .await;
        Ok(())
    }

    /// A connection of `user` is there, looking or not.
    pub async fn set_presence(&self, user: UserId, connection: ConnectionId, status: Status) {
        if let Some(status) = self.presence.set(user, connection, status).await {
            self.bus.publish(Event::PresenceChanged { user, status }).await;
        }
    }

    /// A connection of `user` is gone. It counts for [`OFFLINE_GRACE`] longer, with the instance that had it: if that
    /// dies meanwhile, another one tells.
    pub async fn clear_presence(&self, user: UserId, connection: ConnectionId) {
        tokio::time::sleep(OFFLINE_GRACE).await;
        if let Some(status) = self.presence.clear(user, connection).await {
            self.bus.publish(Event::PresenceChanged { user, status }).await;
        }
    }

    /// Passes on what waits to be told, and takes leave of the other instances; to be called once nothing is served
    /// any longer.
    pub async fn close(&self) {
        self.presence.close().await;
        self.bus.close().await;
        self.store.close().await;
    }
}
