use chat::{
    Message, RoomId,
    message::{Bound, Page},
};
use uuid::Uuid;

use super::{Fresh, Shared, channel, posts, registered};

/// What a page has to be, said another way: out of the whole list.
fn expected(all: &[Message], bound: Bound, limit: u64) -> (Vec<u64>, bool, bool) {
    let last = all.len() as u64;
    let limit = limit.min(last);
    // The page is what lies between two cuts.
    let (from, to) = match bound {
        Bound::Newest => (last - limit, last),
        Bound::Before(seq) => {
            let to = seq.saturating_sub(1).min(last);
            (to.saturating_sub(limit), to)
        }
        Bound::After(seq) => {
            let from = seq.min(last);
            (from, from.saturating_add(limit).min(last))
        }
        Bound::Around(_) => unreachable!("has a test of its own"),
    };
    ((from + 1..=to).collect(), from > 0, to < last)
}

fn numbers(page: &Page) -> Vec<u64> {
    page.messages.iter().map(|message| message.seq).collect()
}

async fn room_of(store: &Shared, count: u64) -> (RoomId, Vec<Message>) {
    let rosa = registered(store, "rosa").await;
    let room = channel(store, "harbour", &rosa).await;
    // Another room with its own numbers must not show through.
    posts(store, super::general(store).await, &rosa, 3).await;
    let all = posts(store, room, &rosa, count).await;
    (room, all)
}

#[tokio::test]
async fn every_page_of_every_small_room_is_the_right_one() {
    for count in [0, 1, 2, 5, 9] {
        let store = Fresh::open().await;
        let (room, all) = room_of(&store, count).await;
        let somewhere = (0..=count + 2).chain([u64::MAX - 1, u64::MAX, i64::MAX as u64]);
        let bounds = somewhere
            .flat_map(|seq| [Bound::Before(seq), Bound::After(seq)])
            .chain([Bound::Newest]);
        for bound in bounds {
            for limit in [1, 2, 3, 4, 100, u64::MAX] {
                let page = store.page(room, bound, limit).await.unwrap();
                let found = (numbers(&page), page.has_before, page.has_after);
                assert_eq!(
                    found,
                    expected(&all, bound, limit),
                    "{bound:?}, at most {limit} of {count}"
                );
                assert_eq!(page.last_rev, count);
                assert!(page.messages.iter().all(|message| all.contains(message)));
            }
        }
    }
}

#[tokio::test]
async fn paging_backwards_and_forwards_shows_everything_once() {
    let store = Fresh::open().await;
    let (room, all) = room_of(&store, 23).await;
    for limit in 1..=7 {
        let mut backwards = Vec::new();
        let mut page = store.page(room, Bound::Newest, limit).await.unwrap();
        loop {
            backwards.splice(0..0, page.messages.iter().cloned());
            if !page.has_before {
                break;
            }
            page = store
                .page(room, Bound::Before(page.messages[0].seq), limit)
                .await
                .unwrap();
        }
        let mut forwards = Vec::new();
        let mut page = store.page(room, Bound::After(0), limit).await.unwrap();
        loop {
            forwards.extend(page.messages.iter().cloned());
            let (true, Some(last)) = (page.has_after, page.messages.last()) else {
                break;
            };
            page = store.page(room, Bound::After(last.seq), limit).await.unwrap();
        }
        assert_eq!(
            (backwards, forwards),
            (all.clone(), all.clone()),
            "{limit} a page"
        );
    }
}

#[tokio::test]
async fn a_message_is_shown_with_its_surroundings() {
    let store = Fresh::open().await;
    let (room, _) = room_of(&store, 20).await;
    for limit in 1..=25 {
        for seq in 1..=20 {
            let page = store.page(room, Bound::Around(seq), limit).await.unwrap();
            let shown = numbers(&page);
            assert_eq!(shown.len() as u64, limit.min(20), "the page is full");
            assert!(shown.is_sorted_by(|a, b| a + 1 == *b), "without gaps");
            assert!(shown.contains(&seq), "{seq} is on its page");
            assert_eq!(
                (page.has_before, page.has_after),
                (shown[0] > 1, shown[shown.len() - 1] < 20)
            );
            if page.has_before && page.has_after {
                assert_eq!(seq - shown[0], limit / 2, "half of it before");
            }
        }
    }
}

#[tokio::test]
async fn around_a_number_that_is_not_there_the_nearest_page_is_shown() {
    let store = Fresh::open().await;
    let (room, _) = room_of(&store, 10).await;
    for (seq, expected) in [(0, 1..=4), (11, 7..=10), (u64::MAX, 7..=10)] {
        let page = store.page(room, Bound::Around(seq), 4).await.unwrap();
        assert_eq!(numbers(&page), expected.collect::<Vec<u64>>(), "around {seq}");
    }
}

#[tokio::test]
async fn an_unknown_room_gives_an_empty_page() {
    let store = Fresh::open().await;
    for bound in [Bound::Newest, Bound::Before(5), Bound::After(5), Bound::Around(5)] {
        let page = store.page(RoomId(Uuid::now_v7()), bound, 50).await.unwrap();
        assert_eq!(
            page,
            Page {
                messages: Vec::new(),
                has_before: false,
                has_after: false,
                last_rev: 0
            }
        );
    }
}
