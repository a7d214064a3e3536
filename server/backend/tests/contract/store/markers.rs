use backend::store::{MarkerMove, NewMessage};
use chat::{RoomId, Timestamp, User};
use uuid::Uuid;

use super::{
    Fresh, Shared, channel, direct, join, mentioning, new_message, post, posts, registered, seen, stored,
};

/// Rosa has posted `count` messages that mei has not read.
async fn unread(store: &Shared, count: u64) -> (User, User, RoomId) {
    let (rosa, mei) = (registered(store, "rosa").await, registered(store, "mei").await);
    let room = channel(store, "harbour", &rosa).await;
    join(store, room, &mei).await;
    posts(store, room, &rosa, count).await;
    (rosa, mei, room)
}

#[tokio::test]
async fn a_marker_moves_forwards_and_never_back() {
    let store = Fresh::open().await;
    let (_, mei, room) = unread(&store, 10).await;
    for (to, expected, read) in [
        (4, MarkerMove::Moved(4), 4),
        (4, MarkerMove::Kept, 4),
        (2, MarkerMove::Kept, 4),
        (0, MarkerMove::Kept, 4),
        (5, MarkerMove::Moved(5), 5),
    ] {
        assert_eq!(store.mark_read(room, mei.author.id, to).await.unwrap(), expected);
        let room = seen(&store, room, &mei).await;
        assert_eq!((room.read_seq, room.unread), (read, 10 - read));
    }
}

#[tokio::test]
async fn a_marker_never_passes_the_newest_message() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = unread(&store, 3).await;
    assert_eq!(
        store.mark_read(room, mei.author.id, u64::MAX).await.unwrap(),
        MarkerMove::Moved(3)
    );
    assert_eq!(
        store.mark_read(room, mei.author.id, 99).await.unwrap(),
        MarkerMove::Kept
    );
    post(&store, room, &rosa, "one more").await;
    assert_eq!(seen(&store, room, &mei).await.unread, 1);
}

#[tokio::test]
async fn only_members_have_a_marker() {
    let store = Fresh::open().await;
    let (_, _, room) = unread(&store, 3).await;
    let tomasz = registered(&store, "tomasz").await;
    assert_eq!(
        store.mark_read(room, tomasz.author.id, 1).await.unwrap(),
        MarkerMove::NotAMember
    );
    let nowhere = RoomId(Uuid::now_v7());
    assert_eq!(
        store.mark_read(nowhere, tomasz.author.id, 1).await.unwrap(),
        MarkerMove::NotAMember
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_moves_at_once_the_furthest_stays() {
    let store = Fresh::open().await;
    let (_, mei, room) = unread(&store, 50).await;
    let mut tasks = tokio::task::JoinSet::new();
    for to in (1..=50).rev() {
        let (store, mei) = (store.clone(), mei.author.id);
        tasks.spawn(async move { store.mark_read(room, mei, to).await.unwrap() });
    }
    tasks.join_all().await;
    assert_eq!(seen(&store, room, &mei).await.read_seq, 50);
}

#[tokio::test]
async fn mentions_count_until_they_are_read() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = unread(&store, 1).await;
    for mentions in [&[&mei][..], &[], &[&rosa, &mei]] {
        stored(&store, mentioning(new_message(room, &rosa, "hello"), mentions)).await;
    }
    let counts = async |user| {
        let room = seen(&store, room, user).await;
        (room.unread, room.mentions)
    };
    assert_eq!(counts(&mei).await, (4, 2));
    // Rosa has read her own message.
    assert_eq!(counts(&rosa).await, (0, 0));
    store.mark_read(room, mei.author.id, 2).await.unwrap();
    assert_eq!(counts(&mei).await, (2, 1));
    store.mark_read(room, mei.author.id, 4).await.unwrap();
    assert_eq!(counts(&mei).await, (0, 0));
}

#[tokio::test]
async fn unread_mentions_come_newest_first_from_all_of_ones_rooms() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = unread(&store, 0).await;
    let (private, _) = direct(&store, &[&rosa, &mei], 1).await;
    let elsewhere = channel(&store, "elsewhere", &rosa).await;
    for (room, at) in [
        (room, 10),
        (private, 20),
        (room, 30),
        (elsewhere, 40),
        (private, 50),
    ] {
        let new = mentioning(new_message(room, &rosa, "@mei"), &[&mei]);
        stored(
            &store,
            NewMessage {
                created_at: Timestamp(at),
                ..new
            },
        )
        .await;
    }
    let unread = async || store.unread_mentions(mei.author.id).await.unwrap();
    // Where mei is not a member, nothing is unread for her.
    assert_eq!(unread().await, [(private, 2), (room, 2), (private, 1), (room, 1)]);
    store.mark_read(private, mei.author.id, 1).await.unwrap();
    assert_eq!(unread().await, [(private, 2), (room, 2), (room, 1)]);
    store.remove_member(room, mei.author.id).await.unwrap();
    assert_eq!(unread().await, [(private, 2)]);
    assert_eq!(store.unread_mentions(rosa.author.id).await.unwrap(), []);
}

#[tokio::test]
async fn at_most_a_thousand_unread_mentions_are_given() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = unread(&store, 0).await;
    let new = |n| NewMessage {
        created_at: Timestamp(n),
        ..mentioning(new_message(room, &rosa, "@mei"), &[&mei])
    };
    store
        .append_batch(room, (1..=1_100).map(new).collect())
        .await
        .unwrap();
    let unread = store.unread_mentions(mei.author.id).await.unwrap();
    assert_eq!(
        (unread.len(), unread[0], unread[999]),
        (1_000, (room, 1_100), (room, 101))
    );
    assert_eq!(seen(&store, room, &mei).await.mentions, 1_100);
}
