//! Rooms' settings: names, archives, slow mode.

use backend::store::{Alteration, Appended, Changed, NewMessage, Replied, RoomChanged, RoomEdit};
use chat::{RoomId, Timestamp, User};
use uuid::Uuid;

use super::{
    super::{
        Fresh, change, channel, direct, edit, new_message, react, registered, replied, seen, two_in_a_room,
        with_nonce,
    },
    change_room, slow,
};

fn named(name: &str) -> RoomEdit {
    RoomEdit {
        name: Some(name.to_owned()),
        ..RoomEdit::default()
    }
}

fn archived(archived: bool) -> RoomEdit {
    RoomEdit {
        archived: Some(archived),
        ..RoomEdit::default()
    }
}

#[tokio::test]
async fn a_room_is_called_otherwise_and_keeps_its_address() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let before = store.looks().await.unwrap();
    assert_eq!(
        change_room(&store, room, &mei, named("Pier")).await,
        RoomChanged::Forbidden
    );
    assert_eq!(
        change_room(&store, room, &rosa, named("Pier")).await,
        RoomChanged::Changed
    );
    let after = store.looks().await.unwrap();
    assert_eq!((after.rooms, after.people), (before.rooms + 1, before.people));
    assert_eq!(store.rooms_changed_after(before.rooms).await.unwrap(), [room]);
    assert_eq!(store.rooms_changed_after(after.rooms).await.unwrap(), []);
    assert_eq!(
        change_room(&store, room, &rosa, named("Pier")).await,
        RoomChanged::Kept
    );
    let about = RoomEdit {
        topic: Some("ships".into()),
        description: Some("All about\nships".into()),
        ..RoomEdit::default()
    };
    assert_eq!(
        change_room(&store, room, &mei, about).await,
        RoomChanged::Changed,
        "every member says what it is about"
    );
    let record = store.room_by_slug("harbour").await.unwrap().unwrap();
    assert_eq!(
        (record.id, &*record.name, &*record.topic, &*record.description),
        (room, "Pier", "ships", "All about\nships")
    );
    let view = seen(&store, room, &mei).await;
    assert_eq!(
        (&*view.name, &*view.topic, &*view.description),
        ("Pier", "ships", "All about\nships")
    );
    let log = store.page_audit(None, 10).await.unwrap();
    assert_eq!(log.len(), 2);
    assert_eq!(
        (
            &*log[1].action,
            &*log[1].detail,
            &*log[1].room.as_ref().unwrap().name
        ),
        ("room_changed", "name: harbour → Pier", "Pier")
    );
}

#[tokio::test]
async fn who_may_change_a_room_is_decided_by_how_it_is_at_that_moment() {
    let store = Fresh::open().await;
    let (rosa, mei, _) = two_in_a_room(&store).await;
    let own = channel(&store, "own", &mei).await;
    assert_eq!(
        change_room(&store, own, &rosa, named("x")).await,
        RoomChanged::NotAMember
    );
    assert_eq!(
        change_room(&store, own, &mei, named("mine")).await,
        RoomChanged::Changed,
        "whoever made it runs it"
    );
    store.remove_member(own, mei.author.id).await.unwrap();
    assert_eq!(
        change_room(&store, own, &mei, named("again")).await,
        RoomChanged::NotAMember
    );
    let (pair, _) = direct(&store, &[&rosa, &mei], 1).await;
    assert_eq!(
        change_room(&store, pair, &rosa, named("us")).await,
        RoomChanged::Forbidden
    );
    let nowhere = RoomId(Uuid::now_v7());
    assert_eq!(
        change_room(&store, nowhere, &rosa, named("x")).await,
        RoomChanged::NotFound
    );
}

#[tokio::test]
async fn an_archived_room_is_read_and_nothing_else() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let ada = registered(&store, "ada").await;
    let first = with_nonce(new_message(room, &mei, "first"), "n1");
    let Appended::Stored(message) = store.append(first.clone()).await.unwrap() else {
        panic!()
    };
    assert_eq!(
        change_room(&store, room, &rosa, archived(true)).await,
        RoomChanged::Changed
    );
    assert!(seen(&store, room, &mei).await.archived);
    assert!(
        store
            .rooms_open_to(ada.author.id)
            .await
            .unwrap()
            .iter()
            .all(|open| open.id != room)
    );
    assert_eq!(
        store.append(new_message(room, &mei, "more")).await.unwrap(),
        Appended::Archived
    );
    assert_eq!(
        store.append(new_message(room, &ada, "more")).await.unwrap(),
        Appended::NotAMember
    );
    assert_eq!(
        store
            .reply(message.id, new_message(room, &mei, "a reply"))
            .await
            .unwrap(),
        Replied::Archived
    );
    assert_eq!(
        store.append(first).await.unwrap(),
        Appended::Repeated(message.clone()),
        "what was sent before was sent"
    );
    for what in [
        edit("else", &[]),
        Alteration::Delete,
        react("👍"),
        Alteration::Pin,
    ] {
        assert_eq!(change(&store, message.id, &mei, what).await, Changed::Archived);
    }
    assert_eq!(
        change_room(&store, room, &rosa, named("x")).await,
        RoomChanged::Archived
    );
    let back = RoomEdit {
        name: Some("Reopened".into()),
        ..archived(false)
    };
    assert_eq!(
        change_room(&store, room, &rosa, back).await,
        RoomChanged::Changed,
        "in one breath"
    );
    assert!(matches!(
        store.append(new_message(room, &mei, "more")).await.unwrap(),
        Appended::Stored(_)
    ));
    assert_eq!(store.message(message.id).await.unwrap(), Some(message));
}

fn at(message: NewMessage, ms: i64) -> NewMessage {
    NewMessage {
        created_at: Timestamp(ms),
        ..message
    }
}

#[tokio::test]
async fn slow_mode_keeps_people_waiting_each_by_themselves() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    assert_eq!(
        change_room(&store, room, &rosa, slow(30)).await,
        RoomChanged::Changed
    );
    let say = |who: &User, ms| store.append(at(new_message(room, who, "hello"), ms));
    let Appended::Stored(first) = say(&mei, 100_000).await.unwrap() else {
        panic!()
    };
    assert_eq!(
        say(&mei, 110_500).await.unwrap(),
        Appended::Slow { wait_ms: 19_500 }
    );
    let reply = at(new_message(room, &mei, "a reply counts too"), 129_999);
    assert_eq!(
        store.reply(first.id, reply).await.unwrap(),
        Replied::Slow { wait_ms: 1 }
    );
    assert!(matches!(say(&rosa, 110_500).await.unwrap(), Appended::Stored(_)));
    let (_, root) = replied(&store, first.id, at(new_message(room, &mei, "in time"), 130_000)).await;
    assert_eq!(root.reply_count, 1);
    assert_eq!(
        say(&mei, 130_001).await.unwrap(),
        Appended::Slow { wait_ms: 29_999 }
    );
    let exempt = NewMessage {
        exempt: true,
        ..at(new_message(room, &mei, "order!"), 130_002)
    };
    assert!(matches!(store.append(exempt).await.unwrap(), Appended::Stored(_)));
    assert_eq!(
        change_room(&store, room, &rosa, slow(0)).await,
        RoomChanged::Changed
    );
    assert!(matches!(say(&mei, 130_003).await.unwrap(), Appended::Stored(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_messages_at_once_slow_mode_lets_through_one() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    change_room(&store, room, &rosa, slow(30)).await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..10 {
        let message = with_nonce(at(new_message(room, &mei, "quick"), 100_000), &format!("n{n}"));
        let store = store.clone();
        tasks.spawn(async move { store.append(message).await.unwrap() });
    }
    let answers = tasks.join_all().await;
    let stored = answers
        .iter()
        .filter(|answer| matches!(answer, Appended::Stored(_)));
    assert_eq!(stored.count(), 1, "{answers:?}");
}
