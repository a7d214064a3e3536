//! Presence within one process: every connection is here, so what is not known is offline.

use std::collections::HashMap;

use async_trait::async_trait;
use chat::{ConnectionId, Status, UserId};
use dashmap::{DashMap, Entry};

use super::Presence;

/// Each user's connections. Users without any are not listed.
#[derive(Debug, Default)]
pub struct MemoryPresence {
    users: DashMap<UserId, Connections>,
}

type Connections = HashMap<ConnectionId, Status>;

impl MemoryPresence {
    /// Nobody is there.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whoever has a connection.
    pub(super) fn users(&self) -> Vec<UserId> {
        self.users.iter().map(|user| *user.key()).collect()
    }

    /// The user's status by the connections here.
    pub(super) fn status(&self, user: UserId) -> Status {
        self.users
            .get(&user)
            .map_or(Status::Offline, |connections| status(&connections))
    }

    /// Lets `change` work on a user's connections; gives the status where that changed it.
    fn change(&self, user: UserId, change: impl FnOnce(&mut Connections)) -> Option<Status> {
        match self.users.entry(user) {
            Entry::Occupied(mut entry) => {
                let before = status(entry.get());
                change(entry.get_mut());
                let after = status(entry.get());
                if entry.get().is_empty() {
                    entry.remove();
                }
                (before != after).then_some(after)
            }
            Entry::Vacant(entry) => {
                let mut connections = Connections::new();
                change(&mut connections);
                let after = status(&connections);
                if !connections.is_empty() {
                    entry.insert(connections);
                }
                (after != Status::Offline).then_some(after)
            }
        }
    }
}

fn status(connections: &Connections) -> Status {
    if connections.values().any(|status| *status == Status::Online) {
        Status::Online
    } else if connections.is_empty() {
        Status::Offline
    } else {
        Status::Away
    }
}

#[async_trait]
impl Presence for MemoryPresence {
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn set(&self, user: UserId, connection: ConnectionId, status: Status) -> Option<Status> {
        self.change(user, |connections| match status {
            Status::Online | Status::Away => {
                connections.insert(connection, status);
            }
            Status::Offline => {
                connections.remove(&connection);
            }
        })
    }

    async fn clear(&self, user: UserId, connection: ConnectionId) -> Option<Status> {
        self.change(user, |connections| {
            connections.remove(&connection);
        })
    }

    async fn statuses(&self, users: &[UserId]) -> Vec<Option<Status>> {
        users.iter().map(|user| Some(self.status(*user))).collect()
    }

    async fn present(&self) -> Option<Vec<(UserId, Status)>> {
        let statuses = self.users().into_iter().map(|user| (user, self.status(user)));
        // Whoever left meanwhile is not there.
        Some(
            statuses
                .filter(|(_, status)| *status != Status::Offline)
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn who_has_left_takes_no_room() {
        let presence = MemoryPresence::new();
        let (user, connection) = (UserId(Uuid::from_u128(1)), ConnectionId(Uuid::from_u128(2)));
        presence.set(user, connection, Status::Away).await;
        presence.clear(user, connection).await;
        presence.clear(user, connection).await;
        presence.set(user, connection, Status::Offline).await;
        assert!(presence.users.is_empty());
    }

    #[tokio::test]
    async fn whoever_was_never_there_is_offline_not_unknown() {
        assert_eq!(
            MemoryPresence::new().statuses(&[UserId(Uuid::nil())]).await,
            [Some(Status::Offline)]
        );
    }
}
