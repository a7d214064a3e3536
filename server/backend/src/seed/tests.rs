use std::collections::HashSet;

use chat::{Role, message::Bound};
use tempfile::TempDir;

use super::*;
use crate::store::sqlite::SqliteStore;

fn plan(users: usize, rooms: usize, members: usize, messages: usize) -> Plan {
    Plan {
        users,
        rooms,
        members,
        messages,
        password_hash: "hash".into(),
    }
}

async fn empty() -> (Box<dyn Store>, TempDir) {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(&folder.path().join("natter.db")).await.unwrap();
    (Box::new(store), folder)
}

async fn members(store: &dyn Store, room: RoomId) -> u64 {
    store.count_members(room).await.unwrap()
}

async fn general(store: &dyn Store) -> RoomId {
    store.room_by_slug(chat::room::GENERAL).await.unwrap().unwrap().id
}

#[tokio::test]
async fn an_empty_database_gets_what_the_plan_says() {
    let (store, _folder) = empty().await;
    let seeded = seed(&*store, &plan(30, 4, 10, 2_503)).await.unwrap();
    assert_eq!(seeded.len(), 30);
    assert_eq!(members(&*store, general(&*store).await).await, 30);
    let rooms: HashSet<RoomId> = seeded
        .iter()
        .flat_map(|user| user.rooms.iter().copied())
        .collect();
    assert_eq!(rooms.len(), 4);
    let mut total = 0;
    for room in rooms {
        assert_eq!(members(&*store, room).await, 10);
        let head = store.heads(&[room]).await.unwrap()[0];
        assert!((625..=626).contains(&head.last_seq), "spread evenly");
        total += head.last_seq;
        let page = store.page(room, Bound::Newest, 100).await.unwrap();
        assert!(page.messages.is_sorted_by_key(|message| message.created_at));
    }
    assert_eq!(total, 2_503);
}

#[tokio::test]
async fn seeded_users_can_sign_in_and_have_read_everything() {
    let (store, _folder) = empty().await;
    let seeded = seed(&*store, &plan(6, 2, 3, 40)).await.unwrap();
    for (place, user) in seeded.iter().enumerate() {
        let secret = Secret::parse_token(&user.token).unwrap();
        let (_, found) = store.token_by_hash(&secret.hash()).await.unwrap().unwrap();
        assert_eq!(found.author.username, user.username);
        assert_eq!(
            store.password_hash(&user.username).await.unwrap().unwrap().1,
            "hash"
        );
        assert_eq!(found.role, if place == 0 { Role::Owner } else { Role::Member });
        let rooms = store.rooms_of(found.author.id).await.unwrap();
        assert_eq!(rooms.len(), user.rooms.len() + 1);
        assert!(rooms.iter().all(|room| room.unread == 0));
    }
}

#[tokio::test]
async fn rooms_share_the_users_as_equally_as_possible() {
    for (users, rooms, size, expected) in [
        (12, 4, 3, 1..=1),
        (10, 4, 3, 1..=2),
        (3, 5, 2, 3..=4),
        (2, 3, 9, 3..=3),
    ] {
        let (store, _folder) = empty().await;
        let seeded = seed(&*store, &plan(users, rooms, size, 0)).await.unwrap();
        for user in &seeded {
            assert!(
                expected.contains(&user.rooms.len()),
                "{users} users: {} is in {:?}",
                user.username,
                user.rooms
            );
        }
        for room in seeded.iter().flat_map(|user| &user.rooms) {
            assert_eq!(members(&*store, *room).await, size.min(users) as u64);
        }
    }
}

#[tokio::test]
async fn seeding_again_adds_as_many_others() {
    let (store, _folder) = empty().await;
    let first = seed(&*store, &plan(60, 3, 20, 30)).await.unwrap();
    let second = seed(&*store, &plan(60, 3, 20, 30)).await.unwrap();
    let names: HashSet<&str> = first
        .iter()
        .chain(&second)
        .map(|user| user.username.as_str())
        .collect();
    assert_eq!(names.len(), 120);
    let rooms: HashSet<RoomId> = first
        .iter()
        .chain(&second)
        .flat_map(|user| user.rooms.iter().copied())
        .collect();
    assert_eq!(rooms.len(), 6);
    assert_eq!(members(&*store, general(&*store).await).await, 120);
}

#[tokio::test]
async fn names_that_look_like_taken_ones_are_passed_over() {
    let (store, _folder) = empty().await;
    for number in [0, 5] {
        let alike = Person {
            username: Person::new(number).username.replace('.', "_"),
            display_name: "First".into(),
        };
        store
            .create_user(new_user(&alike, "hash", Timestamp(0)), false)
            .await
            .unwrap();
    }
    let seeded = seed(&*store, &plan(20, 1, 5, 0)).await.unwrap();
    assert_eq!(seeded.len(), 20);
    assert!(seeded.iter().all(|user| user.username != Person::new(0).username));
    assert_eq!(members(&*store, general(&*store).await).await, 22);
}

#[tokio::test]
async fn the_same_plan_gives_the_same_content() {
    let mut contents = Vec::new();
    for _ in 0..2 {
        let (store, _folder) = empty().await;
        let seeded = seed(&*store, &plan(5, 2, 3, 50)).await.unwrap();
        let mut content = String::new();
        for user in &seeded {
            content += &user.username;
            for room in &user.rooms {
                content += &store.room(*room).await.unwrap().unwrap().slug;
                for message in store.page(*room, Bound::After(0), 100).await.unwrap().messages {
                    content += &format!("{} {} {}\n", message.author.username, message.body, message.html);
                }
            }
        }
        contents.push(content);
    }
    assert_eq!(contents[0], contents[1]);
}

#[tokio::test]
async fn without_rooms_the_messages_go_where_everybody_is() {
    let (store, _folder) = empty().await;
    seed(&*store, &plan(3, 0, 5, 12)).await.unwrap();
    assert_eq!(
        store.heads(&[general(&*store).await]).await.unwrap()[0].last_seq,
        12
    );
}

#[tokio::test]
async fn a_plan_of_nothing_does_nothing() {
    let (store, _folder) = empty().await;
    assert!(seed(&*store, &plan(0, 5, 5, 100)).await.unwrap().is_empty());
    assert!(
        seed(&*store, &plan(2, 2, 0, 100))
            .await
            .unwrap()
            .iter()
            .all(|user| user.rooms.is_empty())
    );
}
