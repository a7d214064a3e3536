//! What the hub does about each event. Nothing here waits: what needs the store is handed on.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use backend::{
    Credential, Event,
    bus::{Delivery, Subscription},
    event::Logged,
};
use chat::{ConnectionId, Role, RoomId, UserId, close::Close, wire::ServerFrame};
use futures::StreamExt;

use super::{Hub, frame::text, members::Move, slots::About, user::LiveUser};

/// Hears the bus for as long as there is one.
pub(super) async fn listen(hub: Arc<Hub>, mut events: Subscription) {
    while let Some(delivery) = events.next().await {
        let hear = || match delivery {
            Delivery::Event(event) => hub.hear(&event),
            Delivery::Gap => {
                hub.backend.tokens.forget();
                hub.suspect_everything();
            }
        };
        // One bad event must not make the server deaf.
        if catch_unwind(AssertUnwindSafe(hear)).is_err() {
            tracing::error!("an event could not be handled");
        }
    }
    tracing::info!("the bus is closed");
}

impl Hub {
    fn hear(self: &Arc<Self>, event: &Event) {
        match event {
            Event::Logged(logged) => self.hear_logged(logged),
            Event::Typed { room, user, origin } => {
                if let Some(room) = self.known_room(*room) {
                    room.hear_typing(*user, *origin);
                }
            }
            Event::PresenceChanged { user, status } => {
                let lost = self.presence.change(*user, *status);
                self.metrics.ephemeral_dropped.increment(lost);
            }
            Event::MarkerMoved {
                user,
                room,
                seq,
                origin,
            } => self.move_marker(*user, *room, *seq, *origin),
            Event::Joined { room, user } => self.hear_joined(*room, *user),
            Event::Left { room, user } => self.hear_left(*room, *user),
            Event::RoomChanged { room } => self.hear_room_changed(*room),
            Event::UserChanged { user, sessions } => self.hear_user_changed(*user, sessions.clone()),
            Event::SessionEnded { session } => {
                self.end_all(Credential::Session(*session));
                let (hub, session) = (Arc::clone(self), *session);
                tokio::spawn(async move {
                    hub.backend.sessions.forget(session).await;
                    // Who came in between was told that the session stands.
                    hub.end_all(Credential::Session(session));
                });
            }
            Event::TokenRevoked { token } => {
                self.backend.tokens.forget();
                self.end_all(Credential::Token(*token));
            }
            Event::Reached { room, rev } => self.hear_reached(*room, *rev),
            Event::Forgotten { .. } => {}
        }
    }

    fn hear_logged(self: &Arc<Self>, logged: &Logged) {
        // Before the head goes out, which tells the numbers.
        self.count_mentions(logged);
        let Some(room) = self.known_room(logged.room) else {
            self.unheard.fetch_add(1, Ordering::AcqRel);
            return;
        };
        let due = room.hear(logged, Instant::now());
        self.see_to(&room, due);
    }

    fn hear_reached(&self, room: RoomId, rev: u64) {
        match self.known_room(room) {
            Some(room) => self.expect(&room, rev),
            None => drop(self.unheard.fetch_add(1, Ordering::AcqRel)),
        }
    }

    fn count_mentions(&self, logged: &Logged) {
        for user in logged.mentions.iter().filter(|user| **user != logged.author) {
            if let Some(user) = self.live_user(*user) {
                user.with_mentions(|mentions| mentions.add(logged.room, logged.seq));
            }
        }
        for user in &logged.unmentioned {
            if let Some(user) = self.live_user(*user) {
                user.with_mentions(|mentions| mentions.remove(logged.room, logged.seq));
            }
        }
        if !logged.posted {
            return;
        }
        // Who posts has read what came before: the store moves the author's marker in the same transaction.
        self.move_marker(logged.author, logged.room, logged.seq, logged.origin);
    }

    fn move_marker(&self, user: UserId, room: RoomId, seq: u64, origin: Option<ConnectionId>) {
        let Some(user) = self.live_user(user) else { return };
        user.note_read(room, seq);
        tell_read(&user, room, seq, origin);
    }

    fn hear_joined(&self, room: RoomId, user: UserId) {
        if let Some(user) = self.live_user(user) {
            self.enlist(&user, room, 0);
            self.follow(Move {
                room,
                user,
                left: false,
                told: false,
            });
        }
    }

    fn hear_left(&self, room: RoomId, user: UserId) {
        if let Some(user) = self.live_user(user) {
            self.strike(&user, room);
            self.follow(Move {
                room,
                user,
                left: true,
                told: true,
            });
        }
    }

    /// Tells everyone here who is in a room, or has it open, what it is like now.
    pub(super) fn hear_room_changed(&self, id: RoomId) {
        let Some(room) = self.known_room(id) else { return };
        for user in room.people() {
            self.follow(Move {
                room: id,
                user,
                left: false,
                told: true,
            });
        }
    }

    /// Lets a user's connections speak as the user is now. A guest sees less than others: the connections of one come
    /// back, and open what they may.
    fn hear_user_changed(self: &Arc<Self>, user: UserId, sessions: Vec<chat::SessionId>) {
        let hub = Arc::clone(self);
        hub.backend.tokens.forget();
        tokio::spawn(async move {
            for session in sessions {
                hub.backend.sessions.forget(session).await;
            }
            let Some(live) = hub.live_user(user) else { return };
            match hub.backend.store.user(user).await {
                Ok(Some(user)) => {
                    for connection in live.connections() {
                        connection.renew(&user);
                        if user.role == Role::Guest {
                            connection.end(Close::Restart);
                        }
                    }
                }
                // What is not known is asked for again when they come back.
                Ok(None) | Err(_) => {
                    for connection in live.connections() {
                        connection.end(Close::Restart);
                    }
                }
            }
        });
    }

    pub(super) fn end_all(&self, credential: Credential) {
        self.each_connection(|connection| {
            if connection.credential == credential {
                connection.end(Close::NotSignedIn);
            }
        });
    }
}

/// Tells the user's connections but one up to where a room is read.
pub(super) fn tell_read(user: &LiveUser, room: RoomId, seq: u64, except: Option<ConnectionId>) {
    user.with_mentions(|mentions| mentions.read(room, seq));
    user.say(About::Read(room), except, || {
        text(&ServerFrame::Read { room, seq })
    });
}
