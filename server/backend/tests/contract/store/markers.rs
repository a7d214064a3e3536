use backend::store::{MarkedUnread, MarkerMove, NewMessage};
use chat::{Marker, RoomId, Timestamp, User};
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
        (4, true, 4),
        (4, false, 4),
        (2, false, 4),
        (0, false, 4),
        (5, true, 5),
    ] {
        let moved = store.mark_read(room, mei.author.id, to, None).await.unwrap();
        match moved {
            MarkerMove::Moved(marker) => assert!(expected && marker.seq == to, "{marker:?}"),
            other => assert!(!expected && other == MarkerMove::Kept, "{other:?}"),
        }
        let room = seen(&store, room, &mei).await;
        assert_eq!((room.read_seq, room.unread), (read, 10 - read));
    }
}

#[tokio::test]
async fn a_marker_never_passes_the_newest_message() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = unread(&store, 3).await;
    let moved = store
        .mark_read(room, mei.author.id, u64::MAX, None)
        .await
        .unwrap();
    assert!(
        matches!(moved, MarkerMove::Moved(Marker { seq: 3, .. })),
        "{moved:?}"
    );
    assert_eq!(
        store.mark_read(room, mei.author.id, 99, None).await.unwrap(),
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
        store.mark_read(room, tomasz.author.id, 1, None).await.unwrap(),
        MarkerMove::NotAMember
    );
    let nowhere = RoomId(Uuid::now_v7());
    assert_eq!(
        store.mark_read(nowhere, tomasz.author.id, 1, None).await.unwrap(),
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
        tasks.spawn(async move { store.mark_read(room, mei, to, None).await.unwrap() });
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
    store.mark_read(room, mei.author.id, 2, None).await.unwrap();
    assert_eq!(counts(&mei).await, (2, 1));
    store.mark_read(room, mei.author.id, 4, None).await.unwrap();
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
    store.mark_read(private, mei.author.id, 1, None).await.unwrap();
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

#[tokio::test]
async fn messages_are_marked_as_unread_with_their_mentions() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = unread(&store, 3).await;
    stored(&store, mentioning(new_message(room, &rosa, "@mei"), &[&mei])).await;
    post(&store, room, &rosa, "and more").await;
    store.mark_read(room, mei.author.id, 5, None).await.unwrap();
    let before = seen(&store, room, &mei).await;
    assert_eq!((before.unread, before.mentions), (0, 0));
    let marked = store
        .mark_unread(room, mei.author.id, 3, Timestamp(9_000))
        .await
        .unwrap();
    let back = Marker { turn: 9_000, seq: 2 };
    assert_eq!(
        marked,
        MarkedUnread::Moved {
            marker: back,
            last_seq: 5
        }
    );
    let after = seen(&store, room, &mei).await;
    assert_eq!(
        (after.read_seq, after.read_turn, after.unread, after.mentions),
        (2, 9_000, 3, 1)
    );
    let heads = store.heads_of(mei.author.id).await.unwrap();
    assert!(
        heads
            .iter()
            .any(|head| head.room == room && head.marker() == back)
    );
    assert_eq!(store.unread_mentions(mei.author.id).await.unwrap(), [(room, 4)]);
}

#[tokio::test]
async fn marking_as_unread_never_reads_and_its_turns_only_grow() {
    let store = Fresh::open().await;
    let (_, mei, room) = unread(&store, 5).await;
    store.mark_read(room, mei.author.id, 2, None).await.unwrap();
    let mut last = 0;
    for (seq, at, read) in [(9, 9_000, 2), (2, 8_000, 1), (u64::MAX, 0, 1), (1, 0, 0)] {
        let marked = store
            .mark_unread(room, mei.author.id, seq, Timestamp(at))
            .await
            .unwrap();
        let MarkedUnread::Moved { marker, .. } = marked else {
            panic!("{marked:?}")
        };
        assert!(
            marker.seq == read && marker.turn > last,
            "{marker:?} after {last}"
        );
        last = marker.turn;
    }
    let tomasz = registered(&store, "tomasz").await;
    let refused = store
        .mark_unread(room, tomasz.author.id, 1, Timestamp(1))
        .await
        .unwrap();
    assert_eq!(refused, MarkedUnread::NotAMember);
}

#[tokio::test]
async fn who_has_not_heard_that_a_marker_went_back_does_not_move_it() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = unread(&store, 5).await;
    let known = seen(&store, room, &mei).await.read_turn;
    let read = async |seq, turn| store.mark_read(room, mei.author.id, seq, turn).await.unwrap();
    assert!(matches!(read(4, Some(known)).await, MarkerMove::Moved(_)));
    store
        .mark_unread(room, mei.author.id, 2, Timestamp(9_000))
        .await
        .unwrap();
    assert_eq!(read(5, Some(known)).await, MarkerMove::Kept);
    assert_eq!(seen(&store, room, &mei).await.unread, 4);
    let moved = Marker { turn: 9_000, seq: 3 };
    assert_eq!(read(3, Some(9_000)).await, MarkerMove::Moved(moved));
    // Who writes has read everything, in the same turn.
    post(&store, room, &mei, "I am back").await;
    let after = seen(&store, room, &mei).await;
    assert_eq!((after.read_turn, after.unread), (9_000, 0));
    // Whoever comes back to a room begins a later turn.
    store.remove_member(room, mei.author.id).await.unwrap();
    post(&store, room, &rosa, "gone?").await;
    store
        .add_members(room, &[mei.author.id], Timestamp(10_000))
        .await
        .unwrap();
    let again = seen(&store, room, &mei).await;
    assert_eq!((again.read_turn, again.unread), (10_000, 0));
}
