use std::collections::HashMap;

use backend::store::{Appended, Head, NewMessage};
use chat::{MessageId, RoomId, Timestamp, User, UserId};
use futures::future::join_all;
use uuid::Uuid;

use super::{
    Fresh, channel, general, head, join, mentioning, new_message, post, posts, registered, seen, stored,
    two_in_a_room, whole, with_nonce,
};

#[tokio::test]
async fn messages_are_numbered_from_one() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    for (number, author) in [(1, &rosa), (2, &mei), (3, &rosa)] {
        let message = post(&store, room, author, "hello").await;
        assert_eq!((message.seq, message.rev), (number, number));
        assert_eq!(head(&store, room).await, (number, number));
    }
    let elsewhere = post(&store, general(&store).await, &mei, "hello").await;
    assert_eq!((elsewhere.seq, elsewhere.rev), (1, 1));
}

#[tokio::test]
async fn posts_to_many_rooms_at_once_are_numbered_in_each_and_refused_alone() {
    let store = Fresh::open().await;
    let (rosa, mei) = (registered(&store, "rosa").await, registered(&store, "mei").await);
    let mut rooms = Vec::new();
    for n in 0..8 {
        rooms.push(channel(&store, &format!("room-{n}"), &rosa).await);
    }
    // In half of them the other is no member, and one room is not there at all.
    for room in &rooms[..4] {
        join(&store, *room, &mei).await;
    }
    rooms.push(RoomId(Uuid::from_u128(7)));
    let new = (0..30).flat_map(|n| {
        let authors = [&rosa, &mei];
        let to = |(room, author): (&RoomId, &User)| new_message(*room, author, &format!("post {n}"));
        let pairs = rooms.iter().flat_map(|room| authors.map(|author| (room, author)));
        pairs.map(to).collect::<Vec<_>>()
    });
    let answers = join_all(new.map(|new| store.append(new))).await;
    let mut counts = HashMap::new();
    for answer in answers.into_iter().map(Result::unwrap) {
        let kind = match answer {
            Appended::Stored(_) => "stored",
            Appended::NotAMember => "not a member",
            Appended::RoomNotFound => "not found",
            other => panic!("{other:?}"),
        };
        *counts.entry(kind).or_insert(0) += 1;
    }
    let expected = HashMap::from([
        ("stored", 30 * 12),
        ("not a member", 30 * 4),
        ("not found", 30 * 2),
    ]);
    assert_eq!(counts, expected);
    for (n, room) in rooms[..8].iter().enumerate() {
        let expected: Vec<u64> = (1..=if n < 4 { 60 } else { 30 }).collect();
        let found = whole(&store, *room).await;
        assert_eq!(
            found.iter().map(|message| message.seq).collect::<Vec<_>>(),
            expected
        );
        assert_eq!(
            found.iter().map(|message| message.rev).collect::<Vec<_>>(),
            expected
        );
        assert!(found.iter().all(|message| message.room == *room));
    }
}

#[tokio::test]
async fn a_nonce_that_is_refused_in_one_room_is_free_in_another_at_the_same_time() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let closed = channel(&store, "closed", &rosa).await;
    for n in 0..20 {
        let posts = [closed, room, closed, room].map(|room| {
            let new = with_nonce(new_message(room, &mei, "mine"), &format!("nonce {n}"));
            store.append(new)
        });
        let answers = join_all(posts).await.into_iter().map(Result::unwrap);
        let stored = answers.filter(|answer| matches!(answer, Appended::Stored(_)));
        assert_eq!(stored.count(), 1);
    }
    assert_eq!(
        (head(&store, room).await, head(&store, closed).await),
        ((20, 20), (0, 0))
    );
}

#[tokio::test]
async fn what_is_read_is_what_was_answered() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let bodies = [
        "it's \"quoted\" \\ and {\"json\": null}",
        "two\nlines\tand a tab",
        "港の話 🎉 e\u{301}",
        "'); --",
    ];
    let mut expected = Vec::new();
    for (n, body) in bodies.iter().enumerate() {
        let new = with_nonce(
            mentioning(new_message(room, &rosa, body), &[&mei]),
            &format!("nonce 🎉 {n}"),
        );
        let (id, at) = (new.id, new.created_at);
        let message = stored(&store, new).await;
        assert_eq!((message.id, message.created_at, &*message.body), (id, at, *body));
        assert_eq!(
            (message.author.clone(), message.room),
            (rosa.author.clone(), room)
        );
        assert_eq!(message.mentions, [mei.author.id]);
        assert_eq!(store.message(id).await.unwrap(), Some(message.clone()));
        expected.push(message);
    }
    assert_eq!(whole(&store, room).await, expected);
    assert_eq!(
        store.changes(room, 0, 100).await.unwrap().unwrap().messages,
        expected
    );
}

#[tokio::test]
async fn a_message_of_the_longest_body_survives() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let message = post(&store, room, &rosa, &"語".repeat(chat::body::BODY_CHARS_MAX)).await;
    assert_eq!(store.message(message.id).await.unwrap(), Some(message));
}

#[tokio::test]
async fn an_unknown_message_is_not_found() {
    let store = Fresh::open().await;
    assert_eq!(store.message(MessageId(Uuid::now_v7())).await.unwrap(), None);
}

#[tokio::test]
async fn the_author_has_read_up_to_the_own_message() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    post(&store, room, &rosa, "one").await;
    post(&store, room, &rosa, "two").await;
    assert_eq!(seen(&store, room, &rosa).await.unread, 0);
    assert_eq!(seen(&store, room, &mei).await.unread, 2);
    post(&store, room, &mei, "three").await;
    assert_eq!(seen(&store, room, &mei).await.read_seq, 3);
    assert_eq!(seen(&store, room, &rosa).await.unread, 1);
}

#[tokio::test]
async fn a_refused_message_leaves_nothing_behind() {
    let store = Fresh::open().await;
    let (rosa, mei, _) = two_in_a_room(&store).await;
    let room = channel(&store, "closed", &rosa).await;
    let refused = with_nonce(mentioning(new_message(room, &mei, "let me in"), &[&rosa]), "n");
    assert_eq!(store.append(refused.clone()).await.unwrap(), Appended::NotAMember);
    let nowhere = NewMessage {
        room: RoomId(Uuid::now_v7()),
        ..refused.clone()
    };
    assert_eq!(store.append(nowhere).await.unwrap(), Appended::RoomNotFound);
    assert_eq!(head(&store, room).await, (0, 0));
    assert_eq!(store.message(refused.id).await.unwrap(), None);
    assert_eq!(store.unread_mentions(rosa.author.id).await.unwrap(), []);
    // Not even the nonce counts as used.
    join(&store, room, &mei).await;
    assert_eq!(stored(&store, refused).await.seq, 1);
}

#[tokio::test]
async fn a_repeated_nonce_gives_the_first_message_back() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let first = stored(
        &store,
        with_nonce(mentioning(new_message(room, &rosa, "first"), &[&mei]), "n"),
    )
    .await;
    post(&store, room, &mei, "between").await;
    let general = general(&store).await;
    for again in [room, general, RoomId(Uuid::now_v7())] {
        let again = with_nonce(new_message(again, &rosa, "again"), "n");
        assert_eq!(
            store.append(again).await.unwrap(),
            Appended::Repeated(first.clone())
        );
    }
    // Also for someone who has left since.
    store.remove_member(room, rosa.author.id).await.unwrap();
    let late = with_nonce(new_message(room, &rosa, "late"), "n");
    assert_eq!(store.append(late).await.unwrap(), Appended::Repeated(first));
    assert_eq!(
        (head(&store, room).await, head(&store, general).await),
        ((2, 2), (0, 0))
    );
}

#[tokio::test]
async fn nonces_are_each_authors_own() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    stored(&store, with_nonce(new_message(room, &rosa, "one"), "n")).await;
    stored(&store, with_nonce(new_message(room, &mei, "two"), "n")).await;
    stored(&store, with_nonce(new_message(room, &rosa, "three"), "N")).await;
    let found = async |author: &User, nonce: &str| {
        let nonce = chat::Nonce::new(nonce).unwrap();
        let message = store.message_by_nonce(author.author.id, &nonce).await.unwrap();
        message.map(|message| message.body)
    };
    assert_eq!(found(&rosa, "n").await.as_deref(), Some("one"));
    assert_eq!(found(&mei, "n").await.as_deref(), Some("two"));
    assert_eq!(found(&rosa, "N").await.as_deref(), Some("three"));
    assert_eq!(found(&mei, "N").await, None);
    // No nonce is not a nonce.
    post(&store, room, &rosa, "four").await;
    assert_eq!(post(&store, room, &rosa, "five").await.seq, 5);
}

#[tokio::test]
async fn only_people_who_exist_are_mentioned_and_each_once() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let mut new = new_message(room, &rosa, "@mei @ghost @rosa @mei");
    new.mentions = vec![
        mei.author.id,
        UserId(Uuid::now_v7()),
        rosa.author.id,
        mei.author.id,
    ];
    let message = stored(&store, new).await;
    assert_eq!(message.mentions, [mei.author.id, rosa.author.id]);
    assert_eq!(store.message(message.id).await.unwrap(), Some(message));
    assert_eq!(seen(&store, room, &mei).await.mentions, 1);
}

#[tokio::test]
async fn a_batch_continues_the_numbers_in_its_order() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    post(&store, room, &rosa, "before").await;
    let bodies: Vec<String> = (0..2_500)
        .map(|n| format!("message {n} of “many”\n- {{}}"))
        .collect();
    let batch: Vec<NewMessage> = bodies.iter().map(|body| new_message(room, &mei, body)).collect();
    let after = store.append_batch(room, batch).await.unwrap();
    assert_eq!(
        after,
        Some(Head {
            room,
            last_seq: 2_501,
            last_rev: 2_501
        })
    );
    assert_eq!(post(&store, room, &rosa, "after").await.seq, 2_502);
    let all = whole(&store, room).await;
    assert!(
        all.iter()
            .zip(1..)
            .all(|(message, n)| message.seq == n && message.rev == n)
    );
    assert!(all[1..2_501].iter().map(|message| &message.body).eq(&bodies));
}

#[tokio::test]
async fn a_batch_is_stored_like_single_messages_but_moves_no_marker() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let outsider = registered(&store, "tomasz").await;
    let mut new = with_nonce(
        mentioning(new_message(room, &outsider, "@rosa"), &[&rosa, &mei]),
        "n",
    );
    new.mentions.push(UserId(Uuid::now_v7()));
    let id = new.id;
    store
        .append_batch(room, vec![new_message(room, &rosa, "one"), new])
        .await
        .unwrap();
    let message = store.message(id).await.unwrap().unwrap();
    assert_eq!((message.seq, &message.author), (2, &outsider.author));
    assert_eq!(message.mentions, [rosa.author.id, mei.author.id]);
    assert_eq!(seen(&store, room, &rosa).await.unread, 2);
    assert_eq!(seen(&store, room, &rosa).await.mentions, 1);
    let again = with_nonce(new_message(room, &outsider, "again"), "n");
    assert_eq!(store.append(again).await.unwrap(), Appended::Repeated(message));
}

#[tokio::test]
async fn a_batch_is_stored_whole_or_not_at_all() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let first = stored(&store, with_nonce(new_message(room, &rosa, "first"), "n")).await;
    let same_id = NewMessage {
        id: first.id,
        ..new_message(room, &rosa, "same id")
    };
    for bad in [with_nonce(new_message(room, &rosa, "again"), "n"), same_id] {
        assert!(
            store
                .append_batch(room, vec![new_message(room, &rosa, "good"), bad])
                .await
                .is_err()
        );
        assert_eq!(head(&store, room).await, (1, 1));
        assert_eq!(whole(&store, room).await, std::slice::from_ref(&first));
    }
}

#[tokio::test]
async fn an_empty_batch_changes_nothing_and_an_unknown_room_takes_none() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    post(&store, room, &rosa, "one").await;
    let unchanged = Some(Head {
        room,
        last_seq: 1,
        last_rev: 1,
    });
    assert_eq!(store.append_batch(room, Vec::new()).await.unwrap(), unchanged);
    let nowhere = RoomId(Uuid::now_v7());
    assert_eq!(
        store
            .append_batch(nowhere, vec![new_message(nowhere, &rosa, "x")])
            .await
            .unwrap(),
        None
    );
    assert_eq!(store.append_batch(nowhere, Vec::new()).await.unwrap(), None);
}

#[tokio::test]
async fn changes_are_what_came_after_with_the_head_of_that_moment() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let all = posts(&store, room, &rosa, 10).await;
    let head = Head {
        room,
        last_seq: 10,
        last_rev: 10,
    };
    for (after, limit, expected) in [
        (0, 100, 0..10),
        (0, 3, 0..3),
        (4, 3, 4..7),
        (8, 500, 8..10),
        (10, 5, 10..10),
        (99, 5, 10..10),
    ] {
        let changes = store.changes(room, after, limit).await.unwrap().unwrap();
        assert_eq!(changes.messages, all[expected], "after {after}, at most {limit}");
        assert_eq!(changes.head, head);
    }
}

#[tokio::test]
async fn changes_answer_for_any_number_and_any_room() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let empty = store.changes(room, 0, 10).await.unwrap().unwrap();
    assert_eq!(
        (empty.messages.len(), empty.head),
        (
            0,
            Head {
                room,
                last_seq: 0,
                last_rev: 0
            }
        )
    );
    assert_eq!(store.changes(RoomId(Uuid::now_v7()), 0, 10).await.unwrap(), None);
    post(&store, room, &rosa, "one").await;
    for (after, limit, expected) in [(u64::MAX, u64::MAX, 0), (0, u64::MAX, 1), (0, 0, 0)] {
        let changes = store.changes(room, after, limit).await.unwrap().unwrap();
        assert_eq!((changes.messages.len(), changes.head.last_rev), (expected, 1));
    }
}

#[tokio::test]
async fn a_message_keeps_its_time_whatever_it_is() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    for ms in [0, -1, i64::MAX] {
        let message = stored(
            &store,
            NewMessage {
                created_at: Timestamp(ms),
                ..new_message(room, &rosa, "x")
            },
        )
        .await;
        assert_eq!(
            store.message(message.id).await.unwrap().unwrap().created_at,
            Timestamp(ms)
        );
    }
}
