use chat::{Author, Nonce, Timestamp, User};

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
        let (results, statements) = counted(store.posts.0.store(room, &posts, deadline)).await;
        assert_eq!((results.unwrap().len(), statements), (size, 1));
    }
}

#[test]
fn of_one_nonce_in_a_batch_the_first_is_stored_and_the_others_repeat_it() {
    let author = |n| Author {
        id: UserId(Uuid::from_u128(n)),
        username: "rosa".to_owned(),
        display_name: "Rosa".to_owned(),
        avatar_url: None,
    };
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
    let (firsts, repeats) = part(batch.into());
    assert_eq!(firsts.len(), 5);
    assert_eq!(repeats.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [first]);
}
