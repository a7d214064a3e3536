//! How many unread messages mention a user, kept up to date from what the hub hears.

use std::collections::HashMap;

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
}

impl Mentions {
    /// Message `seq` mentions the user.
    pub(crate) fn add(&mut self, room: RoomId, seq: u64) {
        let seqs = self.rooms.entry(room).or_default();
        if let Err(place) = seqs.binary_search(&seq) {
            seqs.insert(place, seq);
        }
        if seqs.len() > MENTIONS_MAX {
            seqs.remove(0);
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

    /// The store is about to be asked.
    pub(crate) fn begin_loading(&mut self) {
        self.loading += 1;
    }

    /// The store has answered.
    pub(crate) fn finish_loading(&mut self, mentions: &[(RoomId, u64)]) {
        for (room, seq) in mentions {
            if self.read.get(room).is_none_or(|read| seq > read) {
                self.add(*room, *seq);
            }
        }
        self.loading = self.loading.saturating_sub(1);
        if self.loading == 0 {
            self.read = HashMap::new();
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
    fn the_count_is_bounded() {
        let mut mentions = Mentions::default();
        (1..=1_500).for_each(|seq| mentions.add(ROOM, seq));
        assert_eq!(mentions.count(ROOM), 1_000);
        mentions.read(ROOM, 1_499);
        assert_eq!(mentions.count(ROOM), 1);
    }
}
