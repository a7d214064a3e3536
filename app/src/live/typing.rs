//! Who is typing, and how often one says so oneself.

use chat::{UserId, wire::TYPING_MS};

use super::Ms;

/// How often the server is told while one types.
const INTERVAL: Ms = 3_000;
/// The server does not listen to words that follow each other more closely than this.
const AFTER_SENDING: Ms = 1_000;

/// The people who are typing in one room, in the order in which they began.
#[derive(Clone, Debug, Default)]
pub struct Typists {
    typing: Vec<(UserId, Ms)>,
}

impl Typists {
    /// Somebody types; true: that is news.
    pub fn hear(&mut self, user: UserId, now: Ms) -> bool {
        let until = now + TYPING_MS;
        match self.typing.iter_mut().find(|(known, _)| *known == user) {
            Some((_, known)) => {
                *known = until;
                false
            }
            None => {
                self.typing.push((user, until));
                true
            }
        }
    }

    /// Somebody's message came, so that is what was typed; true: that is news.
    pub fn stop(&mut self, user: UserId) -> bool {
        self.keep(|known, _| known != user)
    }

    /// Time went by; true: somebody stopped.
    pub fn tick(&mut self, now: Ms) -> bool {
        self.keep(|_, until| now < until)
    }

    /// When somebody counts as having stopped.
    #[must_use]
    pub fn due(&self) -> Option<Ms> {
        self.typing.iter().map(|(_, until)| *until).min()
    }

    /// The people.
    pub fn people(&self) -> impl Iterator<Item = UserId> {
        self.typing.iter().map(|(user, _)| *user)
    }

    fn keep(&mut self, mut keep: impl FnMut(UserId, Ms) -> bool) -> bool {
        let before = self.typing.len();
        self.typing.retain(|(user, until)| keep(*user, *until));
        self.typing.len() < before
    }
}

/// The line below the composer. More than three are only called several.
#[must_use]
pub fn sentence(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => [one, " is typing…"].concat(),
        [one, two] => [one, " and ", two, " are typing…"].concat(),
        [one, two, three] => [one, ", ", two, " and ", three, " are typing…"].concat(),
        _ => "Several people are typing…".to_owned(),
    }
}

/// Keeps one's own typing from being told too often.
#[derive(Clone, Debug, Default)]
pub struct Throttle {
    told: Option<Ms>,
    sent: bool,
}

impl Throttle {
    /// A key was pressed; true: tell.
    pub fn press(&mut self, now: Ms) -> bool {
        let interval = if self.sent { AFTER_SENDING } else { INTERVAL };
        let tell = self.told.is_none_or(|told| now >= told + interval);
        if tell {
            *self = Self {
                told: Some(now),
                sent: false,
            };
        }
        tell
    }

    /// The message is sent, and with it the typing over: the next key press begins a new one.
    pub fn send(&mut self) {
        self.sent = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(n: u8) -> UserId {
        format!("00000000-0000-0000-0000-0000000000{n:02}")
            .parse()
            .unwrap()
    }

    #[test]
    fn typing_lapses_unless_it_goes_on() {
        let mut typists = Typists::default();
        assert!(typists.hear(user(1), 0) && typists.hear(user(2), 1));
        assert!(!typists.hear(user(1), 3_000), "known already");
        assert_eq!(typists.due(), Some(1 + TYPING_MS));
        assert!(typists.tick(1 + TYPING_MS));
        assert!(typists.people().eq([user(1)]));
        assert!(!typists.tick(1 + TYPING_MS), "nothing new");
    }

    #[test]
    fn a_message_ends_the_typing() {
        let mut typists = Typists::default();
        typists.hear(user(1), 0);
        assert!(typists.stop(user(1)) && !typists.stop(user(1)));
        assert_eq!(typists.due(), None);
    }

    #[test]
    fn the_line_names_up_to_three() {
        let names: Vec<_> = ["Ines", "Mei", "Jonas", "Ada"].map(String::from).to_vec();
        assert_eq!(sentence(&names[..0]), "");
        assert_eq!(sentence(&names[..1]), "Ines is typing…");
        assert_eq!(sentence(&names[..2]), "Ines and Mei are typing…");
        assert_eq!(sentence(&names[..3]), "Ines, Mei and Jonas are typing…");
        assert_eq!(sentence(&names), "Several people are typing…");
    }

    #[test]
    fn ones_own_typing_is_told_now_and_then() {
        let mut throttle = Throttle::default();
        assert!(throttle.press(0) && !throttle.press(INTERVAL - 1) && throttle.press(INTERVAL));
        throttle.send();
        assert!(!throttle.press(INTERVAL + AFTER_SENDING - 1) && throttle.press(INTERVAL + AFTER_SENDING));
        assert!(
            !throttle.press(INTERVAL + 2 * AFTER_SENDING),
            "this is the next message already"
        );
    }
}
