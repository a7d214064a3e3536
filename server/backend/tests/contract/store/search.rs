//! Finding messages by what they say.

use std::collections::HashSet;

use backend::{
    search::{BLOCK, Cursor, Results, Sought, page},
    store::{Alteration, NewMessage},
};
use chat::{Message, RoomId, Timestamp, User, search::parse};

use crate::Place;

use super::{
    Fresh, Shared, altered, channel, edit, general, join, mentioning, new_message, post, private_channel,
    react, registered, replied, stored, two_in_a_room, unreact, whole,
};

fn sought(query: &str) -> Sought {
    Sought::of(parse(query).unwrap()).unwrap_or_else(|| panic!("{query} looks for nothing"))
}

async fn results(
    store: &Shared,
    reader: &User,
    sought: &Sought,
    cursor: Option<&str>,
    limit: usize,
) -> Results {
    let id = reader.author.id;
    let cursor = cursor.map(|text| Cursor::read(text, id, sought).unwrap());
    page(&**store, id, sought, cursor, limit).await.unwrap()
}

/// The bodies of what is found, in the order of the alphabet.
pub(super) async fn found(store: &Shared, reader: &User, query: &str) -> Vec<String> {
    let page = results(store, reader, &sought(query), None, 100).await;
    assert_eq!(page.next_cursor, None);
    let mut bodies: Vec<String> = page.results.into_iter().map(|found| found.message.body).collect();
    bodies.sort();
    bodies
}

/// All pages of `limit` results, one after the other.
async fn paged(store: &Shared, reader: &User, sought: &Sought, limit: usize) -> Vec<Message> {
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = results(store, reader, sought, cursor.as_deref(), limit).await;
        assert!(page.results.len() <= limit);
        all.extend(page.results.into_iter().map(|found| found.message));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn messages_are_found_by_all_their_words_in_any_case_and_without_accents() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let all = [
        "Crème brûlée at the Harbour",
        "the harbour is closed",
        "Straße zum Hafen",
    ];
    for body in all {
        post(&store, room, &rosa, body).await;
    }
    assert_eq!(found(&store, &rosa, "HARBOUR the").await, [all[0], all[1]]);
    assert_eq!(found(&store, &rosa, "creme brulee").await, [all[0]]);
    assert_eq!(found(&store, &rosa, "strasse").await, [all[2]]);
    for nowhere in ["harbours", "harbour hafen", "arbour", "=", "'", "\\ '"] {
        if let Some(sought) = Sought::of(parse(nowhere).unwrap()) {
            let page = results(&store, &rosa, &sought, None, 10).await;
            assert!(page.results.is_empty(), "{nowhere}");
        }
    }
}

#[tokio::test]
async fn the_message_comes_whole_and_with_the_piece_that_was_found() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let new = mentioning(new_message(room, &rosa, "a & b of @mei's"), &[&mei]);
    let message = stored(&store, new).await;
    let page = results(&store, &mei, &sought("B"), None, 10).await;
    assert_eq!(page.results.len(), 1);
    assert_eq!(page.results[0].message, message);
    assert_eq!(page.results[0].highlight, "a &amp; <mark>b</mark> of @mei&#39;s");
}

#[tokio::test]
async fn phrases_beginnings_and_exclusions_are_understood() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let all = [
        "the quick brown fox",
        "the brown quick fox",
        "quickly, brown",
        "call parseHttpHeader or foo_bar",
    ];
    for body in all {
        post(&store, room, &rosa, body).await;
    }
    assert_eq!(found(&store, &rosa, "\"quick brown\"").await, [all[0]]);
    assert_eq!(found(&store, &rosa, "qui*").await, [all[2], all[1], all[0]]);
    assert_eq!(found(&store, &rosa, "quickl*").await, [all[2]]);
    assert_eq!(
        found(&store, &rosa, "brown -\"quick brown\" -quickly").await,
        [all[1]]
    );
    assert_eq!(found(&store, &rosa, "brown -qui*").await, [""; 0]);
    assert_eq!(found(&store, &rosa, "-brown").await, [all[3]]);
    for part in [
        "header",
        "parsehttpheader",
        "parseHttpHeader",
        "bar",
        "foo_bar",
        "\"or foo\"",
    ] {
        assert_eq!(found(&store, &rosa, part).await, [all[3]], "{part}");
    }
}

#[tokio::test]
async fn scripts_without_spaces_are_found_inside_of_words() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let all = [
        "我在北京大学学习",
        "大北京",
        "東京タワーに行った",
        "서울에서 만나요",
        "ประเทศไทย",
        "done 👍🏽",
    ];
    for body in all {
        post(&store, room, &rosa, body).await;
    }
    for (query, expected) in [
        ("北京大学", vec![all[0]]),
        ("北京", vec![all[1], all[0]]),
        ("学", vec![all[0]]),
        ("京", vec![all[1], all[0], all[2]]),
        ("京北", vec![]),
        ("タワー", vec![all[2]]),
        ("서울", vec![all[3]]),
        ("ไทย", vec![all[4]]),
        ("👍", vec![all[5]]),
    ] {
        assert_eq!(found(&store, &rosa, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn only_what_the_reader_may_read_is_found() {
    let store = Fresh::open().await;
    let (rosa, mei) = (registered(&store, "rosa").await, registered(&store, "mei").await);
    let (open, closed) = (
        channel(&store, "open", &rosa).await,
        private_channel(&store, "closed", &rosa).await,
    );
    post(&store, open, &rosa, "secret in the open").await;
    post(&store, closed, &rosa, "secret behind doors").await;
    let both = ["secret behind doors", "secret in the open"];
    assert_eq!(found(&store, &rosa, "secret").await, both);
    assert_eq!(found(&store, &mei, "secret").await, both[1..]);
    join(&store, closed, &mei).await;
    assert_eq!(found(&store, &mei, "secret").await, both);
    store.remove_member(closed, mei.author.id).await.unwrap();
    assert_eq!(found(&store, &mei, "secret").await, both[1..]);
    let there = sought("secret").within(closed);
    assert!(results(&store, &mei, &there, None, 10).await.results.is_empty());
    assert_eq!(results(&store, &rosa, &there, None, 10).await.results.len(), 1);
}

#[tokio::test]
async fn an_edit_is_found_by_its_new_words_alone_and_a_deleted_message_not_at_all() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let message = post(&store, room, &rosa, "before").await;
    altered(&store, message.id, &rosa, edit("after", &[])).await;
    assert_eq!(found(&store, &rosa, "before").await, [""; 0]);
    assert_eq!(found(&store, &rosa, "after is:edited").await, ["after"]);
    altered(&store, message.id, &rosa, edit("after all", &[])).await;
    assert_eq!(found(&store, &rosa, "after").await, ["after all"]);
    altered(&store, message.id, &rosa, Alteration::Delete).await;
    for query in ["after", "is:edited", "-nothing"] {
        assert_eq!(found(&store, &rosa, query).await, [""; 0], "{query}");
    }
}

#[tokio::test]
async fn conditions_follow_what_happens_to_a_message() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let link = NewMessage {
        html: "<p><a href=\"https://example.org\">x</a></p>".to_owned(),
        ..new_message(room, &rosa, "x")
    };
    let root = stored(&store, link).await;
    replied(
        &store,
        root.id,
        mentioning(new_message(room, &mei, "reply"), &[&rosa]),
    )
    .await;
    assert_eq!(found(&store, &rosa, "has:link").await, ["x"]);
    assert_eq!(found(&store, &rosa, "has:mention").await, ["reply"]);
    assert_eq!(found(&store, &rosa, "is:thread").await, ["reply"]);
    assert_eq!(found(&store, &rosa, "-is:thread").await, ["x"]);
    assert_eq!(found(&store, &rosa, "has:file").await, [""; 0]);
    for (query, on, off) in [
        ("has:reaction", react("🦆"), unreact("🦆")),
        ("is:pinned x", Alteration::Pin, Alteration::Unpin),
    ] {
        assert_eq!(found(&store, &rosa, query).await, [""; 0], "{query}");
        altered(&store, root.id, &mei, on).await;
        assert_eq!(found(&store, &rosa, query).await, ["x"], "{query}");
        altered(&store, root.id, &mei, off).await;
        assert_eq!(found(&store, &rosa, query).await, [""; 0], "{query}");
    }
    let by_mei = sought("-nothing").by(mei.author.id);
    let page = results(&store, &rosa, &by_mei, None, 10).await;
    assert_eq!(page.results.len(), 1);
    assert_eq!(page.results[0].message.body, "reply");
}

#[tokio::test]
async fn dates_and_times_are_bounds() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    for (body, at) in [
        ("a", "2026-11-21T23:59:59.999Z"),
        ("b", "2026-11-22T00:00:00Z"),
        ("c", "2026-11-22T12:00:00Z"),
        ("d", "2026-11-23T00:00:00Z"),
    ] {
        let created_at: Timestamp = at.parse().unwrap();
        let new = NewMessage {
            created_at,
            ..new_message(room, &rosa, body)
        };
        stored(&store, new).await;
    }
    for (query, expected) in [
        ("before:2026-11-22", vec!["a"]),
        ("after:2026-11-22", vec!["d"]),
        ("after:2026-11-21 before:2026-11-23", vec!["b", "c"]),
        ("before:2026-11-22T12:00:00Z", vec!["a", "b"]),
        ("after:2026-11-22T12:00:00Z", vec!["d"]),
        ("after:2000-01-01", vec!["a", "b", "c", "d"]),
        ("after:2030-01-01", vec![]),
    ] {
        assert_eq!(found(&store, &rosa, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat_while_messages_arrive_and_go() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let count = usize::try_from(2 * BLOCK).unwrap() + 40;
    let new: Vec<NewMessage> = (0..count)
        // Of different worth, so that rank and age disagree.
        .map(|n| new_message(room, &rosa, &"duck ".repeat(1 + n * 7 % 5)))
        .collect();
    let ids: Vec<_> = new.iter().map(|message| message.id).collect();
    store.append_batch(room, new).await.unwrap();
    let sought = sought("duck");
    let (mut seen, mut cursor, mut pages) = (Vec::new(), None::<String>, 0);
    loop {
        let page = results(&store, &rosa, &sought, cursor.as_deref(), 37).await;
        seen.extend(page.results.iter().map(|found| found.message.id));
        cursor = page.next_cursor;
        pages += 1;
        if cursor.is_none() {
            break;
        }
        assert_eq!(page.results.len(), 37, "a page in the middle is full");
        post(&store, room, &rosa, "duck duck duck").await;
        // One that was shown goes; what comes after it stays in its place.
        altered(&store, seen[seen.len() - 1], &rosa, Alteration::Delete).await;
    }
    assert!(pages > 10);
    let once: HashSet<_> = seen.iter().copied().collect();
    assert_eq!((seen.len(), once.len()), (count, count));
    assert_eq!(once, ids.into_iter().collect());
}

#[tokio::test]
async fn the_better_of_the_newest_come_first_and_blocks_by_time() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    for body in [
        "red and green",
        "green red",
        "red green",
        "much red and much more of everything else, and green",
    ] {
        post(&store, room, &rosa, body).await;
    }
    let all = paged(&store, &rosa, &sought("red green"), 1).await;
    let bodies: Vec<&str> = all.iter().map(|message| message.body.as_str()).collect();
    assert_eq!(
        bodies,
        [
            "red green",
            "green red",
            "red and green",
            "much red and much more of everything else, and green"
        ]
    );
}

#[tokio::test]
async fn what_most_may_not_read_hides_nothing_from_who_may() {
    let store = Fresh::open().await;
    let (rosa, mei) = (registered(&store, "rosa").await, registered(&store, "mei").await);
    let everyone: RoomId = general(&store).await;
    let closed = private_channel(&store, "closed", &rosa).await;
    post(&store, everyone, &mei, "noise that all may read").await;
    for _ in 0..5 {
        let new = (0..1_000).map(|_| new_message(closed, &rosa, "noise")).collect();
        store.append_batch(closed, new).await.unwrap();
    }
    let all = paged(&store, &mei, &sought("noise"), 10).await;
    assert_eq!(all.len(), 1);
    assert_eq!(paged(&store, &rosa, &sought("noise read"), 10).await.len(), 1);
    assert_eq!(paged(&store, &mei, &sought("noi*"), 10).await.len(), 1);
}

#[tokio::test]
async fn messages_from_before_the_index_are_added_to_it_newest_first() {
    let place = Place::new().await;
    let store = place.open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let count = 1_200;
    let new = (0..count)
        .map(|n| new_message(room, &rosa, &format!("old {n}")))
        .collect();
    store.append_batch(room, new).await.unwrap();
    let all = whole(&store, room).await;
    altered(&store, all[3].id, &rosa, Alteration::Delete).await;
    place.forget_words().await;
    post(&store, room, &rosa, "old but newer").await;
    // One that is not in the index yet is changed, another one goes.
    altered(&store, all[5].id, &rosa, edit("edited old", &[])).await;
    altered(&store, all[6].id, &rosa, Alteration::Delete).await;
    assert!(store.index_older().await.unwrap(), "all at once");
    let newest = results(&store, &rosa, &sought("old 1199"), None, 10).await;
    assert_eq!(newest.results.len(), 1);
    assert_eq!(found(&store, &rosa, "\"old 0\"").await, [""; 0]);
    while store.index_older().await.unwrap() {}
    assert!(!store.index_older().await.unwrap());
    let found_all = paged(&store, &rosa, &sought("old"), 50).await;
    let ids: HashSet<_> = found_all.iter().map(|message| message.id).collect();
    assert_eq!((found_all.len(), ids.len()), (count - 1, count - 1));
    assert_eq!(found(&store, &rosa, "edited").await, ["edited old"]);
    assert_eq!(found(&store, &rosa, "\"old 5\"").await, [""; 0]);
}

#[tokio::test]
async fn a_cursor_is_for_its_reader_and_words_alone() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    for _ in 0..3 {
        post(&store, room, &rosa, "one two").await;
    }
    let one = sought("one");
    let cursor = results(&store, &rosa, &one, None, 1).await.next_cursor.unwrap();
    assert!(Cursor::read(&cursor, rosa.author.id, &one).is_some());
    assert!(Cursor::read(&cursor, mei.author.id, &one).is_none());
    assert!(Cursor::read(&cursor, rosa.author.id, &sought("two")).is_none());
    for junk in [
        "",
        "a",
        "=",
        "%00",
        &"A".repeat(59),
        &"A".repeat(60),
        &"A".repeat(100_000),
    ] {
        assert!(Cursor::read(junk, rosa.author.id, &one).is_none());
    }
}
