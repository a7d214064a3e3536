//! Programs: bots, incoming and outgoing webhooks, slash commands.

use reqwest::Response;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::common::{Person, Receiver, TestServer, Told, assert_problem, checked};

const GHOST: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const PASSWORD: &str = "correct horse battery";

/// The owner, a member, and the room that both are in.
async fn two(server: &TestServer) -> (Person, Person, String) {
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    (rosa, mei, room)
}

async fn made(answer: Response) -> Value {
    assert_eq!(answer.status(), 201);
    answer.json().await.unwrap()
}

/// A bot with a token, as a person of whom no cookie is known.
async fn bot(rosa: &Person, username: &str) -> Person {
    let bot = made(rosa.post("/api/bots", json!({ "username": username })).await).await;
    let id = bot["user"]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/bots/{id}/tokens");
    let token = made(rosa.post(&path, json!({ "name": "tests" })).await).await;
    Person {
        username: username.to_owned(),
        id,
        token: token["token"].as_str().unwrap().to_owned(),
        cookie: String::new(),
        ..rosa.clone()
    }
}

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

/// Makes an incoming webhook and gives the path of its address.
async fn incoming(rosa: &Person, room: &str, name: &str) -> String {
    let path = format!("/api/rooms/{room}/webhooks");
    let webhook = made(rosa.post(&path, json!({ "name": name })).await).await;
    let url = webhook["url"].as_str().unwrap();
    url.strip_prefix(&rosa.url).unwrap().to_owned()
}

/// Sends to a path as a program that proves nothing.
async fn send(rosa: &Person, path: &str, kind: &str, body: impl Into<reqwest::Body>) -> Response {
    let request = rosa.bare("POST", path).header("content-type", kind).body(body);
    checked(request).await
}

#[tokio::test]
async fn a_program_posts_at_an_incoming_webhook_as_it_would_with_slack() {
    let server = TestServer::start();
    let (rosa, mei, room) = two(&server).await;
    let path = incoming(&rosa, &room, "Deploys").await;
    let mut socket = mei.connect().await;
    socket.join(&room, None).await;
    let payload = json!({ "text": "*done* <https://example.org|here> @mei", "username": "ci", "icon_emoji": ":rocket:" });
    let answer = send(&rosa, &path, "application/json", payload.to_string()).await;
    assert_eq!(
        (answer.status().as_u16(), answer.text().await.unwrap()),
        (200, "ok".to_owned())
    );
    let message = socket.expect("message").await["message"].clone();
    assert_eq!(
        message["body"],
        ":rocket: **ci**\n**done** [here](<https://example.org>) @mei"
    );
    assert_eq!(message["author"]["display_name"], "Deploys");
    assert_eq!(message["author"]["username"], "deploys-bot");
    assert_eq!(message["mentions"], json!([mei.id]));
    let form = "payload=%7B%22text%22%3A%22from+a+form%22%7D";
    let answer = send(&rosa, &path, "application/x-www-form-urlencoded", form).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(socket.expect("message").await["message"]["body"], "from a form");
    let attached = json!({ "attachments": [{ "fallback": "plain", "title": "Build 7", "text": "green" }] });
    let answer = send(
        &rosa,
        &path,
        "application/json; charset=utf-8",
        attached.to_string(),
    )
    .await;
    assert_eq!(answer.status(), 200);
    assert_eq!(
        socket.expect("message").await["message"]["body"],
        "**Build 7**\ngreen"
    );
}

#[tokio::test]
async fn what_an_incoming_webhook_cannot_post_is_refused_and_stores_nothing() {
    let server = TestServer::start();
    let (rosa, _, room) = two(&server).await;
    let path = incoming(&rosa, &room, "Deploys").await;
    let json = "application/json";
    let long = json!({ "text": "x".repeat(8_001) }).to_string();
    let huge = json!({ "text": "x".repeat(1024 * 1024) }).to_string();
    let deep = format!("{{\"text\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let cases = [
        (json, "{", 400, "malformed"),
        (json, "", 400, "malformed"),
        (json, deep.as_str(), 400, "malformed"),
        (json, huge.as_str(), 413, "too_large"),
        (json, "{}", 422, "invalid"),
        (json, "[]", 422, "invalid"),
        (json, "{\"text\":\" \"}", 422, "invalid"),
        (json, "{\"text\":\"a\\u0000b\"}", 422, "invalid"),
        (json, long.as_str(), 422, "invalid"),
        ("text/plain", "hello", 415, "unsupported_media_type"),
        ("application/x-www-form-urlencoded", "text=hello", 422, "invalid"),
        (
            "application/x-www-form-urlencoded",
            "payload=%7B",
            400,
            "malformed",
        ),
    ];
    for (kind, body, status, code) in cases {
        let answer = send(&rosa, &path, kind, body.to_owned()).await;
        assert_problem(answer, status, code).await;
    }
    for path in [
        &path[..path.len() - 1],
        "/hooks/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "/hooks/x",
    ] {
        let answer = send(&rosa, path, json, "{\"text\":\"hello\"}").await;
        assert_problem(answer, 404, "webhook_not_found").await;
    }
    assert!(rosa.history(&room).await.is_empty());
}

#[tokio::test]
async fn a_deleted_incoming_webhook_posts_no_more_and_its_bot_leaves() {
    let server = TestServer::start();
    let (rosa, mei, room) = two(&server).await;
    let path = incoming(&rosa, &room, "Deploys").await;
    send(&rosa, &path, "application/json", "{\"text\":\"before\"}").await;
    let list = format!("/api/rooms/{room}/webhooks");
    let webhooks = rosa.get_json(&list).await;
    assert!(
        !webhooks.to_string().contains(path.rsplit('/').next().unwrap()),
        "the secret is shown once"
    );
    let one = format!("{list}/{}", webhooks["webhooks"][0]["id"].as_str().unwrap());
    assert_problem(mei.ask("DELETE", &one).await, 403, "forbidden").await;
    assert_eq!(rosa.ask("DELETE", &one).await.status(), 204);
    assert_problem(rosa.ask("DELETE", &one).await, 404, "webhook_not_found").await;
    let answer = send(&rosa, &path, "application/json", "{\"text\":\"after\"}").await;
    assert_problem(answer, 404, "webhook_not_found").await;
    assert_eq!(rosa.history(&room).await.len(), 1, "what it said stays");
    let members = rosa.get_json(&format!("/api/rooms/{room}/members")).await;
    assert_eq!(members["users"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_room_has_twenty_incoming_webhooks_and_a_direct_room_none() {
    let server = TestServer::start();
    let (rosa, mei, room) = two(&server).await;
    for _ in 0..20 {
        incoming(&rosa, &room, "Deploys").await;
    }
    let path = format!("/api/rooms/{room}/webhooks");
    let answer = rosa.post(&path, json!({ "name": "one more" })).await;
    assert_problem(answer, 409, "too_many").await;
    let direct = rosa.post("/api/rooms/direct", json!({ "users": [mei.id] })).await;
    let direct = made(direct).await;
    let path = format!("/api/rooms/{}/webhooks", direct["id"].as_str().unwrap());
    assert_problem(rosa.post(&path, json!({ "name": "x" })).await, 403, "forbidden").await;
}

#[tokio::test]
async fn a_webhook_that_posts_too_much_is_told_when_to_come_back() {
    let server = TestServer::setup().with("NATTER_LIMITS", "post=2/1h").start();
    let (rosa, _, room) = two(&server).await;
    let path = incoming(&rosa, &room, "Deploys").await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let answer = send(&rosa, &path, "application/json", "{\"text\":\"x\"}").await;
        statuses.push(answer.status().as_u16());
        assert_eq!(answer.headers().contains_key("retry-after"), statuses.len() == 3);
    }
    assert_eq!(statuses, [200, 200, 429]);
}

// --- outgoing ------------------------------------------------------------------------------------

fn allowing(receivers: &[&Receiver]) -> TestServer {
    let allowed: Vec<String> = receivers
        .iter()
        .map(|receiver| receiver.addr.to_string())
        .collect();
    TestServer::setup()
        .with("NATTER_LIMITS", "off")
        .with("NATTER_OUTSIDE", allowed.join(","))
        .start()
}

async fn outgoing(rosa: &Person, url: &str, room: Option<&str>, changes: bool) -> Value {
    let webhook = json!({ "name": "Archive", "url": url, "room": room, "changes": changes });
    made(rosa.post("/api/webhooks", webhook).await).await
}

/// Checks a signature as a receiver would, by what the documentation says.
fn assert_signed(told: &Told, secret: &str) {
    let signature = told.header("natter-signature");
    let (time, given) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let signed = [time.as_bytes(), b".", &told.body].concat();
    let pad = |with: u8| {
        let mut block = [with; 64];
        secret
            .bytes()
            .zip(&mut block)
            .for_each(|(byte, place)| *place ^= byte);
        block
    };
    let inner = Sha256::new()
        .chain_update(pad(0x36))
        .chain_update(&signed)
        .finalize();
    let outer: [u8; 32] = Sha256::new()
        .chain_update(pad(0x5c))
        .chain_update(inner)
        .finalize()
        .into();
    let expected: String = outer.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(given, expected);
}

#[tokio::test]
async fn a_webhook_is_told_what_is_written_in_its_room_signed_and_in_order() {
    let mut receiver = Receiver::start().await;
    let server = allowing(&[&receiver]);
    let (rosa, mei, room) = two(&server).await;
    rosa.say(&room, "before there was a webhook").await;
    let webhook = outgoing(&rosa, &receiver.url("/told"), Some(&room), true).await;
    let secret = webhook["secret"].as_str().unwrap();
    let elsewhere = rosa.create_room("elsewhere", false).await;
    rosa.say(&elsewhere, "not told").await;
    let first = rosa.say(&room, "one").await;
    let told = receiver.next().await;
    assert_signed(&told, secret);
    assert_eq!(told.header("content-type"), "application/json");
    let body = told.json();
    assert_eq!((&body["event"], &body["message"]), (&json!("message"), &first));
    assert_eq!(body["room"]["slug"], "general");
    assert_eq!(told.header("natter-event"), "message");
    mei.say(&room, "two").await;
    assert_eq!(receiver.next().await.json()["message"]["body"], "two");
    rosa.edit(&first, "one, changed").await;
    let changed = receiver.next().await.json();
    assert_eq!(changed["event"], "changed");
    assert_eq!(changed["message"]["body"], "one, changed");
    let document = natter::openapi::document();
    crate::common::document::validate(
        &document["components"]["schemas"]["Told"],
        &changed,
        "what is told",
    );
}

#[tokio::test]
async fn a_webhook_of_the_workspace_is_told_of_public_channels_new_ones_too_and_of_no_others() {
    let mut receiver = Receiver::start().await;
    let server = allowing(&[&receiver]);
    let (rosa, mei, room) = two(&server).await;
    outgoing(&rosa, &receiver.url("/"), None, false).await;
    let secret = rosa.create_room("secret", true).await;
    rosa.say(&secret, "among ourselves").await;
    let direct = made(rosa.post("/api/rooms/direct", json!({ "users": [mei.id] })).await).await;
    rosa.say(direct["id"].as_str().unwrap(), "between us").await;
    let first = rosa.say(&room, "in general").await;
    assert_eq!(receiver.next().await.json()["message"], first);
    rosa.edit(&first, "changes are not told").await;
    let harbour = rosa.create_room("harbour", false).await;
    let second = rosa.say(&harbour, "in a new channel").await;
    assert_eq!(receiver.next().await.json()["message"], second);
    assert!(receiver.is_idle());
}

#[tokio::test]
async fn what_is_not_taken_is_told_again_and_nothing_after_it_before() {
    let mut receiver = Receiver::start().await;
    receiver.answer(500, "");
    let server = allowing(&[&receiver]);
    let (rosa, _, room) = two(&server).await;
    outgoing(&rosa, &receiver.url("/"), Some(&room), false).await;
    rosa.say(&room, "one").await;
    rosa.say(&room, "two").await;
    let refused = receiver.next().await;
    receiver.answer(204, "");
    let again = receiver.next().await;
    assert_eq!(refused.json(), again.json());
    assert_eq!(refused.header("natter-delivery"), again.header("natter-delivery"));
    assert_eq!(again.json()["message"]["body"], "one");
    assert_eq!(receiver.next().await.json()["message"]["body"], "two");
}

#[tokio::test]
async fn a_webhook_that_is_gone_is_stopped_and_goes_on_when_somebody_says_so() {
    let mut receiver = Receiver::start().await;
    receiver.answer(410, "");
    let server = allowing(&[&receiver]);
    let (rosa, _, room) = two(&server).await;
    let webhook = outgoing(&rosa, &receiver.url("/"), Some(&room), false).await;
    rosa.say(&room, "one").await;
    receiver.next().await;
    let stopped = loop {
        let list = rosa.get_json("/api/webhooks").await;
        if list["webhooks"][0]["stopped_at"].is_string() {
            break list["webhooks"][0].clone();
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(stopped["fault"], "it answered 410");
    receiver.answer(200, "");
    let path = format!("/api/webhooks/{}/resume", webhook["id"].as_str().unwrap());
    assert_eq!(rosa.ask("POST", &path).await.status(), 204);
    assert_eq!(receiver.next().await.json()["message"]["body"], "one");
    let path = format!("/api/webhooks/{}", webhook["id"].as_str().unwrap());
    assert_eq!(rosa.ask("DELETE", &path).await.status(), 204);
    assert_eq!(rosa.get_json("/api/webhooks").await["webhooks"], json!([]));
}

#[tokio::test]
async fn what_was_written_while_the_server_was_down_is_told_once_it_is_back() {
    let mut receiver = Receiver::start().await;
    receiver.answer(503, "");
    let mut server = allowing(&[&receiver]);
    let (rosa, _, room) = two(&server).await;
    outgoing(&rosa, &receiver.url("/"), Some(&room), false).await;
    rosa.say(&room, "one").await;
    receiver.next().await;
    server.kill();
    receiver.answer(200, "");
    server.restart();
    while receiver.next().await.json()["message"]["body"] != "one" {}
}

#[tokio::test]
async fn nobody_is_reached_inside_the_network_directly_or_by_a_redirect() {
    let (mut inside, mut open) = (Receiver::start().await, Receiver::start().await);
    let server = allowing(&[&open]);
    let (rosa, _, room) = two(&server).await;
    for url in [
        inside.url("/"),
        format!("http://localhost:{}/", inside.addr.port()),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://[::1]/".to_owned(),
    ] {
        outgoing(&rosa, &url, Some(&room), false).await;
    }
    open.answer(307, "");
    outgoing(&rosa, &open.url("/"), Some(&room), false).await;
    rosa.say(&room, "one").await;
    open.next().await;
    // A redirect is an answer like any other: it is not followed.
    open.answer(200, "");
    assert_eq!(open.next().await.json()["message"]["body"], "one");
    assert!(inside.is_idle());
}

// --- commands ------------------------------------------------------------------------------------

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
