//! What the index holds of a message.

use std::{collections::BTreeMap, fmt::Write as _};

use chat::{Attachment, Message, RoomId, Timestamp, UserId, attachment::Kind};

use super::token::tokens;
use crate::store::NewMessage;

/// What begins a mark. No token holds it.
const MARK: char = '=';
/// How many days are one step up: days, months of sorts, and years of sorts.
const DAYS_A_STEP: i64 = 32;
/// How many such steps there are.
const STEPS: u32 = 3;

/// What the index holds of a message: its words in their order, and marks that say what else can be asked of it.
/// Texts of tokens with a space in between, so that an engine has nothing to understand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The tokens that have neighbours, in their order.
    pub(crate) words: String,
    /// Those that lie within others, and the marks.
    pub(crate) marks: String,
}

/// A condition on a message that is no word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mark {
    /// True of every message.
    Any,
    /// In this room.
    Room(RoomId),
    /// By this user.
    Author(UserId),
    /// On one of 32^step days; which of these stretches since 1970.
    Days { step: u32, nth: i64 },
    /// With a link.
    Link,
    /// Mentions somebody.
    Mention,
    /// With reactions.
    Reaction,
    /// With files.
    File,
    /// With a picture among them.
    Image,
    /// Pinned.
    Pinned,
    /// A reply.
    Thread,
    /// Edited.
    Edited,
}

impl Mark {
    /// The mark as a token.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Any => MARK.to_string(),
            Self::Room(id) => format!("{MARK}r{}", id.0.as_simple()),
            Self::Author(id) => format!("{MARK}a{}", id.0.as_simple()),
            // Nothing was written before 1970, and a sign would be no letter.
            Self::Days { step, nth } => format!("{MARK}d{step}x{}", nth.max(0)),
            Self::Link => format!("{MARK}link"),
            Self::Mention => format!("{MARK}mention"),
            Self::Reaction => format!("{MARK}reaction"),
            Self::File => format!("{MARK}file"),
            Self::Image => format!("{MARK}image"),
            Self::Pinned => format!("{MARK}pinned"),
            Self::Thread => format!("{MARK}thread"),
            Self::Edited => format!("{MARK}edited"),
        }
    }
}

/// The marks of the days from `first` to `last`, counted from 1970: as few as there can be.
pub(crate) fn days(first: i64, last: i64) -> Vec<Mark> {
    let (mut marks, mut first, mut last) = (Vec::new(), first.max(0), last);
    for step in 0..STEPS {
        let whole = step + 1 == STEPS;
        while first <= last && (whole || first % DAYS_A_STEP != 0) {
            marks.push(Mark::Days { step, nth: first });
            first += 1;
        }
        while first <= last && (whole || last % DAYS_A_STEP != DAYS_A_STEP - 1) {
            marks.push(Mark::Days { step, nth: last });
            last -= 1;
        }
        if first > last {
            break;
        }
        (first, last) = (first / DAYS_A_STEP, last / DAYS_A_STEP);
    }
    marks
}

fn days_of(at: Timestamp) -> impl Iterator<Item = Mark> {
    (0..STEPS).map(move |step| Mark::Days {
        step,
        nth: at.day().max(0) / DAYS_A_STEP.pow(step),
    })
}

impl Entry {
    /// The entry of a message that is posted, in a thread or not.
    pub(crate) fn of_new(new: &NewMessage, reply: bool) -> Self {
        let marks = [
            (!new.mentions.is_empty()).then_some(Mark::Mention),
            has_link(&new.html).then_some(Mark::Link),
            reply.then_some(Mark::Thread),
            (!new.attachments.is_empty()).then_some(Mark::File),
            has_image(&new.attachments).then_some(Mark::Image),
        ];
        let common = common(new.room, new.author.id, new.created_at);
        Self::new(&new.body, common.chain(marks.into_iter().flatten()))
    }

    /// The entry of a message that is there; `None`: it was deleted.
    pub(crate) fn of(message: &Message) -> Option<Self> {
        if message.deleted {
            return None;
        }
        let marks = [
            (!message.mentions.is_empty()).then_some(Mark::Mention),
            has_link(&message.html).then_some(Mark::Link),
            message.thread.map(|_| Mark::Thread),
            (!message.reactions.is_empty()).then_some(Mark::Reaction),
            (!message.attachments.is_empty()).then_some(Mark::File),
            has_image(&message.attachments).then_some(Mark::Image),
            message.pinned.then_some(Mark::Pinned),
            message.edited_at.map(|_| Mark::Edited),
        ];
        let common = common(message.room, message.author.id, message.created_at);
        Some(Self::new(
            &message.body,
            common.chain(marks.into_iter().flatten()),
        ))
    }

    fn new(body: &str, marks: impl Iterator<Item = Mark>) -> Self {
        let (mut words, mut inner) = (String::with_capacity(body.len()), String::new());
        for token in tokens(body) {
            let text = if token.inner { &mut inner } else { &mut words };
            text.push_str(&token.text);
            text.push(' ');
        }
        for mark in marks {
            inner.push_str(&mark.text());
            inner.push(' ');
        }
        Self { words, marks: inner }
    }

    /// The entry as PostgreSQL writes a `tsvector`: each token once, with the places where it stands.
    pub(crate) fn vector(&self) -> String {
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, word) in (1..).zip(self.words.split_ascii_whitespace()) {
            places.entry(word).or_default().push(place);
        }
        for mark in self.marks.split_ascii_whitespace() {
            places.entry(mark).or_default();
        }
        let mut vector = String::new();
        for (token, places) in places {
            write!(vector, "'{token}'").ok();
            for (n, place) in places.into_iter().enumerate() {
                write!(vector, "{}{place}", if n == 0 { ':' } else { ',' }).ok();
            }
            vector.push(' ');
        }
        vector
    }
}

fn common(room: RoomId, author: UserId, at: Timestamp) -> impl Iterator<Item = Mark> {
    let of_message = [Mark::Any, Mark::Room(room), Mark::Author(author)];
    of_message.into_iter().chain(days_of(at))
}

/// Whether a rendering has a link: one that an author wrote. Mentions and rooms have a class first.
fn has_link(html: &str) -> bool {
    html.contains("<a href=")
}

fn has_image(attachments: &[Attachment]) -> bool {
    attachments.iter().any(|file| file.kind() == Kind::Image)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn marks_of_days_cover_these_days_and_no_others(first in 0_i64..4_000, length in 0_i64..4_000, day in 0_i64..9_000) {
            let last = first + length;
            let marks = days(first, last);
            prop_assert!(marks.len() <= 4 * 32);
            let at = Timestamp(day * 86_400_000);
            let covered = days_of(at).any(|mark| marks.contains(&mark));
            prop_assert_eq!(covered, (first..=last).contains(&day));
        }
    }

    #[test]
    fn a_vector_names_each_token_once_with_its_places() {
        let entry = Entry::new("Red fish, redFish", [Mark::Link].into_iter());
        assert_eq!(entry.words, "red fish redfish ");
        assert_eq!(entry.marks, "red fish =link ");
        assert_eq!(entry.vector(), "'=link' 'fish':2 'red':1 'redfish':3 ");
    }
}
