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
use chat::{Call, ConnectionId, Marker, Role, RoomId, UserId, close::Close, wire::ServerFrame};
use futures::StreamExt;
use serde::Deserialize;

use super::{
    Hub, frame::text, greet::Loading, members::Move, presence::News, room::Room, slots::About, user::LiveUser,
};

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
            Event::Typed {
                room,
                user,
                thread,
                origin,
            } => {
                if let Some(room) = self.known_room(*room) {
                    room.hear_typing(*user, *thread, *origin);
                }
            }
            Event::PresenceChanged { user, status } => {
                let news = News {
                    status: Some(*status),
                    custom: None,
                };
                self.tell_news(*user, news);
            }
            Event::StatusSet { user, custom } => {
                let news = News {
                    status: None,
                    custom: Some(custom.clone()),
                };
                self.tell_news(*user, news);
            }
            Event::MarkerMoved {
                user,
                room,
                seq,
                turn,
                back_from,
                origin,
            } => {
                let to = Marker {
                    turn: *turn,
                    seq: *seq,
                };
                match back_from {
                    None => self.move_marker(*user, *room, *origin, |known| known.heard(to)),
                    Some(last_seq) => self.move_marker_back(*user, *room, to, *last_seq),
                }
            }
            Event::RoomSeenAnew { room, user } => self.hear_seen_anew(*room, *user),
            Event::OwnChanged { user, frame } => self.hear_own(*user, frame),
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
        self.tell_counts(logged, &room);
        self.tell_followers(logged);
    }

    /// Tells those who follow a thread that its replies changed: how many of them have unread ones, they ask.
    fn tell_followers(&self, logged: &Logged) {
        let frame = ServerFrame::Thread {
            room: logged.room,
            root: logged.id,
            following: true,
        };
        for user in &logged.followers {
            self.hear_own(*user, &frame);
        }
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
        if logged.called_all == Some(true) {
            self.count_for_all(logged);
        }
        if !logged.unmentioned.is_empty() || logged.called_all == Some(false) {
            self.uncount(logged);
        }
        if !logged.posted {
            return;
        }
        // Who posts has read what came before: the store moves the author's marker in the same transaction.
        self.move_marker(logged.author, logged.room, logged.origin, |known| {
            known.reading(logged.seq)
        });
    }

    /// A message calls on all members: of those who are connected here, whoever has not read it.
    fn count_for_all(&self, logged: &Logged) {
        let Some(room) = self.known_room(logged.room) else {
            return;
        };
        for user in room.members() {
            if user.id != logged.author && user.has_unread(room.id, logged.seq) {
                user.with_mentions(|mentions| mentions.add(logged.room, logged.seq));
            }
        }
    }

    /// A message does not call on some, or on all, any more. Who is called in another way still is.
    fn uncount(&self, logged: &Logged) {
        let still = Callees::of(&logged.json);
        if still.calls == Some(Call::Room) {
            return;
        }
        let uncount = |user: &LiveUser| {
            if !still.mentions.contains(&user.id) {
                user.with_mentions(|mentions| mentions.remove(logged.room, logged.seq));
            }
        };
        let named = logged.unmentioned.iter().filter_map(|user| self.live_user(*user));
        named.for_each(|user| uncount(&user));
        let room = self
            .known_room(logged.room)
            .filter(|_| logged.called_all == Some(false));
        let all = room.map(|room| room.members()).unwrap_or_default();
        all.iter().for_each(|user| uncount(user));
    }

    /// Tells those how many mentions there are to whom the messages do not tell it: a message of the past calls on them
    /// or does so no longer, or a new one did because they were there.
    fn tell_counts(&self, logged: &Logged, room: &Arc<Room>) {
        let named = match logged.posted {
            true if !logged.here => return,
            true => logged.mentions.iter().chain(&[]),
            false => logged.mentions.iter().chain(&logged.unmentioned),
        };
        for user in named.filter_map(|user| self.live_user(*user)) {
            room.say_count(&user);
        }
        if !logged.posted && logged.called_all.is_some() {
            for user in room.members() {
                room.say_count(&user);
            }
        }
    }

    pub(super) fn tell_news(&self, user: UserId, news: News) {
        let lost = self.presence.change(user, news);
        self.metrics.ephemeral_dropped.increment(lost);
    }

    fn move_marker(
        &self,
        user: UserId,
        room: RoomId,
        origin: Option<ConnectionId>,
        to: impl Fn(Marker) -> Marker,
    ) {
        let Some(user) = self.live_user(user) else { return };
        let moved = user.note_read(room, &to);
        // Who is not listed is about to be; what is heard meanwhile is not to be lost.
        let now = moved.map_or_else(|| to(Marker::default()), |(_, now)| now);
        tell_read(&user, room, now, origin);
    }

    /// Messages were marked as unread: what mentions the user among them, only the store knows.
    fn move_marker_back(self: &Arc<Self>, user: UserId, room: RoomId, to: Marker, last_seq: u64) {
        let Some(user) = self.live_user(user) else { return };
        let moved = user.note_read(room, |known| known.put(to, last_seq));
        let now = moved.map_or(to, |(_, now)| now);
        user.with_mentions(|mentions| mentions.unread(room, now.seq));
        tell_read(&user, room, now, None);
        let hub = Arc::clone(self);
        tokio::spawn(async move { hub.recount(&user, room).await });
    }

    async fn recount(&self, user: &LiveUser, room: RoomId) {
        let loading = Loading::begin(user);
        let read = {
            let _permit = self.permits.acquire().await;
            self.backend.store.unread_mentions(user.id).await
        };
        match read {
            Ok(mentions) => loading.finish(&mentions),
            Err(error) => {
                tracing::warn!(%error, "unread mentions could not be counted");
                return self.suspect_everything();
            }
        }
        if let Some(room) = self.known_room(room) {
            room.say_count(user);
        }
    }

    fn hear_seen_anew(&self, room: RoomId, user: UserId) {
        if let Some(user) = self.live_user(user) {
            self.follow(Move {
                room,
                user,
                left: false,
                told: false,
            });
        }
    }

    fn hear_own(&self, user: UserId, frame: &ServerFrame) {
        let about = match frame {
            ServerFrame::Draft { room, .. } => About::Own("draft", room.0),
            ServerFrame::ReplyDraft { root, .. } => About::Own("reply_draft", root.0),
            ServerFrame::Saved { message, .. } => About::Own("saved", message.0),
            ServerFrame::Thread { root, .. } => About::Own("thread", root.0),
            _ => About::Own("other", uuid::Uuid::nil()),
        };
        if let Some(user) = self.live_user(user) {
            user.say(about, None, || text(frame));
        }
    }

    fn hear_joined(&self, room: RoomId, user: UserId) {
        if let Some(user) = self.live_user(user) {
            self.enlist(&user, room, Marker::default());
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
pub(super) fn tell_read(user: &LiveUser, room: RoomId, marker: Marker, except: Option<ConnectionId>) {
    let Marker { turn, seq } = marker;
    user.with_mentions(|mentions| mentions.read(room, seq));
    user.say(About::Read(room), except, || {
        text(&ServerFrame::Read { room, seq, turn })
    });
}

/// Whom a message calls, as its JSON says.
#[derive(Default, Deserialize)]
struct Callees {
    mentions: Vec<UserId>,
    #[serde(default)]
    calls: Option<Call>,
}

impl Callees {
    fn of(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }
}
