//! Threads: a message and the replies to it.

use backend::store::{Alteration, Replied};
use chat::{
    Message, MessageId, RoomId, User,
    message::{Bound, Thread},
};
use uuid::Uuid;

use super::{
    Fresh, Shared, altered, assert_shown, assert_whole, channel, general, head, mentioning, new_message,
    post, posts, registered, replied, seen, stored, two_in_a_room, whole, with_nonce,
};

#[tokio::test]
async fn a_reply_takes_two_revs_its_own_and_its_roots() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let first = post(&store, room, &rosa, "who is in?").await;
    post(&store, room, &rosa, "anyone?").await;
    let new = mentioning(new_message(room, &mei, "me, @rosa"), &[&rosa]);
    let (reply, root) = replied(&store, first.id, with_nonce(new, "n")).await;
    assert_eq!((reply.seq, reply.rev, reply.thread), (3, 3, Some(first.id)));
    assert_eq!((&*reply.body, reply.reply_count), ("me, @rosa", 0));
    assert_eq!(
        root,
        Message {
            rev: 4,
            reply_count: 1,
            ..first
        }
    );
    for message in [&reply, &root] {
        assert_shown(&store, message).await;
    }
    assert_eq!(head(&store, room).await, (3, 4));
    assert_whole(&store, room).await;
    // It counts like any message.
    let (rosas, meis) = (seen(&store, room, &rosa).await, seen(&store, room, &mei).await);
    assert_eq!((rosas.unread, rosas.mentions, meis.read_seq), (1, 1, 3));
}

#[tokio::test]
async fn a_reply_to_a_reply_answers_the_same_root() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let first = post(&store, room, &rosa, "root").await;
    let (reply, _) = replied(&store, first.id, new_message(room, &mei, "reply")).await;
    let (second, root) = replied(&store, reply.id, new_message(room, &rosa, "reply to it")).await;
    assert_eq!(second.thread, Some(first.id));
    assert_eq!((root.id, root.reply_count, root.rev), (first.id, 2, 5));
    assert_shown(&store, &reply).await;
}

#[tokio::test]
async fn a_refused_reply_leaves_nothing_behind() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let stranger = registered(&store, "stranger").await;
    let root = post(&store, room, &rosa, "root").await;
    let elsewhere = post(&store, general(&store).await, &rosa, "elsewhere").await;
    let nowhere = MessageId(Uuid::now_v7());
    let reply = |by: &User| with_nonce(mentioning(new_message(room, by, "reply"), &[&rosa]), "n");
    for (to, by, expected) in [
        (root.id, &stranger, Replied::NotAMember),
        (nowhere, &stranger, Replied::NotAMember),
        (nowhere, &mei, Replied::RootNotFound),
        (elsewhere.id, &mei, Replied::RootNotFound),
    ] {
        assert_eq!(store.reply(to, reply(by)).await.unwrap(), expected);
    }
    let lost = new_message(RoomId(Uuid::now_v7()), &mei, "reply");
    assert_eq!(store.reply(root.id, lost).await.unwrap(), Replied::RoomNotFound);
    let deleted = altered(&store, root.id, &rosa, Alteration::Delete).await.message;
    assert_eq!(
        store.reply(root.id, reply(&mei)).await.unwrap(),
        Replied::RootDeleted
    );
    assert_shown(&store, &deleted).await;
    assert_eq!(
        (head(&store, room).await, whole(&store, room).await.len()),
        ((1, 2), 1)
    );
    assert_eq!(seen(&store, room, &rosa).await.mentions, 0);
    // Not even the nonce counts as used.
    assert_eq!(stored(&store, reply(&mei)).await.seq, 2);
}

#[tokio::test]
async fn a_repeated_nonce_gives_the_first_reply_back_whatever_became_of_its_root() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let root = post(&store, room, &rosa, "root").await;
    let new = || with_nonce(new_message(room, &mei, "reply"), "n");
    let (reply, _) = replied(&store, root.id, new()).await;
    let again = async |to| store.reply(to, new()).await.unwrap();
    assert_eq!(again(root.id).await, Replied::Repeated(reply.clone()));
    altered(&store, root.id, &rosa, Alteration::Delete).await;
    for to in [root.id, MessageId(Uuid::now_v7())] {
        assert_eq!(again(to).await, Replied::Repeated(reply.clone()));
    }
    assert_eq!(head(&store, room).await, (2, 4));
}

#[tokio::test]
async fn a_deleted_root_keeps_its_replies_and_a_deleted_reply_no_longer_counts() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let first = post(&store, room, &rosa, "root").await;
    let (one, _) = replied(&store, first.id, new_message(room, &mei, "one")).await;
    let (two, _) = replied(&store, first.id, new_message(room, &mei, "two")).await;
    let changed = altered(&store, one.id, &mei, Alteration::Delete).await;
    let root = changed.root.unwrap();
    assert_eq!((changed.message.rev, changed.message.thread), (6, Some(first.id)));
    assert_eq!((root.id, root.rev, root.reply_count), (first.id, 7, 1));
    assert_shown(&store, &root).await;
    assert_whole(&store, room).await;
    let tombstone = altered(&store, first.id, &rosa, Alteration::Delete).await;
    assert_eq!((tombstone.message.reply_count, tombstone.message.rev), (1, 8));
    let thread = store.thread(first.id, Bound::Newest, 50).await.unwrap().unwrap();
    assert_eq!(thread.root, tombstone.message);
    assert_eq!(thread.page.messages, [changed.message, two.clone()]);
    // Also of a root that is only a tombstone.
    let root = altered(&store, two.id, &rosa, Alteration::Delete)
        .await
        .root
        .unwrap();
    assert_eq!((root.reply_count, root.deleted, root.rev), (0, true, 10));
    assert_whole(&store, room).await;
}

/// A thread among other messages: its root and its replies.
async fn thread(store: &Shared, count: usize) -> (RoomId, Message, Vec<Message>) {
    let rosa = registered(store, "rosa").await;
    let room = channel(store, "harbour", &rosa).await;
    let all = posts(store, room, &rosa, 2).await;
    let mut replies = Vec::new();
    for n in 0..count {
        let (reply, _) = replied(store, all[1].id, new_message(room, &rosa, &n.to_string())).await;
        replies.push(reply);
        replied(store, all[0].id, new_message(room, &rosa, "another thread")).await;
    }
    let root = store.message(all[1].id).await.unwrap().unwrap();
    (room, root, replies)
}

async fn page(store: &Shared, root: &Message, bound: Bound, limit: u64) -> Thread {
    store.thread(root.id, bound, limit).await.unwrap().unwrap()
}

#[tokio::test]
async fn every_page_of_a_thread_is_the_right_one() {
    let store = Fresh::open().await;
    let (_, root, all) = thread(&store, 5).await;
    let last = all[4].seq;
    let bounds = (0..=last + 2)
        .chain([u64::MAX, i64::MAX as u64])
        .flat_map(|seq| [Bound::Before(seq), Bound::After(seq)])
        .chain([Bound::Newest]);
    for bound in bounds {
        for limit in [1, 2, 3, 100, u64::MAX] {
            let thread = page(&store, &root, bound, limit).await;
            let most = usize::try_from(limit).unwrap().min(all.len());
            let (from, to) = match bound {
                Bound::Newest => (all.len() - most, all.len()),
                Bound::Before(seq) => {
                    let to = all.partition_point(|reply| reply.seq < seq);
                    (to.saturating_sub(most), to)
                }
                Bound::After(seq) => {
                    let from = all.partition_point(|reply| reply.seq <= seq);
                    (from, (from + most).min(all.len()))
                }
                Bound::Around(_) => unreachable!("has a test of its own"),
            };
            assert_eq!(thread.page.messages, all[from..to], "{bound:?}, at most {limit}");
            let beside = (thread.page.has_before, thread.page.has_after);
            assert_eq!(beside, (from > 0, to < all.len()), "{bound:?}, at most {limit}");
            assert_eq!((&thread.root, thread.page.last_rev), (&root, root.rev + 2));
        }
    }
}

#[tokio::test]
async fn a_reply_is_shown_with_its_surroundings() {
    let store = Fresh::open().await;
    let (_, root, all) = thread(&store, 9).await;
    for limit in 1..=12 {
        for reply in &all {
            let shown = page(&store, &root, Bound::Around(reply.seq), limit).await.page;
            assert_eq!(shown.messages.len() as u64, limit.min(9), "the page is full");
            assert!(shown.messages.contains(reply), "{} at most {limit}", reply.seq);
            let place = all.iter().position(|reply| *reply == shown.messages[0]).unwrap();
            assert!(all[place..].starts_with(&shown.messages), "without gaps");
            let beside = (place > 0, place + shown.messages.len() < all.len());
            assert_eq!((shown.has_before, shown.has_after), beside);
        }
    }
}

#[tokio::test]
async fn a_message_without_replies_has_an_empty_thread_and_an_unknown_one_has_none() {
    let store = Fresh::open().await;
    let (_, _, all) = thread(&store, 1).await;
    for bound in [Bound::Newest, Bound::Before(9), Bound::After(0), Bound::Around(1)] {
        let thread = page(&store, &all[0], bound, 50).await;
        assert_eq!((&thread.root, thread.page.messages.len()), (&all[0], 0));
        assert!(!thread.page.has_before && !thread.page.has_after);
        let nothing = store.thread(MessageId(Uuid::now_v7()), bound, 50).await.unwrap();
        assert_eq!(nothing, None);
    }
}
