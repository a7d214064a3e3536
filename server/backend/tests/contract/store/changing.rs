//! Changing messages: edit, delete, pin; who may, and many at once. Reactions have a file of their own.

use std::collections::HashSet;

use backend::store::{Alteration, Altered, Changed};
use chat::{
    Message, MessageId, RoomId, Timestamp, User, UserId,
    message::{PINS_MAX, VERSIONS_MAX},
};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{
    Fresh, Shared, altered, assert_shown, assert_whole, change, channel, direct, edit, head, join,
    mentioning, new_message, post, posts, private_channel, react, registered, replied, seen, stored,
    two_in_a_room, unreact,
};
use crate::Place;

#[tokio::test]
async fn an_edit_takes_the_next_rev_and_leaves_the_rest_as_it_was() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let first = post(&store, room, &mei, "helo").await;
    post(&store, room, &rosa, "hi").await;
    let changed = altered(&store, first.id, &mei, edit("hello", &[])).await;
    let expected = Message {
        rev: 3,
        body: "hello".into(),
        html: "<p>hello</p>".into(),
        edited_at: Some(Timestamp(5_000)),
        ..first.clone()
    };
    assert_eq!(changed.message, expected);
    assert_eq!(
        (changed.root, changed.mentioned, changed.unmentioned),
        (None, vec![], vec![])
    );
    assert_shown(&store, &expected).await;
    assert_eq!(head(&store, room).await, (2, 3), "no message more");
    assert_whole(&store, room).await;
}

#[tokio::test]
async fn an_edit_that_says_the_same_changes_nothing() {
    let store = Fresh::open().await;
    let (_, mei, room) = two_in_a_room(&store).await;
    let message = post(&store, room, &mei, "hello").await;
    let again = change(&store, message.id, &mei, edit("hello", &[])).await;
    assert_eq!(again, Changed::Kept(Box::new(message.clone())));
    assert_shown(&store, &message).await;
    assert_eq!(store.versions(message.id).await.unwrap(), []);
    assert_eq!(head(&store, room).await, (1, 1));
}

#[tokio::test]
async fn what_a_message_said_before_is_kept_newest_first_up_to_a_limit() {
    let store = Fresh::open().await;
    let (_, mei, room) = two_in_a_room(&store).await;
    let message = post(&store, room, &mei, "version 0").await;
    for n in 1..=VERSIONS_MAX + 5 {
        altered(&store, message.id, &mei, edit(&format!("version {n}"), &[])).await;
    }
    let versions = store.versions(message.id).await.unwrap();
    let bodies: Vec<&str> = versions.iter().map(|version| version.body.as_str()).collect();
    let expected: Vec<String> = (5..VERSIONS_MAX + 5)
        .rev()
        .map(|n| format!("version {n}"))
        .collect();
    assert_eq!(bodies, expected);
    assert!(
        versions
            .iter()
            .all(|version| version.written_at == Timestamp(5_000))
    );

    let other = post(&store, room, &mei, "first").await;
    altered(&store, other.id, &mei, edit("second", &[])).await;
    let versions = store.versions(other.id).await.unwrap();
    assert_eq!((versions.len(), versions[0].written_at), (1, other.created_at));
    assert_eq!(store.versions(MessageId(Uuid::now_v7())).await.unwrap(), []);
}

#[tokio::test]
async fn an_edit_calls_whom_it_mentions_now_and_lets_go_of_the_others() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let tomasz = registered(&store, "tomasz").await;
    join(&store, room, &tomasz).await;
    let message = stored(&store, mentioning(new_message(room, &rosa, "@mei"), &[&mei])).await;
    let counts = async || {
        let (mei, tomasz) = (seen(&store, room, &mei).await, seen(&store, room, &tomasz).await);
        (mei.mentions, tomasz.mentions)
    };
    assert_eq!(counts().await, (1, 0));
    let ghost = UserId(Uuid::now_v7());
    let what = match edit("@tomasz", &[&tomasz, &rosa, &tomasz]) {
        Alteration::Edit {
            body,
            html,
            mut mentions,
            calls,
        } => {
            mentions.push(ghost);
            Alteration::Edit {
                body,
                html,
                mentions,
                calls,
            }
        }
        other => other,
    };
    let changed = altered(&store, message.id, &rosa, what).await;
    assert_eq!(changed.message.mentions, [tomasz.author.id, rosa.author.id]);
    assert_shown(&store, &changed.message).await;
    // Rosa has read what she wrote.
    assert_eq!(
        (changed.mentioned, changed.unmentioned),
        (vec![tomasz.author.id], vec![mei.author.id])
    );
    assert_eq!(counts().await, (0, 1));
    assert_eq!(
        store.unread_mentions(tomasz.author.id).await.unwrap(),
        [(room, 1)]
    );
    assert_eq!(store.unread_mentions(mei.author.id).await.unwrap(), []);

    // Who has read the message is not called again.
    store.mark_read(room, mei.author.id, 1, None).await.unwrap();
    let changed = altered(&store, message.id, &rosa, edit("both", &[&mei, &tomasz])).await;
    assert_eq!(
        (changed.mentioned, changed.unmentioned),
        (vec![], vec![rosa.author.id])
    );
    assert_eq!(counts().await, (0, 1));
}

#[tokio::test]
async fn nothing_but_its_place_is_left_of_a_deleted_message() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let new = mentioning(new_message(room, &mei, "@rosa"), &[&rosa]);
    let message = stored(&store, super::with_nonce(new, "n")).await;
    let around = post(&store, room, &mei, "next").await;
    altered(&store, message.id, &mei, edit("@rosa!", &[&rosa])).await;
    altered(&store, message.id, &rosa, react("👍")).await;
    altered(&store, message.id, &rosa, Alteration::Pin).await;
    let changed = altered(&store, message.id, &mei, Alteration::Delete).await;
    let expected = Message {
        rev: 6,
        body: String::new(),
        html: String::new(),
        deleted: true,
        mentions: Vec::new(),
        ..message.clone()
    };
    assert_eq!(
        changed,
        Altered {
            message: expected.clone(),
            root: None,
            mentioned: vec![],
            unmentioned: vec![rosa.author.id],
            called_all: None,
        }
    );
    assert_shown(&store, &expected).await;
    assert_shown(&store, &around).await;
    assert_eq!(store.versions(message.id).await.unwrap(), []);
    assert_eq!(seen(&store, room, &rosa).await.mentions, 0);
    assert_eq!(store.unread_mentions(rosa.author.id).await.unwrap(), []);

    // Once more changes nothing, and nothing else can be done with it.
    assert_eq!(
        change(&store, message.id, &mei, Alteration::Delete).await,
        Changed::Kept(Box::new(expected.clone()))
    );
    for what in [edit("back", &[]), react("👍"), Alteration::Pin] {
        assert_eq!(change(&store, message.id, &mei, what).await, Changed::Deleted);
    }
    for what in [unreact("👍"), Alteration::Unpin] {
        assert_eq!(
            change(&store, message.id, &mei, what).await,
            Changed::Kept(Box::new(expected.clone()))
        );
    }
    assert_eq!(head(&store, room).await, (2, 6));
    // Its nonce stays used.
    let again = super::with_nonce(new_message(room, &mei, "again"), "n");
    assert_eq!(
        store.append(again).await.unwrap(),
        backend::store::Appended::Repeated(expected)
    );
}

#[tokio::test]
async fn a_message_is_pinned_and_unpinned_by_any_member() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let message = post(&store, room, &rosa, "read this").await;
    for (rev, what, pinned) in [(2, Alteration::Pin, true), (3, Alteration::Unpin, false)] {
        let changed = altered(&store, message.id, &mei, what.clone()).await.message;
        assert_eq!(
            changed,
            Message {
                rev,
                pinned,
                ..message.clone()
            }
        );
        assert_shown(&store, &changed).await;
        let again = change(&store, message.id, &rosa, what).await;
        assert_eq!(again, Changed::Kept(Box::new(changed)));
    }
}

#[tokio::test]
async fn a_room_has_so_many_pins_and_no_more() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let all = posts(&store, room, &rosa, PINS_MAX + 1).await;
    let (last, first) = all.split_last().unwrap();
    for message in first {
        altered(&store, message.id, &rosa, Alteration::Pin).await;
    }
    assert_eq!(
        change(&store, last.id, &rosa, Alteration::Pin).await,
        Changed::TooMany
    );
    // Another room has pins of its own; a deleted message is none.
    let elsewhere = post(&store, super::general(&store).await, &rosa, "x").await;
    altered(&store, elsewhere.id, &rosa, Alteration::Pin).await;
    altered(&store, first[7].id, &rosa, Alteration::Delete).await;
    altered(&store, last.id, &rosa, Alteration::Pin).await;
}

#[tokio::test]
async fn a_rooms_pins_are_listed_newest_first_as_they_are_now() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    assert_eq!(store.pins(room).await.unwrap(), []);
    let all = posts(&store, room, &rosa, 4).await;
    let mut pinned = Vec::new();
    for place in [2, 0, 3] {
        pinned.push(
            altered(&store, all[place].id, &mei, Alteration::Pin)
                .await
                .message,
        );
    }
    let elsewhere = post(&store, super::general(&store).await, &rosa, "x").await;
    altered(&store, elsewhere.id, &rosa, Alteration::Pin).await;
    pinned.sort_by_key(|message| std::cmp::Reverse(message.seq));
    assert_eq!(store.pins(room).await.unwrap(), pinned);
    let edited = altered(&store, all[2].id, &rosa, edit("other", &[]))
        .await
        .message;
    altered(&store, all[0].id, &rosa, Alteration::Unpin).await;
    altered(&store, all[3].id, &rosa, Alteration::Delete).await;
    assert_eq!(store.pins(room).await.unwrap(), [edited]);
    let nowhere = RoomId(Uuid::from_u128(7));
    assert_eq!(store.pins(nowhere).await.unwrap(), []);
}

/// A message by the owner, by the member and by nobody who is asked here, in each of these rooms.
async fn rooms(store: &Shared, rosa: &User, mei: &User, tomasz: &User) -> [RoomId; 3] {
    let rooms = [
        channel(store, "open", rosa).await,
        private_channel(store, "closed", rosa).await,
        direct(store, &[rosa, mei, tomasz], 1).await.0,
    ];
    for room in &rooms[..2] {
        for user in [mei, tomasz] {
            join(store, *room, user).await;
        }
    }
    rooms
}

#[tokio::test]
async fn rights_are_checked_in_the_transaction() {
    let store = Fresh::open().await;
    // The first account is the owner.
    let (rosa, mei) = (registered(&store, "rosa").await, registered(&store, "mei").await);
    let tomasz = registered(&store, "tomasz").await;
    let stranger = registered(&store, "stranger").await;
    for (place, room) in rooms(&store, &rosa, &mei, &tomasz).await.into_iter().enumerate() {
        let id = post(&store, room, &tomasz, "hello").await.id;
        for what in [edit("bye", &[]), Alteration::Delete] {
            let answer = change(&store, id, &mei, what.clone()).await;
            assert_eq!(answer, Changed::Forbidden, "a member, of another's message");
            if place == 2 {
                let answer = change(&store, id, &rosa, what).await;
                assert_eq!(
                    answer,
                    Changed::Forbidden,
                    "nobody is above the others in a direct room"
                );
            }
        }
        let all = [
            edit("bye", &[]),
            Alteration::Delete,
            react("👍"),
            unreact("👍"),
            Alteration::Pin,
        ];
        for what in all {
            let answer = change(&store, id, &stranger, what).await;
            assert_eq!(answer, Changed::NotAMember);
        }
        assert_eq!(head(&store, room).await, (1, 1));
        altered(&store, id, &mei, react("👍")).await;
        altered(&store, id, &mei, Alteration::Pin).await;
        if place < 2 {
            altered(&store, id, &rosa, edit("moderated", &[])).await;
            altered(&store, id, &rosa, Alteration::Delete).await;
        } else {
            altered(&store, id, &tomasz, Alteration::Delete).await;
        }
    }
    // Who left has no say any more, not even over the own words.
    let room = channel(&store, "harbour", &rosa).await;
    join(&store, room, &mei).await;
    let id = post(&store, room, &mei, "hello").await.id;
    store.remove_member(room, mei.author.id).await.unwrap();
    for what in [edit("bye", &[]), Alteration::Delete, react("👍")] {
        assert_eq!(change(&store, id, &mei, what).await, Changed::NotAMember);
    }
    let nowhere = MessageId(Uuid::now_v7());
    assert_eq!(
        change(&store, nowhere, &rosa, Alteration::Pin).await,
        Changed::NotFound
    );
}

#[tokio::test]
async fn what_changed_survives_a_restart_and_resumes_in_its_present_state() {
    let place = Place::new().await;
    let store = place.open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let all = posts(&store, room, &rosa, 5).await;
    altered(&store, all[1].id, &rosa, edit("edited", &[])).await;
    altered(&store, all[3].id, &mei, react("👍")).await;
    let edited = altered(&store, all[1].id, &rosa, edit("edited again", &[]))
        .await
        .message;
    let (reply, root) = replied(&store, all[3].id, new_message(room, &mei, "reply")).await;
    store.close().await;
    drop(store);
    let store = place.open().await;
    let changes = store.changes(room, 5, 100).await.unwrap().unwrap();
    assert_eq!(changes.messages, [edited, reply, root]);
    assert_eq!(changes.head.last_rev, 10);
    assert_whole(&store, room).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_at_once_leave_no_gap_and_one_state_that_all_agree_on() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    for round in 0..10_u64 {
        let message = post(&store, room, &mei, "hello").await;
        let (_, before) = head(&store, room).await;
        let mut tasks = JoinSet::new();
        for n in 0..8 {
            let (store, id) = (store.clone(), message.id);
            let (by, what) = match n {
                0..3 => (mei.clone(), edit(&format!("edit {n}"), &[&rosa])),
                3 => (rosa.clone(), react("👍")),
                4 => (mei.clone(), react("👍")),
                5 => (rosa.clone(), unreact("👍")),
                6 => (mei.clone(), Alteration::Pin),
                _ => (rosa.clone(), Alteration::Delete),
            };
            tasks.spawn(async move { change(&store, id, &by, what).await });
        }
        for _ in 0..3 {
            let (store, rosa, id) = (store.clone(), rosa.clone(), message.id);
            tasks.spawn(async move {
                // Each reply takes two revisions or none; it is told here as the one of its root.
                match store.reply(id, new_message(room, &rosa, "reply")).await.unwrap() {
                    backend::store::Replied::Stored { root, .. } => Changed::Kept(root),
                    backend::store::Replied::RootDeleted => Changed::Deleted,
                    other => panic!("{other:?}"),
                }
            });
        }
        let answers = tasks.join_all().await;
        let single = answers.iter().filter_map(|answer| match answer {
            Changed::Stored(altered) => Some(altered.message.rev),
            _ => None,
        });
        let roots = answers.iter().filter_map(|answer| match answer {
            Changed::Kept(root) if root.rev > before && root.reply_count > 0 => Some(root.rev),
            _ => None,
        });
        let mut taken: Vec<u64> = single.chain(roots.flat_map(|rev| [rev - 1, rev])).collect();
        taken.sort_unstable();
        taken.dedup();
        let (_, last_rev) = head(&store, room).await;
        assert_eq!(
            taken,
            (before + 1..=last_rev).collect::<Vec<_>>(),
            "round {round}: {answers:#?}"
        );
        let after = store.message(message.id).await.unwrap().unwrap();
        assert!(after.deleted && after.reactions.is_empty() && !after.pinned && after.mentions.is_empty());
        assert_eq!(store.versions(message.id).await.unwrap(), []);
        let replies = store
            .thread(message.id, chat::message::Bound::Newest, 100)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(replies.page.messages.len() as u64, after.reply_count);
        assert_eq!(seen(&store, room, &rosa).await.mentions, 0);
    }
    assert_whole(&store, room).await;
    let all = super::whole(&store, room).await;
    let ids: HashSet<MessageId> = all.iter().map(|message| message.id).collect();
    assert_eq!(ids.len(), all.len());
}
