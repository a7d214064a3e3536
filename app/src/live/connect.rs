//! When to open the socket, when to give it up, and what to tell people meanwhile.
//!
//! The browser cannot see the server's pings, so silence is broken by asking: a [`Action::Probe`] that nothing
//! answers means that the line is dead, whatever the browser believes. What the browser says of the network is a
//! hint to look sooner, never a fact.

#[cfg(test)]
mod tests;

use super::Ms;

/// The first wait after a loss is up to this long.
const FIRST_WAIT: Ms = 500;
/// No wait is longer: whoever looks at the page is back soon after the server is.
const LONGEST_WAIT: Ms = 5_000;
/// How long opening may take until the server's first word.
const OPENING: Ms = 10_000;
/// How long a probe may go unanswered.
const PROBE: Ms = 5_000;
/// The same where there is a reason to doubt the line: a sleep, another network. To open anew costs little.
const DOUBT: Ms = 1_500;
/// What was begun so long before such a moment may hang; it is begun again.
const STALE: Ms = 500;
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
    /// Nobody is signed in; until somebody is, it is not tried again.
    SignedOut,
}

impl State {
    /// The state as pages and tests read it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Online => "online",
            Self::Offline => "offline",
            Self::SignedOut => "signed-out",
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
        /// Until when an answer is waited for.
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
            Phase::Open { heard, probed, .. } => Some(probed.unwrap_or(heard + SILENCE)),
        }
    }

    /// Opens at once: at the start, when the page is shown again, when the network is back, when somebody asks.
    pub fn wake(&mut self, now: Ms) -> Option<Action> {
        match self.phase {
            Phase::Resting | Phase::Waiting { .. } => Some(self.open(now)),
            Phase::Opening { since } => (now >= since + STALE).then(|| self.open(now)),
            Phase::Open { .. } => self.probe(now + DOUBT),
        }
    }

    /// The browser says that there is no network.
    pub fn doubt(&mut self, now: Ms) -> Option<Action> {
        self.state = State::Offline;
        self.probe(now + DOUBT)
    }

    /// The page is put away, perhaps for good.
    pub fn rest(&mut self) -> Option<Action> {
        self.phase = Phase::Resting;
        Some(Action::Drop)
    }

    /// Nobody is signed in.
    pub fn sign_out(&mut self) -> Option<Action> {
        self.state = State::SignedOut;
        self.rest()
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
            return self.sign_out();
        }
        match self.phase {
            // A socket that was let go of: nobody waits for this.
            Phase::Resting | Phase::Waiting { .. } => return None,
            // Looked at again, the page tried once more.
            Phase::Opening { .. } if self.state == State::SignedOut => return self.rest(),
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
            Phase::Opening { .. } if self.state == State::SignedOut => self.rest(),
            Phase::Opening { .. } => {
                self.state = State::Offline;
                self.wait(0, now, random);
                Some(Action::Drop)
            }
            Phase::Open { probed: Some(_), .. } => self.silent(now),
            Phase::Open { probed: None, .. } => self.probe(now + PROBE),
        }
    }

    fn open(&mut self, now: Ms) -> Action {
        self.phase = Phase::Opening { since: now };
        Action::Open
    }

    fn probe(&mut self, until: Ms) -> Option<Action> {
        match &mut self.phase {
            Phase::Open { probed, .. } if probed.is_none() => {
                *probed = Some(until);
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
