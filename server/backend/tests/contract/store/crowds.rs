//! Many at once: what holds for one writer holds for a crowd, some of whom give up or send what cannot be stored.

use std::{collections::HashSet, sync::Arc, time::Duration};

use backend::store::{Appended, NewMessage};
use chat::{Message, MessageId, RoomId, User, message::Bound};
use tokio::{sync::Semaphore, task::JoinSet};

use super::{Fresh, Shared, channel, join, new_message, post, registered, stored, whole, with_nonce};
use crate::Place;

/// A room with `count` people in it.
async fn crowd(store: &Shared, count: u8) -> (RoomId, Vec<User>) {
    let mut users = vec![registered(store, "person-a-x").await];
    let room = channel(store, "harbour", &users[0]).await;
    for n in 1..count {
        let letters = [b'a' + n / 26, b'a' + n % 26].map(char::from);
        let user = registered(store, &format!("member-{}{}-x", letters[0], letters[1])).await;
        join(store, room, &user).await;
        users.push(user);
    }
    (room, users)
}

/// Whether messages are numbered 1, 2, 3, … in both ways, as nothing was ever changed.
fn assert_gapless(all: &[Message]) {
    for (message, number) in all.iter().zip(1..) {
        assert_eq!((message.seq, message.rev), (number, number));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_writers_of_whom_some_give_up_leave_no_gap() {
    let place = Place::new().await;
    let store = place.open().await;
    let (room, users) = crowd(&store, 64).await;
    let mut tasks = JoinSet::new();
    for (n, user) in users.into_iter().enumerate() {
        let store = store.clone();
        tasks.spawn(async move {
            let mut acknowledged = Vec::new();
            for turn in 0..20 {
                let body = format!("{n} {turn}");
                let work = post(&store, room, &user, &body);
                // Every other writer stops waiting now and then, in the middle of whatever goes on.
                let patience = if (n + turn) % 4 == 0 {
                    Duration::from_micros(200)
                } else {
                    Duration::from_secs(60)
                };
                acknowledged.extend(tokio::time::timeout(patience, work).await.ok());
            }
            acknowledged
        });
    }
    let acknowledged: Vec<Message> = tasks.join_all().await.into_iter().flatten().collect();
    let all = whole(&store, room).await;
    assert_gapless(&all);
    assert!(
        acknowledged.len() < 64 * 20,
        "nobody gave up: the test shows less than it says"
    );
    let ids: HashSet<MessageId> = all.iter().map(|message| message.id).collect();
    assert_eq!(ids.len(), all.len());
    for message in &acknowledged {
        assert_eq!(all[message.seq as usize - 1], *message);
    }
    // And the same after a restart that nobody was warned of.
    drop(store);
    let store = place.open().await;
    assert!(whole(&store, room).await.starts_with(&all));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_that_are_aborted_leave_no_gap() {
    let store = Fresh::open().await;
    let (room, users) = crowd(&store, 16).await;
    let acknowledged = Arc::new(Semaphore::new(0));
    let mut tasks = JoinSet::new();
    for user in users {
        let (store, acknowledged) = (store.clone(), Arc::clone(&acknowledged));
        tasks.spawn(async move {
            loop {
                post(&store, room, &user, "again and again").await;
                acknowledged.add_permits(1);
            }
        });
    }
    // Once all are at it, however long that takes.
    let many = tokio::time::timeout(Duration::from_secs(60), acknowledged.acquire_many(64)).await;
    many.unwrap().unwrap().forget();
    tasks.shutdown().await;
    let acknowledged = 64 + acknowledged.available_permits();
    let rosa = registered(&store, "rosa").await;
    join(&store, room, &rosa).await;
    let last = post(&store, room, &rosa, "the last one").await;
    let all = whole(&store, room).await;
    assert_gapless(&all);
    assert!(
        all.len() > acknowledged,
        "{} of {acknowledged} and the last one",
        all.len()
    );
    assert_eq!(all.last(), Some(&last));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thirty_two_tasks_with_one_nonce_store_one_message() {
    let store = Fresh::open().await;
    let (room, users) = crowd(&store, 2).await;
    for round in 1..=5 {
        let mut tasks = JoinSet::new();
        for n in 0..32 {
            let (store, user) = (store.clone(), users[0].clone());
            let new = with_nonce(
                new_message(room, &user, &format!("try {n}")),
                &format!("nonce {round}"),
            );
            tasks.spawn(async move { store.append(new).await.unwrap() });
        }
        let answers = tasks.join_all().await;
        let firsts: Vec<&Message> = answers
            .iter()
            .filter_map(|a| {
                if let Appended::Stored(m) = a {
                    Some(m)
                } else {
                    None
                }
            })
            .collect();
        assert_eq!(firsts.len(), 1);
        for answer in &answers {
            assert!(
                matches!(answer, Appended::Stored(message) | Appended::Repeated(message) if message == firsts[0])
            );
        }
        assert_eq!(whole(&store, room).await.len(), round);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_write_that_cannot_succeed_harms_nobody_else() {
    let store = Fresh::open().await;
    let (room, users) = crowd(&store, 32).await;
    let used = post(&store, room, &users[0], "the first").await.id;
    let mut tasks = JoinSet::new();
    for (n, user) in users.into_iter().enumerate() {
        let store = store.clone();
        tasks.spawn(async move {
            let mut failed = 0;
            for turn in 0..10 {
                // An id that is taken: no refusal that anyone foresaw, but an error in the middle of a batch.
                let poison = n % 8 == 0 && turn % 2 == 0;
                let new = new_message(room, &user, "hello");
                let new = if poison {
                    NewMessage { id: used, ..new }
                } else {
                    new
                };
                let result = store.append(new).await;
                assert_eq!(result.is_err(), poison, "{result:?}");
                failed += usize::from(poison);
            }
            failed
        });
    }
    let failed: usize = tasks.join_all().await.into_iter().sum();
    let all = whole(&store, room).await;
    assert_gapless(&all);
    assert_eq!((failed, all.len()), (20, 1 + 32 * 10 - 20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_sees_whole_commits_while_others_write() {
    let store = Fresh::open().await;
    let (room, users) = crowd(&store, 8).await;
    let mut tasks = JoinSet::new();
    for user in users {
        let store = store.clone();
        tasks.spawn(async move {
            for _ in 0..40 {
                post(&store, room, &user, "hello").await;
            }
        });
    }
    while tasks.try_join_next().is_none() {
        let page = store.page(room, Bound::Newest, 50).await.unwrap();
        let shown = page.messages.last().map_or(0, |message| message.rev);
        assert_eq!(
            (page.last_rev, page.has_after),
            (shown, false),
            "head and page are of one moment"
        );
        let changes = store
            .changes(room, shown.saturating_sub(10), 500)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            changes.head.last_rev,
            changes.messages.last().map_or(0, |message| message.rev)
        );
    }
    tasks.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_answered_is_there_for_whoever_asks_next() {
    let store = Fresh::open().await;
    let (room, users) = crowd(&store, 8).await;
    let mut tasks = JoinSet::new();
    for user in users {
        let store = store.clone();
        tasks.spawn(async move {
            for _ in 0..20 {
                let message = stored(&store, new_message(room, &user, "hello")).await;
                assert_eq!(store.message(message.id).await.unwrap(), Some(message));
            }
        });
    }
    tasks.join_all().await;
}
