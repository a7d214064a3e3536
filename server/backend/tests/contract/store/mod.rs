//! What every store guarantees, as tests against the port alone. The binary that includes this module says, with
//! its `Place`, which store it is.

mod accounts;
mod attachments;
mod attention;
mod calls;
mod changing;
mod credentials;
mod crowds;
mod drafts;
mod following;
mod imports;
mod markers;
mod messages;
mod moderation;
mod paging;
mod people;
mod previews;
mod programs;
mod reactions;
mod rooms;
mod saving;
mod search;
mod subscriptions;
mod threads;
mod upkeep;

use std::{ops::Deref, sync::Arc};

use backend::store::{
    Alteration, Altered, Appended, Change, Changed, ChannelCreated, NewChannel, NewMessage, NewUser,
    Registered, Replied, Store,
};
use chat::{Author, Emoji, Message, MessageId, Nonce, Room, RoomId, Timestamp, User, UserId, message::Bound};
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
        attachments: Vec::new(),
        mentions: Vec::new(),
        calls: None,
        here: Vec::new(),
        created_at: Timestamp(4_000),
        exempt: false,
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

/// Two people in one channel.
pub(crate) async fn two_in_a_room(store: &Shared) -> (User, User, RoomId) {
    let (rosa, mei) = (registered(store, "rosa").await, registered(store, "mei").await);
    let room = channel(store, "harbour", &rosa).await;
    join(store, room, &mei).await;
    (rosa, mei, room)
}

/// Asks for a change at the time 5,000.
pub(crate) async fn change(store: &Shared, id: MessageId, by: &User, what: Alteration) -> Changed {
    let change = Change {
        message: id,
        by: by.author.id,
        role: by.role,
        at: Timestamp(5_000),
        what,
    };
    store.change(change).await.unwrap()
}

/// Makes a change that has to be accepted.
pub(crate) async fn altered(store: &Shared, id: MessageId, by: &User, what: Alteration) -> Altered {
    match change(store, id, by, what).await {
        Changed::Stored(altered) => *altered,
        refused => panic!("{refused:?}"),
    }
}

pub(crate) fn edit(body: &str, mentions: &[&User]) -> Alteration {
    Alteration::Edit {
        body: body.to_owned(),
        html: format!("<p>{body}</p>"),
        mentions: mentions.iter().map(|user| user.author.id).collect(),
        calls: None,
    }
}

pub(crate) fn react(emoji: &str) -> Alteration {
    Alteration::React(Emoji::new(emoji).unwrap())
}

pub(crate) fn unreact(emoji: &str) -> Alteration {
    Alteration::Unreact(Emoji::new(emoji).unwrap())
}

/// Stores a reply that has to be accepted; gives it and its root.
pub(crate) async fn replied(store: &Shared, to: MessageId, reply: NewMessage) -> (Message, Message) {
    match store.reply(to, reply).await.unwrap() {
        Replied::Stored { reply, root } => (reply, *root),
        refused => panic!("{refused:?}"),
    }
}

/// Asserts that what every way of reading shows of a message is this.
pub(crate) async fn assert_shown(store: &Shared, message: &Message) {
    assert_eq!(store.message(message.id).await.unwrap().as_ref(), Some(message));
    let page = store
        .page(message.room, Bound::Around(message.seq), 1)
        .await
        .unwrap();
    assert_eq!(page.messages, std::slice::from_ref(message));
    let changes = store
        .changes(message.room, message.rev - 1, 1)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(changes.messages, std::slice::from_ref(message));
}

/// Asserts that a room's log is whole: `seq` without gaps, every `rev` that is shown is shown once, the newest is the
/// head's.
pub(crate) async fn assert_whole(store: &Shared, room: RoomId) {
    let all = whole(store, room).await;
    assert!(all.iter().zip(1..).all(|(message, seq)| message.seq == seq));
    let mut revs: Vec<u64> = all.iter().map(|message| message.rev).collect();
    revs.sort_unstable();
    assert!(revs.is_sorted_by(|a, b| a < b), "{revs:?}");
    let (last_seq, last_rev) = head(store, room).await;
    assert_eq!(
        (all.len() as u64, revs.last().copied()),
        (last_seq, Some(last_rev))
    );
    let changes = store.changes(room, 0, 100_000).await.unwrap().unwrap().messages;
    assert!(changes.iter().map(|message| message.rev).eq(revs));
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
