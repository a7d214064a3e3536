//! Everything that can happen to a [`Client`].

use std::{mem, ops::Range};

use chat::{
    Attachment, Message, MessageId, Nonce, RoomId, Timestamp, UserId,
    body::{self, NotABody},
    message::Page,
    view::{Pending, Side, View},
    wire::{ClientFrame, RoomHead, ServerFrame},
};

use super::{Ask, Client, Effect, Newest, Notice, PAGE_WAIT, Parts, take_up};
use crate::live::{
    Ms,
    typing::{Throttle, Typists},
};

/// What happens from outside.
impl Client {
    /// Opens the connection, or looks whether it still lives: at the start, when the page is shown again, when the
    /// browser says that there is a network.
    pub fn wake(&mut self, now: Ms) {
        let action = self.connect.wake(now);
        self.act(action);
        self.finish(now);
    }

    /// The browser says that there is no network.
    pub fn doubt(&mut self, now: Ms) {
        let action = self.connect.doubt(now);
        self.act(action);
        self.finish(now);
    }

    /// The page is put away, perhaps for good.
    pub fn rest(&mut self, now: Ms) {
        if self.has_read_more() {
            // There is no later any more.
            self.told.1 = None;
            self.tell_read(now);
        }
        let action = self.connect.rest();
        self.act(action);
        self.finish(now);
    }

    /// The socket closed. `random` is from 0 to 1.
    pub fn closed(&mut self, code: u16, now: Ms, random: f64) {
        let action = self.connect.closed(code, now, random);
        self.act(action);
        self.finish(now);
    }

    /// Nobody is signed in any more. What was written waits.
    pub fn signed_out(&mut self, now: Ms) {
        let action = self.connect.sign_out();
        self.act(action);
        self.finish(now);
    }

    /// Takes over sends that an earlier page, or one that is closed now, left behind.
    pub fn adopt(&mut self, sends: Vec<Pending>, now: Ms) {
        let here = self.view.room();
        let stored = |nonce: &Nonce| {
            let mut held = self.view.messages();
            held.any(|message| message.author.id == self.me && message.nonce.as_ref() == Some(nonce))
        };
        let (done, left): (Vec<_>, Vec<_>) = sends.into_iter().partition(|send| stored(&send.nonce));
        let mut changes = Vec::new();
        for send in left {
            // What waits for another room is not drawn here, but it is counted.
            let is_new = self.outbox.adopt(send.clone());
            changes.extend((is_new && send.room == here).then(|| self.view.post(send)));
        }
        self.notices.push(Notice::Outbox);
        if !done.is_empty() || !changes.is_empty() {
            self.outbox_changed();
        }
        self.changed(changes);
        self.finish(now);
    }

    /// Shows what was kept of the room's end, where the page came with less of it. The next word of the server brings
    /// both up to date.
    pub fn recall(&mut self, page: Page, now: Ms) {
        let newest = |messages: &mut dyn DoubleEndedIterator<Item = &Message>| {
            messages.next_back().map_or(0, |message| message.seq)
        };
        let is_news = newest(&mut page.messages.iter()) > newest(&mut self.view.messages());
        // The room may have been left meanwhile, and whoever reads further up is not to be moved.
        let fits = self.view.at_end()
            && page
                .messages
                .iter()
                .all(|message| message.room == self.view.room());
        if is_news && fits && !self.connect.is_open() {
            let changes = self.view.load(page).unwrap_or_default();
            self.drop_settled();
            self.changed(changes);
            self.finish(now);
        }
    }

    /// Time went by.
    pub fn tick(&mut self, now: Ms, random: f64) {
        if self.outbox.is_overdue(now) {
            let action = self.connect.silent(now);
            self.act(action);
        }
        let action = self.connect.tick(now, random);
        self.act(action);
        if self.typists.tick(now) {
            self.notices.push(Notice::Typing);
        }
        let status = self.attention.tick(now);
        self.tell_status(status);
        self.fetch_part(now);
        self.finish(now);
    }

    /// A frame came.
    pub fn hear(&mut self, frame: ServerFrame, now: Ms) {
        self.connect.heard(now);
        match &frame {
            // Somebody else signed in meanwhile: what is here is neither theirs to see nor to send.
            ServerFrame::Hello { user, .. } if *user != self.me => self.effects.push(Effect::Reload),
            ServerFrame::Hello {
                epoch,
                rooms,
                rooms_version,
                ..
            } => {
                self.rooms_version = Some(*rooms_version);
                self.greet(epoch, rooms, now);
            }
            ServerFrame::Joined { id, .. } => self.resume.answered(id.as_ref()),
            ServerFrame::Reconnect { in_ms } => self.connect.told(*in_ms),
            ServerFrame::Sent { nonce, .. } => self.settle(nonce),
            ServerFrame::Message { message } => self.stop_typing(message),
            ServerFrame::Typing {
                room,
                user,
                thread: None,
            } => self.hear_typing(*room, *user, now),
            ServerFrame::Presence { user, status } => self.notices.push(Notice::Presence(*user, *status)),
            ServerFrame::Room { room } => {
                self.notices.push(Notice::Room(room.clone()));
                // Who was brought into the open room has another page of it, and who is out of a private one has none.
                let is_another = room.member != self.member && (room.member || room.private);
                if room.id == self.view.room() && is_another {
                    self.effects.push(Effect::Reload);
                }
            }
            ServerFrame::Error {
                id,
                nonce,
                code,
                detail,
            } => {
                self.resume.answered(id.as_ref());
                let nonce = nonce.as_deref().and_then(|nonce| Nonce::new(nonce).ok());
                nonce
                    .into_iter()
                    .for_each(|nonce| self.refused(&nonce, code, detail, now));
            }
            ServerFrame::Head { .. }
            | ServerFrame::Read { .. }
            | ServerFrame::Changed { .. }
            // What reads these is not in every page: see `offline/attention.js`.
            | ServerFrame::Status { .. }
            | ServerFrame::Draft { .. }
            | ServerFrame::ReplyDraft { .. }
            // Whoever writes a reply is shown in the thread: see `islands/verbs/typing.rs`.
            | ServerFrame::Typing { .. }
            | ServerFrame::Saved { .. }
            | ServerFrame::Thread { .. }
            | ServerFrame::Quiet { .. } => {}
        }
        self.count(&frame);
        let read = self.view.read_seq();
        let changes = self.view.apply(frame);
        if self.view.read_seq() != read {
            // The server moved the marker, so it knows.
            self.told.0 = self.view.read_seq();
        }
        self.changed(changes);
        self.finish(now);
    }

    /// The page that was fetched; `None`: it did not come.
    pub fn page(&mut self, ask: Ask, page: Option<Page>, now: Ms) {
        match ask {
            Ask::Part => {
                self.parts.failed = page.is_none();
                match page {
                    Some(page) => {
                        let changes = self.view.merge(page).unwrap_or_default();
                        self.changed(changes);
                    }
                    None => {
                        self.view.give_up();
                        self.parts.next = now + PAGE_WAIT;
                    }
                }
                self.notices.push(Notice::Page);
            }
            Ask::Newest => match page.and_then(|page| self.view.load(page)) {
                Some(changes) => {
                    self.newest = Newest::Idle;
                    self.drop_settled();
                    self.changed(changes);
                }
                None => self.newest = Newest::After(now + PAGE_WAIT),
            },
        }
        self.finish(now);
    }
}

/// What the user does.
impl Client {
    /// Posts a message. It is shown and kept at once, and sent when that works.
    ///
    /// # Errors
    /// [`NotABody`] says what is wrong with the text.
    pub fn post(&mut self, text: &str, nonce: Nonce, created_at: Timestamp, now: Ms) -> Result<(), NotABody> {
        self.post_with(text, Vec::new(), nonce, created_at, now)
    }

    /// The same with files that were uploaded for it, of which nothing need be said.
    ///
    /// # Errors
    /// [`NotABody`] says what is wrong with the text.
    pub fn post_with(
        &mut self,
        text: &str,
        attachments: Vec<Attachment>,
        nonce: Nonce,
        created_at: Timestamp,
        now: Ms,
    ) -> Result<(), NotABody> {
        let body = match body::parse(text) {
            Err(NotABody::Empty) if !attachments.is_empty() => String::new(),
            parsed => parsed?,
        };
        let pending = Pending {
            room: self.view.room(),
            nonce,
            body,
            attachments,
            created_at,
            failed: None,
        };
        self.outbox.push(pending.clone());
        let change = self.view.post(pending);
        self.throttle.send();
        self.outbox_changed();
        self.changed(vec![change]);
        self.finish(now);
        Ok(())
    }

    /// Tries a refused send again.
    pub fn retry(&mut self, nonce: &Nonce, now: Ms) {
        self.outbox.retry(nonce);
        let change = self.view.mark(nonce, None);
        self.outbox_changed();
        self.changed(change.into_iter().collect());
        self.finish(now);
    }

    /// Gives a refused send up.
    pub fn discard(&mut self, nonce: &Nonce, now: Ms) {
        let change = self.view.discard(nonce);
        self.changed(change.into_iter().collect());
        self.finish(now);
    }

    /// A key was pressed in the composer.
    pub fn typed(&mut self, now: Ms) {
        if self.member && self.connect.is_open() && self.throttle.press(now) {
            self.tell_typing(None);
        }
    }

    /// Tells that the user types, in a thread where one is named. How often is the caller's to see to.
    pub fn tell_typing(&mut self, thread: Option<MessageId>) {
        if self.member && self.connect.is_open() {
            let room = self.view.room();
            self.effects
                .push(Effect::Send(ClientFrame::Typing { room, thread }));
        }
    }

    /// The newest message was seen.
    pub fn see(&mut self, now: Ms) {
        if !self.member {
            return;
        }
        if let Some(seq) = self.view.see() {
            self.rooms.read(self.view.room(), seq);
            self.notices.push(Notice::Rooms);
            self.finish(now);
        }
    }

    /// The page came into view or went out of it.
    pub fn look(&mut self, visible: bool, now: Ms) {
        let status = self.attention.look(visible, now);
        self.tell_status(status);
        if visible {
            self.view.come_back();
            self.wake(now);
        }
    }

    /// The user comes near what is not held. The last word counts.
    pub fn ask(&mut self, side: Option<Side>, now: Ms) {
        self.parts.wanted = side;
        self.fetch_part(now);
    }

    /// The user does not want to wait for a page that did not come.
    pub fn ask_again(&mut self, now: Ms) {
        self.parts.next = now;
        self.fetch_part(now);
    }

    /// Lets go of messages far from the reader.
    pub fn trim(&mut self, keep: Range<u64>) {
        self.view.trim(keep);
    }

    /// The user wants to see a message of this room; `None`: the newest.
    pub fn show(&mut self, seq: Option<u64>) {
        let seq = seq.filter(|seq| (1..=self.view.last_seq()).contains(seq));
        self.notices.push(Notice::Show(seq));
    }

    /// The user goes to another room. Gives back what was held of the one before.
    pub fn enter(&mut self, mut view: View, member: bool, now: Ms) -> View {
        if self.has_read_more() {
            self.told.1 = None;
            self.tell_read(now);
        }
        if self.connect.is_open() && self.view.room() != view.room() {
            self.effects.push(Effect::Send(ClientFrame::Leave {
                room: self.view.room(),
            }));
        }
        take_up(&mut view, &mut self.outbox);
        view.come_back();
        self.member = member;
        self.told = (view.read_seq(), None);
        self.resume.enter(view.room());
        self.typists = Typists::default();
        self.throttle = Throttle::default();
        self.newest = Newest::Idle;
        self.parts = Parts::default();
        let mut left = mem::replace(&mut self.view, view);
        // Nobody waits for its page any more.
        left.give_up();
        if self.connect.is_open() {
            let join = self.resume.join(self.view.last_rev());
            self.effects.push(Effect::Send(join));
        }
        self.notices
            .extend([Notice::Entered, Notice::Outbox, Notice::Typing, Notice::Rooms]);
        self.finish(now);
        left
    }
}

impl Client {
    fn greet(&mut self, epoch: &str, rooms: &[RoomHead], now: Ms) {
        let action = self.connect.hello(epoch, now);
        self.act(action);
        if action.is_some() {
            return;
        }
        let join = self.resume.join(self.view.last_rev());
        self.effects.push(Effect::Send(join));
        self.outbox.set_online(true);
        let known = rooms.iter().find(|head| head.room == self.view.room());
        self.told.0 = known.map_or(0, |head| head.read_seq);
        let status = self.attention.to_tell();
        self.tell_status(status);
    }

    fn refused(&mut self, nonce: &Nonce, code: &str, detail: &str, now: Ms) {
        if self.outbox.refuse(nonce, code, detail, now) {
            let change = self.view.mark(nonce, Some(detail));
            self.outbox_changed();
            self.changed(change.into_iter().collect());
        }
    }

    fn hear_typing(&mut self, room: RoomId, user: UserId, now: Ms) {
        if room == self.view.room() && user != self.me && self.typists.hear(user, now) {
            self.notices.push(Notice::Typing);
        }
    }

    fn stop_typing(&mut self, message: &Message) {
        if message.room == self.view.room() && self.typists.stop(message.author.id) {
            self.notices.push(Notice::Typing);
        }
    }

    fn count(&mut self, frame: &ServerFrame) {
        let before = self.rooms.clone();
        self.rooms.apply(frame);
        if before.marks() != self.rooms.marks() {
            self.notices.push(Notice::Rooms);
        }
    }

    fn tell_status(&mut self, status: Option<chat::Status>) {
        if let Some(status) = status.filter(|_| self.connect.is_open()) {
            self.effects.push(Effect::Send(ClientFrame::Presence { status }));
        }
    }

    fn outbox_changed(&mut self) {
        self.effects.push(Effect::Keep);
        self.notices.push(Notice::Outbox);
    }

    /// A fresh page may have been the first to show that a send is stored.
    fn drop_settled(&mut self) {
        let here = self.view.room();
        let gone = |nonce: &Nonce| !self.view.pending().iter().any(|pending| pending.nonce == *nonce);
        let settled: Vec<_> = self
            .outbox
            .sends()
            .filter(|send| send.room == here && gone(&send.nonce))
            .collect();
        let settled: Vec<_> = settled.into_iter().map(|send| send.nonce.clone()).collect();
        settled.iter().for_each(|nonce| self.settle(nonce));
    }
}
