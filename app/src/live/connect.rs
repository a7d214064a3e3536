//! When to open the socket, when to give it up, and what to tell people meanwhile.
//!
//! The browser cannot see the server's pings, so silence is broken by asking: a [`Action::Probe`] that nothing
//! answers means that the line is dead, whatever the browser believes. What the browser says of the network is a
//! hint to look sooner, never a fact.

use super::Ms;

/// The first wait after a loss is up to this long.
const FIRST_WAIT: Ms = 500;
/// No wait is longer.
const LONGEST_WAIT: Ms = 30_000;
/// How long opening may take until the server's first word.
const OPENING: Ms = 10_000;
/// How long a probe may go unanswered.
const PROBE: Ms = 5_000;
/// After such a silence the line is probed.
const SILENCE: Ms = 45_000;
/// A connection that lasted as long was a good one; the next loss begins with the shortest wait again.
const GOOD: Ms = 2_000;
/// After one that did not, it counts for at most so many failures: the server is there, after all.
const SHORT_LIVED: u32 = 3;
/// The server said that we are too fast.
const TOO_FAST_WAIT: Ms = 5_000;

const NOT_SIGNED_IN: u16 = chat::close::Close::NotSignedIn.code();
const TOO_FAST: u16 = chat::close::Close::TooFast.code();

/// What people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It may well work in a moment.
    Connecting,
    /// What is sent arrives.
    Online,
    /// It did not work; it is tried again.
    Offline,
}

impl State {
    /// The state as pages and tests read it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Online => "online",
            Self::Offline => "offline",
        }
    }
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Open a socket; one that there still is, is let go of.
    Open,
    /// Let go of the socket.
    Drop,
    /// Ask the server something that it answers.
    Probe,
    /// Find out whether the user is still signed in: a refused socket does not say why.
    AskWhoAmI,
    /// Nobody is signed in: go to the sign-in page.
    SignIn,
    /// What is held belongs to another history: begin anew.
    Reload,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not wanted: the page is put away.
    Resting,
    Waiting {
        until: Ms,
    },
    Opening {
        since: Ms,
    },
    Open {
        since: Ms,
        heard: Ms,
        probed: Option<Ms>,
    },
}

/// The connection as a state machine.
#[derive(Clone, Debug)]
pub struct Connect {
    phase: Phase,
    state: State,
    failures: u32,
    /// When the server said to come back.
    hint: Option<Ms>,
    epoch: Option<String>,
}

impl Default for Connect {
    fn default() -> Self {
        Self {
            phase: Phase::Resting,
            state: State::Connecting,
            failures: 0,
            hint: None,
            epoch: None,
        }
    }
}

impl Connect {
    /// What people are told.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Whether frames can be sent.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open { .. })
    }

    /// When [`Self::tick`] has something to do.
    #[must_use]
    pub fn due(&self) -> Option<Ms> {
        match self.phase {
            Phase::Resting => None,
            Phase::Waiting { until } => Some(until),
            Phase::Opening { since } => Some(since + OPENING),
            Phase::Open { heard, probed, .. } => Some(probed.map_or(heard + SILENCE, |at| at + PROBE)),
        }
    }

    /// Opens at once: at the start, when the page is shown again, when the network is back, when somebody asks.
    pub fn wake(&mut self, now: Ms) -> Option<Action> {
        match self.phase {
            Phase::Resting | Phase::Waiting { .. } => Some(self.open(now)),
            Phase::Opening { .. } => None,
            Phase::Open { .. } => self.probe(now),
        }
    }

    /// The browser says that there is no network.
    pub fn doubt(&mut self, now: Ms) -> Option<Action> {
        self.state = State::Offline;
        self.probe(now)
    }

    /// The page is put away, perhaps for good.
    pub fn rest(&mut self) -> Option<Action> {
        self.phase = Phase::Resting;
        Some(Action::Drop)
    }

    /// The server's first word on a connection.
    pub fn hello(&mut self, epoch: &str, now: Ms) -> Option<Action> {
        if self.epoch.as_deref().is_some_and(|known| known != epoch) {
            self.phase = Phase::Resting;
            return Some(Action::Reload);
        }
        self.epoch = Some(epoch.to_owned());
        self.phase = Phase::Open {
            since: now,
            heard: now,
            probed: None,
        };
        self.state = State::Online;
        None
    }

    /// Anything was heard.
    pub fn heard(&mut self, now: Ms) {
        if let Phase::Open { heard, probed, .. } = &mut self.phase {
            (*heard, *probed) = (now, None);
            self.state = State::Online;
        }
    }

    /// The server will close and said when to come back.
    pub fn told(&mut self, in_ms: Ms) {
        self.hint = Some(in_ms);
    }

    /// The socket closed. `random` is from 0 to 1.
    pub fn closed(&mut self, code: u16, now: Ms, random: f64) -> Option<Action> {
        if code == NOT_SIGNED_IN {
            self.phase = Phase::Resting;
            return Some(Action::SignIn);
        }
        match self.phase {
            // A socket that was let go of: nobody waits for this.
            Phase::Resting | Phase::Waiting { .. } => return None,
            Phase::Opening { .. } => self.state = State::Offline,
            Phase::Open { since, .. } => {
                self.state = State::Connecting;
                self.failures = if now >= since + GOOD {
                    0
                } else {
                    self.failures.min(SHORT_LIVED)
                };
            }
        }
        let refused = matches!(self.phase, Phase::Opening { .. });
        let least = if code == TOO_FAST { TOO_FAST_WAIT } else { 0 };
        self.wait(least, now, random);
        (refused && self.failures >= 2 && self.failures.is_power_of_two()).then_some(Action::AskWhoAmI)
    }

    /// Nothing that was sent is answered: the line is dead even if it looks alive.
    pub fn silent(&mut self, now: Ms) -> Option<Action> {
        self.is_open().then(|| {
            self.state = State::Connecting;
            self.open(now)
        })
    }

    /// Time went by.
    pub fn tick(&mut self, now: Ms, random: f64) -> Option<Action> {
        if self.due().is_none_or(|due| now < due) {
            return None;
        }
        match self.phase {
            Phase::Resting => None,
            Phase::Waiting { .. } => Some(self.open(now)),
            Phase::Opening { .. } => {
                self.state = State::Offline;
                self.wait(0, now, random);
                Some(Action::Drop)
            }
            Phase::Open { probed: Some(_), .. } => self.silent(now),
            Phase::Open { probed: None, .. } => self.probe(now),
        }
    }

    fn open(&mut self, now: Ms) -> Action {
        self.phase = Phase::Opening { since: now };
        Action::Open
    }

    fn probe(&mut self, now: Ms) -> Option<Action> {
        match &mut self.phase {
            Phase::Open { probed, .. } if probed.is_none() => {
                *probed = Some(now);
                Some(Action::Probe)
            }
            _ => None,
        }
    }

    /// Full jitter: anything from nothing to twice as long as the time before, so that a thousand who lost the same
    /// server do not come back together.
    fn wait(&mut self, least: Ms, now: Ms, random: f64) {
        let longest = LONGEST_WAIT.min(FIRST_WAIT << self.failures.min(10));
        self.failures += 1;
        let spread = |length: Ms| (length as f64 * random) as Ms;
        let wait = match self.hint.take() {
            Some(hint) => hint + spread(hint / 2),
            None => least + spread(longest),
        };
        self.phase = Phase::Waiting { until: now + wait };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn online(now: Ms) -> Connect {
        let mut connect = Connect::default();
        connect.wake(now);
        connect.hello("e", now);
        connect
    }

    #[test]
    fn it_is_online_once_the_server_has_spoken() {
        let mut connect = Connect::default();
        assert_eq!(
            (connect.wake(0), connect.state()),
            (Some(Action::Open), State::Connecting)
        );
        assert!(!connect.is_open());
        assert_eq!((connect.hello("e", 5), connect.state()), (None, State::Online));
        assert!(connect.is_open());
    }

    #[test]
    fn waits_grow_with_each_failure_and_never_beyond_the_longest() {
        let mut connect = online(0);
        let mut now = GOOD;
        connect.closed(1006, now, 1.0);
        let mut waits = Vec::new();
        for _ in 0..9 {
            let due = connect.due().unwrap();
            waits.push(due - now);
            now = due;
            assert_eq!(connect.tick(now, 1.0), Some(Action::Open));
            connect.closed(1006, now, 1.0);
        }
        assert_eq!(
            waits,
            [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]
        );
    }

    #[test]
    fn the_wait_is_anything_between_nothing_and_the_longest() {
        for (random, wait) in [(0.0, 0), (0.5, 250)] {
            let mut connect = online(0);
            connect.closed(1006, 7, random);
            assert_eq!(connect.due(), Some(7 + wait));
        }
    }

    #[test]
    fn a_loss_is_called_connecting_and_a_failure_offline() {
        let mut connect = online(0);
        connect.closed(1006, 1, 0.0);
        assert_eq!(connect.state(), State::Connecting);
        connect.tick(1, 0.0);
        connect.closed(1006, 2, 0.0);
        assert_eq!(connect.state(), State::Offline);
        connect.tick(2, 0.0);
        assert_eq!(connect.state(), State::Offline, "until it works");
        connect.hello("e", 3);
        assert_eq!(connect.state(), State::Online);
    }

    #[test]
    fn a_connection_that_never_lasts_is_not_tried_without_end_at_once() {
        let (mut connect, mut now) = (online(0), 0);
        let mut waits = Vec::new();
        for _ in 0..6 {
            connect.closed(1013, now, 1.0);
            let due = connect.due().unwrap();
            waits.push(due - now);
            now = due;
            connect.tick(now, 1.0);
            connect.hello("e", now);
        }
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 4_000, 4_000]);
    }

    #[test]
    fn the_servers_word_when_to_come_back_is_kept() {
        let mut connect = online(0);
        connect.told(2_000);
        connect.closed(1012, 100, 0.5);
        assert_eq!(connect.due(), Some(100 + 2_500));
    }

    #[test]
    fn whoever_is_not_signed_in_is_sent_to_the_door_and_nothing_is_tried() {
        let mut connect = online(0);
        assert_eq!(connect.closed(4401, 1, 0.0), Some(Action::SignIn));
        assert_eq!(connect.due(), None);
    }

    #[test]
    fn too_fast_means_slower() {
        let mut connect = online(0);
        connect.closed(4429, 1, 0.0);
        assert_eq!(connect.due(), Some(1 + TOO_FAST_WAIT));
    }

    #[test]
    fn another_history_means_to_begin_anew() {
        let mut connect = online(0);
        connect.closed(1006, 1, 0.0);
        connect.tick(1, 0.0);
        assert_eq!(connect.hello("other", 2), Some(Action::Reload));
        assert_eq!(connect.due(), None);
    }

    #[test]
    fn a_socket_that_is_refused_again_and_again_asks_who_one_is() {
        let mut connect = Connect::default();
        connect.wake(0);
        let mut asked = Vec::new();
        for attempt in 1..=8 {
            if connect.closed(1006, 0, 0.0) == Some(Action::AskWhoAmI) {
                asked.push(attempt);
            }
            connect.tick(0, 0.0);
        }
        assert_eq!(asked, [2, 4, 8]);
    }

    #[test]
    fn silence_is_probed_and_an_unanswered_probe_ends_it() {
        let mut connect = online(0);
        assert_eq!(connect.tick(SILENCE - 1, 0.0), None);
        assert_eq!(connect.tick(SILENCE, 0.0), Some(Action::Probe));
        assert_eq!(connect.tick(SILENCE + PROBE, 0.0), Some(Action::Open));
        assert_eq!(connect.state(), State::Connecting);
    }

    #[test]
    fn an_answered_probe_changes_nothing() {
        let mut connect = online(0);
        assert_eq!(connect.wake(10), Some(Action::Probe));
        assert_eq!(connect.wake(11), None, "one probe at a time");
        connect.heard(20);
        assert_eq!(connect.tick(10 + PROBE, 0.0), None);
        assert_eq!(connect.due(), Some(20 + SILENCE));
    }

    #[test]
    fn the_browsers_word_that_the_network_is_gone_is_doubted() {
        let mut connect = online(0);
        assert_eq!(
            (connect.doubt(10), connect.state()),
            (Some(Action::Probe), State::Offline)
        );
        connect.heard(20);
        assert_eq!(connect.state(), State::Online);
    }

    #[test]
    fn opening_that_takes_too_long_is_given_up() {
        let mut connect = Connect::default();
        connect.wake(0);
        assert_eq!(connect.tick(OPENING, 1.0), Some(Action::Drop));
        assert_eq!(
            (connect.state(), connect.due()),
            (State::Offline, Some(OPENING + FIRST_WAIT))
        );
    }

    #[test]
    fn waking_up_does_not_wait() {
        let mut connect = online(0);
        connect.closed(1006, 1, 1.0);
        assert_eq!(connect.wake(2), Some(Action::Open));
    }

    #[test]
    fn a_page_that_is_put_away_lets_go_and_comes_back_at_once() {
        let mut connect = online(0);
        assert_eq!((connect.rest(), connect.due()), (Some(Action::Drop), None));
        assert_eq!(connect.closed(1000, 1, 0.0), None);
        assert_eq!(connect.wake(2), Some(Action::Open));
    }
}
