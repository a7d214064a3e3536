//! Rooms as one user sees them, put together from what any engine reads.

use std::{cmp::Reverse, collections::HashMap};

use chat::{Author, Room, RoomId, RoomKind, UserId};

/// A room as one user sees it, with what its place in a list depends on.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) room: Room,
    /// The name in lowercase. Sorting by it here and not in SQL makes the order the same on every engine.
    pub(crate) name_key: String,
    /// When the last message came; the room's creation where there is none.
    pub(crate) last_at: i64,
}

/// Gives direct rooms their people, all but `viewer`, and the name that follows from them.
pub(crate) fn introduce(rooms: &mut [Seen], people: Vec<(RoomId, Author)>, viewer: UserId) {
    let mut by_room: HashMap<RoomId, Vec<Author>> = HashMap::new();
    for (room, author) in people {
        by_room.entry(room).or_default().push(author);
    }
    for seen in rooms.iter_mut().filter(|seen| seen.room.kind == RoomKind::Direct) {
        let mut people = by_room.remove(&seen.room.id).unwrap_or_default();
        if people.iter().any(|author| author.id != viewer) {
            people.retain(|author| author.id != viewer);
        }
        people.sort_by_cached_key(|author| author.username.to_lowercase());
        let names: Vec<&str> = people.iter().map(|author| author.display_name.as_str()).collect();
        seen.room.name = names.join(", ");
        people.retain(|author| author.id != viewer);
        seen.room.users = people;
    }
}

/// Channels by name, then direct rooms by last message, newest first.
pub(crate) fn in_order(mut rooms: Vec<Seen>) -> Vec<Room> {
    rooms.sort_by(|a, b| {
        let group = |seen: &Seen| seen.room.kind == RoomKind::Direct;
        let place = |seen: &Seen| {
            if group(seen) {
                Reverse(seen.last_at)
            } else {
                Reverse(0)
            }
        };
        group(a)
            .cmp(&group(b))
            .then_with(|| place(a).cmp(&place(b)))
            .then_with(|| a.name_key.cmp(&b.name_key))
            .then_with(|| a.room.id.cmp(&b.room.id))
    });
    rooms.into_iter().map(|seen| seen.room).collect()
}
