use backend::store::{
    BotCreated, Claim, Command, CommandCreated, Cursor, Incoming, NO_PASSWORD, NewUser, Outgoing, Stop,
};
use chat::{CommandId, RoomId, Timestamp, User, UserId, WebhookId};
use uuid::Uuid;

use super::{
    Fresh, Shared, altered, channel, direct, edit, head, join, new_user, post, private_channel, registered,
};

fn new_bot(username: &str) -> NewUser {
    NewUser {
        password_hash: NO_PASSWORD.to_owned(),
        ..new_user(username)
    }
}

async fn bot(store: &Shared, username: &str, maker: &User) -> UserId {
    let bot = new_bot(username);
    let id = bot.id;
    let created = store.create_bot(bot, maker.author.id, 100).await.unwrap();
    assert_eq!(created, BotCreated::Created);
    id
}

fn incoming(room: RoomId, bot: &NewUser, maker: &User, secret: u8) -> Incoming {
    Incoming {
        id: WebhookId(Uuid::now_v7()),
        hash: [secret; 32],
        room,
        bot: bot.id,
        name: format!("webhook “{secret}”"),
        created_by: maker.author.id,
        created_at: Timestamp(i64::from(secret)),
    }
}

fn outgoing(room: Option<RoomId>, maker: &User) -> Outgoing {
    Outgoing {
        id: WebhookId(Uuid::now_v7()),
        room,
        name: "archive".to_owned(),
        url: "https://example.org/".to_owned(),
        key: [7; 32],
        changes: true,
        created_by: maker.author.id,
        created_at: Timestamp(50),
        stopped: None,
    }
}

/// Claims what is due at the time 100, until 200.
async fn claim(store: &Shared) -> Vec<Cursor> {
    store.claim_cursors(due(100, 200, 10)).await.unwrap()
}

/// A claim of so many at a time, until another, in all rooms.
fn due(now: i64, until: i64, limit: u64) -> Claim {
    Claim {
        rooms: None,
        now: Timestamp(now),
        until: Timestamp(until),
        limit,
    }
}

#[tokio::test]
async fn a_bot_is_a_user_and_told_from_people() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let id = bot(&store, "helper", &rosa).await;
    let found = store.user(id).await.unwrap().unwrap();
    assert!(found.bot && !rosa.bot);
    assert_eq!(store.bots().await.unwrap(), std::slice::from_ref(&found));
    let (_, hash) = store.password_hash("helper").await.unwrap().unwrap();
    assert_eq!(hash, NO_PASSWORD);
    assert!(store.rooms_of(id).await.unwrap().is_empty());
    let maker = rosa.author.id;
    for name in ["Helper", "he1per", "rosa"] {
        let taken = store.create_bot(new_bot(name), maker, 100).await.unwrap();
        assert_eq!(taken, BotCreated::Taken, "{name}");
    }
    let one_more = store.create_bot(new_bot("other"), maker, 1).await.unwrap();
    assert_eq!(one_more, BotCreated::TooMany);
    assert_eq!(store.user_by_username("other").await.unwrap(), None);
}

#[tokio::test]
async fn an_incoming_webhook_comes_with_a_bot_in_its_room_or_not_at_all() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let room = channel(&store, "harbour", &rosa).await;
    let maker = new_bot("deploys");
    let webhook = incoming(room, &maker, &rosa, 1);
    let created = store
        .insert_incoming(webhook.clone(), maker.clone(), 2)
        .await
        .unwrap();
    assert_eq!(created, BotCreated::Created);
    assert!(store.membership(room, maker.id).await.unwrap().is_some());
    let (found, user) = store.incoming_by_hash(&[1; 32]).await.unwrap().unwrap();
    assert_eq!((&found, user.author.id, user.bot), (&webhook, maker.id, true));
    assert_eq!(store.incoming_by_hash(&[2; 32]).await.unwrap(), None);

    let taken = new_bot("dep1oys");
    let refused = store.insert_incoming(incoming(room, &taken, &rosa, 2), taken, 2);
    assert_eq!(refused.await.unwrap(), BotCreated::Taken);
    let other = new_bot("other");
    let second = incoming(room, &other, &rosa, 3);
    store.insert_incoming(second.clone(), other, 2).await.unwrap();
    let third = new_bot("third");
    let refused = store.insert_incoming(incoming(room, &third, &rosa, 4), third, 2);
    assert_eq!(refused.await.unwrap(), BotCreated::TooMany);
    assert_eq!(
        store.incoming(room).await.unwrap(),
        [webhook.clone(), second.clone()]
    );
    assert_eq!(store.incoming_around(rosa.author.id).await.unwrap().len(), 2);
    assert_eq!(store.user_by_username("third").await.unwrap(), None);

    let elsewhere = RoomId(Uuid::now_v7());
    assert_eq!(store.delete_incoming(elsewhere, webhook.id).await.unwrap(), None);
    assert_eq!(
        store.delete_incoming(room, webhook.id).await.unwrap(),
        Some(webhook.clone())
    );
    assert_eq!(store.delete_incoming(room, webhook.id).await.unwrap(), None);
    assert_eq!(store.incoming(room).await.unwrap(), [second]);
}

#[tokio::test]
async fn an_outgoing_webhook_is_due_where_something_came_after_it_was_made() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let room = channel(&store, "harbour", &rosa).await;
    post(&store, room, &rosa, "before").await;
    assert!(!store.has_outgoing().await.unwrap());
    let webhook = outgoing(Some(room), &rosa);
    assert!(store.insert_outgoing(webhook.clone(), 1).await.unwrap());
    assert!(!store.insert_outgoing(outgoing(None, &rosa), 1).await.unwrap());
    assert!(store.has_outgoing().await.unwrap());
    assert_eq!(store.outgoing().await.unwrap(), std::slice::from_ref(&webhook));
    assert_eq!(claim(&store).await, []);

    let message = post(&store, room, &rosa, "after").await;
    let claimed = claim(&store).await;
    let expected = Cursor {
        webhook: webhook.id,
        room,
        rev: 1,
        seq: 1,
        attempts: 0,
        due_at: Timestamp(200),
    };
    assert_eq!(claimed, [expected]);
    assert_eq!(claim(&store).await, [], "it is claimed");
    let again = store.claim_cursors(due(200, 300, 10)).await.unwrap();
    assert_eq!(again.len(), 1, "whoever claimed it did nothing in its time");
    let moved = Cursor {
        rev: 2,
        seq: 2,
        due_at: Timestamp(0),
        ..expected
    };
    assert!(
        !store.move_cursor(expected, moved).await.unwrap(),
        "it is another's by now"
    );
    assert!(store.move_cursor(again[0], moved).await.unwrap());
    assert_eq!(claim(&store).await, [], "all is told");
    altered(&store, message.id, &rosa, edit("changed", &[])).await;
    assert_eq!(claim(&store).await[0].rev, 2, "a change is something to tell");
    assert!(store.delete_outgoing(webhook.id).await.unwrap());
    assert!(!store.delete_outgoing(webhook.id).await.unwrap());
    assert_eq!(store.outgoing().await.unwrap(), []);
}

#[tokio::test]
async fn two_who_claim_at_once_do_not_get_the_same() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let mut rooms = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f"] {
        rooms.push(channel(&store, name, &rosa).await);
    }
    store.insert_outgoing(outgoing(None, &rosa), 5).await.unwrap();
    for room in &rooms {
        post(&store, *room, &rosa, "news").await;
    }
    let take = async || {
        let mut taken = Vec::new();
        for _ in 0..6 {
            let claimed = store.claim_cursors(due(100, 200, 1)).await.unwrap();
            taken.extend(claimed.into_iter().map(|cursor| cursor.room));
        }
        taken
    };
    let (mut one, other) = tokio::join!(take(), take());
    one.extend(other);
    one.sort_unstable();
    rooms.sort_unstable();
    assert_eq!(one, rooms);
}

#[tokio::test]
async fn who_claims_in_some_rooms_gets_nothing_of_others() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let mut rooms = Vec::new();
    for name in ["a", "b", "c"] {
        rooms.push(channel(&store, name, &rosa).await);
    }
    let quiet = channel(&store, "quiet", &rosa).await;
    store.insert_outgoing(outgoing(None, &rosa), 5).await.unwrap();
    for room in &rooms {
        post(&store, *room, &rosa, "news").await;
    }
    let claim_in = async |rooms: &[RoomId]| {
        let claim = Claim {
            rooms: Some(rooms.to_vec()),
            ..due(100, 200, 10)
        };
        let claimed = store.claim_cursors(claim).await.unwrap();
        claimed.iter().map(|cursor| cursor.room).collect::<Vec<_>>()
    };
    assert_eq!(claim_in(&[]).await, []);
    assert_eq!(claim_in(&[quiet]).await, []);
    assert_eq!(claim_in(&[quiet, rooms[1]]).await, [rooms[1]]);
    assert_eq!(claim_in(&[rooms[1]]).await, [], "it is claimed");
    let mut rest: Vec<RoomId> = claim(&store).await.iter().map(|cursor| cursor.room).collect();
    rest.sort_unstable();
    let mut others = [rooms[0], rooms[2]];
    others.sort_unstable();
    assert_eq!(rest, others);
}

#[tokio::test]
async fn a_webhook_of_the_workspace_follows_public_channels_and_new_ones_from_their_beginning() {
    let store = Fresh::open().await;
    let (rosa, mei) = (registered(&store, "rosa").await, registered(&store, "mei").await);
    let open = channel(&store, "open", &rosa).await;
    join(&store, open, &mei).await;
    store.insert_outgoing(outgoing(None, &rosa), 5).await.unwrap();
    let secret = private_channel(&store, "secret", &rosa).await;
    let (between, _) = direct(&store, &[&rosa, &mei], 1).await;
    let later = channel(&store, "later", &rosa).await;
    for room in [open, secret, between, later] {
        post(&store, room, &rosa, "news").await;
    }
    for _ in 0..2 {
        store.follow_new_rooms().await.unwrap();
    }
    let mut claimed: Vec<_> = claim(&store)
        .await
        .into_iter()
        .map(|cursor| (cursor.room, cursor.rev))
        .collect();
    claimed.sort_unstable();
    let mut expected = [(open, 0), (later, 0)];
    expected.sort_unstable();
    assert_eq!(claimed, expected);
    assert_eq!(head(&store, later).await, (1, 1));
}

#[tokio::test]
async fn a_stopped_webhook_is_due_no_more_until_it_goes_on() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let room = channel(&store, "harbour", &rosa).await;
    let webhook = outgoing(Some(room), &rosa);
    store.insert_outgoing(webhook.clone(), 5).await.unwrap();
    post(&store, room, &rosa, "news").await;
    let claimed = claim(&store).await[0];
    let failed = Cursor {
        attempts: 9,
        due_at: Timestamp(90_000),
        ..claimed
    };
    assert!(store.move_cursor(claimed, failed).await.unwrap());
    let stop = Stop {
        at: Timestamp(123),
        fault: "it answered 410".to_owned(),
    };
    assert!(store.stop_outgoing(webhook.id, Some(stop.clone())).await.unwrap());
    assert_eq!(store.outgoing().await.unwrap()[0].stopped, Some(stop));
    let far = due(1_000_000, 2_000_000, 10);
    assert_eq!(store.claim_cursors(far).await.unwrap(), []);
    assert!(store.stop_outgoing(webhook.id, None).await.unwrap());
    let claimed = claim(&store).await;
    assert_eq!((claimed[0].rev, claimed[0].attempts), (0, 0));
    assert!(
        !store
            .stop_outgoing(WebhookId(Uuid::now_v7()), None)
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_command_has_its_name_for_itself() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let helper = bot(&store, "helper", &rosa).await;
    let command = |name: &str| Command {
        id: CommandId(Uuid::now_v7()),
        name: name.to_owned(),
        summary: "does “it”".to_owned(),
        url: "https://example.org/".to_owned(),
        key: [9; 32],
        bot: helper,
        created_by: rosa.author.id,
        created_at: Timestamp(5),
    };
    let (deploy, build) = (command("deploy"), command("build"));
    let insert = async |command: &Command| store.insert_command(command.clone(), 2).await.unwrap();
    assert_eq!(insert(&deploy).await, CommandCreated::Created);
    assert_eq!(insert(&command("deploy")).await, CommandCreated::Taken);
    assert_eq!(insert(&build).await, CommandCreated::Created);
    assert_eq!(insert(&command("third")).await, CommandCreated::TooMany);
    assert_eq!(store.commands().await.unwrap(), [build, deploy.clone()]);
    assert!(store.delete_command(deploy.id).await.unwrap());
    assert!(!store.delete_command(deploy.id).await.unwrap());
}
