//! That a question takes as many statements for many rows as for few, in both engines.

use chat::{RoomId, UserId, message::Bound};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use super::{Store, postgres::PostgresStore, sqlite::SqliteStore, statement::counted};
use crate::{
    seed::{Plan, seed},
    stamp::new_id,
};

/// As many as the questions of [`costs_of`] take, in their order.
const COSTS: [u64; 12] = [2, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 1];
/// What one question is asked of: a room with a few messages, and twelve of them with many.
const SIZES: [usize; 2] = [1, 12];

#[tokio::test]
async fn a_question_takes_as_many_statements_for_many_rows_as_for_few() {
    for size in SIZES {
        let folder = TempDir::new().unwrap();
        let sqlite = SqliteStore::open(&folder.path().join("natter.db")).await.unwrap();
        let server = spawn_blocking(services::Postgres::start).await.unwrap().unwrap();
        let postgres = PostgresStore::open(&server.url(), None).await.unwrap();
        for store in [&sqlite as &dyn Store, &postgres] {
            assert_eq!(costs_of(store, size).await, COSTS, "{} {size}", store.engine());
        }
    }
}

/// How many statements each question takes in a database of this size.
async fn costs_of(store: &dyn Store, size: usize) -> [u64; 12] {
    let seeded = seed(store, &plan(size)).await.unwrap();
    let reader = store.user_by_username(&seeded[0].username).await.unwrap();
    let user = reader.unwrap().author.id;
    let all = store.page_users("", None, 100).await.unwrap();
    let all: Vec<UserId> = all.iter().map(|user| user.author.id).collect();
    let mut direct = RoomId(new_id());
    for other in all.iter().filter(|other| **other != user) {
        let both = [user, *other];
        let opened = store.open_direct(RoomId(new_id()), &both, chat::Timestamp(0));
        (direct, _) = opened.await.unwrap();
    }
    let room = seeded[0].rooms[0];
    let root = store.page(room, Bound::Newest, 1).await.unwrap().messages[0].id;
    [
        counted(store.rooms_of(user)).await.1,
        counted(store.heads_of(user)).await.1,
        counted(store.room_of(direct, user)).await.1,
        counted(store.rooms_open_to(user)).await.1,
        counted(store.page(room, Bound::Newest, 100)).await.1,
        counted(store.changes(room, 0, 500)).await.1,
        counted(store.page_members(room, None, 100)).await.1,
        counted(store.page_users("a", None, 100)).await.1,
        counted(store.unread_mentions(user)).await.1,
        counted(store.head_for(room, user)).await.1,
        counted(store.heads_open_to(user)).await.1,
        counted(store.thread(root, Bound::Newest, 100)).await.1,
    ]
}

/// So many rooms, with three people and twenty messages to each.
pub(super) fn plan(size: usize) -> Plan {
    Plan {
        users: size * 3,
        rooms: size,
        members: size * 3,
        messages: size * 20,
        password_hash: "none".into(),
    }
}
