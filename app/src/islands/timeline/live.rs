//! Where what happens becomes a frame: drawn at most once before the browser draws, with one write of the scroll
//! position at most.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use chat::{Nonce, RoomId, view::Change};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, FocusOptions, KeyboardEvent};

use super::{
    list::{List, REST},
    news::News,
    rows::Rows,
};
use crate::islands::{rooms, verbs};
use crate::live::{
    Notice,
    browser::{Alarm, Sizes, Ticker, act, connect, document, is_visible, on, subscribe, with},
    layout::{Layout, Len, PX},
};

/// How often rows are drawn and measured within one frame until they fill the view.
const PASSES: usize = 5;
/// How high a row counts as where no row was measured.
const ROW: Len = 44 * PX;
/// How many rooms' layouts are kept.
const LAYOUTS_KEPT: usize = 12;

struct Timeline {
    list: List,
    rows: Rows,
    news: News,
    layout: RefCell<Layout>,
    room: Cell<RoomId>,
    /// What other rooms' lists looked like when they were left.
    kept: RefCell<Vec<Kept>>,
    ticker: Ticker,
    alarm: Alarm,
    /// The newest message heard of.
    known: Cell<u64>,
    /// The message that is to have the focus once it is there.
    awaited: Cell<u64>,
}

/// A list as it was left.
struct Kept {
    room: RoomId,
    layout: Layout,
    new_at: u64,
}

pub(super) fn adopt() {
    // Gives the closures that the browser keeps a way to what does not exist before them.
    let it = Rc::new_cyclic(|it: &Weak<Option<Timeline>>| make(it));
    if it.is_none() {
        return;
    }
    with_it(&it, |it| {
        it.begin();
        it.frame(true);
    });
    listen(&it);
    verbs::listen();
    rooms::listen();
    // What comes from now on finds somebody who draws it.
    connect();
    with_it(&it, Timeline::look_around);
}

fn make(it: &Weak<Option<Timeline>>) -> Option<Timeline> {
    let call = |act: fn(&Timeline)| {
        let it = Weak::clone(it);
        move || {
            if let Some(it) = it.upgrade() {
                with_it(&it, act);
            }
        }
    };
    let list = List::adopt()?;
    let sizes = {
        let it = Weak::clone(it);
        Sizes::new(move |sizes| {
            if let Some(it) = it.upgrade() {
                with_it(&it, |it| it.resize(sizes));
            }
        })
    };
    sizes.watch(&list.scroller);
    Some(Timeline {
        rows: Rows::adopt(list.below.clone(), sizes)?,
        news: News::adopt(&list.scroller, call(|it| it.news.say()))?,
        layout: RefCell::new(Layout::new(0, ROW)),
        room: Cell::new(with(|client| client.view().room())?),
        kept: RefCell::default(),
        ticker: Ticker::new(call(|it| {
            it.ticker.rung();
            it.frame(it.list.rests());
        })),
        alarm: Alarm::new(call(|it| {
            it.alarm.rung();
            it.rest();
        })),
        known: Cell::new(0),
        awaited: Cell::new(0),
        list,
    })
}

fn with_it(it: &Rc<Option<Timeline>>, act: impl FnOnce(&Timeline)) {
    if let Some(it) = it.as_ref() {
        act(it);
    }
}

fn listen(it: &Rc<Option<Timeline>>) {
    let call = |act: fn(&Timeline)| {
        let it = Rc::clone(it);
        move || with_it(&it, act)
    };
    let hearer = Rc::clone(it);
    subscribe(move |notice| with_it(&hearer, |it| it.hear(notice)));
    let (clicked, pressed) = (Rc::clone(it), Rc::clone(it));
    let shown = call(Timeline::look_around);
    with_it(it, |timeline| {
        let scroller = &timeline.list.scroller;
        let (moved, ended) = (call(Timeline::moved), call(Timeline::ended));
        on(scroller, "scroll", move |_: Event| moved());
        on(scroller, "scrollend", move |_: Event| ended());
        on(scroller, "click", move |event: Event| {
            with_it(&clicked, |it| it.click(&event))
        });
        on(&document(), "visibilitychange", move |_: Event| shown());
        on(scroller, "keydown", move |event: KeyboardEvent| {
            with_it(&pressed, |it| it.press(&event))
        });
        timeline.news.listen(
            call(|it| it.show(None)),
            call(|it| it.show(Some(it.rows.new_at.get()))),
            call(|_| act(|client, now| client.ask_again(now))),
        );
    });
}

impl Timeline {
    /// Lays out what the page shows.
    fn begin(&self) {
        let measured = self.rows.measured();
        let heights: Len = measured.iter().map(|(_, height)| height).sum();
        let guess = heights
            .checked_div(Len::try_from(measured.len()).unwrap_or(1))
            .unwrap_or(ROW);
        let here = self.list.position();
        with(|client| {
            let view = client.view();
            let mut layout = Layout::new(view.last_seq(), guess);
            layout.resize(self.list.viewport(), self.list.foot());
            layout.set_rows(
                view.last_seq(),
                view.held_range(),
                view.pending().iter().map(|own| &own.nonce),
            );
            layout.measure(measured.into_iter());
            // The page ends with the last message that it shows, the list with the room's newest.
            let last = crate::live::layout::Key::Stored(view.held_range().end.saturating_sub(1));
            let below = if view.at_end() { 0 } else { layout.below(&last) };
            layout.put(Some(self.list.begin + below), here);
            *self.layout.borrow_mut() = layout;
            self.known.set(view.last_seq());
            if self.rows.new_at.get() == 0 && client.is_member() && view.read_seq() > 0 && view.unread() > 0 {
                self.rows.new_at.set(view.read_seq() + 1);
            }
        });
    }

    fn hear(&self, notice: &Notice) {
        match notice {
            Notice::Changes(changes) => self.change(changes),
            Notice::State => drop(with(|client| {
                self.rows.draw_fates(client);
            })),
            Notice::Page => self.ticker.ask(),
            Notice::Show(seq) => self.show(*seq),
            Notice::Entered => self.enter(),
            _ => {}
        }
    }

    fn change(&self, changes: &[Change]) {
        let is_watched = is_visible() && self.is_at_end();
        let mut wrote = false;
        for change in changes {
            match change {
                Change::Confirmed(nonce, seq) => self.confirm(nonce, *seq),
                Change::Pending(_) => wrote = true,
                _ => {}
            }
        }
        self.note_news(is_watched);
        self.sync();
        if wrote {
            self.rows.new_at.set(0);
            self.layout.borrow_mut().to_end();
            // One's own words are there before the next frame.
            self.frame(true);
            with(|client| self.rows.draw_fates(client));
        } else {
            if is_watched && !changes.iter().any(|change| matches!(change, Change::Extended(_))) {
                self.layout.borrow_mut().to_end();
            }
            self.ticker.ask();
        }
        // A page that nobody sees draws no frames, but goes on to hear.
        if !is_visible() {
            self.trim();
        }
    }

    fn confirm(&self, nonce: &Nonce, seq: u64) {
        self.layout.borrow_mut().confirm(nonce, seq);
        self.rows.confirm(nonce, seq);
    }

    /// The line of new messages comes above the first one that nobody saw coming.
    fn note_news(&self, is_watched: bool) {
        with(|client| {
            let (view, known) = (client.view(), self.known.get());
            let me = client.me();
            let is_own = |seq: u64| view.message(seq).is_some_and(|message| message.author.id == me);
            let news = (known + 1..=view.last_seq()).take(crate::live::layout::ROWS_MAX);
            for seq in news.filter(|seq| !is_own(*seq)) {
                if !is_watched && self.rows.new_at.get() <= view.read_seq() {
                    self.rows.new_at.set(seq);
                }
                self.news.hear(view, seq, me);
            }
            self.known.set(known.max(view.last_seq()));
        });
    }

    /// Takes over what is held.
    fn sync(&self) {
        with(|client| {
            let view = client.view();
            let own = view.pending().iter().map(|own| &own.nonce);
            self.layout
                .borrow_mut()
                .set_rows(view.last_seq(), view.held_range(), own);
        });
    }

    fn trim(&self) {
        let near = self.layout.borrow().near();
        if let Some(near) = near {
            act(|client, _| client.trim(near));
            self.sync();
        }
    }

    fn moved(&self) {
        self.list.moved();
        self.layout.borrow_mut().scrolled(self.list.position());
        self.alarm.set(REST as i32);
        self.ticker.ask();
    }

    fn ended(&self) {
        self.list.ended();
        self.ticker.ask();
    }

    fn rest(&self) {
        if self.list.rests() {
            self.frame(true);
        } else {
            self.alarm.set(REST as i32);
        }
    }

    fn resize(&self, mut sizes: Vec<(Element, Len)>) {
        let is_list = |element: &Element| element == AsRef::<Element>::as_ref(&self.list.scroller);
        let list = sizes.iter().position(|(element, _)| is_list(element));
        if let Some((_, height)) = list.map(|place| sizes.swap_remove(place)) {
            let foot = self.list.foot();
            self.layout.borrow_mut().resize(height, foot);
        }
        let sizes = self.rows.keys_of(sizes);
        let changed = self.layout.borrow_mut().measure(sizes.into_iter());
        if changed || list.is_some() {
            self.frame(self.list.rests());
        }
    }

    /// Draws what is to be seen.
    fn frame(&self, rests: bool) {
        self.trim();
        self.sync();
        let mut scroll = None;
        with(|client| {
            let mut layout = self.layout.borrow_mut();
            for _ in 0..PASSES {
                let plan = layout.plan(rests);
                scroll = plan.scroll.or(scroll);
                let fresh = self.rows.draw(client, &plan, &layout);
                self.list.set_spaces(plan.top, plan.bottom);
                if fresh.is_empty() {
                    break;
                }
                // All is written, so that this lays out once.
                let heights = fresh
                    .iter()
                    .map(|(key, row)| (key.clone(), crate::live::browser::height(row)));
                layout.measure(heights);
            }
        });
        if let Some(scroll) = scroll {
            self.list.scroll_to(scroll);
        }
        self.give_focus();
        self.look_around();
    }

    /// What the reader now sees may be news to the server, and what is near may have to be fetched.
    fn look_around(&self) {
        let (want, is_waiting) = {
            let layout = self.layout.borrow();
            (layout.want(), layout.is_waiting())
        };
        let is_watched = is_visible() && self.is_at_end();
        if is_watched {
            act(|client, now| client.see(now));
        }
        act(|client, now| client.ask(want, now));
        self.list.set_busy(is_waiting);
        with(|client| {
            let layout = self.layout.borrow();
            self.news
                .show(client, &layout, is_watched, self.rows.new_at.get());
        });
    }

    /// Whether the newest message is before the reader.
    fn is_at_end(&self) -> bool {
        with(|client| client.view().at_end()) == Some(true) && self.layout.borrow().is_pinned()
    }

    /// Shows a message, wherever in the room it is; `None`: the newest.
    fn show(&self, seq: Option<u64>) {
        match seq {
            Some(seq) => {
                self.layout.borrow_mut().show(seq);
                self.rows
                    .target
                    .set(if seq == self.rows.new_at.get() { 0 } else { seq });
                self.awaited.set(seq);
            }
            None => self.layout.borrow_mut().to_end(),
        }
        self.frame(true);
    }

    /// Whoever went to a message goes on from there, with the keyboard too.
    fn give_focus(&self) {
        let awaited = self.awaited.get();
        if awaited == 0 {
            return;
        }
        if let Some(message) = self.rows.message(awaited) {
            self.awaited.set(0);
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            drop(message.set_attribute("tabindex", "-1"));
            drop(message.focus_with_options(&options));
        }
    }

    /// Another room is on the page.
    fn enter(&self) {
        let Some((room, last_seq, new_at)) = with(|client| {
            let view = client.view();
            let mark = client.rooms().mark(view.room());
            let unread = mark.filter(|mark| mark.unread() > 0 && mark.read_seq > 0 && client.is_member());
            (view.room(), view.last_seq(), unread.map(|mark| mark.read_seq + 1))
        }) else {
            return;
        };
        let known = {
            let mut kept = self.kept.borrow_mut();
            let place = kept.iter().position(|kept| kept.room == room);
            place.map(|place| kept.remove(place))
        };
        let here = self.list.position();
        let (viewport, foot) = (self.list.viewport(), self.list.foot());
        let mut layout = known
            .as_ref()
            .map_or_else(|| Layout::new(last_seq, ROW), |known| known.layout.clone());
        layout.resize(viewport, foot);
        layout.put(None, here);
        let left = Kept {
            room: self.room.replace(room),
            layout: self.layout.replace(layout),
            new_at: self.rows.new_at.get(),
        };
        self.rows.clear();
        self.rows
            .new_at
            .set(new_at.or(known.map(|known| known.new_at)).unwrap_or(0));
        self.known.set(last_seq);
        self.awaited.set(0);
        self.news.clear();
        self.list.show_beginning();
        {
            let mut kept = self.kept.borrow_mut();
            kept.push(left);
            if kept.len() > LAYOUTS_KEPT {
                kept.remove(0);
            }
        }
        self.frame(true);
    }

    /// To either end of a large room one does not glide.
    fn press(&self, event: &KeyboardEvent) {
        let is_plain = !(event.ctrl_key() || event.alt_key() || event.meta_key() || event.shift_key());
        match event.key().as_str() {
            "Home" if is_plain => self.layout.borrow_mut().show(1),
            "End" if is_plain => self.layout.borrow_mut().to_end(),
            _ => return,
        }
        event.prevent_default();
        self.frame(true);
    }

    /// The buttons of a message that was not sent.
    fn click(&self, event: &Event) {
        let Some(target) = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok())
        else {
            return;
        };
        let within = |selector: &str| target.closest(selector).ok().flatten();
        let nonce = within(".message[data-pending]").and_then(|row| row.get_attribute("data-nonce"));
        let Some(nonce) = nonce.and_then(|nonce| Nonce::new(nonce).ok()) else {
            return;
        };
        if within(".again").is_some() {
            act(|client, now| client.retry(&nonce, now));
        } else if within(".discard").is_some() {
            act(|client, now| client.discard(&nonce, now));
        }
    }
}
