//! Changing messages: edit, delete, react, pin.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::common::{Person, TestServer, address, assert_problem};

const GHOST: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const THUMB: &str = "/reactions/%F0%9F%91%8D";

async fn two_people(server: &TestServer) -> (Person, Person, String) {
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    (rosa, mei, room)
}

/// A message as it is now.
async fn now(person: &Person, message: &Value) -> Value {
    let room = message["room"].as_str().unwrap();
    let page = person
        .get_json(&format!(
            "/api/messages?room={room}&around={}&limit=1",
            message["seq"]
        ))
        .await;
    page["messages"][0].clone()
}

#[tokio::test]
async fn an_edited_message_is_rendered_anew_and_says_when() {
    let server = TestServer::start();
    let (_, mei, room) = two_people(&server).await;
    let message = mei.say(&room, "helo").await;
    let edited = mei.edit(&message, "  **hello**, @rosa ").await;
    assert_eq!(
        (&edited["id"], &edited["seq"], &edited["rev"]),
        (&message["id"], &json!(1), &json!(2))
    );
    assert_eq!(edited["body"], "**hello**, @rosa");
    assert!(
        edited["html"]
            .as_str()
            .unwrap()
            .contains("<strong>hello</strong>")
    );
    assert_eq!(edited["mentions"].as_array().unwrap().len(), 1);
    assert_eq!(edited["created_at"], message["created_at"]);
    assert!(edited["edited_at"].as_str().unwrap() >= message["created_at"].as_str().unwrap());
    assert_eq!(mei.history(&room).await, std::slice::from_ref(&edited));
    assert_eq!(
        mei.edit(&message, "**hello**, @rosa").await,
        edited,
        "the same again is no change"
    );
    let page = mei.get_json(&format!("/api/messages?room={room}")).await;
    assert_eq!(page["last_rev"], 2);
}

#[tokio::test]
async fn what_was_said_before_can_be_read_until_it_is_deleted() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_people(&server).await;
    let message = mei.say(&room, "one").await;
    mei.edit(&message, "two").await;
    mei.edit(&message, "three").await;
    let path = address(&message, "/history");
    let versions = rosa.get_json(&path).await["versions"].clone();
    assert_eq!(
        (&versions[0]["body"], &versions[1]["body"]),
        (&json!("two"), &json!("one"))
    );
    assert_eq!(
        (versions.as_array().unwrap().len(), &versions[1]["written_at"]),
        (2, &message["created_at"])
    );
    mei.change("DELETE", &message, "").await;
    assert_eq!(rosa.get_json(&path).await, json!({ "versions": [] }));
}

#[tokio::test]
async fn nothing_but_its_number_is_left_of_a_deleted_message() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_people(&server).await;
    let message = mei.say(&room, "never mind, @rosa").await;
    mei.say(&room, "next").await;
    rosa.change("PUT", &message, THUMB).await;
    rosa.change("PUT", &message, "/pin").await;
    assert_eq!(rosa.room("general").await["mentions"], 1);
    mei.change("DELETE", &message, "").await;
    mei.change("DELETE", &message, "").await;
    let deleted = now(&rosa, &message).await;
    let mut expected = message.clone();
    for (field, value) in [
        ("rev", json!(5)),
        ("body", json!("")),
        ("html", json!("")),
        ("deleted", json!(true)),
        ("mentions", json!([])),
    ] {
        expected[field] = value;
    }
    assert_eq!(deleted, expected);
    let counts = rosa.room("general").await;
    assert_eq!(
        (&counts["mentions"], &counts["unread"], &counts["last_seq"]),
        (&json!(0), &json!(2), &json!(2))
    );

    let refused = mei.patch(&address(&message, ""), json!({ "body": "back" })).await;
    assert_problem(refused, 409, "message_deleted").await;
    for what in [THUMB, "/pin"] {
        assert_problem(
            mei.ask("PUT", &address(&message, what)).await,
            409,
            "message_deleted",
        )
        .await;
        mei.change("DELETE", &message, what).await;
    }
}

#[tokio::test]
async fn an_edit_that_mentions_someone_counts_while_it_is_unread() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_people(&server).await;
    let (first, second) = (rosa.say(&room, "one").await, rosa.say(&room, "two").await);
    mei.post(&format!("/api/rooms/{room}/read"), json!({ "seq": 1 }))
        .await;
    rosa.edit(&first, "one, @mei").await;
    assert_eq!(mei.room("general").await["mentions"], 0, "that one was read");
    rosa.edit(&second, "two, @mei").await;
    assert_eq!(mei.room("general").await["mentions"], 1);
    rosa.edit(&second, "two").await;
    assert_eq!(mei.room("general").await["mentions"], 0);
}

#[tokio::test]
async fn reactions_are_counted_by_emoji_and_nobody_counts_twice() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_people(&server).await;
    let message = rosa.say(&room, "launch?").await;
    let flag = "/reactions/%F0%9F%8F%B3%EF%B8%8F%E2%80%8D%F0%9F%8C%88";
    for (person, what) in [(&mei, flag), (&rosa, THUMB), (&mei, THUMB), (&mei, THUMB)] {
        person.change("PUT", &message, what).await;
    }
    let reacted = now(&rosa, &message).await;
    assert_eq!(
        reacted["reactions"],
        json!([
            { "emoji": "🏳️‍🌈", "count": 1, "users": [mei.id] },
            { "emoji": "👍", "count": 2, "users": [rosa.id, mei.id] },
        ])
    );
    assert_eq!(
        (&reacted["rev"], &reacted["edited_at"]),
        (&json!(4), &Value::Null)
    );
    for _ in 0..2 {
        mei.change("DELETE", &message, flag).await;
        rosa.change("DELETE", &message, THUMB).await;
    }
    let left = now(&rosa, &message).await;
    assert_eq!(
        left["reactions"],
        json!([{ "emoji": "👍", "count": 1, "users": [mei.id] }])
    );
    assert_eq!(left["rev"], 6);
}

#[tokio::test]
async fn a_message_has_twenty_different_emoji_at_most() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_people(&server).await;
    let message = rosa.say(&room, "hello").await;
    let path = |n: u32| {
        address(
            &message,
            &format!("/reactions/{}", char::from_u32(0x1f600 + n).unwrap()),
        )
    };
    let (rosa_ref, path_ref) = (&rosa, &path);
    let answers = join_all((0..25).map(|n| async move { rosa_ref.ask("PUT", &path_ref(n)).await })).await;
    let taken = answers.iter().filter(|answer| answer.status() == 204).count();
    assert_eq!(taken, 20);
    for refused in answers.into_iter().filter(|answer| answer.status() != 204) {
        assert_problem(refused, 409, "too_many").await;
    }
    let one = now(&mei, &message).await["reactions"][0]["emoji"]
        .as_str()
        .unwrap()
        .to_owned();
    mei.change("PUT", &message, &format!("/reactions/{one}")).await;
}

#[tokio::test]
async fn pins_are_put_and_taken_away_by_any_member() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_people(&server).await;
    let message = rosa.say(&room, "read this").await;
    for (method, pinned, rev) in [("PUT", true, 2), ("DELETE", false, 3)] {
        mei.change(method, &message, "/pin").await;
        rosa.change(method, &message, "/pin").await;
        let seen = now(&rosa, &message).await;
        assert_eq!((&seen["pinned"], &seen["rev"]), (&json!(pinned), &json!(rev)));
    }
}

#[tokio::test]
async fn only_the_author_and_who_moderates_may_edit_and_delete() {
    let server = TestServer::start();
    // The first account moderates the channels that it is in.
    let (rosa, mei, general) = two_people(&server).await;
    let tomasz = server.register("tomasz").await;
    let message = tomasz.say(&general, "hello").await;
    let refused = mei.patch(&address(&message, ""), json!({ "body": "bye" })).await;
    assert_problem(refused, 403, "forbidden").await;
    assert_problem(mei.ask("DELETE", &address(&message, "")).await, 403, "forbidden").await;
    assert_eq!(
        rosa.edit(&message, "moderated").await["author"]["username"],
        "tomasz"
    );
    rosa.change("DELETE", &message, "").await;

    let users = json!({ "users": [rosa.id, mei.id] });
    let direct: Value = tomasz
        .post("/api/rooms/direct", users)
        .await
        .json()
        .await
        .unwrap();
    let message = tomasz.say(direct["id"].as_str().unwrap(), "among us").await;
    assert_problem(rosa.ask("DELETE", &address(&message, "")).await, 403, "forbidden").await;
    mei.change("PUT", &message, THUMB).await;
    tomasz.change("DELETE", &message, "").await;
}

#[tokio::test]
async fn who_is_no_member_changes_nothing_and_learns_nothing() {
    let server = TestServer::start();
    let (rosa, mei, _) = two_people(&server).await;
    let (open, closed) = (
        rosa.create_room("open", false).await,
        rosa.create_room("closed", true).await,
    );
    for room in [&open, &closed] {
        let message = rosa.say(room, "hello").await;
        let edit = mei.patch(&address(&message, ""), json!({ "body": "bye" })).await;
        assert_problem(edit, 403, "not_a_member").await;
        for (method, what) in [
            ("DELETE", ""),
            ("PUT", THUMB),
            ("DELETE", THUMB),
            ("PUT", "/pin"),
            ("DELETE", "/pin"),
        ] {
            let answer = mei.ask(method, &address(&message, what)).await;
            assert_problem(answer, 403, "not_a_member").await;
        }
        assert_eq!(now(&rosa, &message).await, message);
        let history = mei.get(&address(&message, "/history")).await;
        assert_eq!(history.status(), if room == &open { 200 } else { 403 });
    }
    let anonymous = server
        .anonymous("DELETE", &format!("/api/messages/{GHOST}"), None)
        .await;
    assert_problem(anonymous, 401, "not_signed_in").await;
}

#[tokio::test]
async fn a_foreign_page_changes_nothing() {
    let server = TestServer::start();
    let (rosa, _, room) = two_people(&server).await;
    let message = rosa.say(&room, "hello").await;
    for (method, what) in [("DELETE", ""), ("PUT", THUMB), ("PUT", "/pin"), ("PATCH", "")] {
        let request = rosa
            .bare(method, &address(&message, what))
            .header("cookie", &rosa.cookie)
            .header("origin", "https://elsewhere.example");
        let answer = request.json(&json!({ "body": "x" })).send().await.unwrap();
        assert_problem(answer, 403, "foreign_origin").await;
    }
    assert_eq!(now(&rosa, &message).await, message);
}

#[tokio::test]
async fn what_names_no_message_is_not_found() {
    let server = TestServer::start();
    let (rosa, _, _) = two_people(&server).await;
    for id in [GHOST, "1", "..%2f..%2fetc", "%00", "%FF", "'%20OR%201=1"] {
        let path = format!("/api/messages/{id}");
        let edit = rosa.patch(&path, json!({ "body": "x" })).await;
        assert_problem(edit, 404, "message_not_found").await;
        for (method, what) in [
            ("DELETE", ""),
            ("PUT", "/pin"),
            ("DELETE", "/pin"),
            ("GET", "/history"),
        ] {
            let answer = rosa.ask(method, &format!("{path}{what}")).await;
            assert_problem(answer, 404, "message_not_found").await;
        }
        let answer = rosa.get(&format!("/api/threads/{id}")).await;
        assert_problem(answer, 404, "message_not_found").await;
    }
    let answer = rosa.ask("PUT", &format!("/api/messages/{GHOST}{THUMB}")).await;
    assert_problem(answer, 404, "message_not_found").await;
    for method in ["PUT", "POST"] {
        let answer = rosa.ask(method, &format!("/api/messages/{GHOST}")).await;
        assert_problem(answer, 405, "method_not_allowed").await;
    }
}

#[tokio::test]
async fn what_is_no_emoji_is_refused() {
    let server = TestServer::start();
    let (rosa, _, room) = two_people(&server).await;
    let message = rosa.say(&room, "hello").await;
    let (two, large) = ("%F0%9F%91%8D".repeat(2), "%F0%9F%91%8D".repeat(500));
    let junk = [
        "x",
        "%3Atada%3A",
        "1",
        "%00",
        "%FF%FE",
        "%F0%9F",
        "%20",
        "%2F",
        "%3Cb%3E",
        "%E2%80%8D",
        &two,
        &large,
        "..",
    ];
    for emoji in junk {
        for method in ["PUT", "DELETE"] {
            let path = address(&message, &format!("/reactions/{emoji}"));
            // A URL library may tidy such a path; then it names nothing at all.
            let answer = rosa.ask(method, &path).await;
            if emoji == ".." {
                assert!(answer.status().is_client_error());
            } else {
                let problem = assert_problem(answer, 422, "invalid").await;
                assert_eq!(problem["errors"][0]["field"], "emoji");
            }
        }
    }
    let huge = address(&message, &format!("/reactions/{}", "%F0%9F%91%8D".repeat(90_000)));
    if let Ok(answer) = rosa.by_token("PUT", &huge).send().await {
        assert!(answer.status().is_client_error(), "{}", answer.status());
    }
    assert_eq!(now(&rosa, &message).await, message);
}

#[tokio::test]
async fn a_body_that_could_not_be_posted_cannot_be_edited_in() {
    let server = TestServer::start();
    let (rosa, _, room) = two_people(&server).await;
    let message = rosa.say(&room, "hello").await;
    let path = address(&message, "");
    for body in [
        json!(""),
        json!(" \n"),
        json!("a\u{0}b"),
        json!("x".repeat(10_000)),
        json!(7),
        Value::Null,
    ] {
        let problem = assert_problem(rosa.patch(&path, json!({ "body": body })).await, 422, "invalid").await;
        assert_eq!(problem["errors"][0]["field"], "body");
    }
    assert_problem(rosa.patch(&path, json!({})).await, 422, "invalid").await;
    let unread = rosa.patch(&path, json!({ "body": "x".repeat(300 * 1024) })).await;
    assert_problem(unread, 413, "too_large").await;
    assert_eq!(now(&rosa, &message).await, message);
    let longest = "語".repeat(8_000);
    assert_eq!(rosa.edit(&message, &longest).await["body"], longest);
}

#[tokio::test]
async fn sixty_changes_are_quick_enough() {
    let server = TestServer::setup().with("NATTER_LIMITS", "api=1000/10s").start();
    let (rosa, mei, room) = two_people(&server).await;
    let message = rosa.say(&room, "hello").await;
    let path = address(&message, "/pin");
    let (rosa_ref, path_ref) = (&rosa, &path);
    let methods = (0..75).map(|n| if n % 2 == 0 { "PUT" } else { "DELETE" });
    let answers = join_all(methods.map(|method| async move { rosa_ref.ask(method, path_ref).await })).await;
    let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status() == 204);
    assert!((60..75).contains(&done.len()), "{}", done.len());
    for answer in refused {
        assert!(answer.headers().contains_key("retry-after"));
        assert_problem(answer, 429, "too_fast").await;
    }
    // Nobody else has to wait, and who has to may still post.
    mei.change("PUT", &message, THUMB).await;
    rosa.say(&room, "still here").await;
}

#[tokio::test]
async fn changes_and_posts_at_once_take_every_rev_once_and_survive_a_crash() {
    let mut server = TestServer::start();
    let (rosa, mei, room) = two_people(&server).await;
    let message = rosa.say(&room, "hello").await;
    let (rosa_ref, mei_ref, message_ref, room_ref) = (&rosa, &mei, &message, room.as_str());
    let work = (0..60).map(|n| async move {
        match n % 4 {
            0 => drop(rosa_ref.edit(message_ref, &format!("edit {n}")).await),
            1 => {
                mei_ref
                    .change(if n % 8 == 1 { "PUT" } else { "DELETE" }, message_ref, THUMB)
                    .await
            }
            2 => drop(mei_ref.say(room_ref, "between").await),
            _ => drop(mei_ref.reply(message_ref, "reply").await),
        }
    });
    join_all(work).await;
    let before = rosa.history(&room).await;
    let page = rosa.get_json(&format!("/api/messages?room={room}")).await;
    server.kill();
    server.restart();
    assert_eq!(rosa.history(&room).await, before);
    let mut revs: Vec<u64> = before.iter().map(|m| m["rev"].as_u64().unwrap()).collect();
    revs.sort_unstable();
    assert!(revs.is_sorted_by(|a, b| a < b) && page["last_rev"] == json!(revs.last()));
    // 1 post, 15 edits, 15 other posts and 15 replies of two; reactions only where they changed something.
    let reactions = revs.last().unwrap() - 1 - 15 - 15 - 30;
    assert!((1..=15).contains(&reactions), "{reactions}");
    assert_eq!(before[0]["reply_count"], 15);
}
