//! What people want to be told of, what they say of themselves, and where something waits for them.

use std::sync::Arc;

use chat::{
    Custom, Emoji, Message, Notify, Problem, Quiet, Room, RoomId, Timestamp, UserId, message::Bound,
    notify::status_text, permission::Action, wire::ServerFrame,
};
use futures::future::try_join_all;

use crate::{Backend, Caller, Event, Result, stamp::now};

/// The most rooms of which the first unread messages are shown at once.
pub const WAITING_ROOMS_MAX: usize = 20;
/// How many of a room's unread messages are shown.
pub const WAITING_MESSAGES: u64 = 3;

/// A room in which something waits to be read.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The room.
    pub room: Room,
    /// Its first unread messages, at most [`WAITING_MESSAGES`].
    pub first: Vec<Message>,
}

impl Backend {
    /// How the caller wants to hear of a room that he or she is a member of.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `unavailable`.
    pub async fn set_notify(self: &Arc<Self>, caller: &Caller, room: RoomId, notify: Notify) -> Result<()> {
        let user = caller.id();
        let set = self.carry_through(move |backend| async move {
            let set = backend.store.set_notify(room, user, notify).await?;
            if set {
                backend.bus.publish(Event::RoomSeenAnew { room, user }).await;
            }
            Ok(set)
        });
        match set.await? {
            true => Ok(()),
            false => Err(self.not_a_member(room).await?),
        }
    }

    /// When the caller does not want to be disturbed.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn quiet(&self, caller: &Caller) -> Result<Quiet> {
        Ok(self.store.quiet(caller.id()).await?)
    }

    /// Sets that.
    ///
    /// # Errors
    /// `invalid` for minutes that no day has, `unavailable`.
    pub async fn set_quiet(self: &Arc<Self>, caller: &Caller, quiet: Quiet) -> Result<()> {
        if !quiet.is_valid() {
            return Err(Problem::invalid(
                "daily",
                "must be two different minutes of a day, 0 to 1439",
            ));
        }
        let user = caller.id();
        self.carry_through(move |backend| async move {
            backend.store.set_quiet(user, quiet).await?;
            backend.tell_own(user, ServerFrame::Quiet { quiet }).await;
            Ok(())
        })
        .await
    }

    /// What the caller says of himself or herself; an empty text without an emoji is nothing.
    ///
    /// # Errors
    /// `invalid` for the fields at fault, `unavailable`.
    pub async fn set_custom(
        self: &Arc<Self>,
        caller: &Caller,
        text: &str,
        emoji: &str,
        until: Option<Timestamp>,
    ) -> Result<Option<Custom>> {
        let custom = check_custom(text, emoji, until)?;
        let user = caller.id();
        self.carry_through(move |backend| async move {
            backend.store.set_custom(user, custom.clone()).await?;
            let event = Event::StatusSet {
                user,
                custom: custom.clone(),
            };
            backend.bus.publish(event).await;
            Ok(custom)
        })
        .await
    }

    /// What these people say of themselves now.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn customs(&self, users: &[UserId]) -> Result<Vec<(UserId, Custom)>> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let mut customs = self.store.customs(users).await?;
        customs.retain(|(_, custom)| custom.is_shown(now()));
        Ok(customs)
    }

    /// The caller's rooms with unread messages: those with mentions first, then those that are not muted. The first of
    /// them come with what is unread.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn list_waiting(&self, caller: &Caller) -> Result<Vec<Waiting>> {
        let mut rooms = self.own_rooms(caller).await?;
        rooms.retain(|room| room.unread > 0);
        rooms.sort_by_key(|room| (room.mentions == 0, room.muted));
        let (shown, others) = rooms.split_at(rooms.len().min(WAITING_ROOMS_MAX));
        let first = shown.iter().map(|room| async {
            let bound = Bound::After(room.read_seq);
            let page = self.store.page(room.id, bound, WAITING_MESSAGES).await?;
            Ok::<_, Problem>(Waiting {
                room: room.clone(),
                first: page.messages,
            })
        });
        let mut waiting = try_join_all(first).await?;
        waiting.extend(others.iter().map(|room| Waiting {
            room: room.clone(),
            first: Vec::new(),
        }));
        Ok(waiting)
    }

    /// Tells a person's own devices.
    pub(crate) async fn tell_own(&self, user: UserId, frame: ServerFrame) {
        let frame = Box::new(frame);
        self.bus.publish(Event::OwnChanged { user, frame }).await;
    }

    /// Whether the caller may read a room: whatever is kept beside it is only for those.
    pub(crate) async fn check_reader(&self, caller: &Caller, room: RoomId) -> Result<()> {
        self.allow(caller, room, Action::Read).await.map(drop)
    }
}

fn check_custom(text: &str, emoji: &str, until: Option<Timestamp>) -> Result<Option<Custom>> {
    let Some(text) = status_text(text) else {
        let reason = "must have at most 100 characters on one line, all of them to be seen";
        return Err(Problem::invalid("text", reason));
    };
    let emoji = match emoji.trim() {
        "" => String::new(),
        emoji => Emoji::new(emoji)
            .map_err(|_| Problem::invalid("emoji", "must be one emoji"))?
            .as_str()
            .to_owned(),
    };
    if until.is_some_and(|until| until <= now()) {
        return Err(Problem::invalid("until", "must be in the future"));
    }
    let says_something = !text.is_empty() || !emoji.is_empty();
    Ok(says_something.then_some(Custom { text, emoji, until }))
}
