//! A server that restarts, crashes or hangs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use backend::store::{Appended, StoreError};
use chat::{Message, RoomId, User};
use futures::future::join_all;
use tokio::{task::JoinSet, time::timeout};

use super::instances::assert_gapless;
use crate::{
    Place,
    contract::{Shared, channel, general, join, new_message, new_user, post, registered, whole, with_nonce},
};

/// Far longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

/// Posts until told to stop, each message under its nonce until it is answered; gives what was acknowledged.
async fn insist(
    store: Shared,
    room: RoomId,
    user: User,
    stop: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
) -> Vec<Message> {
    let mut acknowledged = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let nonce = format!("nonce {}", acknowledged.len());
        match store
            .append(with_nonce(new_message(room, &user, &nonce), &nonce))
            .await
        {
            Ok(Appended::Stored(message) | Appended::Repeated(message)) => {
                acknowledged.push(message);
                count.fetch_add(1, Ordering::Relaxed);
            }
            Ok(refused) => panic!("{refused:?}"),
            Err(StoreError::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(error) => panic!("{error}"),
        }
    }
    acknowledged
}

/// Waits until so many more were acknowledged.
async fn progress(count: &AtomicUsize, more: usize) {
    let goal = count.load(Ordering::Relaxed) + more;
    let progressing = async {
        while count.load(Ordering::Relaxed) < goal {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, progressing).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn restarts_and_crashes_in_the_middle_of_posting_lose_nothing_that_was_acknowledged() {
    let place = Arc::new(Place::new().await);
    let stores = [place.open().await, place.open().await];
    let rosa = registered(&stores[0], "rosa").await;
    let room = channel(&stores[0], "harbour", &rosa).await;
    let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut tasks = JoinSet::new();
    for n in 0..8_usize {
        let store = stores[n % 2].clone();
        let user = registered(&store, &format!("member-{}-x", char::from(b'a' + n as u8))).await;
        join(&store, room, &user).await;
        tasks.spawn(insist(store, room, user, Arc::clone(&stop), Arc::clone(&count)));
    }
    progress(&count, 100).await;
    place.blocking(|server| server.restart()).await;
    progress(&count, 100).await;
    place
        .blocking(|server| server.kill().and_then(|()| server.start_again()))
        .await;
    progress(&count, 100).await;
    stop.store(true, Ordering::Relaxed);
    let acknowledged: Vec<Message> = tasks.join_all().await.into_iter().flatten().collect();
    let all = whole(&stores[0], room).await;
    assert_gapless(&all);
    // Everyone insisted on every message: what is stored and what was acknowledged are the same.
    assert_eq!(all.len(), acknowledged.len());
    for message in &acknowledged {
        assert_eq!(all[message.seq as usize - 1], *message);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_a_restart_nobody_notices_the_connections_that_died() {
    let place = Arc::new(Place::new().await);
    let store = place.open().await;
    let rosa = registered(&store, "rosa").await;
    let room = general(&store).await;
    for round in 0..2 {
        // Many connections, all of which the restart kills.
        join_all((0..40).map(|_| store.user(rosa.author.id))).await;
        place.blocking(|server| server.restart()).await;
        let name = ["ada-x", "bea-x"][round];
        if round == 0 {
            assert_eq!(store.user(rosa.author.id).await.unwrap(), Some(rosa.clone()));
            post(&store, room, &rosa, "still there").await;
        } else {
            // Not even what cannot be done twice.
            store.create_user(new_user(name), false).await.unwrap();
            post(&store, room, &rosa, "and again").await;
        }
    }
    assert_gapless(&whole(&store, room).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_hangs_is_given_up_soon_and_then_at_once_and_comes_back_by_itself() {
    let place = Arc::new(Place::new().await);
    let store = place.open().await;
    let rosa = registered(&store, "rosa").await;
    let room = general(&store).await;
    place.blocking(|server| server.pause()).await;
    let posted = timeout(LONG, store.append(new_message(room, &rosa, "into the void")))
        .await
        .unwrap();
    assert!(matches!(posted, Err(StoreError::Unavailable(_))), "{posted:?}");
    let asked = timeout(LONG, join_all((0..100).map(|_| store.user(rosa.author.id))))
        .await
        .unwrap();
    assert!(
        asked
            .iter()
            .all(|answer| matches!(answer, Err(StoreError::Unavailable(_))))
    );
    // Now at most one at a time tries; the others are not made to wait.
    let refused = join_all((0..10).map(|_| store.user(rosa.author.id)))
        .await
        .into_iter();
    let refused = refused.filter(|answer| {
        answer
            .as_ref()
            .is_err_and(|error| error.to_string().contains("a moment ago"))
    });
    assert!(refused.count() >= 9, "the breaker is not open");
    place.blocking(|server| server.resume()).await;
    let back = async {
        while store.user(rosa.author.id).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LONG, back).await.unwrap();
    post(&store, room, &rosa, "back").await;
    assert_gapless(&whole(&store, room).await);
}
