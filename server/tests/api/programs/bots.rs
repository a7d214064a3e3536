//! Bots, and who makes programs.

use serde_json::json;

use super::{GHOST, PASSWORD, bot, made, two};
use crate::common::{TestServer, assert_problem};

#[tokio::test]
async fn a_bot_is_a_user_that_only_tokens_lead_to() {
    let server = TestServer::start();
    let (rosa, _, room) = two(&server).await;
    let bot = bot(&rosa, "helper").await;
    let me = bot.get_json("/api/me").await;
    assert_eq!(
        (&me["user"]["bot"], &me["user"]["role"]),
        (&json!(true), &json!("member"))
    );
    for password in ["", "!", PASSWORD] {
        let login = json!({ "username": "helper", "password": password });
        let answer = server.anonymous("POST", "/api/auth/login", Some(login)).await;
        assert_problem(answer, 401, "bad_credentials").await;
    }
    // It is in no room until somebody brings it in; then it is like anybody.
    let refused = bot
        .post("/api/messages", json!({ "room": room, "body": "hello" }))
        .await;
    assert_problem(refused, 403, "not_a_member").await;
    let invited = rosa
        .post(
            &format!("/api/rooms/{room}/members"),
            json!({ "users": [bot.id] }),
        )
        .await;
    assert_eq!(invited.status(), 204);
    let said = bot.say(&room, "hello").await;
    assert_eq!(said["author"]["username"], "helper");
    let users = rosa.get_json("/api/users").await;
    let bots: Vec<_> = users["users"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|user| user["bot"] == true)
        .collect();
    assert_eq!(bots.len(), 1);
    assert_eq!(rosa.get_json("/api/bots").await["users"][0]["username"], "helper");
}

#[tokio::test]
async fn a_revoked_token_of_a_bot_leads_nowhere() {
    let server = TestServer::start();
    let (rosa, mei, _) = two(&server).await;
    let bot = bot(&rosa, "helper").await;
    let path = format!("/api/bots/{}/tokens", bot.id);
    let tokens = rosa.get_json(&path).await;
    let token = tokens["tokens"][0]["id"].as_str().unwrap();
    assert!(!tokens.to_string().contains(&bot.token));
    let revoke = format!("{path}/{token}");
    assert_problem(mei.ask("DELETE", &revoke).await, 403, "forbidden").await;
    assert_eq!(rosa.ask("DELETE", &revoke).await.status(), 204);
    assert_problem(rosa.ask("DELETE", &revoke).await, 404, "token_not_found").await;
    assert_problem(bot.get("/api/me").await, 401, "not_signed_in").await;
    // A person is no bot, and nobody makes tokens for people.
    let path = format!("/api/bots/{}/tokens", mei.id);
    let refused = rosa.post(&path, json!({ "name": "spy" })).await;
    assert_problem(refused, 404, "bot_not_found").await;
}

#[tokio::test]
async fn who_does_not_run_the_workspace_makes_no_programs() {
    let server = TestServer::start();
    let (rosa, mei, room) = two(&server).await;
    let bot = bot(&rosa, "helper").await;
    rosa.post(
        &format!("/api/rooms/{room}/members"),
        json!({ "users": [bot.id] }),
    )
    .await;
    let webhook = json!({ "name": "x", "url": "https://example.org/" });
    let command = json!({ "name": "x", "url": "https://example.org/", "bot": bot.id });
    for person in [&mei, &bot] {
        for (path, body) in [
            ("/api/bots".to_owned(), json!({ "username": "mine" })),
            ("/api/webhooks".to_owned(), webhook.clone()),
            ("/api/commands".to_owned(), command.clone()),
            (format!("/api/rooms/{room}/webhooks"), json!({ "name": "x" })),
        ] {
            assert_problem(person.post(&path, body).await, 403, "forbidden").await;
            assert_problem(person.get(&path).await, 403, "forbidden").await;
        }
    }
    for (path, code) in [
        ("webhooks", "webhook_not_found"),
        ("commands", "command_not_found"),
    ] {
        let path = format!("/api/{path}/{GHOST}");
        assert_problem(mei.ask("DELETE", &path).await, 403, "forbidden").await;
        assert_problem(rosa.ask("DELETE", &path).await, 404, code).await;
    }
}

#[tokio::test]
async fn names_of_bots_and_commands_that_are_taken_or_none_are_refused() {
    let server = TestServer::start();
    let (rosa, ..) = two(&server).await;
    let bot = bot(&rosa, "helper").await;
    for (username, status, code) in [
        ("he1per", 409, "username_taken"),
        ("mei", 409, "username_taken"),
        ("", 422, "invalid"),
        ("two words", 422, "invalid"),
    ] {
        let answer = rosa.post("/api/bots", json!({ "username": username })).await;
        assert_problem(answer, status, code).await;
    }
    let url = "https://example.org/";
    let command = |name: &str, url: &str| json!({ "name": name, "url": url, "bot": bot.id });
    made(rosa.post("/api/commands", command("Deploy", url)).await).await;
    for (name, url, status, code) in [
        ("deploy", url, 409, "command_exists"),
        ("me", url, 409, "command_exists"),
        ("two words", url, 422, "invalid"),
        ("", url, 422, "invalid"),
        ("other", "ftp://example.org/", 422, "invalid"),
        ("other", "http://user:secret@example.org/", 422, "invalid"),
        ("other", "nonsense", 422, "invalid"),
    ] {
        let answer = rosa.post("/api/commands", command(name, url)).await;
        assert_problem(answer, status, code).await;
    }
}
