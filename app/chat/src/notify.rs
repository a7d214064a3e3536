//! What someone wants to be told of, and when.

use serde::{Deserialize, Serialize};

use crate::{room::RoomKind, time::Timestamp, user::is_invisible_format};

/// Of which messages of a room someone is notified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Of all of them.
    All,
    /// Of those that mention the reader.
    Mentions,
    /// Of none.
    Nothing,
}

impl Level {
    /// Every level.
    pub const ALL: &[Self] = &[Self::All, Self::Mentions, Self::Nothing];

    /// The level of someone who has chosen none.
    #[must_use]
    pub const fn of_kind(kind: RoomKind) -> Self {
        match kind {
            RoomKind::Channel => Self::Mentions,
            RoomKind::Direct => Self::All,
        }
    }

    /// The level's name, as it is stored and sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Mentions => "mentions",
            Self::Nothing => "nothing",
        }
    }

    /// The level of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|level| level.name() == name)
    }
}

/// How a member wants to hear of a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Notify {
    /// Of which messages; `None`: as the kind of room has it.
    pub level: Option<Level>,
    /// Muted: the room notifies of nothing, and what is unread in it is counted nowhere but beside its name.
    pub muted: bool,
}

/// When someone does not want to be disturbed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// Until then, and no longer.
    pub until: Option<Timestamp>,
    /// Each day between these minutes of the day in UTC; the second may be smaller, for a night.
    pub daily: Option<(u16, u16)>,
}

/// The minutes of a day.
pub const MINUTES_A_DAY: u16 = 24 * 60;

impl Quiet {
    /// Whether it holds at `now`.
    #[must_use]
    pub fn holds(self, now: Timestamp) -> bool {
        let (hour, minute) = now.clock();
        let minute = u16::from(hour) * 60 + u16::from(minute);
        let at_night = self.daily.is_some_and(|(from, to)| match from <= to {
            true => (from..to).contains(&minute),
            false => minute >= from || minute < to,
        });
        at_night || self.until.is_some_and(|until| now < until)
    }

    /// Whether its minutes are minutes of a day.
    #[must_use]
    pub fn is_valid(self) -> bool {
        self.daily
            .is_none_or(|(from, to)| from < MINUTES_A_DAY && to < MINUTES_A_DAY && from != to)
    }
}

/// What someone says of himself or herself, for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custom {
    /// A few words; may be empty beside an emoji.
    pub text: String,
    /// An emoji; may be empty beside words.
    pub emoji: String,
    /// Until when it is shown; `None`: until it is changed.
    pub until: Option<Timestamp>,
}

/// The most characters of a status.
pub const STATUS_CHARS_MAX: usize = 100;

impl Custom {
    /// Whether it is still shown at `now`.
    #[must_use]
    pub fn is_shown(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// The words of a status as they are stored, or `None` where they are too long or hold what cannot be seen.
#[must_use]
pub fn status_text(text: &str) -> Option<String> {
    let text = text.trim();
    let plain = !text.chars().any(|c| c.is_control() || is_invisible_format(c));
    (plain && text.chars().count() <= STATUS_CHARS_MAX).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This minute of some day.
    fn at(hour: i64, minute: i64) -> Timestamp {
        Timestamp(((20_000 * 24 + hour) * 60 + minute) * 60_000)
    }

    #[test]
    fn quiet_hours_may_span_midnight() {
        let night = Quiet {
            until: None,
            daily: Some((22 * 60, 7 * 60)),
        };
        for (time, quiet) in [
            (at(21, 59), false),
            (at(22, 0), true),
            (at(0, 30), true),
            (at(6, 59), true),
            (at(7, 0), false),
        ] {
            assert_eq!(night.holds(time), quiet, "{time}");
        }
        let noon = Quiet {
            until: None,
            daily: Some((12 * 60, 13 * 60)),
        };
        assert!(noon.holds(at(12, 0)) && !noon.holds(at(13, 0)) && !noon.holds(at(2, 0)));
    }

    #[test]
    fn quiet_until_a_time_ends_then() {
        let quiet = Quiet {
            until: Some(at(10, 0)),
            daily: None,
        };
        assert!(quiet.holds(at(9, 59)) && !quiet.holds(at(10, 0)));
        assert!(!Quiet::default().holds(at(9, 0)));
    }

    #[test]
    fn minutes_outside_of_a_day_are_no_quiet_hours() {
        for (daily, valid) in [((0, 1439), true), ((0, 1440), false), ((60, 60), false)] {
            let quiet = Quiet {
                until: None,
                daily: Some(daily),
            };
            assert_eq!(quiet.is_valid(), valid, "{daily:?}");
        }
    }

    #[test]
    fn a_status_is_a_few_plain_words() {
        assert_eq!(status_text("  in a meeting "), Some("in a meeting".into()));
        assert_eq!(status_text(""), Some(String::new()));
        for bad in ["two\nlines", "evil\u{202E}", &"x".repeat(101)] {
            assert_eq!(status_text(bad), None, "{bad:?}");
        }
    }
}
