//! Where browsers want to be told, and whom a message concerns.

use backend::store::{Called, SUBSCRIPTIONS_MAX, SessionRecord, Subscription};
use chat::{Level, Notify, Quiet, RoomId, SessionId, Timestamp, User, UserId};
use uuid::Uuid;

use super::{Fresh, Shared, join, registered, two_in_a_room};

fn subscription(user: &User, endpoint: &str, at: i64) -> Subscription {
    Subscription {
        endpoint: endpoint.to_owned(),
        user: user.author.id,
        session: None,
        key: vec![4; 65],
        secret: vec![7; 16],
        created_at: Timestamp(at),
    }
}

async fn heard(store: &Shared, room: RoomId, users: &[UserId], all: bool) -> Vec<String> {
    let called = Called {
        room,
        users: users.to_vec(),
        all,
    };
    let listeners = store.audience(&called, 100).await.unwrap();
    let mut endpoints: Vec<String> = listeners
        .into_iter()
        .map(|listener| listener.subscription.endpoint)
        .collect();
    endpoints.sort_unstable();
    endpoints
}

#[tokio::test]
async fn a_message_finds_those_who_are_called_and_those_who_want_everything() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let (keen, stranger) = (
        registered(&store, "keen").await,
        registered(&store, "stranger").await,
    );
    join(&store, room, &keen).await;
    assert!(!store.anyone_subscribes().await.unwrap());
    for (user, endpoint) in [
        (&rosa, "r"),
        (&mei, "m"),
        (&mei, "m2"),
        (&keen, "k"),
        (&stranger, "s"),
    ] {
        store.subscribe(subscription(user, endpoint, 1)).await.unwrap();
    }
    assert!(store.anyone_subscribes().await.unwrap());
    assert_eq!(heard(&store, room, &[], false).await, [""; 0]);
    let notify = Notify {
        level: Some(Level::All),
        muted: true,
    };
    store.set_notify(room, keen.author.id, notify).await.unwrap();
    let quiet = Quiet {
        until: Some(Timestamp(5)),
        daily: None,
    };
    store.set_quiet(keen.author.id, quiet).await.unwrap();
    let both = [mei.author.id, stranger.author.id];
    assert_eq!(heard(&store, room, &both, false).await, ["k", "m", "m2"]);
    assert_eq!(heard(&store, room, &[], true).await, ["k", "m", "m2", "r"]);
    let called = Called {
        room,
        users: vec![keen.author.id],
        all: false,
    };
    let found = store.audience(&called, 100).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].notify, found[0].quiet), (notify, quiet));
    assert_eq!(found[0].subscription, subscription(&keen, "k", 1));
    let most = Called { all: true, ..called };
    assert_eq!(store.audience(&most, 2).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_subscription_ends_by_its_owner_by_its_address_or_with_its_session() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let session = SessionRecord {
        id: SessionId(Uuid::now_v7()),
        hash: [3; 32],
        user: mei.author.id,
        created_at: Timestamp(1),
        seen_at: Timestamp(1),
        agent: String::new(),
    };
    store.insert_session(session.clone()).await.unwrap();
    let of_session = Subscription {
        session: Some(session.id),
        ..subscription(&mei, "browser", 1)
    };
    store.subscribe(of_session).await.unwrap();
    for endpoint in ["a", "b"] {
        store.subscribe(subscription(&mei, endpoint, 1)).await.unwrap();
    }
    assert!(!store.unsubscribe("a", Some(rosa.author.id)).await.unwrap());
    assert!(store.unsubscribe("a", Some(mei.author.id)).await.unwrap());
    assert!(store.unsubscribe("b", None).await.unwrap());
    assert!(!store.unsubscribe("b", None).await.unwrap());
    assert_eq!(heard(&store, room, &[], true).await, ["browser"]);
    store.delete_session(session.id).await.unwrap();
    assert_eq!(heard(&store, room, &[], true).await, [""; 0]);
    // One browser, one person at a time.
    store.subscribe(subscription(&mei, "shared", 1)).await.unwrap();
    store.subscribe(subscription(&rosa, "shared", 2)).await.unwrap();
    assert_eq!(heard(&store, room, &[mei.author.id], false).await, [""; 0]);
    assert_eq!(heard(&store, room, &[rosa.author.id], false).await, ["shared"]);
}

#[tokio::test]
async fn the_oldest_subscriptions_of_too_many_go() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    for n in 0..SUBSCRIPTIONS_MAX + 2 {
        let new = subscription(&rosa, &format!("e{n:02}"), n as i64);
        store.subscribe(new).await.unwrap();
    }
    let left = heard(&store, room, &[], true).await;
    assert_eq!((left.len() as u64, &*left[0]), (SUBSCRIPTIONS_MAX, "e02"));
}

#[tokio::test]
async fn what_is_kept_once_stays() {
    let store = Fresh::open().await;
    assert_eq!(store.keep_once("key", "first").await.unwrap(), "first");
    assert_eq!(store.keep_once("key", "second").await.unwrap(), "first");
    assert_eq!(store.keep_once("other", "second").await.unwrap(), "second");
}
