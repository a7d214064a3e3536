//! The thin part that touches the browser: it tells the [`Client`] what happens, carries out what it decides, and
//! passes on what is to be drawn.
//!
//! Closures that the browser keeps live here, in code that every page loads, because the splitter cannot move them
//! into chunks. What is `forget`-ed is meant to last as long as the page.

mod clock;
mod dom;
mod fetch;
mod frame;
mod here;
mod kept;
mod nonce;
mod page;
mod socket;

use std::{cell::RefCell, rc::Rc};

use chat::wire::ServerFrame;

use self::{clock::Timer, socket::Socket};
pub use self::{
    clock::{now, wall_clock},
    dom::{all, callback, document, element, on, one, set, spawn, switch, window, within},
    fetch::{document as text, get, page_of, part, send},
    frame::{Alarm, Sizes, Ticker, css, height, len},
    here::{go, here, is_beside, moved, note, split, title},
    kept::{Kept, draft, is_durable, keep_draft, keep_page, keep_room, on_durable},
    nonce::nonce,
    page::view as view_of,
};
use super::{Client, Effect, Ms, Notice, codec, connect::State, outbox::Outbox};

/// Somebody who draws.
type Listener = Rc<dyn Fn(&Notice)>;

thread_local! {
    static LIVE: RefCell<Option<Live>> = const { RefCell::new(None) };
    static EAR: RefCell<Option<Ear>> = const { RefCell::new(None) };
    static LISTENERS: RefCell<Vec<Listener>> = const { RefCell::new(Vec::new()) };
}

/// Somebody who hears every frame before the client does.
type Ear = Box<dyn Fn(&ServerFrame)>;

struct Live {
    client: Client,
    socket: Socket,
    timer: Timer,
}

/// Takes up the page's room, with what earlier pages left behind. A page without a room has no live part, and
/// everything here does nothing.
pub fn start(kept: Option<Kept>) {
    let outbox = Outbox::restored(kept::begin(kept));
    let Some(client) = page::adopt(outbox) else { return };
    let live = Live {
        client,
        socket: Socket::new(),
        timer: Timer::new(),
    };
    LIVE.with_borrow_mut(|slot| *slot = Some(live));
    here::start();
}

/// Connects. Called once whoever draws the room is ready for what comes.
pub fn connect() {
    watch();
    act(|client, now| {
        client.look(is_visible(), now);
        client.wake(now);
    });
}

/// Looks at the client.
pub fn with<R>(look: impl FnOnce(&Client) -> R) -> Option<R> {
    let (mut look, mut seen) = (Some(look), None);
    look_at(&mut |client| seen = look.take().map(|look| look(client)));
    seen
}

// What is generic is copied for every caller; so little of it is.
fn look_at(look: &mut dyn FnMut(&Client)) {
    LIVE.with_borrow(|live| live.iter().for_each(|live| look(&live.client)));
}

/// Lets something happen to the client and does all that follows from it.
pub fn act(happen: impl FnOnce(&mut Client, Ms)) {
    let mut happen = Some(happen);
    act_out(&mut |client, now| {
        if let Some(happen) = happen.take() {
            happen(client, now);
        }
    });
}

fn act_out(happen: &mut dyn FnMut(&mut Client, Ms)) {
    let happened = LIVE.with_borrow_mut(|live| {
        let client = &mut live.as_mut()?.client;
        happen(client, now());
        Some((client.take_effects(), client.take_notices()))
    });
    let Some((effects, notices)) = happened else {
        return;
    };
    effects.into_iter().for_each(carry_out);
    // Whoever draws may let more happen, so nothing is borrowed here.
    let listeners = LISTENERS.with_borrow(Clone::clone);
    for notice in &notices {
        follow(notice);
        listeners.iter().for_each(|listener| listener(notice));
    }
    LIVE.with_borrow_mut(|live| {
        if let Some(Live { client, timer, .. }) = live {
            timer.set(client.due());
        }
    });
}

/// Calls `listener` for everything that is to be drawn from now on.
pub fn subscribe(listener: impl Fn(&Notice) + 'static) {
    LISTENERS.with_borrow_mut(|listeners| listeners.push(Rc::new(listener)));
}

/// Calls `ear` for every frame that comes, also for those that change nothing of what the client holds.
pub fn overhear(ear: impl Fn(&ServerFrame) + 'static) {
    EAR.set(Some(Box::new(ear)));
}

fn overheard(frame: &ServerFrame) {
    EAR.with_borrow(|ear| ear.iter().for_each(|ear| ear(frame)));
}

/// Whether the page is in view.
#[must_use]
pub fn is_visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

fn carry_out(effect: Effect) {
    match effect {
        Effect::Open => {
            let known = with(|client| client.rooms_version()).flatten();
            with_socket(|socket| socket.open(known));
        }
        Effect::Drop => with_socket(Socket::drop_line),
        Effect::Send(frame) => {
            let text = codec::text_of(&frame);
            with_socket(|socket| socket.send(&text));
        }
        Effect::Fetch(ask, bound) => fetch::messages(ask, bound),
        Effect::AskWhoAmI => fetch::who_am_i(),
        Effect::Reload => drop(window().location().reload()),
        Effect::Keep => kept::keep_sends(),
    }
}

fn with_socket(change: impl FnOnce(&mut Socket)) {
    LIVE.with_borrow_mut(|live| {
        if let Some(live) = live {
            change(&mut live.socket);
        }
    });
}

/// What follows from a notice besides being drawn.
fn follow(notice: &Notice) {
    match notice {
        Notice::Changes(_) => kept::room_changed(),
        Notice::State => match with(Client::state) {
            Some(State::Online) => {
                kept::adopt();
                kept::connected();
            }
            Some(State::Offline) => kept::recall(),
            Some(State::SignedOut) => kept::signed_out(),
            _ => {}
        },
        // With a line, resuming brings what is newer.
        Notice::Entered if with(Client::state) == Some(State::Offline) => kept::recall(),
        _ => {}
    }
}

fn watch() {
    on(&window(), "online", |_: web_sys::Event| {
        act(|client, now| client.wake(now))
    });
    on(&window(), "offline", |_: web_sys::Event| {
        act(|client, now| client.doubt(now))
    });
    on(&document(), "visibilitychange", |_: web_sys::Event| {
        act(|client, now| client.look(is_visible(), now))
    });
    // A page that the browser puts away with an open socket cannot be taken out again at once.
    on(&window(), "pagehide", |_: web_sys::Event| {
        act(|client, now| client.rest(now))
    });
    on(&window(), "pageshow", |_: web_sys::Event| {
        act(|client, now| client.wake(now))
    });
    // A page that is frozen hears nothing, so its line would only seem to live.
    on(&document(), "freeze", |_: web_sys::Event| {
        act(|client, now| client.rest(now))
    });
    on(&document(), "resume", |_: web_sys::Event| {
        act(|client, now| client.wake(now))
    });
}
