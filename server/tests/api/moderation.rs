//! Settings of rooms, kicks and bans, invitations, reports, the log.

use serde_json::{Value, json};

use crate::common::{Person, TestServer, assert_problem};

async fn change(by: &Person, room: &str, edit: Value) -> reqwest::Response {
    by.patch(&format!("/api/rooms/{room}"), edit).await
}

async fn two_in_a_room(server: &TestServer) -> (Person, Person, String) {
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.create_room("Harbour", false).await;
    mei.ask("POST", &format!("/api/rooms/{room}/join")).await;
    (rosa, mei, room)
}

fn retry_after(answer: &reqwest::Response) -> u64 {
    let value = answer.headers()["retry-after"].to_str().unwrap();
    value.parse().unwrap()
}

#[tokio::test]
async fn a_room_gets_another_name_and_its_permalinks_hold() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_in_a_room(&server).await;
    assert_problem(
        change(&mei, &room, json!({ "name": "Pier" })).await,
        403,
        "forbidden",
    )
    .await;
    let edit = json!({ "name": "The Pier", "topic": "ships", "description": "Tides.\nShips.", "slow_s": 5 });
    let answer = change(&rosa, &room, edit).await;
    assert_eq!(answer.status(), 200);
    let changed: Value = answer.json().await.unwrap();
    for (field, expected) in [
        ("name", json!("The Pier")),
        ("slug", json!("harbour")),
        ("topic", json!("ships")),
        ("description", json!("Tides.\nShips.")),
        ("slow_s", json!(5)),
        ("archived", json!(false)),
        ("created_by", json!(rosa.id)),
    ] {
        assert_eq!(changed[field], expected, "{field}");
    }
    assert_eq!(mei.room("harbour").await["name"], "The Pier");
    assert_eq!(
        change(&mei, &room, json!({ "topic": "boats" })).await.status(),
        200,
        "every member says what it is about"
    );
    for (bad, field) in [
        (json!({ "name": "" }), "name"),
        (json!({ "name": "x".repeat(65) }), "name"),
        (json!({ "topic": "x".repeat(251) }), "topic"),
        (json!({ "description": "x".repeat(2001) }), "description"),
        (json!({ "description": "a\u{0}b" }), "description"),
        (json!({ "slow_s": 21601 }), "slow_s"),
        (json!({ "slow_s": -1 }), "slow_s"),
        (json!({ "archived": "yes" }), "archived"),
    ] {
        let problem = assert_problem(change(&rosa, &room, bad).await, 422, "invalid").await;
        assert_eq!(problem["errors"][0]["field"], field);
    }
    rosa.create_room("Quay", false).await;
    assert_problem(
        change(&rosa, &room, json!({ "name": "quay" })).await,
        409,
        "room_exists",
    )
    .await;
    let eva = server.register("eva").await;
    assert_problem(
        change(&eva, &room, json!({ "topic": "x" })).await,
        403,
        "not_a_member",
    )
    .await;
    let log = rosa.get_json("/api/audit").await;
    assert_eq!(log["entries"].as_array().unwrap().len(), 2);
    assert_eq!(log["entries"][1]["room"]["name"], "The Pier");
}

#[tokio::test]
async fn an_archived_room_is_read_only_until_it_is_taken_out_again() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_in_a_room(&server).await;
    let message = mei.say(&room, "before").await;
    let general = rosa.room_id("general").await;
    assert_problem(
        change(&rosa, &general, json!({ "archived": true })).await,
        403,
        "forbidden",
    )
    .await;
    assert_eq!(
        change(&rosa, &room, json!({ "archived": true })).await.status(),
        200
    );
    let id = message["id"].as_str().unwrap();
    let post = json!({ "room": room, "body": "after" });
    assert_problem(mei.post("/api/messages", post).await, 403, "room_archived").await;
    for (method, path) in [
        ("DELETE", format!("/api/messages/{id}")),
        ("PUT", format!("/api/messages/{id}/pin")),
        ("PUT", format!("/api/messages/{id}/reactions/👍")),
    ] {
        assert_problem(mei.ask(method, &path).await, 403, "room_archived").await;
    }
    let eva = server.register("eva").await;
    assert!(
        !eva.get_json("/api/rooms").await.to_string().contains(&room),
        "nobody is offered it"
    );
    assert_problem(
        eva.ask("POST", &format!("/api/rooms/{room}/join")).await,
        403,
        "room_archived",
    )
    .await;
    assert_eq!(mei.history(&room).await, [message]);
    assert_eq!(mei.room("harbour").await["archived"], true);
    let mut socket = mei.connect().await;
    socket.join(&room, None).await;
    socket
        .send(json!({ "type": "send", "room": room, "nonce": "n", "body": "still?" }))
        .await;
    let error = socket.expect("error").await;
    assert_eq!(
        (&error["code"], &error["nonce"]),
        (&json!("room_archived"), &json!("n"))
    );
    assert_eq!(
        change(&rosa, &room, json!({ "archived": false })).await.status(),
        200
    );
    mei.say(&room, "again").await;
}

#[tokio::test]
async fn slow_mode_says_when_the_next_message_may_come() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_in_a_room(&server).await;
    change(&rosa, &room, json!({ "slow_s": 3600 })).await;
    let first = mei
        .post(
            "/api/messages",
            json!({ "room": room, "body": "one", "nonce": "n1" }),
        )
        .await;
    assert_eq!(first.status(), 201);
    let again = mei
        .post(
            "/api/messages",
            json!({ "room": room, "body": "one", "nonce": "n1" }),
        )
        .await;
    assert_eq!(again.status(), 200, "the same once more is no second message");
    let second = mei
        .post("/api/messages", json!({ "room": room, "body": "two" }))
        .await;
    assert!((1..=3600).contains(&retry_after(&second)));
    assert_problem(second, 429, "slow_mode").await;
    let mut socket = mei.connect().await;
    socket
        .send(json!({ "type": "send", "room": room, "nonce": "n2", "body": "two" }))
        .await;
    let error = socket.expect("error").await;
    assert_eq!(
        (&error["code"], &error["nonce"]),
        (&json!("slow_mode"), &json!("n2"))
    );
    for body in ["those who keep order", "do not wait"] {
        rosa.say(&room, body).await;
    }
    mei.say(&mei.room_id("general").await, "elsewhere nobody waits")
        .await;
    change(&rosa, &room, json!({ "slow_s": 0 })).await;
    mei.say(&room, "two").await;
}

#[tokio::test]
async fn members_are_listed_with_their_roles_and_sent_out() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_in_a_room(&server).await;
    let list = rosa.get_json(&format!("/api/rooms/{room}/members?limit=1")).await;
    assert_eq!(
        (&list["users"][0]["username"], &list["users"][0]["role"]),
        (&json!("mei"), &json!("member"))
    );
    let cursor = list["next_cursor"].as_str().unwrap();
    let rest = rosa
        .get_json(&format!("/api/rooms/{room}/members?cursor={cursor}"))
        .await;
    assert_eq!(rest["users"][0]["role"], "owner");
    let seat = |whom: &Person| format!("/api/rooms/{room}/members/{}", whom.id);
    assert_problem(mei.ask("DELETE", &seat(&rosa)).await, 403, "forbidden").await;
    let mut socket = mei.connect().await;
    assert_eq!(rosa.ask("DELETE", &seat(&mei)).await.status(), 204);
    let frame = socket.expect("room").await;
    assert_eq!(frame["room"]["member"], false);
    assert_eq!(
        rosa.ask("DELETE", &seat(&mei)).await.status(),
        204,
        "twice is once"
    );
    assert_eq!(
        mei.ask("POST", &format!("/api/rooms/{room}/join")).await.status(),
        204,
        "who was only sent out may come back"
    );
    assert_eq!(mei.ask("DELETE", &seat(&mei)).await.status(), 204, "or leave");
    let general = rosa.room_id("general").await;
    let everyone = format!("/api/rooms/{general}/members/{}", mei.id);
    assert_problem(rosa.ask("DELETE", &everyone).await, 403, "forbidden").await;
    let nobody = format!("/api/rooms/{room}/members/0192f0c1-2345-7000-8000-000000000000");
    assert_problem(rosa.ask("DELETE", &nobody).await, 404, "user_not_found").await;
}

#[tokio::test]
async fn a_ban_keeps_out_until_it_is_lifted() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_in_a_room(&server).await;
    let ban = format!("/api/rooms/{room}/bans/{}", mei.id);
    let put = |reason: &str| {
        let body = json!({ "reason": reason });
        rosa.by_token("PUT", &ban).json(&body).send()
    };
    assert_problem(put(&"x".repeat(251)).await.unwrap(), 422, "invalid").await;
    let mut socket = mei.connect().await;
    socket.join(&room, None).await;
    assert_eq!(put("noise").await.unwrap().status(), 204);
    assert_eq!(socket.expect("room").await["room"]["member"], false);
    rosa.say(&room, "mei does not hear this").await;
    rosa.say(&rosa.room_id("general").await, "but this").await;
    let head = socket.expect_any(&["message", "head"]).await;
    assert_eq!(
        head["type"], "head",
        "a public channel is closed to who was banned"
    );
    for (method, path) in [
        ("POST", format!("/api/rooms/{room}/join")),
        ("GET", format!("/api/messages?room={room}")),
        ("GET", format!("/api/rooms/{room}")),
    ] {
        assert_problem(mei.ask(method, &path).await, 403, "banned").await;
    }
    let members = format!("/api/rooms/{room}/members");
    let invite = rosa.post(&members, json!({ "users": [mei.id] })).await;
    assert_problem(invite, 403, "banned").await;
    let bans = rosa.get_json(&format!("/api/rooms/{room}/bans")).await;
    assert_eq!(
        (&bans["bans"][0]["user"]["username"], &bans["bans"][0]["reason"]),
        (&json!("mei"), &json!("noise"))
    );
    assert_problem(mei.get(&format!("/api/rooms/{room}/bans")).await, 403, "banned").await;
    assert_eq!(rosa.ask("DELETE", &ban).await.status(), 204);
    assert_eq!(rosa.ask("DELETE", &ban).await.status(), 204, "twice is once");
    assert_eq!(
        mei.ask("POST", &format!("/api/rooms/{room}/join")).await.status(),
        204
    );
}

async fn invite(by: &Person, body: Value) -> Value {
    let answer = by.post("/api/invites", body).await;
    assert_eq!(answer.status(), 201);
    answer.json().await.unwrap()
}

async fn register(server: &TestServer, username: &str, code: Option<&Value>) -> reqwest::Response {
    let body = json!({ "username": username, "password": "correct horse battery", "invite": code });
    server.anonymous("POST", "/api/auth/register", Some(body)).await
}

#[tokio::test]
async fn where_signup_is_by_invitation_the_first_and_the_invited_come_in() {
    let setup = TestServer::setup()
        .with("NATTER_SIGNUP", "invite")
        .with("NATTER_LIMITS", "off");
    let server = setup.start();
    let rosa = server.register("rosa").await;
    let secret = rosa.create_room("secret", true).await;
    assert_problem(register(&server, "mei", None).await, 403, "signup_closed").await;
    let made = invite(
        &rosa,
        json!({ "rooms": [secret], "uses_max": 1, "expires_in_s": 3600 }),
    )
    .await;
    let link = made["url"].as_str().unwrap();
    assert!(link.ends_with(&format!("/invite/{}", made["code"].as_str().unwrap())));
    let answer = register(&server, "mei", Some(&made["code"])).await;
    assert_eq!(answer.status(), 201);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let rooms = rosa
        .bare("GET", "/api/rooms")
        .header("cookie", cookie.split(';').next().unwrap());
    let rooms = rooms.send().await.unwrap().text().await.unwrap();
    assert!(rooms.contains("\"slug\":\"secret\"") && rooms.contains("\"slug\":\"general\""));
    for (username, code) in [("ada", made["code"].clone()), ("eva", json!("never-made"))] {
        assert_problem(
            register(&server, username, Some(&code)).await,
            403,
            "invite_invalid",
        )
        .await;
    }
    let guests = invite(&rosa, json!({ "role": "guest", "rooms": [secret] })).await;
    let answer = register(&server, "gil", Some(&guests["code"])).await;
    assert_eq!(answer.json::<Value>().await.unwrap()["user"]["role"], "guest");
    let list = rosa.get_json("/api/invites").await;
    let left = list["invites"].as_array().unwrap();
    assert_eq!(left.len(), 1, "what is used up makes room for what is new");
    let path = format!("/api/invites/{}", guests["id"].as_str().unwrap());
    assert_eq!(rosa.ask("DELETE", &path).await.status(), 204);
    assert_problem(rosa.ask("DELETE", &path).await, 404, "invite_not_found").await;
    assert_problem(
        register(&server, "eva", Some(&guests["code"])).await,
        403,
        "invite_invalid",
    )
    .await;
}

#[tokio::test]
async fn where_signup_is_closed_no_invitation_helps() {
    let setup = TestServer::setup()
        .with("NATTER_SIGNUP", "closed")
        .with("NATTER_LIMITS", "off");
    let server = setup.start();
    let rosa = server.register("rosa").await;
    let made = invite(&rosa, json!({})).await;
    assert_problem(
        register(&server, "mei", Some(&made["code"])).await,
        403,
        "signup_closed",
    )
    .await;
}

#[tokio::test]
async fn invitations_are_made_by_those_who_may_and_make_sense() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_in_a_room(&server).await;
    assert_problem(mei.post("/api/invites", json!({})).await, 403, "forbidden").await;
    assert_problem(mei.get("/api/invites").await, 403, "forbidden").await;
    for (bad, field) in [
        (json!({ "role": "admin" }), "role"),
        (json!({ "role": "guest" }), "rooms"),
        (json!({ "uses_max": 0 }), "uses"),
        (json!({ "expires_in_s": 0 }), "expires_in_s"),
        (json!({ "expires_in_s": 31_536_001 }), "expires_in_s"),
        (json!({ "rooms": ["x"] }), "rooms[0]"),
    ] {
        let problem = assert_problem(rosa.post("/api/invites", bad).await, 422, "invalid").await;
        assert_eq!(problem["errors"][0]["field"], field);
    }
    let theirs = mei.create_room("theirs", true).await;
    assert_problem(
        rosa.post("/api/invites", json!({ "rooms": [theirs] })).await,
        403,
        "not_a_member",
    )
    .await;
    invite(&rosa, json!({ "rooms": [room] })).await;
}

#[tokio::test]
async fn a_message_is_reported_looked_at_and_the_report_resolved() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_in_a_room(&server).await;
    let message = rosa.say(&room, "as it was").await;
    let body = json!({ "message": message["id"], "reason": "rude" });
    let answer = mei.post("/api/reports", body.clone()).await;
    assert_eq!(answer.status(), 201);
    assert_eq!(
        mei.post("/api/reports", body).await.status(),
        200,
        "twice is once"
    );
    assert_problem(mei.get("/api/reports").await, 403, "forbidden").await;
    let reports = rosa.get_json("/api/reports").await;
    let report = &reports["reports"][0];
    assert_eq!(
        (
            &report["body"],
            &report["reason"],
            &report["reporter"]["username"]
        ),
        (&json!("as it was"), &json!("rude"), &json!("mei"))
    );
    let path = format!("/api/reports/{}/resolve", report["id"].as_str().unwrap());
    assert_problem(mei.post(&path, json!({})).await, 403, "forbidden").await;
    assert_eq!(
        rosa.post(&path, json!({ "resolution": "talked" })).await.status(),
        204
    );
    assert_eq!(rosa.get_json("/api/reports").await["reports"], json!([]));
    let resolved = rosa.get_json("/api/reports?resolved=true").await;
    assert_eq!(resolved["reports"][0]["resolution"], "talked");
    for (bad, status, code) in [
        (json!({ "message": message["id"], "reason": "" }), 422, "invalid"),
        (
            json!({ "message": message["id"], "reason": "x".repeat(501) }),
            422,
            "invalid",
        ),
        (
            json!({ "message": "0192f0c1-2345-7000-8000-000000000000", "reason": "x" }),
            404,
            "message_not_found",
        ),
    ] {
        assert_problem(mei.post("/api/reports", bad).await, status, code).await;
    }
    let secret = rosa.create_room("secret", true).await;
    let hidden = rosa.say(&secret, "hidden").await;
    assert_problem(
        mei.post("/api/reports", json!({ "message": hidden["id"], "reason": "x" }))
            .await,
        403,
        "not_a_member",
    )
    .await;
}

#[tokio::test]
async fn the_log_is_for_admins_and_comes_in_pages() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_in_a_room(&server).await;
    assert_problem(mei.get("/api/audit").await, 403, "forbidden").await;
    for seconds in 1..=5 {
        change(&rosa, &room, json!({ "slow_s": seconds })).await;
    }
    let mut all = Vec::new();
    let mut path = "/api/audit?limit=2".to_owned();
    loop {
        let page = rosa.get_json(&path).await;
        all.extend(page["entries"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/audit?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    let details: Vec<&Value> = all.iter().map(|entry| &entry["detail"]).collect();
    let expected: Vec<Value> = (1..=5)
        .rev()
        .map(|n| json!(format!("slow mode: {n} s")))
        .collect();
    assert!(details.into_iter().eq(expected.iter()));
    assert_problem(rosa.get("/api/audit?cursor=nothing").await, 422, "invalid").await;
}
