use chat::{Author, Nonce, Timestamp, User, UserId};
use uuid::Uuid;

use super::*;
use crate::{
    stamp::new_id,
    store::{Accounts, NewUser, Registered, postgres::PostgresStore, statement::counted},
};

fn pending(room: RoomId, author: &Author, nonce: Option<&str>) -> Pending {
    let message = NewMessage {
        id: MessageId(new_id()),
        room,
        author: author.clone(),
        body: "hello".to_owned(),
        html: "<p>hello</p>".to_owned(),
        nonce: nonce.and_then(|nonce| Nonce::new(nonce).ok()),
        mentions: vec![author.id],
        calls: None,
        here: Vec::new(),
        attachments: Vec::new(),
        created_at: Timestamp(1),
        exempt: false,
    };
    Pending {
        message,
        reply: oneshot::channel().0,
    }
}

async fn owner(store: &PostgresStore) -> (User, RoomId) {
    let new = NewUser {
        id: UserId(new_id()),
        username: "rosa".to_owned(),
        display_name: "Rosa".to_owned(),
        password_hash: "none".to_owned(),
        created_at: Timestamp(1),
        general: RoomId(new_id()),
    };
    match store.create_user(new, true).await.unwrap() {
        Registered::Created { user, rooms } => (user, rooms[0]),
        refused => panic!("{refused:?}"),
    }
}

#[tokio::test]
async fn a_batch_of_any_size_takes_one_statement() {
    let server = tokio::task::spawn_blocking(services::Postgres::start);
    let server = server.await.unwrap().unwrap();
    let store = PostgresStore::open(&server.url(), None).await.unwrap();
    let (user, room) = owner(&store).await;
    for size in [1, BATCH_MAX] {
        let posts: Vec<Pending> = (0..size).map(|_| pending(room, &user.author, None)).collect();
        let deadline = Instant::now() + BATCH_TIME_MAX;
        let (results, statements) = counted(store.posts.0.store(&posts, deadline)).await;
        assert_eq!((results.unwrap().len(), statements), (size, 1));
    }
}

fn author(n: u128) -> Author {
    Author {
        id: UserId(Uuid::from_u128(n)),
        username: "rosa".to_owned(),
        display_name: "Rosa".to_owned(),
        avatar_url: None,
    }
}

fn ids(posts: &[Pending]) -> Vec<MessageId> {
    posts.iter().map(|post| post.message.id).collect()
}

#[test]
fn of_one_nonce_in_a_batch_the_first_is_stored_and_the_others_repeat_it() {
    let room = RoomId(new_id());
    let batch = [
        (1, Some("a")),
        (2, Some("a")),
        (1, Some("a")),
        (1, None),
        (1, None),
        (1, Some("b")),
    ];
    let batch = batch.map(|(who, nonce)| pending(room, &author(who), nonce));
    let first = batch[0].message.id;
    let parted = Parted::of(batch.into());
    assert_eq!((parted.firsts.len(), parted.apart.len()), (5, 0));
    assert_eq!(
        parted.repeats.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        [first]
    );
}

#[test]
fn what_shares_a_nonce_or_a_file_with_a_post_in_another_room_is_apart_with_its_repeats() {
    let (here, there) = (RoomId(new_id()), RoomId(new_id()));
    let rosa = author(1);
    let file = chat::Attachment {
        id: chat::AttachmentId(new_id()),
        name: "plan.png".to_owned(),
        content_type: "image/png".to_owned(),
        size: 7,
        url: "/files/plan.png".to_owned(),
        width: None,
        height: None,
        color: None,
        variants: Vec::new(),
    };
    let mut carrying = [pending(here, &rosa, Some("a")), pending(there, &rosa, Some("b"))];
    for post in &mut carrying {
        post.message.attachments = vec![file.clone()];
    }
    let [first, elsewhere] = carrying;
    let batch = vec![
        first,
        elsewhere,
        pending(there, &rosa, Some("b")),
        pending(there, &rosa, Some("a")),
    ];
    let all = ids(&batch);
    let parted = Parted::of(batch);
    assert_eq!(ids(&parted.firsts), all[..1]);
    assert_eq!(ids(&parted.apart), all[1..]);
    assert!(parted.repeats.is_empty());
}

#[test]
fn a_room_is_in_one_batch_at_a_time_and_a_batch_is_of_any_rooms() {
    let rooms: [RoomId; 3] = std::array::from_fn(|_| RoomId(new_id()));
    let mut queue = Queue::default();
    let come = |queue: &mut Queue, room: usize| queue.push(pending(rooms[room], &author(1), None));
    let of = |batch: &[Pending]| -> Vec<RoomId> { batch.iter().map(|post| post.message.room).collect() };
    come(&mut queue, 0);
    come(&mut queue, 1);
    come(&mut queue, 0);
    let first = queue.batch();
    assert_eq!(of(&first), [rooms[0], rooms[0], rooms[1]]);
    come(&mut queue, 1);
    come(&mut queue, 2);
    let second = queue.batch();
    assert_eq!(of(&second), [rooms[2]], "the second room is being written");
    assert_eq!((queue.waiting, queue.batch().len()), (1, 0));
    queue.release(of(&first).into_iter().collect());
    assert_eq!(of(&queue.batch()), [rooms[1]]);
    queue.release(HashSet::from([rooms[1], rooms[2]]));
    assert_eq!((queue.rooms.len(), queue.ready.len(), queue.waiting), (0, 0, 0));
}

#[test]
fn what_does_not_fit_into_a_batch_comes_with_the_next_one() {
    let room = RoomId(new_id());
    let mut queue = Queue::default();
    for _ in 0..=BATCH_MAX {
        queue.push(pending(room, &author(1), None));
    }
    assert_eq!((queue.batch().len(), queue.batch().len()), (BATCH_MAX, 0));
    queue.release(HashSet::from([room]));
    assert_eq!(queue.batch().len(), 1);
}
