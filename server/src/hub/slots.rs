//! What is said to a connection outside any room's log: each thing has one slot, in which the newest
//! word replaces an older one that was not sent yet.

use std::collections::VecDeque;

use bytes::Bytes;
use chat::{RoomId, UserId};
use uuid::Uuid;

/// The most slots for things that may be lost.
const FLEETING_MAX: usize = 512;

/// What a word is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// Someone types in a room.
    Typing(RoomId, UserId),
    /// One batch of comings and goings.
    Presence(u64),
    /// Where a room stands.
    Head(RoomId),
    /// The user's own read marker in a room.
    Read(RoomId),
    /// A room as the user sees it.
    Room(RoomId),
    /// Something of the user's own: of which kind, and which.
    Own(&'static str, Uuid),
}

impl About {
    /// Whether it may be lost: nothing stays wrong for long without it. The others are bounded by the user's rooms.
    const fn is_fleeting(self) -> bool {
        matches!(self, Self::Typing(..) | Self::Presence(_) | Self::Own(..))
    }
}

/// Words that wait to be sent, in the order in which their subjects came up.
#[derive(Default)]
pub(crate) struct Slots {
    words: VecDeque<(About, Bytes)>,
    fleeting: usize,
    lost: u64,
}

impl Slots {
    /// Puts a word in its slot. Where there are too many, the oldest that may be lost is.
    pub(crate) fn put(&mut self, about: About, word: Bytes) {
        if let Some((_, old)) = self.words.iter_mut().find(|(of, _)| *of == about) {
            *old = word;
            return;
        }
        self.fleeting += usize::from(about.is_fleeting());
        self.words.push_back((about, word));
        if self.fleeting > FLEETING_MAX
            && let Some(oldest) = self.words.iter().position(|(about, _)| about.is_fleeting())
        {
            self.words.remove(oldest);
            self.fleeting -= 1;
            self.lost += 1;
        }
    }

    /// Forgets what was said of heads: something newer tells of all of them.
    pub(crate) fn forget_heads(&mut self) {
        self.words.retain(|(about, _)| !matches!(about, About::Head(_)));
    }

    /// Takes the first word.
    pub(crate) fn take(&mut self) -> Option<Bytes> {
        let (about, word) = self.words.pop_front()?;
        self.fleeting -= usize::from(about.is_fleeting());
        if self.words.is_empty() {
            // An idle connection holds no memory for what it was once told.
            self.words = VecDeque::new();
        }
        Some(word)
    }

    /// How many words were lost since the last call.
    pub(crate) fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(n: u128) -> RoomId {
        RoomId(Uuid::from_u128(n))
    }

    fn taken(slots: &mut Slots) -> Vec<Bytes> {
        std::iter::from_fn(|| slots.take()).collect()
    }

    #[test]
    fn the_newest_word_takes_the_place_of_the_older() {
        let mut slots = Slots::default();
        slots.put(About::Head(room(1)), "one".into());
        slots.put(About::Read(room(1)), "marker".into());
        slots.put(About::Head(room(1)), "two".into());
        assert_eq!(taken(&mut slots), ["two", "marker"]);
        assert_eq!(taken(&mut slots), Vec::<Bytes>::new());
    }

    #[test]
    fn too_many_fleeting_words_lose_the_oldest_and_nothing_else() {
        let mut slots = Slots::default();
        slots.put(About::Room(room(0)), "room".into());
        slots.put(About::Head(room(0)), "head".into());
        for n in 0..600 {
            slots.put(About::Presence(n), n.to_string().into());
        }
        assert_eq!(slots.take_lost(), 600 - 512);
        let words = taken(&mut slots);
        assert_eq!(words.len(), 2 + 512);
        assert_eq!(words[..3], ["room", "head", "88"]);
        assert_eq!(slots.take_lost(), 0);
    }

    #[test]
    fn heads_can_be_forgotten_without_the_rest() {
        let mut slots = Slots::default();
        slots.put(About::Head(room(1)), "head".into());
        slots.put(About::Read(room(1)), "read".into());
        slots.forget_heads();
        assert_eq!(taken(&mut slots), ["read"]);
    }
}
