//! Several instances on one database.

use std::sync::Arc;

use backend::store::{Appended, StoreError, postgres::PostgresStore};
use chat::{Message, Role, message::Bound};
use futures::future::join_all;
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;

use crate::{
    Place,
    contract::{
        Shared, channel, general, head, join, new_message, post, posts, registered, whole, with_nonce,
    },
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_nonce_through_two_instances_at_once_is_stored_once_in_any_room() {
    let place = Place::new().await;
    let stores = [place.open().await, place.open().await];
    let rosa = registered(&stores[0], "rosa").await;
    let rooms = [
        channel(&stores[0], "one", &rosa).await,
        channel(&stores[0], "other", &rosa).await,
    ];
    for round in 0..15 {
        let mut tasks = JoinSet::new();
        for n in 0..12 {
            let store = stores[n % 2].clone();
            // In odd rounds both instances post to both rooms, where no lock keeps them apart.
            let room = rooms[if round % 2 == 0 { 0 } else { n / 2 % 2 }];
            let new = with_nonce(
                new_message(room, &rosa, &format!("try {n}")),
                &format!("nonce {round}"),
            );
            tasks.spawn(async move { store.append(new).await.unwrap() });
        }
        let answers = tasks.join_all().await;
        let firsts: Vec<&Message> = answers.iter().filter_map(stored_now).collect();
        assert_eq!(firsts.len(), 1, "{answers:?}");
        for answer in &answers {
            assert!(matches!(answer, Appended::Stored(m) | Appended::Repeated(m) if m == firsts[0]));
        }
    }
    let mut count = 0;
    for room in rooms {
        let all = whole(&stores[0], room).await;
        assert_gapless(&all);
        assert_eq!(head(&stores[1], room).await, (all.len() as u64, all.len() as u64));
        count += all.len();
    }
    assert_eq!(count, 15);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn posts_through_two_instances_are_gapless_and_everyones_are_in_order() {
    let place = Place::new().await;
    let stores = [place.open().await, place.open().await];
    let rosa = registered(&stores[0], "rosa").await;
    let room = channel(&stores[0], "harbour", &rosa).await;
    let mut tasks = JoinSet::new();
    for n in 0..16_usize {
        let store = stores[n % 2].clone();
        let user = registered(&store, &format!("member-{}-x", char::from(b'a' + n as u8))).await;
        join(&store, room, &user).await;
        tasks.spawn(async move {
            let mut acknowledged = Vec::new();
            for turn in 0..25 {
                acknowledged.push(post(&store, room, &user, &format!("{turn}")).await);
            }
            acknowledged
        });
    }
    let everyones = tasks.join_all().await;
    let all = whole(&stores[0], room).await;
    assert_gapless(&all);
    assert_eq!(all.len(), 16 * 25);
    assert_eq!(whole(&stores[1], room).await, all);
    for acknowledged in everyones {
        assert!(acknowledged.is_sorted_by_key(|message| message.seq));
        assert!(
            acknowledged
                .iter()
                .all(|message| all[message.seq as usize - 1] == *message)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_registrations_through_two_instances_make_one_owner() {
    let place = Place::new().await;
    let stores = [place.open().await, place.open().await];
    let registering = (0..16_u8).map(|n| {
        let store = stores[usize::from(n % 2)].clone();
        async move { registered(&store, &format!("user-{}-x", char::from(b'a' + n))).await }
    });
    let users = join_all(registering).await;
    assert_eq!(users.iter().filter(|user| user.role == Role::Owner).count(), 1);
    let general = general(&stores[0]).await;
    assert_eq!(stores[1].count_members(general).await.unwrap(), 16);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_instances_that_start_at_once_make_one_schema_and_one_history() {
    let place = Place::new().await;
    let stores = join_all((0..4).map(|_| place.open())).await;
    let epochs = join_all(stores.iter().map(|store| store.epoch())).await;
    let first = epochs[0].as_ref().unwrap();
    assert!(epochs.iter().all(|epoch| epoch.as_ref().unwrap() == first));
    let rosa = registered(&stores[0], "rosa").await;
    assert_eq!(stores[3].user(rosa.author.id).await.unwrap(), Some(rosa));
}

#[tokio::test]
async fn an_instance_that_waits_to_migrate_does_not_hold_up_an_index_that_is_built_meanwhile() {
    let place = Place::new().await;
    place.open().await.close().await;
    let mut builder = PgConnection::connect(&place.url()).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(7310579621300)")
        .execute(&mut builder)
        .await
        .unwrap();
    let url = place.url();
    let waiting = tokio::spawn(async move { PostgresStore::open(&url, None).await.map(drop) });
    // Once it has begun to ask for the lock, however long that takes.
    let asking = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_try_advisory_lock%' AND pid <> pg_backend_pid()";
    while sqlx::query_scalar::<_, i64>(asking)
        .fetch_one(&mut builder)
        .await
        .unwrap()
        == 0
    {
        tokio::task::yield_now().await;
    }
    let build = "CREATE INDEX CONCURRENTLY users_by_role ON users (role)";
    sqlx::query(build).execute(&mut builder).await.unwrap();
    assert!(!waiting.is_finished(), "it did not wait");
    builder.close().await.unwrap();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_older_version_starts_beside_a_schema_that_allows_it_and_no_other() {
    let place = Place::new().await;
    place.open().await.close().await;
    let mut connection = PgConnection::connect(&place.url()).await.unwrap();
    for (description, starts) in [("from 0001 add a column", true), ("drop a column", false)] {
        sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 9999")
            .execute(&mut connection)
            .await
            .unwrap();
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                     VALUES (9999, $1, TRUE, '', 0)";
        sqlx::query(newer)
            .bind(description)
            .execute(&mut connection)
            .await
            .unwrap();
        let opened = PostgresStore::open(&place.url(), None).await.map(drop);
        match opened {
            Ok(()) => assert!(starts, "{description}"),
            Err(StoreError::Newer { found: 9999, known }) => assert!(!starts && known < 9999),
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_questions_at_once_are_all_answered() {
    let place = Place::new().await;
    let store = place.open().await;
    let rosa = registered(&store, "rosa").await;
    let room = general(&store).await;
    let all = posts(&store, room, &rosa, 200).await;
    let ask = |store: Shared| async move { store.page(room, Bound::Newest, 50).await };
    for _ in 0..3 {
        let pages = join_all((0..100).map(|_| ask(Arc::clone(&store)))).await;
        for page in pages {
            assert_eq!(page.unwrap().messages, all[150..]);
        }
    }
}

fn stored_now(answer: &Appended) -> Option<&Message> {
    match answer {
        Appended::Stored(message) => Some(message),
        _ => None,
    }
}

/// Whether messages are numbered 1, 2, 3, … in both ways, as nothing was ever changed.
pub(crate) fn assert_gapless(all: &[Message]) {
    for (message, number) in all.iter().zip(1..) {
        assert_eq!((message.seq, message.rev), (number, number));
    }
}
