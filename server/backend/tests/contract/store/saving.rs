//! Saved messages.

use backend::store::{SAVED_MAX, Saved};
use chat::{MessageId, Timestamp, User};

use super::{Fresh, Shared, post, posts, private_channel, two_in_a_room};

async fn save(store: &Shared, user: &User, message: MessageId, at: i64) -> Saved {
    store.save(user.author.id, message, Timestamp(at)).await.unwrap()
}

async fn saved(store: &Shared, user: &User) -> Vec<MessageId> {
    let saved = store.saved(user.author.id, None, 100).await.unwrap();
    saved.into_iter().map(|(_, message)| message.id).collect()
}

#[tokio::test]
async fn saved_messages_come_last_saved_first_page_by_page() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let messages = posts(&store, room, &rosa, 5).await;
    for (message, at) in messages.iter().zip([10, 30, 20, 30, 5]) {
        assert_eq!(save(&store, &mei, message.id, at).await, Saved::Saved);
        assert_eq!(save(&store, &mei, message.id, 99).await, Saved::Kept);
    }
    let expected = [3, 1, 2, 0, 4].map(|n: usize| messages[n].id);
    assert_eq!(saved(&store, &mei).await, expected);
    let (mut paged, mut before) = (Vec::new(), None);
    loop {
        let page = store.saved(mei.author.id, before, 2).await.unwrap();
        let Some((at, last)) = page.last() else { break };
        before = Some((*at, last.id));
        paged.extend(page.iter().map(|(_, message)| message.id));
    }
    assert_eq!(paged, expected);
    assert_eq!(saved(&store, &rosa).await, []);
    let among = store
        .saved_among(mei.author.id, &[messages[1].id, MessageId(uuid::Uuid::nil())])
        .await;
    assert_eq!(among.unwrap(), [messages[1].id]);
    assert!(store.unsave(mei.author.id, messages[1].id).await.unwrap());
    assert!(!store.unsave(mei.author.id, messages[1].id).await.unwrap());
    assert_eq!(
        saved(&store, &mei).await,
        [3, 2, 0, 4].map(|n: usize| messages[n].id)
    );
}

#[tokio::test]
async fn of_rooms_that_one_may_not_read_any_more_nothing_is_shown() {
    let store = Fresh::open().await;
    let (rosa, mei, open) = two_in_a_room(&store).await;
    let closed = private_channel(&store, "closed", &rosa).await;
    store
        .add_members(closed, &[mei.author.id], Timestamp(1))
        .await
        .unwrap();
    let (one, two) = (
        post(&store, open, &rosa, "one").await,
        post(&store, closed, &rosa, "two").await,
    );
    save(&store, &mei, one.id, 1).await;
    save(&store, &mei, two.id, 2).await;
    for room in [open, closed] {
        store.remove_member(room, mei.author.id).await.unwrap();
    }
    assert_eq!(saved(&store, &mei).await, [one.id]);
    store
        .add_members(closed, &[mei.author.id], Timestamp(3))
        .await
        .unwrap();
    assert_eq!(saved(&store, &mei).await, [two.id, one.id]);
}

#[tokio::test]
async fn nobody_saves_more_than_there_may_be() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let messages = posts(&store, room, &rosa, SAVED_MAX + 1).await;
    let (last, others) = messages.split_last().unwrap();
    for message in others {
        save(&store, &rosa, message.id, 1).await;
    }
    assert_eq!(save(&store, &rosa, last.id, 1).await, Saved::TooMany);
    assert_eq!(save(&store, &rosa, others[0].id, 1).await, Saved::Kept);
}
