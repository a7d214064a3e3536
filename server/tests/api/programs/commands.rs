//! Slash commands.

use reqwest::Response;
use serde_json::{Value, json};

use super::{GHOST, allowing, assert_signed, bot, made, two};
use crate::common::{Person, Receiver, TestServer, assert_problem};

async fn order(person: &Person, room: &str, text: &str) -> Response {
    person
        .post(&format!("/api/rooms/{room}/commands"), json!({ "text": text }))
        .await
}

async fn done(person: &Person, room: &str, text: &str) -> Value {
    let answer = order(person, room, text).await;
    assert_eq!(answer.status(), 200, "{text}");
    answer.json().await.unwrap()
}

#[tokio::test]
async fn what_programs_post_is_text_whatever_it_begins_with() {
    let server = TestServer::start();
    let (rosa, _, room) = two(&server).await;
    assert_eq!(rosa.say(&room, "/leave").await["body"], "/leave");
    assert_eq!(rosa.say(&room, "//me").await["body"], "//me");
}

#[tokio::test]
async fn commands_say_and_do_what_they_say() {
    let server = TestServer::start();
    let (rosa, mei, room) = two(&server).await;
    let body = async |text: &str| done(&rosa, &room, text).await["message"]["body"].clone();
    assert_eq!(body("/me waves").await, "_waves_");
    assert_eq!(body("/shrug no idea").await, r"no idea ¯\\\_(ツ)\_/¯");
    assert_eq!(body("//me is a command").await, "/me is a command");
    assert_eq!(body("/etc/hosts is a file").await, "/etc/hosts is a file");
    assert_eq!(body("plain").await, "plain");
    let harbour = rosa.create_room("Harbour", false).await;
    let joined = done(&mei, &room, "/join #harbour").await;
    assert_eq!(
        (&joined["room"]["id"], &joined["room"]["member"]),
        (&json!(harbour), &json!(true))
    );
    assert_eq!(joined["message"], Value::Null);
    done(&mei, &harbour, "/leave").await;
    assert_eq!(mei.room("harbour").await["member"], false);
    let told = done(&rosa, &harbour, "/INVITE @mei").await;
    assert_eq!(told["notice"], "In this channel now: @mei");
    assert_eq!(mei.room("harbour").await["member"], true);
    done(&rosa, &harbour, "/topic Ships and boats").await;
    assert_eq!(mei.room("harbour").await["topic"], "Ships and boats");
    let help = done(&mei, &room, "/help").await;
    assert!(
        help["notice"].as_str().unwrap().contains("`/join #room`"),
        "{help}"
    );
    assert_eq!(
        rosa.history(&room).await.len(),
        5,
        "only what was said is in the room"
    );
}

#[tokio::test]
async fn a_command_that_cannot_be_done_is_told_to_the_caller_alone() {
    let server = TestServer::start();
    let (rosa, mei, room) = two(&server).await;
    let secret = rosa.create_room("secret", true).await;
    for (text, status, code) in [
        ("/nonsense", 422, "unknown_command"),
        ("/me", 422, "invalid"),
        ("/invite", 422, "invalid"),
        ("/invite @nobody", 404, "user_not_found"),
        ("/join", 422, "invalid"),
        ("/join nowhere", 404, "room_not_found"),
        ("/join secret", 403, "not_a_member"),
        ("/leave", 403, "forbidden"),
    ] {
        assert_problem(order(&mei, &room, text).await, status, code).await;
    }
    assert_problem(order(&mei, &secret, "/me waves").await, 403, "not_a_member").await;
    assert_problem(order(&mei, GHOST, "/me waves").await, 404, "room_not_found").await;
    assert!(rosa.history(&room).await.is_empty());
}

#[tokio::test]
async fn a_command_that_is_sent_twice_under_one_nonce_is_said_once() {
    let server = TestServer::start();
    let (rosa, _, room) = two(&server).await;
    let path = format!("/api/rooms/{room}/commands");
    for _ in 0..2 {
        let answer = rosa
            .post(&path, json!({ "text": "/me waves", "nonce": "1" }))
            .await;
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(rosa.history(&room).await.len(), 1);
}

#[tokio::test]
async fn a_program_answers_its_command_to_one_or_to_all() {
    let mut receiver = Receiver::start().await;
    let server = allowing(&[&receiver]);
    let (rosa, mei, room) = two(&server).await;
    let bot = bot(&rosa, "deployer").await;
    let command =
        json!({ "name": "deploy", "summary": "Deploys", "url": receiver.url("/deploy"), "bot": bot.id });
    let command = made(rosa.post("/api/commands", command).await).await;
    let offers = mei.get_json(&format!("/api/rooms/{room}/commands")).await;
    let offered = offers["commands"]
        .as_array()
        .unwrap()
        .iter()
        .any(|offer| offer["name"] == "deploy");
    assert!(offered, "{offers}");

    receiver.answer(200, "{\"text\":\"*which* one?\"}");
    let told = done(&mei, &room, "/deploy main now").await;
    assert_eq!(
        (&told["notice"], &told["message"]),
        (&json!("**which** one?"), &Value::Null)
    );
    let asked = receiver.next().await;
    assert_signed(&asked, command["secret"].as_str().unwrap());
    let body = asked.json();
    assert_eq!(
        (&body["command"], &body["text"]),
        (&json!("deploy"), &json!("main now"))
    );
    assert_eq!(
        (&body["user"]["username"], &body["room"]["slug"]),
        (&json!("mei"), &json!("general"))
    );
    let document = natter::openapi::document();
    crate::common::document::validate(
        &document["components"]["schemas"]["Asked"],
        &body,
        "what is asked",
    );

    receiver.answer(200, "{\"response_type\":\"in_channel\",\"text\":\"deployed\"}");
    assert_problem(order(&mei, &room, "/deploy").await, 403, "not_a_member").await;
    rosa.post(
        &format!("/api/rooms/{room}/members"),
        json!({ "users": [bot.id] }),
    )
    .await;
    let said = done(&mei, &room, "/deploy").await;
    assert_eq!(said["message"]["author"]["username"], "deployer");

    receiver.answer(500, "");
    assert_problem(order(&mei, &room, "/deploy").await, 422, "program_failed").await;
    let path = format!("/api/commands/{}", command["id"].as_str().unwrap());
    assert_eq!(rosa.ask("DELETE", &path).await.status(), 204);
    assert_problem(order(&mei, &room, "/deploy").await, 422, "unknown_command").await;
    assert_eq!(rosa.history(&room).await.len(), 1);
}

#[tokio::test]
async fn a_form_without_scripts_understands_commands_too() {
    let server = TestServer::start();
    let (rosa, _, room) = two(&server).await;
    let post = async |body: &str| {
        let form = [
            ("room", room.as_str()),
            ("page", "/rooms/general"),
            ("body", body),
        ];
        let request = rosa.by_cookie("POST", "/fn/post_message").form(&form);
        request.header("accept", "text/html").send().await.unwrap()
    };
    post("/me waves").await;
    post("//me waves").await;
    let bodies: Vec<Value> = rosa
        .history(&room)
        .await
        .iter()
        .map(|message| message["body"].clone())
        .collect();
    assert_eq!(bodies, ["_waves_", "/me waves"]);
    let help = post("/help").await;
    assert_eq!(help.status(), 200);
    assert!(help.text().await.unwrap().contains("Only you see this"));
}
