//! How many unread messages mention a user, kept up to date from what the hub hears.

use std::collections::{HashMap, HashSet};

use chat::RoomId;

/// The most mentions kept of one room; beyond it the oldest are forgotten and the count stops growing.
const MENTIONS_MAX: usize = 1_000;

/// A user's unread mentions by room: the numbers of the messages, ascending.
#[derive(Default)]
pub(crate) struct Mentions {
    rooms: HashMap<RoomId, Vec<u64>>,
    /// Readings from the store that are under way.
    loading: u32,
    /// How far the user has read meanwhile, which such a reading may not show.
    read: HashMap<RoomId, u64>,
    /// The messages that ceased to mention the user meanwhile, which it may still show.
    removed: HashSet<(RoomId, u64)>,
}

impl Mentions {
    /// Message `seq` mentions the user.
    pub(crate) fn add(&mut self, room: RoomId, seq: u64) {
        self.removed.remove(&(room, seq));
        let seqs = self.rooms.entry(room).or_default();
        if let Err(place) = seqs.binary_search(&seq) {
            seqs.insert(place, seq);
        }
        if seqs.len() > MENTIONS_MAX {
            seqs.remove(0);
        }
    }

    /// Message `seq` mentions the user no longer.
    pub(crate) fn remove(&mut self, room: RoomId, seq: u64) {
        if self.loading > 0 && self.removed.len() < MENTIONS_MAX {
            self.removed.insert((room, seq));
        }
        if let Some(seqs) = self.rooms.get_mut(&room) {
            seqs.retain(|mention| *mention != seq);
        }
    }

    /// The user has read up to message `seq`.
    pub(crate) fn read(&mut self, room: RoomId, seq: u64) {
        if self.loading > 0 {
            let read = self.read.entry(room).or_default();
            *read = seq.max(*read);
        }
        if let Some(seqs) = self.rooms.get_mut(&room) {
            seqs.retain(|mention| *mention > seq);
            if seqs.is_empty() {
                self.rooms.remove(&room);
            }
        }
    }

    /// The user has marked all after message `seq` as unread: the store is to be asked what mentions the user there.
    pub(crate) fn unread(&mut self, room: RoomId, seq: u64) {
        if let Some(read) = self.read.get_mut(&room) {
            *read = seq;
        }
    }

    /// The store is about to be asked.
    pub(crate) fn begin_loading(&mut self) {
        self.loading += 1;
    }

    /// The store has answered.
    pub(crate) fn finish_loading(&mut self, mentions: &[(RoomId, u64)]) {
        for (room, seq) in mentions {
            let unread = self.read.get(room).is_none_or(|read| seq > read);
            if unread && !self.removed.contains(&(*room, *seq)) {
                self.add(*room, *seq);
            }
        }
        self.loading = self.loading.saturating_sub(1);
        if self.loading == 0 {
            self.read = HashMap::new();
            self.removed = HashSet::new();
        }
    }

    /// How many unread messages of `room` mention the user.
    pub(crate) fn count(&self, room: RoomId) -> u64 {
        self.rooms.get(&room).map_or(0, |seqs| seqs.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ROOM: RoomId = RoomId(Uuid::from_u128(1));

    #[test]
    fn reading_takes_off_what_was_read_and_no_more() {
        let mut mentions = Mentions::default();
        for seq in [5, 3, 5, 9] {
            mentions.add(ROOM, seq);
        }
        assert_eq!(mentions.count(ROOM), 3);
        mentions.read(ROOM, 5);
        assert_eq!(mentions.count(ROOM), 1);
        assert_eq!(mentions.count(RoomId(Uuid::from_u128(2))), 0);
    }

    #[test]
    fn what_was_read_while_the_store_was_asked_does_not_come_back() {
        let mut mentions = Mentions::default();
        mentions.begin_loading();
        mentions.read(ROOM, 4);
        mentions.add(ROOM, 7);
        mentions.finish_loading(&[(ROOM, 4), (ROOM, 6), (ROOM, 7)]);
        assert_eq!(mentions.count(ROOM), 2);
    }

    #[test]
    fn what_was_marked_as_unread_meanwhile_counts_again() {
        let mut mentions = Mentions::default();
        mentions.begin_loading();
        mentions.read(ROOM, 9);
        mentions.unread(ROOM, 4);
        mentions.finish_loading(&[(ROOM, 4), (ROOM, 6)]);
        assert_eq!(mentions.count(ROOM), 1);
    }

    #[test]
    fn a_message_that_ceased_to_mention_the_user_does_not_count() {
        let mut mentions = Mentions::default();
        [3, 5].into_iter().for_each(|seq| mentions.add(ROOM, seq));
        mentions.remove(ROOM, 3);
        mentions.remove(ROOM, 4);
        assert_eq!(mentions.count(ROOM), 1);
        // Nor does it come back from a reading that began before; unless it mentions the user once more.
        mentions.begin_loading();
        [5, 6].into_iter().for_each(|seq| mentions.remove(ROOM, seq));
        mentions.add(ROOM, 6);
        mentions.finish_loading(&[(ROOM, 5), (ROOM, 6)]);
        assert_eq!(mentions.count(ROOM), 1);
    }

    #[test]
    fn the_count_is_bounded() {
        let mut mentions = Mentions::default();
        (1..=1_500).for_each(|seq| mentions.add(ROOM, seq));
        assert_eq!(mentions.count(ROOM), 1_000);
        mentions.read(ROOM, 1_499);
        assert_eq!(mentions.count(ROOM), 1);
    }
}
