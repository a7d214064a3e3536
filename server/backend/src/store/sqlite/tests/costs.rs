//! That a question takes as many statements for many rows as for few.

use chat::{RoomId, UserId, message::Bound};
use tempfile::TempDir;

use super::plan;
use crate::{
    seed::seed,
    store::{
        Accounts, Markers, Messages, Rooms, Threads,
        sqlite::{SqliteStore, statement::counted},
    },
};

#[tokio::test]
async fn a_question_takes_as_many_statements_for_many_rows_as_for_few() {
    let mut costs = Vec::new();
    for size in [1, 12] {
        let folder = TempDir::new().unwrap();
        let store = SqliteStore::open(&folder.path().join("natter.db")).await.unwrap();
        costs.push(costs_of(&store, size).await);
    }
    assert_eq!(costs[0], costs[1]);
    assert_eq!(costs[0], [2, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 1]);
}

/// How many statements each question takes in a database of this size.
async fn costs_of(store: &SqliteStore, size: usize) -> [u64; 12] {
    let seeded = seed(store, &plan(size * 3, size, size * 3, size * 20))
        .await
        .unwrap();
    let user = store
        .user_by_username(&seeded[0].username)
        .await
        .unwrap()
        .unwrap()
        .author
        .id;
    let all: Vec<UserId> = store
        .page_users("", None, 100)
        .await
        .unwrap()
        .iter()
        .map(|user| user.author.id)
        .collect();
    let mut direct = RoomId(crate::stamp::new_id());
    for other in all.iter().filter(|other| **other != user) {
        let id = RoomId(crate::stamp::new_id());
        (direct, _) = store
            .open_direct(id, &[user, *other], chat::Timestamp(0))
            .await
            .unwrap();
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
