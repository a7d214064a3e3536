//! What a new connection is told first, and how it comes to be told the rest.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use backend::{Caller, Result, live::Greeting, store::Head};
use bytes::Bytes;
use chat::{
    RoomId,
    wire::{HEARTBEAT_MS, RoomHead, ServerFrame},
};

use super::{
    Hub,
    connection::Connection,
    frame::text,
    room::Room,
    user::{Listed, LiveUser},
};

impl Hub {
    /// The `hello` for a connection that is in the hub already; from it on, heads of the user's rooms flow.
    ///
    /// # Errors
    /// `not_signed_in`, `unavailable`.
    pub(crate) async fn hello(&self, connection: &Arc<Connection>, caller: &Caller) -> Result<Bytes> {
        let unheard = self.unheard.load(Ordering::Acquire);
        let loading = Loading::begin(&connection.user);
        let greeting = {
            let _permit = self.permits.acquire().await;
            self.check_credential(connection).await?;
            self.backend.greet(caller).await
        };
        let Greeting {
            epoch,
            mut rooms,
            mentions,
            looks,
        } = greeting?;
        // What was said of heads so far is no newer than what is merged below.
        connection.slots().forget_heads();
        let new = self.list(&connection.user, &mut rooms);
        loading.finish(&mentions);
        if self.unheard.load(Ordering::Acquire) != unheard {
            self.look_again(&new, &mut rooms).await?;
        }
        connection.user.with_mentions(|mentions| {
            for head in &mut rooms {
                head.mentions = mentions.count(head.room);
            }
        });
        let user = connection.user.id;
        Ok(text(&ServerFrame::Hello {
            connection: connection.id,
            user,
            heartbeat_ms: HEARTBEAT_MS,
            epoch,
            rooms,
            rooms_version: looks.rooms,
        }))
    }

    /// Lists the user as a member of these rooms and brings the heads up to date. Gives the rooms of which
    /// nothing was known before.
    fn list(&self, user: &Arc<LiveUser>, heads: &mut Vec<RoomHead>) -> Vec<RoomId> {
        let mut memberships = user.memberships();
        // Left since the store was asked.
        heads.retain(|head| !memberships.left.contains(&head.room));
        let mut new = Vec::new();
        for head in heads {
            let room = self.room(head.room);
            match memberships
                .rooms
                .iter_mut()
                .find(|listed| Arc::ptr_eq(&listed.room, &room))
            {
                Some(listed) => listed.read = listed.read.heard(head.marker()),
                None => {
                    memberships.rooms.push(Listed {
                        room: Arc::clone(&room),
                        read: head.marker(),
                    });
                    room.admit(user);
                }
            }
            let first;
            (*head, first) = observe(&room, head);
            if first {
                new.push(head.room);
            }
        }
        new
    }

    /// Something happened in a room that nobody looked at, perhaps one of these, and after the store was asked.
    async fn look_again(&self, new: &[RoomId], heads: &mut [RoomHead]) -> Result<()> {
        for found in self.backend.heads(new).await? {
            let room = self.room(found.room);
            // Others may have come to the room meanwhile, trusting what was known of it.
            self.see_to(&room, room.compare(found, Instant::now()));
            if let Some(head) = heads.iter_mut().find(|head| head.room == found.room) {
                (*head, _) = observe(&room, head);
            }
        }
        Ok(())
    }
}

fn observe(room: &Room, head: &RoomHead) -> (RoomHead, bool) {
    let found = Head {
        room: head.room,
        last_seq: head.last_seq,
        last_rev: head.last_rev,
    };
    let (
        Head {
            room,
            last_seq,
            last_rev,
        },
        first,
    ) = room.observe(found);
    (
        RoomHead {
            room,
            last_seq,
            last_rev,
            ..head.clone()
        },
        first,
    )
}

/// A reading of the store for a user under way: events heard meanwhile are newer than what it brings.
pub(super) struct Loading<'a> {
    user: &'a LiveUser,
    mentions: Vec<(RoomId, u64)>,
}

impl<'a> Loading<'a> {
    pub(super) fn begin(user: &'a LiveUser) -> Self {
        user.memberships().loading += 1;
        user.with_mentions(super::mentions::Mentions::begin_loading);
        Self {
            user,
            mentions: Vec::new(),
        }
    }

    pub(super) fn finish(mut self, mentions: &[(RoomId, u64)]) {
        self.mentions = mentions.to_vec();
    }
}

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        self.user.with_mentions(|all| all.finish_loading(&self.mentions));
        let mut memberships = self.user.memberships();
        memberships.loading -= 1;
        if memberships.loading == 0 {
            memberships.left = Vec::new();
        }
    }
}
