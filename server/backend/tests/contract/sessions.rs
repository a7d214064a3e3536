//! What all sessions guarantee. Time is the test's own.

use std::{cell::Cell, sync::Arc};

use backend::{
    session::{ABSOLUTE_MS, IDLE_MS, Sessions, TOUCH_MS, secret::Secret},
    store::{NewUser, Registered, SecretHash, Store},
};
use chat::{RoomId, SessionId, Timestamp, UserId};
use tempfile::TempDir;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{ends::Ends, make};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

thread_local! {
    /// Each test runs on a thread of its own, so each has its own time.
    static NOW: Cell<i64> = const { Cell::new(1_795_425_164_120) };
}

fn now() -> Timestamp {
    Timestamp(NOW.get())
}

fn advance(ms: i64) {
    NOW.set(NOW.get() + ms);
}

/// Sessions of two instances over one store with one user in it.
struct Place {
    near: Arc<dyn Sessions>,
    far: Arc<dyn Sessions>,
    store: Arc<dyn Store>,
    rosa: UserId,
    _folder: TempDir,
}

impl Place {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = make::store(folder.path()).await;
        let rosa = register(&store, "rosa").await;
        let Ends { near, far } = make::sessions(&store, now).await;
        Self {
            near,
            far,
            store,
            rosa,
            _folder: folder,
        }
    }

    async fn open(&self) -> (SessionId, Secret) {
        self.near.open(self.rosa).await.unwrap()
    }

    /// When the store last heard of a use.
    async fn seen_at(&self, secret: &Secret) -> Timestamp {
        self.store
            .session_by_hash(&secret.hash())
            .await
            .unwrap()
            .unwrap()
            .0
            .seen_at
    }
}

async fn register(store: &Arc<dyn Store>, username: &str) -> UserId {
    let user = NewUser {
        id: UserId(Uuid::now_v7()),
        username: username.into(),
        display_name: username.into(),
        password_hash: "none".into(),
        created_at: now(),
        general: RoomId(Uuid::now_v7()),
    };
    let Registered::Created { user, .. } = store.create_user(user, false).await.unwrap() else {
        panic!("taken")
    };
    user.author.id
}

async fn find(sessions: &Arc<dyn Sessions>, secret: &Secret) -> Option<SessionId> {
    find_hash(sessions, &secret.hash()).await
}

async fn find_hash(sessions: &Arc<dyn Sessions>, hash: &SecretHash) -> Option<SessionId> {
    sessions.find(hash).await.unwrap().map(|(session, _)| session)
}

#[tokio::test]
async fn a_session_is_found_by_its_own_secret_and_knows_its_user() {
    let place = Place::new().await;
    let mei = register(&place.store, "mei").await;
    let (rosas, rosas_secret) = place.open().await;
    let (meis, meis_secret) = place.near.open(mei).await.unwrap();
    for (session, secret, user, name) in [
        (rosas, rosas_secret, place.rosa, "rosa"),
        (meis, meis_secret, mei, "mei"),
    ] {
        let (found, who) = place.near.find(&secret.hash()).await.unwrap().unwrap();
        assert_eq!(
            (found, who.author.id, who.author.username.as_str()),
            (session, user, name)
        );
    }
    assert_eq!(find(&place.near, &Secret::draw()).await, None);
}

#[tokio::test]
async fn every_opening_is_a_session_of_its_own() {
    let place = Place::new().await;
    let ((first, first_secret), (second, second_secret)) = (place.open().await, place.open().await);
    assert_ne!(first, second);
    assert_ne!(first_secret, second_secret);
    place.near.end(first).await.unwrap();
    assert_eq!(find(&place.near, &first_secret).await, None);
    assert_eq!(find(&place.near, &second_secret).await, Some(second));
}

#[tokio::test]
async fn a_session_is_known_to_every_instance() {
    let place = Place::new().await;
    let (session, secret) = place.open().await;
    assert_eq!(find(&place.far, &secret).await, Some(session));
}

#[tokio::test]
async fn a_session_that_is_ended_is_over_at_once_also_where_it_was_just_used() {
    let place = Place::new().await;
    let (session, secret) = place.open().await;
    assert_eq!(find(&place.near, &secret).await, Some(session));
    place.near.end(session).await.unwrap();
    assert_eq!(find(&place.near, &secret).await, None);
    place.near.end(session).await.unwrap();
    assert_eq!(find(&place.near, &secret).await, None);
}

#[tokio::test]
async fn another_instance_that_forgets_an_ended_session_does_not_find_it_any_more() {
    let place = Place::new().await;
    let (session, secret) = place.open().await;
    assert_eq!(find(&place.far, &secret).await, Some(session));
    place.near.end(session).await.unwrap();
    place.far.forget(session).await;
    assert_eq!(find(&place.far, &secret).await, None);
}

#[tokio::test]
async fn forgetting_a_session_does_not_end_it() {
    let place = Place::new().await;
    let (session, secret) = place.open().await;
    for _ in 0..3 {
        assert_eq!(find(&place.near, &secret).await, Some(session));
        place.near.forget(session).await;
    }
    assert_eq!(find(&place.far, &secret).await, Some(session));
}

#[tokio::test]
async fn a_session_that_is_not_used_for_long_is_over() {
    let place = Place::new().await;
    let (session, secret) = place.open().await;
    let (_, unused) = place.open().await;
    for _ in 0..3 {
        advance(IDLE_MS - 1);
        assert_eq!(find(&place.near, &secret).await, Some(session));
        assert_eq!(find(&place.far, &secret).await, Some(session));
    }
    assert_eq!(find(&place.near, &unused).await, None);
    advance(IDLE_MS);
    assert_eq!(find(&place.near, &secret).await, None);
    assert_eq!(find(&place.far, &secret).await, None);
}

#[tokio::test]
async fn a_session_that_is_used_every_day_is_over_some_day_all_the_same() {
    let place = Place::new().await;
    let (session, secret) = place.open().await;
    for _ in 1..ABSOLUTE_MS / DAY_MS {
        advance(DAY_MS);
        assert_eq!(find(&place.near, &secret).await, Some(session));
    }
    advance(DAY_MS);
    assert_eq!(find(&place.near, &secret).await, None);
    assert_eq!(find(&place.far, &secret).await, None);
}

#[tokio::test]
async fn uses_are_written_down_now_and_then() {
    let place = Place::new().await;
    let (_, secret) = place.open().await;
    let opened = now();
    advance(TOUCH_MS - 1);
    find(&place.near, &secret).await;
    assert_eq!(place.seen_at(&secret).await, opened);
    advance(1);
    find(&place.near, &secret).await;
    let touched = now();
    assert_eq!(place.seen_at(&secret).await, touched);
    advance(TOUCH_MS - 1);
    find(&place.near, &secret).await;
    assert_eq!(place.seen_at(&secret).await, touched);
}

#[tokio::test]
async fn a_session_that_is_over_is_not_brought_back_by_asking_for_it() {
    let place = Place::new().await;
    let (_, secret) = place.open().await;
    let opened = now();
    find(&place.near, &secret).await;
    advance(IDLE_MS);
    assert_eq!(find(&place.near, &secret).await, None);
    assert_eq!(place.seen_at(&secret).await, opened);
}

#[tokio::test]
async fn a_look_up_that_races_with_the_end_leaves_nothing_behind() {
    let place = Place::new().await;
    for _ in 0..50 {
        let (session, secret) = place.open().await;
        let mut lookups = JoinSet::new();
        for _ in 0..8 {
            let (sessions, hash) = (Arc::clone(&place.near), secret.hash());
            lookups.spawn(async move { find_hash(&sessions, &hash).await });
        }
        tokio::task::yield_now().await;
        place.near.end(session).await.unwrap();
        assert_eq!(find(&place.near, &secret).await, None);
        lookups.join_all().await;
        assert_eq!(find(&place.near, &secret).await, None);
    }
}
