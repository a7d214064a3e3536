//! The layout, drawn on a page of pure arithmetic that rounds, clamps and measures as a browser does.

use proptest::prelude::*;

use super::*;

const FOOT: Len = 10 * PX;
const HEAD: Len = 140 * PX;

/// A browser's list: spaces, rows as high as their text makes them, and a scroll position.
struct Screen {
    layout: Layout,
    plan: Plan,
    /// Scrolled so far from the end; whole pixels.
    scroll: Len,
    viewport: Len,
    last_seq: u64,
    held: Range<u64>,
    own: Vec<Nonce>,
    sends: u32,
    /// How often each message was edited.
    edits: std::collections::HashMap<u64, u64>,
    /// The list became too low for where it was scrolled to.
    clamped: bool,
}

fn nonce(n: u32) -> Nonce {
    Nonce::new(n.to_string()).unwrap()
}

impl Screen {
    fn open(last_seq: u64, viewport: Len) -> Self {
        let mut screen = Self {
            layout: Layout::new(last_seq, 44 * PX),
            plan: Plan {
                top: 0,
                rows: vec![],
                bottom: 0,
                scroll: None,
            },
            scroll: 0,
            viewport,
            last_seq,
            held: last_seq.saturating_sub(49).max(1)..last_seq + 1,
            own: vec![],
            sends: 0,
            edits: Default::default(),
            clamped: false,
        };
        screen.layout.resize(viewport, FOOT);
        screen.tell();
        screen.frame(true);
        screen
    }

    /// How high a row really is.
    fn height(&self, key: &Key) -> Len {
        let salt = match key {
            Key::Stored(seq) => seq.wrapping_mul(7919) + 31 * self.edits.get(seq).copied().unwrap_or(0),
            Key::Own(_) => 1,
        };
        // Mostly single lines, at times a wall of text.
        let lines = if salt % 23 == 0 { 30 } else { 1 + salt % 4 };
        26 * PX + Len::try_from(lines).unwrap() * (22 * PX + 3) + Len::try_from(salt % 7).unwrap()
    }

    fn tell(&mut self) {
        self.layout
            .set_rows(self.last_seq, self.held.clone(), self.own.iter());
    }

    /// One frame: draw, measure, and draw again until nothing is new.
    fn frame(&mut self, rests: bool) {
        let mut scroll = None;
        for _ in 0..12 {
            let plan = self.layout.plan(rests);
            scroll = plan.scroll.or(scroll);
            let same = plan.rows == self.plan.rows;
            self.plan = plan;
            // To measure is to lay out.
            self.clamp();
            if same {
                break;
            }
            let rows: Vec<_> = self
                .plan
                .rows
                .iter()
                .map(|key| (key.clone(), self.height(key)))
                .collect();
            self.layout.measure(rows.into_iter());
        }
        self.scroll = scroll.unwrap_or(self.scroll);
        self.clamp();
        // The browser tells of its own doing a little later.
        self.layout.scrolled(self.scroll);
    }

    fn clamp(&mut self) {
        let content: Len = HEAD + self.plan.top + self.rows_height() + self.plan.bottom + FOOT;
        let most = (content - self.viewport).max(0) / PX * PX;
        self.clamped |= self.scroll > most;
        self.scroll = self.scroll.clamp(0, most);
    }

    fn rows_height(&self) -> Len {
        self.plan.rows.iter().map(|key| self.height(key)).sum()
    }

    fn scroll_by(&mut self, pixels: Len) {
        self.scroll += pixels * PX;
        self.clamp();
        self.layout.scrolled(self.scroll);
    }

    /// Loads what is wanted.
    fn load(&mut self) -> bool {
        const PAGE: u64 = 100;
        let Some(side) = self.layout.want() else {
            return false;
        };
        match side {
            Side::Before => self.held.start = self.held.start.saturating_sub(PAGE).max(1),
            Side::After => self.held.end = (self.held.end + PAGE).min(self.last_seq + 1),
            Side::Around(seq) => {
                self.held = seq.saturating_sub(PAGE / 2).max(1)..(seq + PAGE / 2).min(self.last_seq + 1);
            }
        }
        self.tell();
        if let Some(near) = self.layout.near() {
            self.held = self.held.start.max(near.start)..self.held.end.min(near.end);
        }
        self.tell();
        true
    }

    /// Where rows stand: their upper edges above the view's lower edge.
    fn places(&self) -> Vec<(Key, Len)> {
        let mut depth = FOOT + self.plan.bottom + self.rows_height() - self.scroll;
        let mut places = vec![];
        for key in &self.plan.rows {
            places.push((key.clone(), depth));
            depth -= self.height(key);
        }
        places
    }

    /// What somebody reads: the lowest row that begins in view.
    fn reading(&self) -> Option<(Key, Len)> {
        let places = self.places();
        places
            .into_iter()
            .rev()
            .find(|(_, depth)| (1..=self.viewport).contains(depth))
    }

    fn place_of(&self, key: &Key) -> Option<Len> {
        self.places()
            .into_iter()
            .find(|(known, _)| known == key)
            .map(|(_, depth)| depth)
    }

    /// Whether rows fill the view as far as there are any.
    fn is_covered(&self) -> bool {
        let below = FOOT + self.plan.bottom - self.scroll;
        let above = below + self.rows_height();
        let is_last = self.plan.bottom < PX && self.held.end == self.last_seq + 1;
        let is_first = self.plan.rows.first() == Some(&Key::Stored(1));
        (below <= 0 || is_last) && (above >= self.viewport || is_first)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Scroll(Len),
    ScrollFar(Len),
    Load,
    Arrive(u64),
    Edit(u64),
    Post,
    Confirm,
    Discard,
    Rest,
    Resize(Len),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (-900_i64..900).prop_map(Step::Scroll),
        1 => (-200_000_i64..200_000).prop_map(Step::ScrollFar),
        6 => Just(Step::Load),
        3 => (1_u64..4).prop_map(Step::Arrive),
        3 => (0_u64..60).prop_map(Step::Edit),
        1 => Just(Step::Post),
        1 => Just(Step::Confirm),
        1 => Just(Step::Discard),
        3 => Just(Step::Rest),
        1 => (300_i64..1_600).prop_map(Step::Resize),
    ]
}

impl Screen {
    /// Gives whether the reader may be moved by this.
    fn take(&mut self, step: Step) -> bool {
        let mut rests = false;
        // Who went to the very end or begin sees just that, whatever becomes of it.
        let mut moves = self.scroll == 0 || self.layout.anchor == Anchor::Row(Key::Stored(1));
        match step {
            Step::Scroll(by) | Step::ScrollFar(by) => {
                self.scroll_by(by);
                moves = true;
            }
            Step::Load => drop(self.load()),
            Step::Arrive(count) => {
                let at_end = self.held.end == self.last_seq + 1;
                let follows = self.layout.is_pinned() && at_end;
                moves |= follows;
                self.last_seq += count;
                if at_end {
                    self.held.end += count;
                }
                self.tell();
                if follows {
                    self.layout.to_end();
                }
            }
            Step::Edit(place) => {
                let Some(Key::Stored(seq)) = self.plan.rows.get(place as usize).cloned() else {
                    return true;
                };
                // What is being read grows under the reader's eyes; the rest of the list does not move.
                *self.edits.entry(seq).or_default() += 1;
                let height = self.height(&Key::Stored(seq));
                self.layout.measure([(Key::Stored(seq), height)].into_iter());
            }
            Step::Post => {
                self.sends += 1;
                self.own.push(nonce(self.sends));
                self.tell();
                self.layout.to_end();
                moves = true;
            }
            Step::Confirm if self.held.end == self.last_seq + 1 && !self.own.is_empty() => {
                let own = self.own.remove(0);
                self.last_seq += 1;
                self.held.end += 1;
                self.layout.confirm(&own, self.last_seq);
                self.tell();
                moves = true;
            }
            Step::Discard => {
                moves |= self.own.pop().is_some();
                self.tell();
            }
            Step::Confirm => {}
            Step::Rest => rests = true,
            Step::Resize(viewport) => {
                self.viewport = viewport * PX;
                self.layout.resize(self.viewport, FOOT);
                moves = true;
            }
        }
        self.clamped = false;
        self.frame(rests);
        if self.clamped {
            // The browser tells where it went instead, and what it tells makes for another frame.
            self.frame(rests);
            self.clamped = true;
        }
        moves || self.clamped || self.scroll == 0
    }
}

/// What is read stays where it is, and in the end the view is filled.
fn whatever_happens(last_seq: u64, viewport: Len, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut screen = Screen::open(last_seq, viewport);
    for step in steps {
        let mut reading = screen.reading();
        if let (Step::Arrive(_), Some((Key::Own(_), _)), Anchor::Row(key)) =
            (&step, &reading, &screen.layout.anchor)
        {
            // What comes stands above one's own sends: of its two neighbours in view, only one can stay.
            reading = screen.place_of(key).map(|at| (key.clone(), at));
        }
        if let (Step::Edit(_), Anchor::Row(key)) = (&step, &screen.layout.anchor)
            && let Some(at) = screen
                .place_of(key)
                .filter(|at| (1..=screen.viewport).contains(at))
        {
            // A row that was made shorter lets others into view below it. Edited once more, it or they have to move.
            reading = Some((key.clone(), at));
        }
        let name = format!("{step:?}");
        let moves = screen.take(step);
        prop_assert!(screen.plan.rows.len() <= ROWS_MAX);
        if let Some((key, at)) = reading.filter(|_| !moves)
            && let Some(now) = screen.place_of(&key)
        {
            prop_assert!(
                (now - at).abs() <= PX,
                "{name}: {key:?} moved by {} 64ths",
                now - at
            );
        }
    }
    // Everything loaded and at rest, the view is filled.
    for _ in 0..50 {
        screen.frame(true);
        if !screen.load() {
            break;
        }
    }
    prop_assert_eq!(screen.layout.want(), None);
    prop_assert!(screen.is_covered(), "{:?} at {}", screen.plan, screen.scroll);
    let order = |key: &Key| {
        if let Key::Stored(seq) = key {
            *seq
        } else {
            u64::MAX
        }
    };
    prop_assert!(screen.plan.rows.is_sorted_by_key(order));
    Ok(())
}

#[test]
fn what_is_read_stays_when_what_was_missing_below_it_comes() {
    use Step::{Arrive, Load, Resize, ScrollFar};
    let steps = [
        Load,
        ScrollFar(0),
        Arrive(2),
        Arrive(1),
        Arrive(2),
        Resize(300),
        ScrollFar(161_569),
        Load,
        ScrollFar(-2_531),
        Load,
    ];
    whatever_happens(20_930, 1_271 * PX, steps.into()).unwrap();
}

#[test]
fn what_came_into_view_as_a_row_became_shorter_stays_when_that_row_changes_again() {
    use Step::{Arrive, Edit, Resize, Scroll};
    let scrolls = [729, 447, 627, 96, -501].map(Scroll);
    let steps = [
        vec![Arrive(1)],
        scrolls.into(),
        vec![Resize(327), Scroll(-554), Edit(4), Edit(4)],
    ];
    whatever_happens(73_147, 300 * PX, steps.concat()).unwrap();
}

#[test]
fn what_is_read_stays_after_an_own_send_in_view_was_taken_back() {
    use Step::{Discard, Edit, Post, Resize, Scroll};
    let steps = [Resize(356), Post, Scroll(58), Discard, Edit(11)];
    whatever_happens(34, 300 * PX, steps.into()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_what_is_read_stays_where_it_is_and_the_view_is_filled(
        last_seq in prop_oneof![Just(1_u64), 2_u64..120, 5_000_u64..100_000],
        viewport in 300_i64..1_600,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        whatever_happens(last_seq, viewport * PX, steps)?;
    }

    #[test]
    fn at_the_end_the_rows_are_those_of_a_fresh_page(
        last_seq in 1_u64..3_000,
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let mut screen = Screen::open(last_seq, 800 * PX);
        steps.into_iter().for_each(|step| _ = screen.take(step));
        screen.own.clear();
        screen.viewport = 800 * PX;
        screen.layout.resize(screen.viewport, FOOT);
        screen.tell();
        screen.layout.to_end();
        screen.frame(true);
        for _ in 0..10 {
            screen.load();
            screen.frame(true);
        }
        let mut fresh = Screen::open(screen.last_seq, 800 * PX);
        fresh.edits.clone_from(&screen.edits);
        fresh.layout = Layout::new(screen.last_seq, 44 * PX);
        fresh.layout.resize(800 * PX, FOOT);
        fresh.tell();
        fresh.plan.rows.clear();
        fresh.frame(true);
        let seen = |screen: &Screen| -> Vec<_> {
            screen.places().into_iter().filter(|(_, depth)| (1..=screen.viewport).contains(depth)).collect()
        };
        prop_assert_eq!(seen(&screen), seen(&fresh));
    }
}

#[test]
fn what_comes_between_a_stored_message_and_an_own_send_leaves_one_of_them_where_it_is() {
    use Step::{Arrive, Confirm, Post, Scroll};
    let steps = vec![Post, Post, Post, Scroll(591), Scroll(-419), Confirm, Arrive(1)];
    whatever_happens(35, 300 * PX, steps).unwrap();
}

#[test]
fn a_jump_to_a_far_message_shows_it_a_third_below_the_upper_edge_and_keeps_it_there_while_pages_come() {
    let mut screen = Screen::open(100_000, 900 * PX);
    screen.layout.show(1_234);
    screen.frame(true);
    assert_eq!(
        screen.layout.want(),
        Some(Side::Around(screen.layout.first_in_view() + 10))
    );
    while screen.load() {
        screen.frame(false);
    }
    let at = screen.place_of(&Key::Stored(1_234)).unwrap();
    assert!((at - 600 * PX).abs() <= PX, "at {}", at / PX);
    screen.frame(true);
    assert_eq!(screen.place_of(&Key::Stored(1_234)), Some(at));
}

#[test]
fn whoever_drags_to_the_begin_sees_the_first_message_when_it_is_there() {
    let mut screen = Screen::open(100_000, 900 * PX);
    screen.scroll_by(100_000_000);
    while screen.load() {
        screen.frame(false);
    }
    screen.frame(true);
    let first = screen.place_of(&Key::Stored(1)).unwrap();
    assert!((0..=900 * PX).contains(&first), "at {}", first / PX);
}

#[test]
fn what_is_held_is_bounded_and_stays_around_the_reader() {
    let mut screen = Screen::open(100_000, 900 * PX);
    for _ in 0..300 {
        screen.scroll_by(800);
        screen.load();
        screen.frame(false);
        assert!(screen.held.end - screen.held.start <= HELD_MAX);
        assert!(screen.is_covered());
    }
}

#[test]
fn a_room_of_millions_is_not_laid_out_higher_than_browsers_can() {
    let layout = Layout::new(3_000_000, 44 * PX);
    assert!(layout.total() <= EXTENT_MAX);
    assert_eq!(Layout::new(0, 44 * PX).want(), None);
}
