//! Imports and exports, by the real binary.

use std::{os::unix::fs::PermissionsExt, path::Path, process::Output};

use serde_json::{Value, json};

use crate::common::{
    Person, TestServer,
    slack::{Zip, export},
};

fn run(server: &TestServer, args: &[&str]) -> Output {
    server.command("127.0.0.1:0").args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    [&*output.stdout, &*output.stderr]
        .concat()
        .iter()
        .map(|byte| *byte as char)
        .collect()
}

fn import(server: &TestServer, archive: &Path, more: &[&str]) -> Output {
    let path = archive.display().to_string();
    run(server, &[&["import", "slack", &*path], more].concat())
}

async fn sign_in_as(server: &TestServer, username: &str) -> Person {
    let output = run(server, &["password", username]);
    assert!(output.status.success(), "{}", said(&output));
    let text = said(&output);
    let password = text.trim().rsplit(' ').next().unwrap();
    Person::sign_in(server.url(), username, password).await
}

/// All that a second import could change.
async fn state(by: &Person) -> Value {
    let mut rooms = by.get_json("/api/rooms").await;
    for room in rooms["rooms"].as_array_mut().unwrap() {
        for own in ["unread", "mentions"] {
            room[own].take();
        }
    }
    rooms
}

#[tokio::test]
async fn an_export_of_slack_comes_once_however_often_it_is_imported() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let folder = tempfile::tempdir().unwrap();
    let archive = export(12, 3, 1_000).write(folder.path());
    let looked = import(&server, &archive, &["--dry-run"]);
    assert!(looked.status.success());
    assert!(
        said(&looked).contains("12 people, 3 rooms, 1000 messages."),
        "{}",
        said(&looked)
    );
    assert_eq!(
        rosa.get_json("/api/users").await["users"]
            .as_array()
            .unwrap()
            .len(),
        1,
        "nothing is written"
    );

    let first = import(&server, &archive, &[]);
    assert!(first.status.success(), "{}", said(&first));
    assert!(said(&first).contains("Stored 1000 messages"), "{}", said(&first));
    let sailor = sign_in_as(&server, "sailor3").await;
    let pier = sailor.room("pier-0").await;
    assert_eq!(
        (&pier["topic"], &pier["unread"], &pier["last_seq"]),
        (&json!("ships"), &json!(0), &json!(334))
    );
    let history = sailor.history(pier["id"].as_str().unwrap()).await;
    let numbers: Vec<u64> = history
        .iter()
        .map(|message| message["seq"].as_u64().unwrap())
        .collect();
    assert!(numbers.is_sorted_by(|a, b| a + 1 == *b));
    assert!(
        history
            .iter()
            .all(|message| message["created_at"].as_str().unwrap().starts_with("2015-01-"))
    );
    let reply = history
        .iter()
        .find(|message| !message["thread"].is_null())
        .unwrap();
    let root = history
        .iter()
        .find(|message| message["id"] == reply["thread"])
        .unwrap();
    assert_eq!(root["reply_count"], 1);
    assert!(
        history
            .iter()
            .any(|message| message["reactions"][0]["count"] == 2)
    );
    assert!(
        history
            .iter()
            .any(|message| message["html"].as_str().unwrap().contains("data-user"))
    );

    let before = state(&sailor).await;
    let again = import(&server, &archive, &[]);
    assert!(again.status.success(), "{}", said(&again));
    assert!(said(&again).contains("Stored 0 messages"), "{}", said(&again));
    assert_eq!(state(&sailor).await, before);

    let more = export(12, 3, 1_200);
    let newer = import(&server, &more.write(folder.path()), &[]);
    assert!(newer.status.success(), "{}", said(&newer));
    let pier = sailor.room("pier-0").await;
    assert_eq!(pier["unread"], 0, "history is not news");
    assert_eq!(pier["last_seq"], 400);
    assert!(said(&newer).contains("Stored 200 messages"), "{}", said(&newer));
}

fn small(zip: &mut Zip) -> &mut Zip {
    zip.json(
        "users.json",
        &json!([{ "id": "U1", "team_id": "T1", "name": "mei", "profile": { "real_name": "Mei" } },
                                   { "id": "U2", "team_id": "T1", "name": "rosa", "profile": {} }]),
    )
    .json(
        "channels.json",
        &json!([{ "id": "C1", "name": "harbour", "members": ["U1", "U2"] }]),
    )
    .json("dms.json", &json!([{ "id": "D1", "members": ["U1", "U2"] }]))
    .json(
        "groups.json",
        &json!([{ "id": "G1", "name": "general", "members": ["U1"] }]),
    )
    .json(
        "D1/2024-03-01.json",
        &json!([{ "user": "U2", "ts": "1709290000.000100", "text": "between us" }]),
    )
    .json(
        "general/2024-03-01.json",
        &json!([{ "user": "U1", "ts": "1709290000.000100", "text": "a secret" }]),
    )
}

#[tokio::test]
async fn what_is_broken_or_hostile_is_told_and_the_rest_comes() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let folder = tempfile::tempdir().unwrap();
    let mut zip = Zip::default();
    small(&mut zip)
        .add("harbour/2024-03-01.json", b"[{\"user\":\"U1\",\"ts\":\"1709290000.000100\",\"text\":\"whole\"}, {\"user\":")
        .add("harbour/2024-03-02.json", b"not json at all")
        .json("harbour/2024-03-03.json", &json!([7, { "text": "without a time" },
            { "user": "U1", "ts": "1709470000.000100", "text": "with a file", "files": [
                { "id": "F0000001", "name": "plan.txt" }, { "id": "F0000002", "name": "gone.txt", "permalink": "https://example.org/f2" }] },
            { "subtype": "bot_message", "bot_id": "B1", "username": "deploys", "ts": "1709470001.000000", "text": "by a program" }]))
        .add("__uploads/F0000001/../../../escape.txt", b"the plan")
        .add("../../../../etc/natter-was-here", b"hostile")
        .add("/etc/natter-was-here", b"hostile")
        .add("harbour/2024-03-04\x07.json", b"[]");
    let archive = zip.write(folder.path());
    let output = import(&server, &archive, &[]);
    assert!(!output.status.success(), "an operator's script notices");
    let told = said(&output);
    for entry in [
        "harbour/2024-03-01.json: EOF",
        "harbour/2024-03-02.json: ",
        "harbour/2024-03-03.json: 2 of its items",
    ] {
        assert!(told.contains(entry), "{entry} is missing from\n{told}");
    }
    assert!(!Path::new("/etc/natter-was-here").exists());
    let mei = sign_in_as(&server, "mei").await;
    let harbour = mei.room_id("harbour").await;
    let history = mei.history(&harbour).await;
    let bodies: Vec<&str> = history
        .iter()
        .map(|message| message["body"].as_str().unwrap())
        .collect();
    assert_eq!(
        bodies,
        [
            "whole",
            "with a file\n📎 [gone.txt](<https://example.org/f2>)",
            "by a program"
        ]
    );
    let file = &history[1]["attachments"][0];
    assert_eq!((&file["name"], &file["size"]), (&json!("plan.txt"), &json!(8)));
    let bytes = mei
        .get(file["url"].as_str().unwrap())
        .await
        .bytes()
        .await
        .unwrap();
    assert_eq!(&*bytes, b"the plan");

    // Whoever took a name here before is somebody else, and what was private stays so.
    let rooms = rosa.get_json("/api/rooms").await;
    let names: Vec<&Value> = rooms["rooms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|room| &room["slug"])
        .collect();
    assert_eq!(names, [&json!("general"), &json!("harbour")], "what is public");
    assert_eq!(mei.room("general-2").await["private"], true);
    let stranger = sign_in_as(&server, "rosa-2").await;
    assert_eq!(
        stranger.get_json("/api/rooms").await["rooms"]
            .as_array()
            .unwrap()
            .len(),
        3,
        "general, harbour, the two"
    );
}

#[tokio::test]
async fn whoever_has_the_name_is_the_same_person_where_the_operator_says_so() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let folder = tempfile::tempdir().unwrap();
    let mut zip = Zip::default();
    let archive = small(&mut zip).write(folder.path());
    let output = import(&server, &archive, &["--match-usernames"]);
    assert!(output.status.success(), "{}", said(&output));
    let rooms = rosa.get_json("/api/rooms").await;
    let direct = rooms["rooms"]
        .as_array()
        .unwrap()
        .iter()
        .find(|room| room["kind"] == "direct")
        .unwrap();
    let history = rosa.history(direct["id"].as_str().unwrap()).await;
    assert_eq!(history[0]["author"]["id"], json!(rosa.id));
}

#[tokio::test]
async fn what_cannot_be_imported_at_all_changes_nothing_and_says_why() {
    let server = TestServer::start();
    let folder = tempfile::tempdir().unwrap();
    let mut zip = Zip::default();
    let archive = small(&mut zip).write(folder.path());
    let nobody = import(&server, &archive, &[]);
    assert!(
        said(&nobody).contains("there is no account yet"),
        "{}",
        said(&nobody)
    );
    let rosa = server.register("rosa").await;
    let text = folder.path().join("text.zip");
    std::fs::write(&text, "no archive").unwrap();
    let mut broken = Zip::default();
    broken.add("users.json", b"[{");
    for (archive, why) in [
        (text, "it is no zip archive"),
        (folder.path().join("absent.zip"), "No such file"),
        (
            Zip::default()
                .add("notes.txt", b"x")
                .write(tempfile::tempdir().unwrap().keep().as_path()),
            "it holds no users.json",
        ),
        (broken.write(folder.path()), "users.json: EOF"),
    ] {
        let output = import(&server, &archive, &[]);
        assert!(!output.status.success());
        assert!(said(&output).contains(why), "{}", said(&output));
    }
    assert_eq!(
        rosa.get_json("/api/users").await["users"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn everything_is_written_out_with_its_files() {
    let server = TestServer::start();
    server.register("rosa").await;
    let folder = tempfile::tempdir().unwrap();
    let mut zip = Zip::default();
    small(&mut zip)
        .json("harbour/2024-03-03.json", &json!([{ "user": "U1", "ts": "1709470000.000100", "text": "see",
            "reactions": [{ "name": "tada", "users": ["U2"] }], "files": [{ "id": "F0000001", "name": "plan.txt" }] }]))
        .add("__uploads/F0000001/plan.txt", b"the plan");
    assert!(import(&server, &zip.write(folder.path()), &[]).status.success());
    let to = folder.path().join("out");
    let path = to.display().to_string();
    let output = run(&server, &["export", &path]);
    assert!(output.status.success(), "{}", said(&output));
    let mode = std::fs::metadata(&to).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "for nobody else to read");
    let lines = |kind: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(to.join(format!("{kind}.jsonl"))).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    assert_eq!(
        (lines("user").len(), lines("room").len(), lines("message").len()),
        (3, 4, 3)
    );
    assert!(
        lines("message")
            .iter()
            .any(|message| message["body"] == "see" && message["type"] == "message")
    );
    assert_eq!(lines("reaction")[0]["emoji"], "🎉");
    assert!(lines("room").iter().any(|room| room["kind"] == "direct"));
    let file = lines("file").remove(0);
    let kept = std::fs::read(
        to.join("files")
            .join(format!("{}.txt", file["id"].as_str().unwrap())),
    )
    .unwrap();
    assert_eq!(kept, b"the plan");
    assert!(
        !std::fs::read_to_string(to.join("user.jsonl"))
            .unwrap()
            .contains("argon2"),
        "no secrets"
    );
    assert!(
        !run(&server, &["export", &path]).status.success(),
        "an export never overwrites"
    );
}

fn form(archive: &[u8]) -> Vec<u8> {
    let head = "--x\r\ncontent-disposition: form-data; name=match_usernames\r\n\r\non\r\n\
                --x\r\ncontent-disposition: form-data; name=file; filename=export.zip\r\n\r\n";
    [head.as_bytes(), archive, b"\r\n--x--\r\n"].concat()
}

#[tokio::test]
async fn the_owner_imports_on_a_page_and_nobody_else_does() {
    let server = TestServer::start();
    let (rosa, tom) = (server.register("rosa").await, server.register("tom").await);
    let folder = tempfile::tempdir().unwrap();
    let mut zip = Zip::default();
    let archive = std::fs::read(small(&mut zip).write(folder.path())).unwrap();
    for person in [&tom, &rosa] {
        let request = person.by_cookie("POST", "/import/send").body(form(&archive));
        let request = request.header("content-type", "multipart/form-data; boundary=x");
        request.send().await.unwrap();
    }
    assert_eq!(
        tom.by_cookie("GET", "/settings/import")
            .send()
            .await
            .unwrap()
            .status(),
        403
    );
    let page = loop {
        let page = rosa.by_cookie("GET", "/settings/import").send().await.unwrap();
        let page = page.text().await.unwrap();
        assert!(page.contains("The import"), "{page}");
        if !page.contains("The import goes on") {
            break page;
        }
    };
    assert!(
        page.contains("The import is done.") && page.contains("2 new messages"),
        "{page}"
    );
    let rooms = rosa.get_json("/api/rooms").await;
    assert!(
        rooms["rooms"]
            .as_array()
            .unwrap()
            .iter()
            .any(|room| room["kind"] == "direct")
    );
}

/// Not a test of every day: `cargo nextest run … --run-ignored only -E 'test(hundred_thousand)' --no-capture` prints how
/// long it takes.
#[tokio::test]
#[ignore = "a measurement"]
async fn a_hundred_thousand_messages_come_once() {
    let server = TestServer::start();
    server.register("rosa").await;
    let folder = tempfile::tempdir().unwrap();
    let archive = export(200, 20, 100_000).write(folder.path());
    for stored in [100_000, 0] {
        let started = std::time::Instant::now();
        let output = import(&server, &archive, &[]);
        println!("{stored} of 100,000 messages stored in {:?}", started.elapsed());
        assert!(
            said(&output).contains(&format!("Stored {stored} messages")),
            "{}",
            said(&output)
        );
    }
}
