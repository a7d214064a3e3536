use std::os::unix::fs::PermissionsExt;

use backend::store::StoreError;
use chat::message::Bound;

use super::{
    Fresh, channel, general, head, mentioning, new_message, post, posts, registered, seen, stored, whole,
};
use crate::Place;

#[tokio::test]
async fn what_was_acknowledged_is_there_after_an_end_without_warning() {
    let place = Place::new().await;
    let store = place.open().await;
    let (rosa, mei) = (registered(&store, "rosa").await, registered(&store, "mei").await);
    let room = general(&store).await;
    let message = stored(&store, mentioning(new_message(room, &rosa, "@mei"), &[&mei])).await;
    drop(store);
    let store = place.open().await;
    assert_eq!(whole(&store, room).await, [message]);
    assert_eq!(seen(&store, room, &mei).await.mentions, 1);
    assert_eq!(post(&store, room, &mei, "back").await.seq, 2);
}

#[tokio::test]
async fn closing_finishes_what_was_accepted_and_then_takes_no_more() {
    let place = Place::new().await;
    let store = place.open().await;
    let rosa = registered(&store, "rosa").await;
    let room = general(&store).await;
    let accepted: Vec<_> = (0..50)
        .map(|_| store.append(new_message(room, &rosa, "hello")))
        .collect();
    let (answers, ()) = tokio::join!(futures::future::join_all(accepted), store.close());
    let written = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(written, 50);
    let late = store.append(new_message(room, &rosa, "late")).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    assert!(matches!(
        store.user(rosa.author.id).await,
        Err(StoreError::Unavailable(_))
    ));
    assert!(store.ping().await.is_err());
    store.close().await;
    assert_eq!(head(&place.open().await, room).await, (50, 50));
}

#[tokio::test]
async fn an_open_store_gives_a_sign_of_life_and_its_name() {
    let store = Fresh::open().await;
    store.ping().await.unwrap();
    assert!(["sqlite", "postgres"].contains(&store.engine()));
}

#[tokio::test]
async fn the_epoch_stays_for_as_long_as_the_history_does() {
    let place = Place::new().await;
    let store = place.open().await;
    let epoch = store.epoch().await.unwrap();
    assert!(!epoch.is_empty());
    store.close().await;
    assert_eq!(place.open().await.epoch().await.unwrap(), epoch);
    assert_ne!(Fresh::open().await.epoch().await.unwrap(), epoch);
}

#[tokio::test]
async fn a_restored_backup_holds_the_same_and_is_another_history() {
    let place = Place::new().await;
    let store = place.open().await;
    let rosa = registered(&store, "rosa").await;
    let room = channel(&store, "harbour", &rosa).await;
    let all = posts(&store, room, &rosa, 25).await;
    let file = place.file("backup.db");
    store.backup(&file).await.unwrap();
    post(&store, room, &rosa, "too late for the copy").await;
    let epoch = store.epoch().await.unwrap();
    let mut epochs = vec![epoch];
    // Restored twice: whatever was done after the first time is void after the second.
    for _ in 0..2 {
        let place = Place::restored(&file).await;
        let other = place.open().await;
        assert_eq!(whole(&other, room).await, all);
        assert_eq!(other.rooms_of(rosa.author.id).await.unwrap().len(), 2);
        assert_eq!(other.user_by_username("rosa").await.unwrap(), Some(rosa.clone()));
        assert_eq!(post(&other, room, &rosa, "goes on").await.seq, 26);
        let epoch = other.epoch().await.unwrap();
        assert!(!epochs.contains(&epoch));
        epochs.push(epoch);
    }
}

#[tokio::test]
async fn a_backup_is_for_nobody_else_to_read() {
    let place = Place::new().await;
    let store = place.open().await;
    let file = place.file("backup.db");
    store.backup(&file).await.unwrap();
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn what_an_interrupted_backup_left_is_replaced() {
    let place = Place::new().await;
    let store = place.open().await;
    let rosa = registered(&store, "rosa").await;
    std::fs::write(place.file("backup.db.part"), "half").unwrap();
    let file = place.file("backup.db");
    store.backup(&file).await.unwrap();
    let place = Place::restored(&file).await;
    let found = place.open().await.user_by_username("rosa").await;
    assert_eq!(found.unwrap(), Some(rosa));
}

#[tokio::test]
async fn a_backup_never_replaces_a_file() {
    let place = Place::new().await;
    let store = place.open().await;
    let file = place.file("precious.txt");
    std::fs::write(&file, "").unwrap();
    assert!(store.backup(&file).await.is_err());
    assert_eq!(std::fs::read(&file).unwrap(), b"");
    assert!(store.backup(&place.file("no/such/folder.db")).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_of_one_moment_while_everything_goes_on() {
    let place = Place::new().await;
    let store = place.open().await;
    let rosa = registered(&store, "rosa").await;
    let room = general(&store).await;
    posts(&store, room, &rosa, 2_000).await;
    let writer = {
        let (store, rosa) = (store.clone(), rosa.clone());
        tokio::spawn(async move {
            loop {
                post(&store, room, &rosa, "meanwhile").await;
            }
        })
    };
    let file = place.file("backup.db");
    store.backup(&file).await.unwrap();
    writer.abort();
    let place = Place::restored(&file).await;
    let copy = place.open().await;
    let (last_seq, last_rev) = head(&copy, room).await;
    let page = copy.page(room, Bound::Newest, 1).await.unwrap();
    assert!(last_seq >= 2_000);
    assert_eq!((page.messages[0].seq, page.messages[0].rev), (last_seq, last_rev));
}
