//! The law of the view, tried on histories that nobody would think of.

use proptest::prelude::*;

use super::{
    server::{Server, Verb},
    *,
};
use crate::message::Bound;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    OtherPosts,
    IPost,
    IPostElsewhere,
    Change(usize, Verb),
    OtherReplies(usize),
    IReply(usize),
    ReadElsewhere(u64),
    UnreadElsewhere(u64),
    Connect,
    Disconnect,
    /// So many frames arrive.
    Arrive(usize),
    /// The hub skips a change although the connection lives.
    Lose,
    /// A frame of the past arrives once more.
    Repeat(usize),
    Ask(Side, bool),
    Answer,
    GiveUp,
    /// Only the neighbourhood of a message is kept.
    Trim(u64),
    /// The page that the view needs is photographed.
    Fetch,
    /// And arrives.
    Load,
    See,
}

fn verb() -> impl Strategy<Value = Verb> {
    let verbs = [
        Verb::Edit,
        Verb::Delete,
        Verb::React,
        Verb::Unreact,
        Verb::Pin,
        Verb::Unpin,
    ];
    prop::sample::select(verbs.to_vec())
}

fn step() -> impl Strategy<Value = Step> {
    let side = prop_oneof![
        Just(Side::Before),
        Just(Side::After),
        (1_u64..40).prop_map(Side::Around),
    ];
    prop_oneof![
        4 => Just(Step::OtherPosts),
        3 => Just(Step::IPost),
        1 => Just(Step::IPostElsewhere),
        4 => (0_usize..40, verb()).prop_map(|(place, verb)| Step::Change(place, verb)),
        1 => (0_usize..40).prop_map(Step::OtherReplies),
        1 => (0_usize..40).prop_map(Step::IReply),
        1 => (1_u64..40).prop_map(Step::ReadElsewhere),
        1 => (1_u64..40).prop_map(Step::UnreadElsewhere),
        2 => Just(Step::Connect),
        1 => Just(Step::Disconnect),
        5 => (1_usize..6).prop_map(Step::Arrive),
        1 => Just(Step::Lose),
        1 => (0_usize..40).prop_map(Step::Repeat),
        2 => (side, any::<bool>()).prop_map(|(side, lagging)| Step::Ask(side, lagging)),
        2 => Just(Step::Answer),
        1 => Just(Step::GiveUp),
        1 => (1_u64..40).prop_map(Step::Trim),
        2 => Just(Step::Fetch),
        2 => Just(Step::Load),
        1 => Just(Step::See),
    ]
}

/// A client that does what a page does: it draws by the changes alone and asks for what the view needs.
struct Client {
    view: View,
    server: Server,
    past: Vec<ServerFrame>,
    answer: Option<Page>,
    fetched: Option<Page>,
    drawn: Vec<Message>,
    drawn_pending: Vec<Nonce>,
    sends: usize,
}

impl Client {
    /// Opens the page of a room in which so much was said before, at its end or somewhere in the middle.
    fn open(history: usize, at: Option<u64>) -> Self {
        let mut server = Server::default();
        server.read.turn = 1;
        (0..history).for_each(|_| server.post(user(2), None, false));
        let drawn = server
            .page(at.map_or(Bound::Newest, Bound::After), false)
            .messages;
        let start = Start {
            last_seq: history as u64,
            last_rev: server.rev,
            read_seq: 0,
            read_turn: server.read.turn,
        };
        Self {
            view: View::new(room(), me(), drawn.clone(), start),
            server,
            past: Vec::new(),
            answer: None,
            fetched: None,
            drawn,
            drawn_pending: Vec::new(),
            sends: 0,
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::OtherPosts => self.server.post(user(2), None, false),
            Step::IPost => self.post(),
            Step::IPostElsewhere => self.server.post(me(), None, false),
            Step::Change(place, verb) => self.server.change(place, verb),
            Step::OtherReplies(place) => self.server.reply(place, user(2)),
            Step::IReply(place) => self.server.reply(place, me()),
            Step::ReadElsewhere(seq) => self.server.read(seq),
            Step::UnreadElsewhere(seq) => self.server.unread(seq),
            Step::Connect => self.connect(),
            Step::Disconnect => self.server.disconnect(),
            Step::Arrive(count) => (0..count).for_each(|_| self.arrive()),
            Step::Lose => self.server.lose(),
            Step::Repeat(place) => self.repeat(place),
            Step::Ask(side, lagging) => {
                if let Some(bound) = self.view.ask(side) {
                    self.answer = Some(self.server.page(bound, lagging));
                }
            }
            Step::Answer => self.answer(),
            Step::GiveUp => {
                self.view.give_up();
                self.answer = None;
            }
            Step::Trim(seq) => {
                let change = self.view.trim(seq.saturating_sub(2)..seq + 2);
                self.draw(change.into_iter().collect());
            }
            Step::Fetch => {
                if self.view.need() == Some(Need::Page) {
                    self.fetched = Some(self.server.page(Bound::Newest, false));
                }
            }
            Step::Load => self.load(),
            Step::See => self.see(),
        }
    }

    fn post(&mut self) {
        self.sends += 1;
        let change = self.view.post(pending(self.sends));
        self.draw(vec![change]);
        if self.server.connected() {
            self.server.post(me(), Some(nonce(self.sends)), true);
        }
    }

    fn connect(&mut self) {
        self.server.connect();
        self.server.join(self.view.last_rev());
        // A view that fell behind is not up to date by the join alone, and knows it.
        let waiting: Vec<_> = self
            .view
            .pending()
            .iter()
            .map(|pending| pending.nonce.clone())
            .collect();
        waiting
            .into_iter()
            .for_each(|nonce| self.server.post(me(), Some(nonce), true));
        let read = self.view.marker();
        self.server.read_in(read);
    }

    fn arrive(&mut self) {
        let Some(frame) = self.server.deliver() else {
            return;
        };
        self.past.push(frame.clone());
        let changes = self.view.apply(frame);
        self.draw(changes);
    }

    fn repeat(&mut self, place: usize) {
        // A `joined` answers one request; the others may come again in any way.
        let frame = self
            .past
            .get(place)
            .filter(|frame| !matches!(frame, ServerFrame::Joined { .. }))
            .cloned();
        if let Some(frame) = frame {
            let changes = self.view.apply(frame);
            self.draw(changes);
        }
    }

    fn answer(&mut self) {
        if let Some(page) = self.answer.take() {
            let changes = self.view.merge(page).unwrap_or_default();
            self.draw(changes);
        }
    }

    fn load(&mut self) {
        if let Some(page) = self.fetched.take() {
            let changes = self.view.load(page).unwrap_or_default();
            self.draw(changes);
        }
    }

    fn see(&mut self) {
        if self.view.see().is_some() && self.server.connected() {
            self.server.read_in(self.view.marker());
        }
    }

    /// Draws by nothing but the changes and the messages that they name.
    fn draw(&mut self, changes: Vec<Change>) {
        for change in changes {
            let held = |seq| {
                self.view
                    .message(seq)
                    .cloned()
                    .expect("a change names a held message")
            };
            match change {
                Change::Appended(seq) => self.drawn.push(held(seq)),
                Change::Changed(seq) => {
                    let state = held(seq);
                    let drawn = self
                        .drawn
                        .iter_mut()
                        .find(|m| m.seq == seq)
                        .expect("drawn before");
                    *drawn = state;
                }
                Change::Confirmed(nonce, seq) => {
                    self.drawn_pending.retain(|drawn| *drawn != nonce);
                    let state = held(seq);
                    match self.drawn.iter_mut().find(|m| m.seq == seq) {
                        Some(drawn) => *drawn = state,
                        None => self.drawn.push(state),
                    }
                }
                Change::Pending(nonce) => {
                    if !self.drawn_pending.contains(&nonce) {
                        self.drawn_pending.push(nonce);
                    }
                }
                Change::Dropped(nonce) => self.drawn_pending.retain(|drawn| *drawn != nonce),
                Change::Prepended(range) => drop(self.drawn.splice(0..0, range.map(held))),
                Change::Extended(range) => self.drawn.extend(range.map(held)),
                Change::Kept(range) => self.drawn.retain(|m| range.contains(&m.seq)),
                Change::Reset => {
                    self.drawn = self.view.messages().cloned().collect();
                    self.drawn_pending = self.view.pending().iter().map(|p| p.nonce.clone()).collect();
                }
                Change::Moved | Change::Read => {}
            }
        }
    }

    /// Lets everything settle: a connection that lasts, and every need met.
    fn settle(&mut self) {
        if self.server.connected() {
            // A frame that was lost shows when the next one comes.
            self.server.post(user(2), None, false);
        } else {
            self.connect();
        }
        (0..1_000).for_each(|_| self.arrive());
        self.answer();
        for _ in 0..100 {
            match self.view.need() {
                Some(Need::Resume) => self.server.join(self.view.last_rev()),
                Some(Need::Page) => {
                    self.fetched = Some(self.server.page(Bound::Newest, false));
                    self.load();
                }
                None => break,
            }
            (0..1_000).for_each(|_| self.arrive());
        }
        for side in [Side::After, Side::Before] {
            while let Some(bound) = self.view.ask(side) {
                let page = self.server.page(bound, false);
                let changes = self.view.merge(page).expect("a fresh page");
                self.draw(changes);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happened_the_view_ends_with_exactly_what_is_stored(
        history in 0_usize..12,
        at in prop::option::of(1_u64..12),
        steps in prop::collection::vec(step(), 0..80),
    ) {
        let mut client = Client::open(history, at);
        for step in steps {
            client.take(step);
            prop_assert!(client.drawn.iter().eq(client.view.messages()), "drawn is not what is held");
            prop_assert!(client.view.last_rev() <= client.server.rev);
        }
        client.settle();
        let (view, server) = (&client.view, &client.server);
        prop_assert!(view.messages().eq(&server.stored), "held is not what is stored");
        prop_assert!(client.drawn == server.stored, "drawn is not what is stored");
        prop_assert_eq!(view.pending(), &[]);
        prop_assert!(client.drawn_pending.is_empty());
        prop_assert_eq!((view.last_seq(), view.last_rev()), (server.stored.len() as u64, server.rev));
        prop_assert_eq!(view.marker(), server.read);
        prop_assert_eq!(view.need(), None);
        let own_sends = server.stored.iter().filter(|m| m.nonce.is_some()).count();
        prop_assert_eq!(own_sends, client.sends);
    }
}
