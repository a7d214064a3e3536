//! Calls on more than the people named.

use backend::store::{Alteration, NewMessage};
use chat::{Call, RoomId, User};

use super::{
    Fresh, Shared, altered, assert_shown, edit, join, mentioning, new_message, registered, replied, seen,
    stored, two_in_a_room,
};

fn calling(message: NewMessage, calls: Call, here: &[&User]) -> NewMessage {
    NewMessage {
        calls: Some(calls),
        here: here.iter().map(|user| user.author.id).collect(),
        ..message
    }
}

fn edit_calling(body: &str, mentions: &[&User], calls: Option<Call>) -> Alteration {
    match edit(body, mentions) {
        Alteration::Edit {
            body, html, mentions, ..
        } => Alteration::Edit {
            body,
            html,
            mentions,
            calls,
        },
        other => other,
    }
}

/// What a room's list and the list of unread mentions say; they have to agree.
async fn mentions(store: &Shared, room: RoomId, user: &User) -> u64 {
    let counted = seen(store, room, user).await.mentions;
    let listed = store.unread_mentions(user.author.id).await.unwrap();
    assert_eq!(
        counted,
        listed.iter().filter(|(of, _)| *of == room).count() as u64
    );
    counted
}

#[tokio::test]
async fn a_call_on_the_room_counts_once_for_every_member_but_its_author() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let tomasz = registered(&store, "tomasz").await;
    join(&store, room, &tomasz).await;
    let new = mentioning(new_message(room, &rosa, "@room and @mei"), &[&mei]);
    let message = stored(&store, calling(new, Call::Room, &[])).await;
    assert_eq!(message.calls, Some(Call::Room));
    assert_shown(&store, &message).await;
    for (user, count) in [(&rosa, 0), (&mei, 1), (&tomasz, 1)] {
        assert_eq!(
            mentions(&store, room, user).await,
            count,
            "{}",
            user.author.username
        );
    }
    // Who comes later was not called.
    let late = registered(&store, "late").await;
    join(&store, room, &late).await;
    assert_eq!(mentions(&store, room, &late).await, 0);
    store.mark_read(room, mei.author.id, 1, None).await.unwrap();
    assert_eq!(mentions(&store, room, &mei).await, 0);
    altered(&store, message.id, &rosa, Alteration::Delete).await;
    assert_eq!(mentions(&store, room, &tomasz).await, 0);
}

#[tokio::test]
async fn a_call_on_those_there_counts_for_them_alone_until_it_is_taken_back() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let tomasz = registered(&store, "tomasz").await;
    join(&store, room, &tomasz).await;
    let new = mentioning(new_message(room, &rosa, "@here @mei"), &[&mei]);
    let message = stored(&store, calling(new, Call::Here, &[&mei, &tomasz, &rosa])).await;
    assert_eq!(message.mentions, [mei.author.id]);
    assert_shown(&store, &message).await;
    for (user, count) in [(&rosa, 0), (&mei, 1), (&tomasz, 1)] {
        assert_eq!(mentions(&store, room, user).await, count);
    }
    let what = edit_calling("only @mei", &[&mei], None);
    let changed = altered(&store, message.id, &rosa, what).await;
    assert!(changed.unmentioned.contains(&tomasz.author.id));
    assert!(!changed.unmentioned.contains(&mei.author.id));
    for (user, count) in [(&mei, 1), (&tomasz, 0)] {
        assert_eq!(mentions(&store, room, user).await, count);
    }
    let new = calling(new_message(room, &rosa, "@here"), Call::Here, &[&tomasz]);
    let second = stored(&store, new).await;
    assert_eq!(mentions(&store, room, &tomasz).await, 1);
    let gone = altered(&store, second.id, &rosa, Alteration::Delete).await;
    assert_eq!(gone.unmentioned, [tomasz.author.id]);
    assert_eq!(
        (gone.message.calls, mentions(&store, room, &tomasz).await),
        (None, 0)
    );
}

#[tokio::test]
async fn an_edit_calls_on_the_room_and_stops_doing_so() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let message = stored(&store, new_message(room, &rosa, "hello")).await;
    let called = edit_calling("hello @room", &[], Some(Call::Room));
    let changed = altered(&store, message.id, &rosa, called).await;
    assert_eq!(
        (changed.called_all, mentions(&store, room, &mei).await),
        (Some(true), 1)
    );
    assert_shown(&store, &changed.message).await;
    let more = edit_calling("hello @room!", &[&mei], Some(Call::Room));
    let changed = altered(&store, message.id, &rosa, more).await;
    assert_eq!(
        (changed.called_all, mentions(&store, room, &mei).await),
        (None, 1)
    );
    let less = edit_calling("hello @mei", &[&mei], None);
    let changed = altered(&store, message.id, &rosa, less).await;
    assert_eq!(
        (changed.called_all, mentions(&store, room, &mei).await),
        (Some(false), 1)
    );
    let none = altered(&store, message.id, &rosa, edit_calling("hello", &[], None)).await;
    assert_eq!((none.called_all, mentions(&store, room, &mei).await), (None, 0));
}

#[tokio::test]
async fn replies_and_imports_call_like_any_message() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let root = stored(&store, new_message(room, &rosa, "root")).await;
    let new = calling(new_message(room, &rosa, "@room"), Call::Room, &[]);
    let (reply, _) = replied(&store, root.id, new).await;
    assert_eq!(reply.calls, Some(Call::Room));
    assert_shown(&store, &reply).await;
    let new = calling(new_message(room, &rosa, "@here"), Call::Here, &[&mei]);
    let (reply, _) = replied(&store, root.id, new).await;
    assert_shown(&store, &reply).await;
    assert_eq!(mentions(&store, room, &mei).await, 2);
    let batch = vec![
        new_message(room, &rosa, "nobody"),
        calling(new_message(room, &rosa, "@room"), Call::Room, &[]),
    ];
    store.append_batch(room, batch).await.unwrap();
    assert_eq!(mentions(&store, room, &mei).await, 3);
}
