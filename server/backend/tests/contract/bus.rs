//! What every bus guarantees.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use backend::{
    bus::{Delivery, Subscription},
    event::{Event, Logged},
};
use chat::{
    ConnectionId, MessageId, Nonce, RoomId, SessionId, Status, Timestamp, TokenId, UserId, wire::ServerFrame,
};
use futures::StreamExt;
use tokio::time::timeout;
use uuid::Uuid;

use crate::{ends::soon, make};

fn numbered(number: u64) -> Event {
    Event::MarkerMoved {
        user: UserId(Uuid::nil()),
        room: RoomId(Uuid::nil()),
        seq: number,
        turn: 7,
        back_from: Some(9),
        origin: None,
    }
}

fn number(event: &Event) -> u64 {
    let Event::MarkerMoved { seq, .. } = event else {
        panic!("not numbered: {event:?}")
    };
    *seq
}

async fn next(subscription: &mut Subscription) -> Arc<Event> {
    loop {
        match soon(subscription.next()).await {
            Some(Delivery::Event(event)) => return event,
            // A bus may always say that it does not know.
            Some(Delivery::Gap) => {}
            None => panic!("the subscription ended"),
        }
    }
}

#[tokio::test]
async fn every_subscriber_on_every_instance_is_told() {
    let bus = make::bus().await;
    let mut subscriptions = [bus.near.subscribe(), bus.near.subscribe(), bus.far.subscribe()];
    bus.near.publish(numbered(1)).await;
    bus.far.publish(numbered(2)).await;
    for subscription in &mut subscriptions {
        let told = BTreeSet::from([
            number(&*next(subscription).await),
            number(&*next(subscription).await),
        ]);
        assert_eq!(told, BTreeSet::from([1, 2]));
    }
}

#[tokio::test]
async fn events_of_one_publisher_arrive_in_order_and_once() {
    let bus = make::bus().await;
    let mut subscriptions = [bus.near.subscribe(), bus.far.subscribe()];
    for number in 0..1_000 {
        bus.near.publish(numbered(number)).await;
    }
    for subscription in &mut subscriptions {
        for expected in 0..1_000 {
            assert_eq!(number(&*next(subscription).await), expected);
        }
    }
}

#[tokio::test]
async fn a_subscription_tells_what_is_published_from_then_on() {
    let bus = make::bus().await;
    let mut early = bus.far.subscribe();
    bus.near.publish(numbered(1)).await;
    assert_eq!(number(&*next(&mut early).await), 1);
    let mut late = bus.far.subscribe();
    bus.near.publish(numbered(2)).await;
    assert_eq!(number(&*next(&mut late).await), 2);
}

#[tokio::test]
async fn every_kind_of_event_arrives_as_it_was() {
    let bus = make::bus().await;
    let mut subscription = bus.far.subscribe();
    for event in one_of_each() {
        bus.near.publish(event.clone()).await;
        assert_eq!(*next(&mut subscription).await, event);
    }
}

#[tokio::test]
async fn what_a_slow_subscriber_misses_is_announced() {
    let bus = make::bus().await;
    const MANY: u64 = 50_000;
    const A_MOMENT: Duration = Duration::from_millis(50);
    let mut subscription = bus.far.subscribe();
    for number in 0..MANY {
        soon(bus.near.publish(numbered(number))).await;
    }
    // Whatever comes after a loss shows whether it was announced.
    let (mut expected, mut last) = (Some(0), MANY);
    while expected.is_none_or(|expected| expected <= MANY) {
        let Ok(delivery) = timeout(A_MOMENT, subscription.next()).await else {
            bus.near.publish(numbered(last)).await;
            last += 1;
            assert!(last < MANY + 200, "nothing arrives any more");
            continue;
        };
        match delivery {
            Some(Delivery::Event(event)) => {
                let number = number(&event);
                assert!(
                    expected.is_none_or(|expected| expected == number),
                    "{expected:?} is missing before {number}"
                );
                expected = Some(number + 1);
            }
            Some(Delivery::Gap) => expected = None,
            None => panic!("the subscription ended"),
        }
    }
}

#[tokio::test]
async fn publishing_to_nobody_harms_nobody() {
    let bus = make::bus().await;
    drop(bus.near.subscribe());
    bus.near.publish(numbered(1)).await;
    let mut subscription = bus.near.subscribe();
    bus.near.publish(numbered(2)).await;
    // The first may still be on its way round.
    while number(&*next(&mut subscription).await) != 2 {}
}

#[tokio::test]
async fn subscriptions_end_with_the_bus() {
    let bus = make::bus().await;
    let mut subscription = bus.near.subscribe();
    drop(bus);
    while soon(subscription.next()).await.is_some() {}
}

fn one_of_each() -> Vec<Event> {
    let id = Uuid::from_u128;
    let (room, user, origin) = (RoomId(id(1)), UserId(id(2)), Some(ConnectionId(id(3))));
    let logged = Logged {
        room,
        rev: u64::MAX,
        seq: 7,
        posted: true,
        author: user,
        nonce: Nonce::new("n-1 \"é\"").ok(),
        mentions: vec![user, UserId(id(4))],
        unmentioned: vec![UserId(id(8))],
        called_all: Some(false),
        here: true,
        followers: vec![UserId(id(9))],
        origin,
        id: MessageId(id(5)),
        json: "{\"body\":\"a \\\"quoted\\\"\\n線 \u{1f980}\"}".into(),
        born_us: 1_795_425_164_120_001,
    };
    vec![
        Event::Logged(Logged {
            posted: false,
            nonce: None,
            mentions: Vec::new(),
            origin: None,
            ..logged.clone()
        }),
        Event::Logged(logged),
        Event::Typed {
            room,
            user,
            thread: Some(MessageId(id(5))),
            origin,
        },
        Event::PresenceChanged {
            user,
            status: Status::Away,
        },
        Event::MarkerMoved {
            user,
            room,
            seq: 9,
            turn: 7,
            back_from: Some(9),
            origin,
        },
        Event::Reached { room, rev: 9 },
        Event::RoomSeenAnew { room, user },
        Event::StatusSet { user, custom: None },
        Event::OwnChanged {
            user,
            frame: Box::new(ServerFrame::Draft {
                room,
                body: "two\nlines".into(),
                at: Timestamp(9),
            }),
        },
        Event::Joined { room, user },
        Event::Left { room, user },
        Event::SessionEnded {
            session: SessionId(id(6)),
        },
        Event::TokenRevoked {
            token: TokenId(id(7)),
        },
        Event::Forgotten {
            key: "room:\"é\"\n".into(),
        },
    ]
}
