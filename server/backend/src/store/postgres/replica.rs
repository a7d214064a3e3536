//! Old messages from a streaming replica, never older than what the primary would have answered.
//!
//! The primary is asked for the room's head, which is one look-up of a narrow row. The replica then reads head and
//! page in one statement. Every change of a message takes the room's next `rev`, so a replica whose head has that
//! `rev` or a later one has replayed all that had been committed when the primary was asked: whoever wrote before
//! asking sees what was written. A replica that lags, is away or hangs is passed over, and the primary answers.
//!
//! Pages near the head are the primary's alone: they are in its memory, and where people talk a replica is behind by
//! the newest message more often than not. So are resumes, heads and credentials, which have no use for a page that
//! might have to be read twice.

use std::time::Duration;

use chat::{Message, RoomId};
use metrics::counter;
use sqlx::postgres::PgPoolOptions;

use super::{
    messages::read_window,
    pool::{self, Pool},
    rows::Read,
    search::Asked,
    statement::statements,
};
use crate::store::{Candidates, Head, PoolLoad, Stored, window::Window};

/// A page is old when it ends this many messages or more before the newest one.
const OLD: u64 = 500;
/// How long the replica is waited for before the primary is asked instead.
const PATIENCE: Duration = Duration::from_millis(500);

statements! {
    /// How many bytes of log the primary has written in all.
    WRITTEN = "SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint";
    REPLAYED = "SELECT coalesce((pg_last_wal_replay_lsn() - '0/0')::bigint >= $1, FALSE)";
    HEAD = "SELECT h.room AS head_room, h.last_seq, h.last_rev FROM room_heads h WHERE h.room = $1";
}

/// A server that follows the primary.
pub(super) struct Replica(Pool);

impl Replica {
    /// The replica that `url` names. It need not be there yet.
    pub(super) fn new(url: &str) -> Stored<Self> {
        let sizes = PgPoolOptions::new();
        Ok(Self(Pool::with("replica", sizes, pool::options(url)?, PATIENCE)))
    }

    /// What the window holds of `room`; `None`: the primary has to answer.
    pub(super) async fn read(
        &self,
        primary: &Pool,
        room: RoomId,
        window: Window,
    ) -> Stored<Option<(Head, Vec<Message>)>> {
        let query = || HEAD.read::<Read<Head>>().bind(room.0);
        let Some(Read(head)) = primary.optional(query).await? else {
            return Ok(None);
        };
        if window.upto.saturating_add(OLD) > head.last_seq {
            return Ok(None);
        }
        let found = self.covering(room, window, head).await;
        let answer = if found.is_some() { "replica" } else { "primary" };
        counter!("database_replica_reads_total", "answer" => answer).increment(1);
        Ok(found)
    }

    /// How busy its connections are.
    pub(super) fn load(&self) -> PoolLoad {
        self.0.load("replica")
    }

    /// The page, if the replica has replayed all up to `head`.
    async fn covering(&self, room: RoomId, window: Window, head: Head) -> Option<(Head, Vec<Message>)> {
        // The pool's own limit, and none around it: what hangs has to count for the breaker.
        match read_window(&self.0, room, window).await {
            Ok(found) => found.filter(|(replayed, _)| replayed.last_rev >= head.last_rev),
            Err(error) => {
                tracing::debug!(%error, "the replica did not answer");
                None
            }
        }
    }

    /// What a search finds, if the replica has replayed all that the primary had written when it was asked; `None`:
    /// the primary has to answer.
    pub(super) async fn search(&self, primary: &Pool, asked: &Asked) -> Stored<Option<Candidates>> {
        let query = || WRITTEN.read::<(i64,)>();
        let Some((written,)) = primary.optional(query).await? else {
            return Ok(None);
        };
        let found = self
            .covering_search(written, asked)
            .await
            .unwrap_or_else(|error| {
                tracing::debug!(%error, "the replica did not answer");
                None
            });
        let answer = if found.is_some() { "replica" } else { "primary" };
        counter!("database_replica_reads_total", "answer" => answer).increment(1);
        Ok(found)
    }

    /// What a search finds, if the replica has replayed the log up to `written`.
    async fn covering_search(&self, written: i64, asked: &Asked) -> Stored<Option<Candidates>> {
        let query = || REPLAYED.read::<(bool,)>().bind(written);
        match self.0.optional(query).await? {
            Some((true,)) => asked.ask(&self.0).await.map(Some),
            _ => Ok(None),
        }
    }

    /// Closes the connections.
    pub(super) async fn close(&self) {
        self.0.close().await;
    }
}

#[cfg(test)]
mod tests {
    use chat::{Timestamp, UserId, message::Bound};
    use futures::future::join_all;
    use services::Postgres;

    use super::*;
    use crate::{
        stamp::new_id,
        store::{Accounts, Messages, NewMessage, NewUser, Registered, postgres::PostgresStore},
    };

    /// A room with so many messages.
    async fn room_of(store: &PostgresStore, count: usize) -> RoomId {
        let new = NewUser {
            id: UserId(new_id()),
            username: "rosa".to_owned(),
            display_name: "Rosa".to_owned(),
            password_hash: "none".to_owned(),
            created_at: Timestamp(1),
            general: RoomId(new_id()),
        };
        let Registered::Created { user, rooms } = store.create_user(new, true).await.unwrap() else {
            panic!("nobody was there before");
        };
        let message = || NewMessage {
            id: chat::MessageId(new_id()),
            room: rooms[0],
            author: user.author.clone(),
            body: "hello".to_owned(),
            html: "<p>hello</p>".to_owned(),
            nonce: None,
            attachments: Vec::new(),
            mentions: Vec::new(),
            calls: None,
            here: Vec::new(),
            created_at: Timestamp(1),
            exempt: false,
        };
        let messages = std::iter::repeat_with(message).take(count).collect();
        store.append_batch(rooms[0], messages).await.unwrap();
        rooms[0]
    }

    #[tokio::test]
    async fn a_replica_that_hangs_is_soon_waited_for_no_longer() {
        let servers = tokio::task::spawn_blocking(|| {
            let (primary, hanging) = (Postgres::start().unwrap(), Postgres::start().unwrap());
            hanging.pause().unwrap();
            (primary, hanging)
        });
        let (primary, hanging) = servers.await.unwrap();
        let store = PostgresStore::open(&primary.url(), Some(&hanging.url()))
            .await
            .unwrap();
        let room = room_of(&store, 600).await;
        for _ in 0..5 {
            let page = store.page(room, Bound::Before(11), 50).await.unwrap();
            assert_eq!(page.messages.len(), 10);
        }
        let replica = &store.replica.as_ref().unwrap().0;
        let window = Window::new(Bound::Before(11), 50);
        // At most one of them is the trial.
        let answers = join_all((0..10).map(|_| read_window(replica, room, window))).await;
        let refused = answers.iter().filter(|answer| {
            answer
                .as_ref()
                .is_err_and(|error| error.to_string().contains("a moment ago"))
        });
        assert!(refused.count() >= 9, "the breaker is not open");
    }
}
