//! What every store guarantees, as tests against the port alone. The binary that includes this module says, with
//! its `Place`, which store it is.

mod accounts;
mod credentials;
mod crowds;
mod markers;
mod messages;
mod paging;
mod rooms;
mod upkeep;

use std::{ops::Deref, sync::Arc};

use backend::store::{Appended, ChannelCreated, NewChannel, NewMessage, NewUser, Registered, Store};
use chat::{Author, Message, MessageId, Nonce, Room, RoomId, Timestamp, User, UserId, message::Bound};
use uuid::Uuid;

use crate::Place;

/// A store under test.
pub(crate) type Shared = Arc<dyn Store>;

/// An empty store at a place that lasts as long as it does.
pub(crate) struct Fresh {
    store: Shared,
    _place: Place,
}

impl Fresh {
    pub(crate) async fn open() -> Self {
        let place = Place::new().await;
        Self {
            store: place.open().await,
            _place: place,
        }
    }
}

impl Deref for Fresh {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.store
    }
}

pub(crate) fn new_user(username: &str) -> NewUser {
    NewUser {
        id: UserId(Uuid::now_v7()),
        username: username.to_owned(),
        display_name: username.to_uppercase(),
        password_hash: format!("hash of {username}"),
        created_at: Timestamp(1_000),
        general: RoomId(Uuid::now_v7()),
    }
}

pub(crate) async fn registered(store: &Shared, username: &str) -> User {
    match store.create_user(new_user(username), false).await.unwrap() {
        Registered::Created { user, .. } => user,
        refused => panic!("{username}: {refused:?}"),
    }
}

pub(crate) fn new_channel(name: &str, creator: &User) -> NewChannel {
    NewChannel {
        id: RoomId(Uuid::now_v7()),
        slug: name.to_lowercase(),
        name: name.to_owned(),
        topic: format!("about {name}"),
        private: false,
        creator: creator.author.id,
        created_at: Timestamp(2_000),
    }
}

pub(crate) async fn channel(store: &Shared, name: &str, creator: &User) -> RoomId {
    let channel = new_channel(name, creator);
    let id = channel.id;
    assert_eq!(
        store.create_channel(channel).await.unwrap(),
        ChannelCreated::Created
    );
    id
}

pub(crate) async fn private_channel(store: &Shared, name: &str, creator: &User) -> RoomId {
    let channel = NewChannel {
        private: true,
        ..new_channel(name, creator)
    };
    let id = channel.id;
    assert_eq!(
        store.create_channel(channel).await.unwrap(),
        ChannelCreated::Created
    );
    id
}

pub(crate) async fn direct(store: &Shared, users: &[&User], at: i64) -> (RoomId, bool) {
    let users: Vec<UserId> = users.iter().map(|user| user.author.id).collect();
    store
        .open_direct(RoomId(Uuid::now_v7()), &users, Timestamp(at))
        .await
        .unwrap()
}

pub(crate) async fn join(store: &Shared, room: RoomId, user: &User) {
    assert_eq!(
        store
            .add_members(room, &[user.author.id], Timestamp(3_000))
            .await
            .unwrap(),
        [user.author.id]
    );
}

pub(crate) fn new_message(room: RoomId, author: &User, body: &str) -> NewMessage {
    NewMessage {
        id: MessageId(Uuid::now_v7()),
        room,
        author: author.author.clone(),
        body: body.to_owned(),
        html: format!("<p>{body}</p>"),
        nonce: None,
        mentions: Vec::new(),
        created_at: Timestamp(4_000),
    }
}

pub(crate) fn with_nonce(message: NewMessage, nonce: &str) -> NewMessage {
    NewMessage {
        nonce: Some(Nonce::new(nonce).unwrap()),
        ..message
    }
}

pub(crate) fn mentioning(message: NewMessage, users: &[&User]) -> NewMessage {
    NewMessage {
        mentions: users.iter().map(|user| user.author.id).collect(),
        ..message
    }
}

/// Appends what has to be accepted.
pub(crate) async fn stored(store: &Shared, message: NewMessage) -> Message {
    match store.append(message).await.unwrap() {
        Appended::Stored(message) => message,
        refused => panic!("{refused:?}"),
    }
}

pub(crate) async fn post(store: &Shared, room: RoomId, author: &User, body: &str) -> Message {
    stored(store, new_message(room, author, body)).await
}

/// Appends `count` messages and gives them as they are stored.
pub(crate) async fn posts(store: &Shared, room: RoomId, author: &User, count: u64) -> Vec<Message> {
    let messages = (1..=count)
        .map(|n| new_message(room, author, &format!("message {n}")))
        .collect();
    store.append_batch(room, messages).await.unwrap().unwrap();
    whole(store, room).await
}

/// All messages of a room, ascending.
pub(crate) async fn whole(store: &Shared, room: RoomId) -> Vec<Message> {
    store.page(room, Bound::After(0), 100_000).await.unwrap().messages
}

/// The numbers of a room's head: `last_seq`, `last_rev`.
pub(crate) async fn head(store: &Shared, room: RoomId) -> (u64, u64) {
    let heads = store.heads(&[room]).await.unwrap();
    assert_eq!(heads.len(), 1);
    (heads[0].last_seq, heads[0].last_rev)
}

pub(crate) async fn seen(store: &Shared, room: RoomId, user: &User) -> Room {
    store.room_of(room, user.author.id).await.unwrap().unwrap()
}

pub(crate) async fn general(store: &Shared) -> RoomId {
    store.room_by_slug(chat::room::GENERAL).await.unwrap().unwrap().id
}

pub(crate) fn usernames<'a>(users: impl IntoIterator<Item = &'a User>) -> Vec<&'a str> {
    users
        .into_iter()
        .map(|user| user.author.username.as_str())
        .collect()
}

pub(crate) fn authors(users: &[&User]) -> Vec<Author> {
    users.iter().map(|user| user.author.clone()).collect()
}
