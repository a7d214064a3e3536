//! Old pages from a real streaming replica.

use std::sync::Arc;

use backend::store::{Store, postgres::PostgresStore};
use chat::{Message, RoomId, message::Bound};
use services::Postgres;
use sqlx::{Connection, PgConnection};

use crate::{
    Place,
    contract::{Shared, general, posts, registered},
};

/// A primary and its replica, which has replayed everything and replays no more.
struct Behind {
    place: Arc<Place>,
    replica: Arc<Postgres>,
    store: Shared,
    room: RoomId,
    all: Vec<Message>,
}

impl Behind {
    async fn new() -> Self {
        let place = Arc::new(Place::new().await);
        let first = place.open().await;
        let rosa = registered(&first, "rosa").await;
        let room = general(&first).await;
        let all = posts(&first, room, &rosa, 1_200).await;
        first.close().await;
        let replica = place.replica().await;
        let store = PostgresStore::open(&place.url(), Some(&replica.url()))
            .await
            .unwrap();
        execute(&replica.url(), "SELECT pg_wal_replay_pause()").await;
        Self {
            place,
            replica,
            store: Arc::new(store),
            room,
            all,
        }
    }

    /// The body of message 100 as an old page shows it.
    async fn old_body(&self) -> String {
        let page = self.store.page(self.room, Bound::Before(101), 50).await.unwrap();
        assert_eq!(
            (page.messages.len(), page.has_before, page.has_after),
            (50, true, true)
        );
        page.messages[49].body.clone()
    }
}

async fn execute(url: &str, sql: &'static str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
}

/// A change as no part of Natter makes it: without a `rev`. Only so can a test see who answers.
const SECRETLY: &str = "UPDATE messages SET body = 'only the primary knows' WHERE seq = 100";
/// The same with the room's next `rev`.
const PROPERLY: &str = "WITH head AS (UPDATE room_heads SET last_rev = last_rev + 1 RETURNING last_rev)
                        UPDATE messages SET body = 'edited', rev = head.last_rev FROM head WHERE seq = 100";

#[tokio::test]
async fn a_replica_that_has_replayed_everything_answers_for_old_pages_alone() {
    let behind = Behind::new().await;
    execute(&behind.place.url(), SECRETLY).await;
    assert_eq!(behind.old_body().await, "message 100", "the primary answered");
    let (store, room) = (&behind.store, behind.room);
    assert_eq!(
        store.page(room, Bound::Newest, 50).await.unwrap().messages,
        behind.all[1_150..]
    );
    let near = store.page(room, Bound::Around(1_100), 50).await.unwrap();
    assert_eq!(near.messages, behind.all[1_074..1_124]);
    let changes = store.changes(room, 98, 2).await.unwrap().unwrap();
    assert_eq!(
        changes.messages[1].body, "only the primary knows",
        "a replica answered a resume"
    );
}

#[tokio::test]
async fn a_replica_that_lags_is_passed_over() {
    let behind = Behind::new().await;
    execute(&behind.place.url(), PROPERLY).await;
    assert_eq!(behind.old_body().await, "edited");
    execute(&behind.replica.url(), "SELECT pg_wal_replay_resume()").await;
    assert_eq!(behind.old_body().await, "edited");
}

#[tokio::test]
async fn a_replica_that_hangs_or_is_gone_is_passed_over() {
    let behind = Behind::new().await;
    execute(&behind.place.url(), SECRETLY).await;
    let replica = Arc::clone(&behind.replica);
    tokio::task::spawn_blocking(move || replica.pause())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(behind.old_body().await, "only the primary knows");
    let replica = Arc::clone(&behind.replica);
    tokio::task::spawn_blocking(move || replica.kill())
        .await
        .unwrap()
        .unwrap();
    for _ in 0..10 {
        assert_eq!(behind.old_body().await, "only the primary knows");
    }
}

#[tokio::test]
async fn a_store_starts_without_its_replica() {
    let place = Place::new().await;
    let nowhere = "postgres://natter@127.0.0.1:1/natter";
    let store: Arc<dyn Store> = Arc::new(PostgresStore::open(&place.url(), Some(nowhere)).await.unwrap());
    let rosa = registered(&store, "rosa").await;
    let room = general(&store).await;
    let all = posts(&store, room, &rosa, 700).await;
    let page = store.page(room, Bound::Before(11), 50).await.unwrap();
    assert_eq!(page.messages, all[..10]);
}
