use backend::store::{SessionRecord, TokenRecord};
use chat::{SessionId, Timestamp, TokenId, User};
use uuid::Uuid;

use super::{Fresh, Shared, registered};

fn session(user: &User, secret: u8, created_at: i64, seen_at: i64) -> SessionRecord {
    SessionRecord {
        id: SessionId(Uuid::now_v7()),
        hash: [secret; 32],
        user: user.author.id,
        created_at: Timestamp(created_at),
        agent: format!("browser {secret}"),
        seen_at: Timestamp(seen_at),
    }
}

fn token(user: &User, secret: u8, created_at: i64) -> TokenRecord {
    TokenRecord {
        id: TokenId(Uuid::now_v7()),
        hash: [secret; 32],
        user: user.author.id,
        name: format!("token “{secret}”"),
        created_at: Timestamp(created_at),
    }
}

async fn kept(store: &Shared, session: &SessionRecord) -> bool {
    store.session_by_hash(&session.hash).await.unwrap().is_some()
}

#[tokio::test]
async fn a_session_is_found_by_its_secret_and_with_its_user() {
    let store = Fresh::open().await;
    let (rosa, mei) = (registered(&store, "rosa").await, registered(&store, "mei").await);
    let (one, other) = (session(&rosa, 1, 10, 20), session(&mei, 2, 10, 20));
    store.insert_session(one.clone()).await.unwrap();
    store.insert_session(other.clone()).await.unwrap();
    assert_eq!(store.session_by_hash(&one.hash).await.unwrap(), Some((one, rosa)));
    assert_eq!(
        store.session_by_hash(&other.hash).await.unwrap(),
        Some((other, mei))
    );
    assert_eq!(store.session_by_hash(&[3; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn the_last_use_of_a_session_only_moves_forwards() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let session = session(&rosa, 1, 10, 20);
    store.insert_session(session.clone()).await.unwrap();
    for (touched, expected) in [(50, 50), (30, 50), (51, 51)] {
        store.touch_session(session.id, Timestamp(touched)).await.unwrap();
        let (found, _) = store.session_by_hash(&session.hash).await.unwrap().unwrap();
        assert_eq!(found.seen_at, Timestamp(expected));
    }
    store
        .touch_session(SessionId(Uuid::now_v7()), Timestamp(1))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_ended_session_is_gone_and_ends_once() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let (one, other) = (session(&rosa, 1, 10, 20), session(&rosa, 2, 10, 20));
    store.insert_session(one.clone()).await.unwrap();
    store.insert_session(other.clone()).await.unwrap();
    assert!(store.delete_session(one.id).await.unwrap());
    assert!(!store.delete_session(one.id).await.unwrap());
    assert!(!kept(&store, &one).await);
    assert!(kept(&store, &other).await);
}

#[tokio::test]
async fn sessions_end_by_age_and_by_disuse() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let (old, unused, fresh) = (
        session(&rosa, 1, 99, 900),
        session(&rosa, 2, 100, 199),
        session(&rosa, 3, 100, 200),
    );
    for session in [&old, &unused, &fresh] {
        store.insert_session(session.clone()).await.unwrap();
    }
    let delete_one_of_each = async || {
        store
            .delete_stale_sessions(Timestamp(100), Timestamp(200), 1)
            .await
            .unwrap()
    };
    let (mut deleted, mut goes) = (0, 0);
    while let some @ 1.. = delete_one_of_each().await {
        (deleted, goes) = (deleted + some, goes + 1);
    }
    assert_eq!(deleted, 2);
    assert!(goes >= 1, "as often as it takes");
    assert!(kept(&store, &fresh).await && !kept(&store, &old).await && !kept(&store, &unused).await);
}

#[tokio::test]
async fn tokens_are_listed_newest_first_and_only_to_their_owner() {
    let store = Fresh::open().await;
    let (rosa, mei) = (registered(&store, "rosa").await, registered(&store, "mei").await);
    let (first, second, hers) = (token(&rosa, 1, 10), token(&rosa, 2, 20), token(&mei, 3, 15));
    store
        .insert_tokens(vec![first.clone(), hers.clone(), second.clone()])
        .await
        .unwrap();
    assert_eq!(store.tokens(rosa.author.id).await.unwrap(), [second, first]);
    assert_eq!(store.tokens(mei.author.id).await.unwrap(), [hers]);
}

#[tokio::test]
async fn at_most_a_hundred_tokens_are_listed() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let tokens: Vec<_> = (0..=150).map(|n| token(&rosa, n, i64::from(n))).collect();
    store.insert_tokens(tokens).await.unwrap();
    let listed = store.tokens(rosa.author.id).await.unwrap();
    assert_eq!((listed.len(), listed[0].created_at), (100, Timestamp(150)));
}

#[tokio::test]
async fn a_token_is_found_by_its_secret_and_with_its_user() {
    let store = Fresh::open().await;
    let (rosa, mei) = (registered(&store, "rosa").await, registered(&store, "mei").await);
    let (one, other) = (token(&rosa, 1, 10), token(&mei, 2, 10));
    store.insert_tokens(vec![one.clone(), other]).await.unwrap();
    assert_eq!(store.token_by_hash(&one.hash).await.unwrap(), Some((one, rosa)));
    assert_eq!(store.token_by_hash(&[3; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn only_its_owner_revokes_a_token_and_only_once() {
    let store = Fresh::open().await;
    let (rosa, mei) = (registered(&store, "rosa").await, registered(&store, "mei").await);
    let token = token(&rosa, 1, 10);
    store.insert_tokens(vec![token.clone()]).await.unwrap();
    assert!(!store.delete_token(mei.author.id, token.id).await.unwrap());
    assert!(store.token_by_hash(&token.hash).await.unwrap().is_some());
    assert!(store.delete_token(rosa.author.id, token.id).await.unwrap());
    assert!(!store.delete_token(rosa.author.id, token.id).await.unwrap());
    assert_eq!(store.token_by_hash(&token.hash).await.unwrap(), None);
}

#[tokio::test]
async fn tokens_are_kept_together_or_not_at_all() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let twice = vec![token(&rosa, 1, 10), token(&rosa, 2, 10), token(&rosa, 1, 10)];
    assert!(store.insert_tokens(twice).await.is_err());
    assert_eq!(store.tokens(rosa.author.id).await.unwrap(), []);
}

#[tokio::test]
async fn however_many_tokens_are_made_at_once_there_are_no_more_than_may_be() {
    let store = Fresh::open().await;
    let (rosa, mei) = (registered(&store, "rosa").await, registered(&store, "mei").await);
    let making = (0..12).map(|n| store.insert_token(token(&rosa, n, i64::from(n)), 5));
    let made = futures::future::join_all(making).await;
    assert_eq!(made.into_iter().filter(|made| *made.as_ref().unwrap()).count(), 5);
    let listed = store.tokens(rosa.author.id).await.unwrap();
    assert_eq!(listed.len(), 5);
    assert!(store.insert_token(token(&mei, 20, 1), 5).await.unwrap());
    store.delete_token(rosa.author.id, listed[0].id).await.unwrap();
    assert!(store.insert_token(token(&rosa, 21, 1), 5).await.unwrap());
}
