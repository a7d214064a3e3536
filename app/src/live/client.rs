//! The whole of a page's live part: what it holds, what it waits for, and what it does about each thing that
//! happens. It decides; whoever holds it carries out its [`Effect`]s and draws by its [`Notice`]s.

mod input;
#[cfg(test)]
mod tests;

use std::mem;

use chat::{
    Nonce, Room, Status, UserId,
    message::Bound,
    view::{Change, Mark, Need, Rooms, Side, View},
    wire::ClientFrame,
};

use super::{
    Ms,
    attention::Attention,
    connect::{Action, Connect, State},
    outbox::Outbox,
    resume::Resume,
    typing::{Throttle, Typists},
};

/// The shortest time between two words about how far the user has read.
const READ_INTERVAL: Ms = 1_000;
/// How long to wait before asking again for a page that did not come.
const PAGE_WAIT: Ms = 2_000;
/// The shortest time between two pages that a reader scrolls to: fewer than the server lets one person ask for, and
/// more than anyone can read.
const PAGE_INTERVAL: Ms = 150;

/// What a page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// To stand beside what is held, or to take its place.
    Part,
    /// To begin anew at the end of the room.
    Newest,
}

/// What is to be carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Open a socket and let go of the one that there is.
    Open,
    /// Let go of the socket.
    Drop,
    /// Send a frame.
    Send(ClientFrame),
    /// Fetch a page of the room's messages and give it to [`Client::page`].
    Fetch(Ask, Bound),
    /// Ask the server who is signed in; if nobody is, [`Client::signed_out`] is told.
    AskWhoAmI,
    /// Load the page again.
    Reload,
    /// Keep the outbox where the next page finds it.
    Keep,
}

/// What became different, for whoever draws it.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// In the room.
    Changes(Vec<Change>),
    /// A page of the room came, or did not.
    Page,
    /// Another room was entered.
    Entered,
    /// The user wants to see this message; `None`: the newest.
    Show(Option<u64>),
    /// The connection's state.
    State,
    /// What waits to be sent.
    Outbox,
    /// Who is typing.
    Typing,
    /// How much is unread somewhere.
    Rooms,
    /// A room was joined, changed or left.
    Room(Box<Room>),
    /// Somebody came, went or looked away.
    Presence(UserId, Status),
}

/// The live part of one page.
#[derive(Clone, Debug)]
pub struct Client {
    me: UserId,
    /// Whether the user may write and has a read marker here; a guest only reads.
    member: bool,
    view: View,
    rooms: Rooms,
    /// The version of all rooms' settings that was heard last: whoever comes back is told of what has changed since.
    rooms_version: Option<u64>,
    outbox: Outbox,
    connect: Connect,
    resume: Resume,
    typists: Typists,
    throttle: Throttle,
    attention: Attention,
    /// Up to which message the server knows to be read, and when it was told last.
    told: (u64, Option<Ms>),
    newest: Newest,
    parts: Parts,
    state: State,
    effects: Vec<Effect>,
    notices: Vec<Notice>,
}

/// The newest page, where it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Newest {
    Idle,
    Wanted,
    Fetching,
    /// It did not come.
    After(Ms),
}

/// The parts of the room that the reader scrolls to.
#[derive(Clone, Copy, Debug, Default)]
struct Parts {
    /// What is to be asked for once it is time.
    wanted: Option<Side>,
    /// No earlier than then.
    next: Ms,
    /// The last page did not come.
    failed: bool,
}

impl Client {
    /// The live part of a page that shows `view` beside these rooms, with what an earlier page left unsent.
    #[must_use]
    pub fn new(me: UserId, member: bool, mut view: View, marks: Vec<Mark>, mut outbox: Outbox) -> Self {
        take_up(&mut view, &mut outbox);
        Self {
            me,
            member,
            rooms: Rooms::new(me, marks),
            rooms_version: None,
            resume: Resume::new(view.room()),
            told: (view.read_seq(), None),
            view,
            outbox,
            connect: Connect::default(),
            typists: Typists::default(),
            throttle: Throttle::default(),
            attention: Attention::default(),
            newest: Newest::Idle,
            parts: Parts::default(),
            state: State::Connecting,
            effects: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// Who is signed in.
    #[must_use]
    pub const fn me(&self) -> UserId {
        self.me
    }

    /// The version of all rooms' settings that was heard last.
    #[must_use]
    pub const fn rooms_version(&self) -> Option<u64> {
        self.rooms_version
    }

    /// What is held of the room.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// Where the rooms stand.
    #[must_use]
    pub const fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    /// What waits to be sent.
    #[must_use]
    pub const fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// What to say of the connection.
    #[must_use]
    pub const fn state(&self) -> State {
        self.connect.state()
    }

    /// Whether the last page that the reader scrolled to did not come.
    #[must_use]
    pub const fn is_stuck(&self) -> bool {
        self.parts.failed
    }

    /// Whether the user may write here.
    #[must_use]
    pub const fn is_member(&self) -> bool {
        self.member
    }

    /// Who is typing here.
    #[must_use]
    pub const fn typists(&self) -> &Typists {
        &self.typists
    }

    /// What is to be carried out, in this order.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        mem::take(&mut self.effects)
    }

    /// What is to be drawn, in this order.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        mem::take(&mut self.notices)
    }

    /// When [`Self::tick`] has something to do.
    #[must_use]
    pub fn due(&self) -> Option<Ms> {
        let retry = match self.newest {
            Newest::After(at) => Some(at),
            _ => None,
        };
        let read = self
            .told
            .1
            .filter(|_| self.has_read_more())
            .map(|last| last + READ_INTERVAL);
        let others = [
            self.connect.due(),
            self.outbox.due(),
            self.typists.due(),
            self.attention.due(),
        ];
        let part = self.parts.wanted.map(|_| self.parts.next);
        others.into_iter().chain([retry, read, part]).flatten().min()
    }

    /// What every input ends with: whatever can be done now is done.
    fn finish(&mut self, now: Ms) {
        if !self.connect.is_open() {
            self.outbox.set_online(false);
            self.resume.forget();
        } else {
            self.meet_need(now);
            self.tell_read(now);
            let next = self.outbox.next(now).map(Effect::Send);
            self.effects.extend(next);
        }
        if self.state != self.connect.state() {
            self.state = self.connect.state();
            self.notices.push(Notice::State);
        }
    }

    fn fetch_part(&mut self, now: Ms) {
        if now < self.parts.next {
            return;
        }
        if let Some(bound) = self.parts.wanted.take().and_then(|side| self.view.ask(side)) {
            self.parts.next = now + PAGE_INTERVAL;
            self.effects.push(Effect::Fetch(Ask::Part, bound));
        }
    }

    fn meet_need(&mut self, now: Ms) {
        let after = self.view.last_rev();
        match self.view.need() {
            Some(Need::Resume) => {
                let join = self.resume.join_again(after).map(Effect::Send);
                self.effects.extend(join);
            }
            Some(Need::Page) if self.newest == Newest::Idle => self.newest = Newest::Wanted,
            _ => {}
        }
        let is_time = match self.newest {
            Newest::Wanted => true,
            Newest::After(at) => now >= at,
            Newest::Idle | Newest::Fetching => false,
        };
        if is_time {
            self.newest = Newest::Fetching;
            self.effects.push(Effect::Fetch(Ask::Newest, Bound::Newest));
        }
    }

    const fn has_read_more(&self) -> bool {
        self.member && self.connect.is_open() && self.view.read_seq() > self.told.0
    }

    fn tell_read(&mut self, now: Ms) {
        let (_, last) = self.told;
        if self.has_read_more() && last.is_none_or(|last| now >= last + READ_INTERVAL) {
            let seq = self.view.read_seq();
            self.told = (seq, Some(now));
            let turn = self.view.marker().turn;
            self.effects.push(Effect::Send(ClientFrame::Read {
                room: self.view.room(),
                seq,
                turn: (turn > 0).then_some(turn),
            }));
        }
    }

    fn act(&mut self, action: Option<Action>) {
        let Some(action) = action else { return };
        self.effects.push(match action {
            Action::Open => Effect::Open,
            Action::Drop => Effect::Drop,
            // A `join` is answered whatever is stored, and closes any gap on the way.
            Action::Probe => Effect::Send(self.resume.join(self.view.last_rev())),
            Action::AskWhoAmI => Effect::AskWhoAmI,
            Action::Reload => Effect::Reload,
        });
    }

    /// What the view confirmed or dropped is not to be sent again.
    fn changed(&mut self, changes: Vec<Change>) {
        let settled = changes.iter().filter_map(|change| match change {
            Change::Confirmed(nonce, _) | Change::Dropped(nonce) => Some(nonce),
            _ => None,
        });
        let settled: Vec<Nonce> = settled.cloned().collect();
        settled.iter().for_each(|nonce| self.settle(nonce));
        match self.notices.last_mut() {
            // What comes in one go is drawn in one go.
            Some(Notice::Changes(before)) => before.extend(changes),
            _ if changes.is_empty() => {}
            _ => self.notices.push(Notice::Changes(changes)),
        }
    }

    fn settle(&mut self, nonce: &Nonce) {
        if self.outbox.settle(nonce) {
            self.effects.push(Effect::Keep);
            self.notices.push(Notice::Outbox);
        }
    }
}

/// A view shows the sends of its room, but for those that are stored after all, though the page that sent them did
/// not live to hear of it.
fn take_up(view: &mut View, outbox: &mut Outbox) {
    let (here, me) = (view.room(), view.me());
    let own = view.messages().filter(|message| message.author.id == me);
    for nonce in own.filter_map(|message| message.nonce.as_ref()) {
        outbox.settle(nonce);
    }
    for send in outbox.sends().filter(|send| send.room == here) {
        view.post(send.clone());
    }
}
