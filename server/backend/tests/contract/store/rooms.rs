use backend::store::{ChannelCreated, Membership, RoomRecord};
use chat::{Room, RoomId, RoomKind, Timestamp, User, UserId, wire::RoomHead};
use uuid::Uuid;

use super::{
    Fresh, Shared, authors, channel, direct, general, head, join, new_channel, new_message, post,
    private_channel, registered, seen, stored, usernames,
};

async fn two_people(store: &Shared) -> (User, User) {
    (registered(store, "rosa").await, registered(store, "mei").await)
}

fn names(rooms: &[Room]) -> Vec<&str> {
    rooms.iter().map(|room| room.name.as_str()).collect()
}

#[tokio::test]
async fn a_channel_is_what_was_asked_for_and_its_creator_is_in_it() {
    let store = Fresh::open().await;
    let (rosa, mei) = two_people(&store).await;
    let new = new_channel("Harbour", &rosa);
    assert_eq!(
        store.create_channel(new.clone()).await.unwrap(),
        ChannelCreated::Created
    );
    let record = RoomRecord {
        id: new.id,
        kind: RoomKind::Channel,
        slug: "harbour".into(),
        name: "Harbour".into(),
        topic: "about Harbour".into(),
        private: false,
        description: String::new(),
        archived: false,
        slow_s: 0,
        created_by: Some(rosa.author.id),
    };
    assert_eq!(store.room(new.id).await.unwrap(), Some(record.clone()));
    assert_eq!(store.room_by_slug("harbour").await.unwrap(), Some(record));
    assert_eq!(
        store.membership(new.id, rosa.author.id).await.unwrap(),
        Some(Membership { read_seq: 0 })
    );
    assert_eq!(store.membership(new.id, mei.author.id).await.unwrap(), None);
    assert_eq!(head(&store, new.id).await, (0, 0));
}

#[tokio::test]
async fn an_address_is_given_once() {
    let store = Fresh::open().await;
    let (rosa, mei) = two_people(&store).await;
    let first = channel(&store, "harbour", &rosa).await;
    let second = new_channel("Harbour", &mei);
    let id = second.id;
    assert_eq!(store.create_channel(second).await.unwrap(), ChannelCreated::Taken);
    assert_eq!(store.room(id).await.unwrap(), None);
    assert_eq!(store.room_by_slug("harbour").await.unwrap().unwrap().id, first);
    assert_eq!(store.count_members(first).await.unwrap(), 1);
}

#[tokio::test]
async fn rooms_that_are_not_there_are_not_found() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let nowhere = RoomId(Uuid::now_v7());
    assert_eq!(store.room(nowhere).await.unwrap(), None);
    assert_eq!(store.room_by_slug("nowhere").await.unwrap(), None);
    assert_eq!(store.room_of(nowhere, rosa.author.id).await.unwrap(), None);
    assert_eq!(store.membership(nowhere, rosa.author.id).await.unwrap(), None);
    assert_eq!(store.count_members(nowhere).await.unwrap(), 0);
    assert_eq!(store.page_members(nowhere, None, 10).await.unwrap(), []);
    assert!(!store.remove_member(nowhere, rosa.author.id).await.unwrap());
    assert_eq!(
        store
            .add_members(nowhere, &[rosa.author.id], Timestamp(0))
            .await
            .unwrap(),
        []
    );
    assert_eq!(store.heads(&[nowhere]).await.unwrap(), []);
    assert_eq!(store.head_for(nowhere, rosa.author.id).await.unwrap(), None);
    assert_eq!(store.heads(&[]).await.unwrap(), []);
}

#[tokio::test]
async fn ones_rooms_are_channels_by_name_then_direct_rooms_by_last_message() {
    let store = Fresh::open().await;
    let (rosa, mei) = two_people(&store).await;
    let tomasz = registered(&store, "tomasz").await;
    for name in ["zebra", "Apple", "banana"] {
        channel(&store, name, &rosa).await;
    }
    let (with_mei, _) = direct(&store, &[&rosa, &mei], 10_000).await;
    direct(&store, &[&rosa, &tomasz], 20_000).await;
    let order = async || names(&store.rooms_of(rosa.author.id).await.unwrap()).join(" ");
    assert_eq!(order().await, "Apple banana general zebra TOMASZ MEI");
    let mut message = new_message(with_mei, &mei, "hello");
    message.created_at = Timestamp(30_000);
    stored(&store, message).await;
    assert_eq!(order().await, "Apple banana general zebra MEI TOMASZ");
    // Messages of an earlier time do not make a room older: clocks differ, and there are imports.
    stored(&store, new_message(with_mei, &mei, "earlier")).await;
    store
        .append_batch(with_mei, vec![new_message(with_mei, &mei, "imported")])
        .await
        .unwrap();
    assert_eq!(order().await, "Apple banana general zebra MEI TOMASZ");
}

#[tokio::test]
async fn a_rooms_head_comes_with_the_readers_membership() {
    let store = Fresh::open().await;
    let (rosa, mei) = two_people(&store).await;
    let room = channel(&store, "harbour", &rosa).await;
    post(&store, room, &rosa, "one").await;
    post(&store, room, &rosa, "two").await;
    let of = async |user: &User| store.head_for(room, user.author.id).await.unwrap().unwrap();
    let found = store.heads(&[room]).await.unwrap()[0];
    assert_eq!((found.last_seq, found.last_rev), (2, 2));
    assert_eq!(of(&rosa).await, (found, Some(Membership { read_seq: 2 })));
    assert_eq!(of(&mei).await, (found, None));
    join(&store, room, &mei).await;
    post(&store, room, &rosa, "three").await;
    let (head, membership) = of(&mei).await;
    assert_eq!(head.last_rev, 3);
    assert_eq!(membership, Some(Membership { read_seq: 2 }));
}

#[tokio::test]
async fn the_heads_of_rooms_to_join_are_those_of_the_list_in_its_order() {
    let store = Fresh::open().await;
    let (rosa, mei) = two_people(&store).await;
    for name in ["zebra", "Apple", "banana"] {
        let room = channel(&store, name, &rosa).await;
        post(&store, room, &rosa, name).await;
    }
    private_channel(&store, "secret", &rosa).await;
    direct(&store, &[&rosa, &mei], 1).await;
    let listed = async |user: &User| {
        let rooms = store.rooms_open_to(user.author.id).await.unwrap();
        let head = |room: &Room| (room.id, room.last_seq, room.last_rev);
        rooms.iter().map(head).collect::<Vec<_>>()
    };
    let heads = async |user: &User| {
        let heads = store.heads_open_to(user.author.id).await.unwrap();
        let head = |head: &backend::store::Head| (head.room, head.last_seq, head.last_rev);
        heads.iter().map(head).collect::<Vec<_>>()
    };
    assert_eq!(heads(&mei).await.len(), 3);
    assert_eq!(heads(&mei).await, listed(&mei).await);
    assert_eq!(heads(&rosa).await, []);
    assert_eq!(heads(&rosa).await, listed(&rosa).await);
}

#[tokio::test]
async fn a_room_looks_the_same_alone_and_in_the_list() {
    let store = Fresh::open().await;
    let (rosa, mei) = two_people(&store).await;
    let room = channel(&store, "harbour", &rosa).await;
    join(&store, room, &mei).await;
    post(&store, room, &rosa, "one").await;
    direct(&store, &[&rosa, &mei], 1).await;
    for user in [&rosa, &mei] {
        for room in store.rooms_of(user.author.id).await.unwrap() {
            assert_eq!(seen(&store, room.id, user).await, room);
        }
    }
}

#[tokio::test]
async fn public_channels_that_one_is_not_in_are_open() {
    let store = Fresh::open().await;
    let (rosa, mei) = two_people(&store).await;
    for name in ["zebra", "Apple", "mine"] {
        channel(&store, name, &rosa).await;
    }
    private_channel(&store, "secret", &rosa).await;
    direct(&store, &[&rosa], 1).await;
    let mine = store.room_by_slug("mine").await.unwrap().unwrap().id;
    join(&store, mine, &mei).await;
    let open = store.rooms_open_to(mei.author.id).await.unwrap();
    assert_eq!(names(&open), ["Apple", "zebra"]);
    assert!(open.iter().all(|room| !room.member && room.unread == 0));
    assert_eq!(store.rooms_open_to(rosa.author.id).await.unwrap(), []);
}

#[tokio::test]
async fn at_most_two_hundred_rooms_are_open() {
    let store = Fresh::open().await;
    let (rosa, mei) = two_people(&store).await;
    for n in 0..210 {
        channel(&store, &format!("room-{n:03}"), &rosa).await;
    }
    let open = store.rooms_open_to(mei.author.id).await.unwrap();
    assert_eq!(
        (open.len(), &*open[0].name, &*open[199].name),
        (200, "room-000", "room-199")
    );
}

#[tokio::test]
async fn someone_who_is_not_in_a_room_has_nothing_unread_there() {
    let store = Fresh::open().await;
    let (rosa, mei) = two_people(&store).await;
    let room = channel(&store, "harbour", &rosa).await;
    stored(
        &store,
        super::mentioning(new_message(room, &rosa, "@mei"), &[&mei]),
    )
    .await;
    let room = seen(&store, room, &mei).await;
    assert_eq!((room.member, room.last_seq, room.last_rev), (false, 1, 1));
    assert_eq!((room.read_seq, room.unread, room.mentions), (0, 0, 0));
}

#[tokio::test]
async fn a_direct_room_is_called_by_the_others_in_it() {
    let store = Fresh::open().await;
    let (rosa, mei) = two_people(&store).await;
    let tomasz = registered(&store, "Tomasz").await;
    let (id, _) = direct(&store, &[&tomasz, &rosa, &mei], 1).await;
    for (viewer, name, others) in [
        (&rosa, "MEI, TOMASZ", authors(&[&mei, &tomasz])),
        (&mei, "ROSA, TOMASZ", authors(&[&rosa, &tomasz])),
        (&tomasz, "MEI, ROSA", authors(&[&mei, &rosa])),
    ] {
        let room = seen(&store, id, viewer).await;
        assert_eq!((&*room.name, &room.users), (name, &others));
        assert_eq!(
            (room.kind, room.private, &room.slug),
            (RoomKind::Direct, true, &id.to_string())
        );
    }
    let (alone, _) = direct(&store, &[&rosa], 1).await;
    let room = seen(&store, alone, &rosa).await;
    assert_eq!((&*room.name, room.users.len()), ("ROSA", 0));
    let record = store.room_by_slug(&id.to_string()).await.unwrap().unwrap();
    assert_eq!(
        (record.id, record.kind, &*record.name),
        (id, RoomKind::Direct, "")
    );
}

#[tokio::test]
async fn exactly_these_people_have_one_direct_room() {
    let store = Fresh::open().await;
    let (rosa, mei) = two_people(&store).await;
    let tomasz = registered(&store, "tomasz").await;
    let (two, new) = direct(&store, &[&rosa, &mei], 1).await;
    assert!(new);
    assert_eq!(direct(&store, &[&mei, &rosa, &mei], 2).await, (two, false));
    let (three, new) = direct(&store, &[&mei, &rosa, &tomasz], 3).await;
    assert!(new && three != two);
    let (one, new) = direct(&store, &[&rosa], 4).await;
    assert!(new && one != two);
    assert_eq!(store.count_members(two).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_write_to_each_other_at_once_meet_in_one_room() {
    let store = Fresh::open().await;
    let (rosa, mei) = two_people(&store).await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..16 {
        let (store, rosa, mei) = (store.clone(), rosa.clone(), mei.clone());
        let both = if n % 2 == 0 { [rosa, mei] } else { [mei, rosa] };
        tasks.spawn(async move { direct(&store, &[&both[0], &both[1]], n).await });
    }
    let answers = tasks.join_all().await;
    assert!(answers.iter().all(|(room, _)| *room == answers[0].0));
    assert_eq!(answers.iter().filter(|(_, new)| *new).count(), 1);
}

#[tokio::test]
async fn whoever_is_added_has_read_what_is_there() {
    let store = Fresh::open().await;
    let (rosa, mei) = two_people(&store).await;
    let room = channel(&store, "harbour", &rosa).await;
    stored(
        &store,
        super::mentioning(new_message(room, &rosa, "@mei"), &[&mei]),
    )
    .await;
    join(&store, room, &mei).await;
    let room = seen(&store, room, &mei).await;
    assert_eq!((room.read_seq, room.unread, room.mentions), (1, 0, 0));
}

#[tokio::test]
async fn adding_gives_those_who_were_not_members_yet() {
    let store = Fresh::open().await;
    let (rosa, mei) = two_people(&store).await;
    let tomasz = registered(&store, "tomasz").await;
    let room = channel(&store, "harbour", &rosa).await;
    let nobody = UserId(Uuid::now_v7());
    let all = [
        mei.author.id,
        nobody,
        rosa.author.id,
        tomasz.author.id,
        mei.author.id,
    ];
    let mut added = store.add_members(room, &all, Timestamp(1)).await.unwrap();
    added.sort_unstable();
    assert_eq!(added, [mei.author.id, tomasz.author.id]);
    assert_eq!(store.add_members(room, &all, Timestamp(1)).await.unwrap(), []);
    assert_eq!(store.count_members(room).await.unwrap(), 3);
}

#[tokio::test]
async fn being_added_again_does_not_move_a_read_marker() {
    let store = Fresh::open().await;
    let (rosa, mei) = two_people(&store).await;
    let room = channel(&store, "harbour", &rosa).await;
    join(&store, room, &mei).await;
    post(&store, room, &rosa, "one").await;
    store
        .add_members(room, &[mei.author.id], Timestamp(1))
        .await
        .unwrap();
    assert_eq!(seen(&store, room, &mei).await.unread, 1);
}

#[tokio::test]
async fn whoever_leaves_is_no_member_any_longer() {
    let store = Fresh::open().await;
    let (rosa, mei) = two_people(&store).await;
    let room = channel(&store, "harbour", &rosa).await;
    join(&store, room, &mei).await;
    assert!(store.remove_member(room, mei.author.id).await.unwrap());
    assert!(!store.remove_member(room, mei.author.id).await.unwrap());
    assert_eq!(store.membership(room, mei.author.id).await.unwrap(), None);
    assert_eq!(
        usernames(&store.page_members(room, None, 10).await.unwrap()),
        ["rosa"]
    );
    assert_eq!(names(&store.rooms_of(mei.author.id).await.unwrap()), ["general"]);
}

#[tokio::test]
async fn members_are_paged_by_name_in_any_case() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "Rosa").await;
    let room = channel(&store, "harbour", &rosa).await;
    for name in ["zoe", "Adam", "bea", "Mia"] {
        let user = registered(&store, name).await;
        join(&store, room, &user).await;
    }
    registered(&store, "carl").await;
    let first = store.page_members(room, None, 3).await.unwrap();
    assert_eq!(usernames(&first), ["Adam", "bea", "Mia"]);
    let second = store.page_members(room, Some("MIA"), 3).await.unwrap();
    assert_eq!(usernames(&second), ["Rosa", "zoe"]);
    assert_eq!(store.page_members(room, Some("zoe"), 3).await.unwrap(), []);
    assert_eq!(store.page_members(room, None, u64::MAX).await.unwrap().len(), 5);
}

#[tokio::test]
async fn heads_say_where_rooms_and_their_reader_stand() {
    let store = Fresh::open().await;
    let (rosa, mei) = two_people(&store).await;
    let (general, room) = (general(&store).await, channel(&store, "harbour", &rosa).await);
    join(&store, room, &mei).await;
    post(&store, room, &rosa, "one").await;
    post(&store, room, &mei, "two").await;
    post(&store, room, &rosa, "three").await;
    let mut heads = store.heads_of(mei.author.id).await.unwrap();
    heads.sort_by_key(|head| head.last_seq);
    let at = |room, last_seq, read_seq, read_turn| RoomHead {
        room,
        last_seq,
        last_rev: last_seq,
        read_seq,
        read_turn,
        mentions: 0,
        level: None,
        muted: false,
    };
    assert_eq!(heads, [at(general, 0, 0, 1_000), at(room, 3, 2, 3_000)]);
    let mut heads = store
        .heads(&[room, RoomId(Uuid::now_v7()), general])
        .await
        .unwrap();
    heads.sort_by_key(|head| head.last_seq);
    let numbers: Vec<_> = heads
        .iter()
        .map(|head| (head.room, head.last_seq, head.last_rev))
        .collect();
    assert_eq!(numbers, [(general, 0, 0), (room, 3, 3)]);
}
