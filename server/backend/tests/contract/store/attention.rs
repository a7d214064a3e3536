//! What people want to be told of, and what they say of themselves.

use chat::{Custom, Level, Notify, Quiet, RoomId, Timestamp, UserId};
use uuid::Uuid;

use super::{Fresh, registered, seen, two_in_a_room, usernames};

#[tokio::test]
async fn each_member_hears_of_a_room_in_a_way_of_ones_own() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let set = async |user: UserId, level, muted| {
        let notify = Notify { level, muted };
        store.set_notify(room, user, notify).await.unwrap()
    };
    assert!(set(mei.author.id, Some(Level::Nothing), true).await);
    let (rosas, meis) = (seen(&store, room, &rosa).await, seen(&store, room, &mei).await);
    assert_eq!((meis.level, meis.muted), (Some(Level::Nothing), true));
    assert_eq!((rosas.level, rosas.muted), (None, false));
    let heads = store.heads_of(mei.author.id).await.unwrap();
    let head = heads.into_iter().find(|head| head.room == room).unwrap();
    assert_eq!((head.level, head.muted), (Some(Level::Nothing), true));
    assert!(set(mei.author.id, None, false).await);
    let meis = seen(&store, room, &mei).await;
    assert_eq!((meis.level, meis.muted), (None, false));
    let tomasz = registered(&store, "tomasz").await;
    assert!(!set(tomasz.author.id, None, true).await);
    let nowhere = RoomId(Uuid::now_v7());
    assert!(
        !store
            .set_notify(nowhere, mei.author.id, Notify::default())
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn quiet_hours_are_kept() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await.author.id;
    assert_eq!(store.quiet(rosa).await.unwrap(), Quiet::default());
    for quiet in [
        Quiet {
            until: Some(Timestamp(9)),
            daily: Some((1_320, 420)),
        },
        Quiet {
            until: None,
            daily: Some((0, 1_439)),
        },
        Quiet::default(),
    ] {
        store.set_quiet(rosa, quiet).await.unwrap();
        assert_eq!(store.quiet(rosa).await.unwrap(), quiet);
    }
    assert_eq!(
        store.quiet(UserId(Uuid::now_v7())).await.unwrap(),
        Quiet::default()
    );
}

#[tokio::test]
async fn what_people_say_of_themselves_is_shown_with_them() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let lunch = Custom {
        text: "at lunch".into(),
        emoji: "🍜".into(),
        until: Some(Timestamp(99)),
    };
    store
        .set_custom(mei.author.id, Some(lunch.clone()))
        .await
        .unwrap();
    let ids = [rosa.author.id, mei.author.id, UserId(Uuid::now_v7())];
    assert_eq!(
        store.customs(&ids).await.unwrap(),
        [(mei.author.id, lunch.clone())]
    );
    let members = store.page_members(room, None, 10).await.unwrap();
    assert_eq!(usernames(&members), ["mei", "rosa"]);
    assert_eq!(
        (&members[0].custom, &members[1].custom),
        (&Some(lunch.clone()), &None)
    );
    let found = store.user(mei.author.id).await.unwrap().unwrap();
    assert_eq!(found.custom, Some(lunch));
    store.set_custom(mei.author.id, None).await.unwrap();
    assert_eq!(store.customs(&ids).await.unwrap(), []);
}

#[tokio::test]
async fn a_rooms_members_are_counted_out_up_to_a_limit() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let mut ids = store.member_ids(room, 10).await.unwrap();
    ids.sort_unstable();
    assert_eq!(ids, [rosa.author.id, mei.author.id]);
    assert_eq!(store.member_ids(room, 1).await.unwrap().len(), 1);
}
