//! Where someone signed in can go.

use backend::{Backend, Caller, Problem};
use chat::{Author, Custom, Role, Room, RoomId, RoomKind, Status, UserId};

/// The rooms of the one who looks, where asked for those still open to join, and who of the people to talk with is
/// there.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// Who looks.
    pub(crate) me: Author,
    /// What he or she may do in the workspace at large.
    pub(crate) role: Role,
    /// Own rooms first, then public channels to join.
    pub(crate) rooms: Vec<Room>,
    statuses: Vec<(UserId, Option<Status>)>,
    customs: Vec<(UserId, Custom)>,
    /// The followed threads with unread replies, by their rooms.
    threads: Vec<RoomId>,
}

impl Places {
    /// Looks up the caller's own.
    pub(crate) async fn load(backend: &Backend, caller: &Caller) -> Result<Self, Problem> {
        let rooms = backend.own_rooms(caller).await?;
        Self::of(backend, caller, rooms).await
    }

    /// Looks up the caller's own and those to join.
    pub(crate) async fn load_all(backend: &Backend, caller: &Caller) -> Result<Self, Problem> {
        let rooms = backend.list_rooms(caller).await?;
        Self::of(backend, caller, rooms).await
    }

    async fn of(backend: &Backend, caller: &Caller, rooms: Vec<Room>) -> Result<Self, Problem> {
        let people: Vec<UserId> = rooms.iter().filter_map(other).map(|author| author.id).collect();
        let (statuses, customs, threads) = tokio::join!(
            backend.statuses(&people),
            backend.customs(&people),
            backend.unread_threads(caller)
        );
        Ok(Self {
            me: caller.author.clone(),
            role: caller.role,
            rooms,
            statuses: people.into_iter().zip(statuses).collect(),
            customs: customs?,
            threads: threads?.into_iter().map(|thread| thread.room).collect(),
        })
    }

    /// The caller's channels that are not put away.
    pub(crate) fn channels(&self) -> impl Iterator<Item = &Room> {
        let own = |room: &&Room| room.member && room.kind == RoomKind::Channel;
        self.rooms.iter().filter(own).filter(|room| !room.archived)
    }

    /// The caller's channels that are put away.
    pub(crate) fn archived(&self) -> impl Iterator<Item = &Room> {
        self.rooms.iter().filter(|room| room.member && room.archived)
    }

    /// Public channels that the caller is not in; none unless all were looked up.
    pub(crate) fn to_join(&self) -> impl Iterator<Item = &Room> {
        self.rooms.iter().filter(|room| !room.member)
    }

    /// The caller's conversations.
    pub(crate) fn direct(&self) -> impl Iterator<Item = &Room> {
        self.rooms
            .iter()
            .filter(|room| room.member && room.kind == RoomKind::Direct)
    }

    /// The conversation between the caller and this person; the caller's own notes, where it is the same one.
    pub(crate) fn direct_with(&self, user: UserId) -> Option<&Room> {
        self.direct().find(|room| match room.users.as_slice() {
            [] => user == self.me.id,
            [other] => other.id == user,
            _ => false,
        })
    }

    /// Whether this person is there.
    pub(crate) fn status(&self, user: UserId) -> Option<Status> {
        self.statuses
            .iter()
            .find(|(id, _)| *id == user)
            .and_then(|(_, status)| *status)
    }

    /// What this person says of himself or herself.
    pub(crate) fn custom(&self, user: UserId) -> Option<Custom> {
        let mut customs = self.customs.iter();
        customs
            .find(|(id, _)| *id == user)
            .map(|(_, custom)| custom.clone())
    }

    /// Shows a room as read: it is the one that is being opened.
    pub(crate) fn read(&mut self, here: &Room) {
        if let Some(room) = self.rooms.iter_mut().find(|room| room.id == here.id) {
            (room.unread, room.mentions) = (0, 0);
        }
        self.threads.retain(|room| *room != here.id);
    }

    /// How many of the threads that the caller follows have unread replies.
    pub(crate) fn unread_threads(&self) -> usize {
        self.threads.len()
    }

    /// What to call a room.
    pub(crate) fn name(&self, room: &Room) -> String {
        match room.kind {
            RoomKind::Direct if room.users.is_empty() => format!("{} (you)", self.me.display_name),
            _ => room.name.clone(),
        }
    }
}

/// The other one in a conversation between two.
pub(crate) fn other(room: &Room) -> Option<&Author> {
    match (room.kind, room.users.as_slice()) {
        (RoomKind::Direct, [other]) => Some(other),
        _ => None,
    }
}
