//! What every presence guarantees while it can know.

use std::sync::Arc;

use backend::presence::Presence;
use chat::{
    ConnectionId,
    Status::{self, Away, Offline, Online},
    UserId,
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{ends::Ends, make};

fn user(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

fn connection(number: u128) -> ConnectionId {
    ConnectionId(Uuid::from_u128(number))
}

async fn status(presence: &Arc<dyn Presence>, user: UserId) -> Option<Status> {
    presence.statuses(&[user]).await[0]
}

#[tokio::test]
async fn a_user_is_online_while_any_connection_is() {
    let (presence, rosa) = (make::presence().await.near, user(1));
    assert_eq!(presence.set(rosa, connection(1), Online).await, Some(Online));
    assert_eq!(presence.set(rosa, connection(2), Away).await, None);
    assert_eq!(status(&presence, rosa).await, Some(Online));
    assert_eq!(presence.clear(rosa, connection(1)).await, Some(Away));
    assert_eq!(status(&presence, rosa).await, Some(Away));
    assert_eq!(presence.clear(rosa, connection(2)).await, Some(Offline));
    assert_eq!(status(&presence, rosa).await, Some(Offline));
}

#[tokio::test]
async fn looking_away_and_back_is_told() {
    let (presence, rosa) = (make::presence().await.near, user(1));
    assert_eq!(presence.set(rosa, connection(1), Away).await, Some(Away));
    assert_eq!(presence.set(rosa, connection(1), Online).await, Some(Online));
    assert_eq!(presence.set(rosa, connection(1), Away).await, Some(Away));
    assert_eq!(presence.set(rosa, connection(2), Online).await, Some(Online));
}

#[tokio::test]
async fn what_changes_nothing_is_not_told() {
    let (presence, rosa) = (make::presence().await.near, user(1));
    presence.set(rosa, connection(1), Online).await;
    assert_eq!(presence.set(rosa, connection(1), Online).await, None);
    assert_eq!(presence.set(rosa, connection(2), Online).await, None);
    assert_eq!(presence.clear(rosa, connection(1)).await, None);
    assert_eq!(presence.clear(rosa, connection(3)).await, None);
    assert_eq!(presence.clear(user(2), connection(2)).await, None);
    assert_eq!(status(&presence, rosa).await, Some(Online));
}

#[tokio::test]
async fn users_are_told_apart() {
    let presence = make::presence().await.near;
    presence.set(user(1), connection(1), Online).await;
    assert_eq!(presence.set(user(2), connection(2), Away).await, Some(Away));
    assert_eq!(presence.clear(user(1), connection(1)).await, Some(Offline));
    assert_eq!(status(&presence, user(2)).await, Some(Away));
}

#[tokio::test]
async fn statuses_come_in_the_order_asked() {
    let presence = make::presence().await.near;
    presence.set(user(1), connection(1), Online).await;
    presence.set(user(2), connection(2), Away).await;
    presence.set(user(3), connection(3), Online).await;
    presence.clear(user(3), connection(3)).await;
    let asked = [user(3), user(2), user(1), user(2)];
    assert_eq!(
        presence.statuses(&asked).await,
        [Some(Offline), Some(Away), Some(Online), Some(Away)]
    );
    assert_eq!(presence.statuses(&[]).await, []);
}

#[tokio::test]
async fn whoever_is_there_is_listed_with_the_best_status_of_all_connections() {
    let Ends { near, far } = make::presence().await;
    assert_eq!(near.present().await, Some(Vec::new()));
    near.set(user(1), connection(1), Away).await;
    far.set(user(1), connection(2), Online).await;
    far.set(user(2), connection(3), Away).await;
    near.set(user(3), connection(4), Online).await;
    near.clear(user(3), connection(4)).await;
    for presence in [near, far] {
        let mut present = presence.present().await.unwrap();
        present.sort_by_key(|(user, _)| user.0);
        assert_eq!(present, [(user(1), Online), (user(2), Away)]);
    }
}

#[tokio::test]
async fn a_connection_that_is_cleared_twice_is_gone_once() {
    let (presence, rosa) = (make::presence().await.near, user(1));
    presence.set(rosa, connection(1), Online).await;
    presence.set(rosa, connection(2), Away).await;
    assert_eq!(presence.clear(rosa, connection(1)).await, Some(Away));
    assert_eq!(presence.clear(rosa, connection(1)).await, None);
    assert_eq!(status(&presence, rosa).await, Some(Away));
}

#[tokio::test]
async fn instances_know_of_each_others_connections() {
    let (Ends { near, far }, rosa) = (make::presence().await, user(1));
    assert_eq!(near.set(rosa, connection(1), Online).await, Some(Online));
    assert_eq!(status(&far, rosa).await, Some(Online));
    assert_eq!(far.set(rosa, connection(2), Online).await, None);
    assert_eq!(near.clear(rosa, connection(1)).await, None);
    assert_eq!(status(&near, rosa).await, Some(Online));
    assert_eq!(far.clear(rosa, connection(2)).await, Some(Offline));
    assert_eq!(status(&near, rosa).await, Some(Offline));
}

#[tokio::test]
async fn many_connections_at_once_come_to_the_right_end() {
    let ends = make::presence().await;
    let rosa = user(1);
    let mut connections = JoinSet::new();
    for number in 0..200 {
        let presence = Arc::clone(if number % 2 == 0 { &ends.near } else { &ends.far });
        connections.spawn(async move {
            let came = presence.set(rosa, connection(number), Online).await;
            tokio::task::yield_now().await;
            let went = presence.clear(rosa, connection(number)).await;
            (came == Some(Online), went == Some(Offline))
        });
    }
    let told = connections.join_all().await;
    let (came, went) = (
        told.iter().filter(|told| told.0).count(),
        told.iter().filter(|told| told.1).count(),
    );
    assert!(
        came >= 1 && came == went,
        "told {came} times to have come and {went} times to have gone"
    );
    assert_eq!(status(&ends.near, rosa).await, Some(Offline));
}
