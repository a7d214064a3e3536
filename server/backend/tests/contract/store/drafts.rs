//! Drafts, in rooms and in threads.

use backend::store::{Draft, Place, REPLY_DRAFTS_MAX};
use chat::{Message, Timestamp, User};

use super::{Fresh, Shared, post, posts, registered, two_in_a_room};

fn draft(body: &str, at: i64) -> Draft {
    Draft {
        body: body.to_owned(),
        at: Timestamp(at),
    }
}

const fn thread_of(root: &Message) -> Place {
    Place::Thread {
        root: root.id,
        room: root.room,
    }
}

async fn kept(store: &Shared, user: &User, place: Place) -> Option<Draft> {
    store.draft(user.author.id, place).await.unwrap()
}

#[tokio::test]
async fn of_two_drafts_the_one_written_later_stays() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let root = post(&store, room, &rosa, "root").await;
    for place in [Place::Room(room), thread_of(&root)] {
        let keep = async |draft| store.keep_draft(rosa.author.id, place, draft).await.unwrap();
        assert_eq!(kept(&store, &rosa, place).await, None);
        assert_eq!(
            keep(draft("on the phone", 20)).await,
            (draft("on the phone", 20), true)
        );
        assert_eq!(
            keep(draft("on the desk", 10)).await,
            (draft("on the phone", 20), false)
        );
        assert_eq!(
            keep(draft("on the desk", 30)).await,
            (draft("on the desk", 30), true)
        );
        // The same once more is no news.
        assert!(!keep(draft("on the desk", 40)).await.1);
        assert_eq!(keep(draft("", 50)).await, (draft("", 50), true));
        // What was sent does not come back from a device that was away.
        assert_eq!(keep(draft("on the phone", 45)).await, (draft("", 50), false));
        assert_eq!(kept(&store, &mei, place).await, None);
        let stranger = registered(&store, &format!("stranger{}", place == Place::Room(room))).await;
        assert_eq!(kept(&store, &stranger, place).await, None);
    }
}

#[tokio::test]
async fn a_room_and_each_of_its_threads_have_drafts_of_their_own() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let roots = posts(&store, room, &rosa, 2).await;
    let places = [Place::Room(room), thread_of(&roots[0]), thread_of(&roots[1])];
    for (place, body) in places.into_iter().zip(["room", "one", "two"]) {
        store
            .keep_draft(rosa.author.id, place, draft(body, 1))
            .await
            .unwrap();
    }
    for (place, body) in places.into_iter().zip(["room", "one", "two"]) {
        assert_eq!(kept(&store, &rosa, place).await, Some(draft(body, 1)));
    }
}

#[tokio::test]
async fn of_drafts_of_replies_those_written_last_are_kept() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let roots = posts(&store, room, &rosa, REPLY_DRAFTS_MAX + 2).await;
    let keep = async |user: &User, root: &Message, at| {
        let place = thread_of(root);
        store
            .keep_draft(user.author.id, place, draft("begun", at))
            .await
            .unwrap()
    };
    keep(&mei, &roots[0], 1).await;
    for (root, at) in roots.iter().zip(100..) {
        assert_eq!(keep(&rosa, root, at).await, (draft("begun", at), true));
    }
    for (n, is_kept) in [(0, false), (1, false), (2, true)] {
        assert_eq!(
            kept(&store, &rosa, thread_of(&roots[n])).await.is_some(),
            is_kept,
            "{n}"
        );
    }
    assert!(kept(&store, &mei, thread_of(&roots[0])).await.is_some());
    // One that is older than all of them is not kept, and puts none of them away.
    keep(&rosa, &roots[0], 50).await;
    assert_eq!(kept(&store, &rosa, thread_of(&roots[0])).await, None);
    assert!(kept(&store, &rosa, thread_of(&roots[2])).await.is_some());
}
