//! Followed threads.

use backend::store::{Alteration, UNREAD_REPLIES_MAX};
use chat::{Message, MessageId, Timestamp, User};

use super::{
    Fresh, Shared, altered, join, mentioning, new_message, post, registered, replied, stored, two_in_a_room,
};

async fn reply(store: &Shared, root: &Message, author: &User, body: &str) -> Message {
    replied(store, root.id, new_message(root.room, author, body))
        .await
        .0
}

/// The roots of the followed threads of `user` that have unread replies.
async fn unread(store: &Shared, user: &User) -> Vec<MessageId> {
    let threads = store.unread_threads(user.author.id).await.unwrap();
    threads.into_iter().map(|thread| thread.root).collect()
}

/// The roots of the threads that `user` follows, with the number of unread replies.
async fn followed(store: &Shared, user: &User) -> Vec<(MessageId, u64)> {
    let threads = store.followed(user.author.id, 100).await.unwrap();
    threads
        .into_iter()
        .map(|thread| (thread.root.id, thread.unread))
        .collect()
}

#[tokio::test]
async fn who_answers_who_is_answered_and_who_is_mentioned_follow_a_thread() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let (tomasz, stranger) = (
        registered(&store, "tomasz").await,
        registered(&store, "stranger").await,
    );
    join(&store, room, &tomasz).await;
    let root = post(&store, room, &rosa, "root").await;
    let new = mentioning(
        new_message(room, &mei, "@tomasz @stranger"),
        &[&tomasz, &stranger],
    );
    replied(&store, root.id, new).await;
    for (user, expected) in [
        (&rosa, vec![(root.id, 1)]),
        (&mei, vec![(root.id, 0)]),
        (&tomasz, vec![(root.id, 1)]),
        (&stranger, vec![]),
    ] {
        assert_eq!(followed(&store, user).await, expected, "{}", user.author.username);
    }
    let threads = store.followed(rosa.author.id, 1).await.unwrap();
    assert_eq!(
        (threads[0].root.reply_count, threads[0].last_at),
        (1, Timestamp(4_000))
    );
}

#[tokio::test]
async fn replies_are_read_in_the_thread_or_in_the_room() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let root = post(&store, room, &rosa, "root").await;
    let first = reply(&store, &root, &mei, "one").await;
    let second = reply(&store, &root, &mei, "two").await;
    let read = async |seq| store.read_thread(root.id, rosa.author.id, seq).await.unwrap();
    assert!(read(first.seq).await && !read(first.seq).await && !read(1).await);
    assert_eq!(followed(&store, &rosa).await, [(root.id, 1)]);
    store
        .mark_read(room, rosa.author.id, second.seq, None)
        .await
        .unwrap();
    assert_eq!(followed(&store, &rosa).await, [(root.id, 0)]);
    // What was deleted is not unread, nor is what one wrote.
    let third = reply(&store, &root, &mei, "three").await;
    altered(&store, third.id, &mei, Alteration::Delete).await;
    assert_eq!(followed(&store, &rosa).await, [(root.id, 0)]);
    reply(&store, &root, &mei, "four").await;
    reply(&store, &root, &rosa, "five").await;
    assert_eq!(followed(&store, &rosa).await, [(root.id, 0)]);
    // Marked as unread in the room, what was not read in the thread is unread again.
    store
        .mark_unread(room, rosa.author.id, 1, Timestamp(9_000))
        .await
        .unwrap();
    assert_eq!(followed(&store, &rosa).await, [(root.id, 0)]);
    assert_eq!(followed(&store, &mei).await, [(root.id, 1)]);
}

#[tokio::test]
async fn who_follows_no_longer_is_brought_back_by_taking_part_alone() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let root = post(&store, room, &rosa, "root").await;
    reply(&store, &root, &mei, "one").await;
    let follow = async |user: &User, yes| {
        store
            .follow(&root, user.author.id, yes, Timestamp(9))
            .await
            .unwrap()
    };
    assert!(follow(&rosa, false).await && !follow(&rosa, false).await);
    assert!(!store.follows(root.id, rosa.author.id).await.unwrap());
    reply(&store, &root, &mei, "two").await;
    assert_eq!(followed(&store, &rosa).await, []);
    let calling = mentioning(new_message(room, &mei, "@rosa"), &[&rosa]);
    replied(&store, root.id, calling).await;
    assert_eq!(followed(&store, &rosa).await, [(root.id, 1)]);
    // By hand one follows from then on.
    let tomasz = registered(&store, "tomasz").await;
    join(&store, room, &tomasz).await;
    assert!(follow(&tomasz, true).await && !follow(&tomasz, true).await);
    assert_eq!(followed(&store, &tomasz).await, [(root.id, 0)]);
    reply(&store, &root, &mei, "four").await;
    assert_eq!(followed(&store, &tomasz).await, [(root.id, 1)]);
}

#[tokio::test]
async fn threads_with_unread_replies_come_first_and_of_the_others_the_latest() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let mut roots = Vec::new();
    for n in 0..4 {
        roots.push(post(&store, room, &rosa, &format!("root {n}")).await);
    }
    for (n, at) in [(0, 40), (1, 10), (2, 30), (3, 20)] {
        let new = new_message(room, &mei, "reply");
        let new = backend::store::NewMessage {
            created_at: Timestamp(at),
            ..new
        };
        replied(&store, roots[n].id, new).await;
    }
    store.mark_read(room, rosa.author.id, 6, None).await.unwrap();
    let expected = [(2, 1), (3, 1), (0, 0), (1, 0)].map(|(n, unread): (usize, u64)| (roots[n].id, unread));
    assert_eq!(followed(&store, &rosa).await, expected);
    assert_eq!(store.followed(rosa.author.id, 2).await.unwrap().len(), 2);
    // A room that was left shows no threads.
    store.remove_member(room, rosa.author.id).await.unwrap();
    assert_eq!(followed(&store, &rosa).await, []);
}

#[tokio::test]
async fn unread_replies_are_counted_up_to_a_limit() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let root = stored(&store, new_message(room, &rosa, "root")).await;
    for _ in 0..UNREAD_REPLIES_MAX + 3 {
        reply(&store, &root, &mei, "again").await;
    }
    assert_eq!(followed(&store, &rosa).await, [(root.id, UNREAD_REPLIES_MAX)]);
}

#[tokio::test]
async fn threads_with_unread_replies_are_those_whose_list_says_so() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let (one, two) = (
        post(&store, room, &rosa, "one").await,
        post(&store, room, &rosa, "two").await,
    );
    assert_eq!(unread(&store, &rosa).await, []);
    let first = reply(&store, &one, &mei, "to one").await;
    let second = reply(&store, &two, &mei, "to two").await;
    let mut found = unread(&store, &rosa).await;
    found.sort_unstable();
    assert_eq!(found, [one.id, two.id]);
    assert_eq!(store.unread_threads(rosa.author.id).await.unwrap()[0].room, room);
    assert_eq!(unread(&store, &mei).await, [], "nobody waits for what one wrote");
    // Read in the thread, deleted, left, read in the room.
    store
        .read_thread(one.id, rosa.author.id, first.seq)
        .await
        .unwrap();
    assert_eq!(unread(&store, &rosa).await, [two.id]);
    altered(&store, second.id, &mei, Alteration::Delete).await;
    assert_eq!(unread(&store, &rosa).await, []);
    reply(&store, &one, &mei, "again").await;
    let last = reply(&store, &two, &mei, "again").await;
    store
        .follow(&one, rosa.author.id, false, Timestamp(9))
        .await
        .unwrap();
    assert_eq!(unread(&store, &rosa).await, [two.id]);
    store
        .mark_read(room, rosa.author.id, last.seq, None)
        .await
        .unwrap();
    assert_eq!(unread(&store, &rosa).await, []);
    // A room that was left has none.
    reply(&store, &two, &mei, "once more").await;
    assert_eq!(unread(&store, &rosa).await, [two.id]);
    store.remove_member(room, rosa.author.id).await.unwrap();
    assert_eq!(unread(&store, &rosa).await, []);
}

#[tokio::test]
async fn the_followers_of_a_thread_are_those_who_did_not_leave_it() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let root = post(&store, room, &rosa, "root").await;
    assert_eq!(store.followers(root.id).await.unwrap(), []);
    reply(&store, &root, &mei, "one").await;
    let mut found = store.followers(root.id).await.unwrap();
    found.sort_unstable();
    let mut both = [rosa.author.id, mei.author.id];
    both.sort_unstable();
    assert_eq!(found, both);
    store
        .follow(&root, rosa.author.id, false, Timestamp(9))
        .await
        .unwrap();
    assert_eq!(store.followers(root.id).await.unwrap(), [mei.author.id]);
}
