//! Profiles, roles, sessions, closed accounts.

use serde_json::{Value, json};

use crate::common::{Person, TestServer, assert_problem};

const PASSWORD: &str = "correct horse battery";

async fn set_role(by: &Person, whom: &Person, role: &str) -> reqwest::Response {
    by.patch(&format!("/api/users/{}", whom.id), json!({ "role": role }))
        .await
}

async fn set_active(by: &Person, whom: &Person, active: bool) -> reqwest::Response {
    let body = json!({ "deactivated": !active });
    by.patch(&format!("/api/users/{}", whom.id), body).await
}

async fn sign_in(server: &TestServer, username: &str, password: &str) -> reqwest::Response {
    let body = json!({ "username": username, "password": password });
    server.anonymous("POST", "/api/auth/login", Some(body)).await
}

#[tokio::test]
async fn people_say_who_they_are() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let edit = json!({ "display_name": "Mei Tanaka", "title": "Pilot", "pronouns": "she/her", "time_zone": "Asia/Tokyo" });
    let answer = mei.patch("/api/me", edit).await;
    assert_eq!(answer.status(), 200);
    let seen = rosa.get_json(&format!("/api/users/{}", mei.id)).await;
    for (field, expected) in [
        ("display_name", "Mei Tanaka"),
        ("username", "mei"),
        ("title", "Pilot"),
        ("pronouns", "she/her"),
        ("time_zone", "Asia/Tokyo"),
        ("role", "member"),
    ] {
        assert_eq!(seen["user"][field], expected, "{field}");
    }
    assert_eq!(seen["user"]["deactivated"], false);
    mei.patch("/api/me", json!({ "title": "" })).await;
    let me = mei.get_json("/api/me").await;
    assert_eq!(
        (&me["user"]["title"], &me["user"]["pronouns"]),
        (&json!(""), &json!("she/her")),
        "what is not named stays"
    );
    for (bad, fields) in [
        (json!({ "display_name": "" }), vec!["display_name"]),
        (
            json!({ "title": "x".repeat(121), "time_zone": "Mars; Olympus" }),
            vec!["title", "time_zone"],
        ),
        (json!({ "pronouns": "a\u{202e}b" }), vec!["pronouns"]),
        (json!({ "title": 7 }), vec!["title"]),
    ] {
        let problem = assert_problem(mei.patch("/api/me", bad).await, 422, "invalid").await;
        let found: Vec<&str> = problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| fault["field"].as_str().unwrap())
            .collect();
        assert_eq!(found, fields);
    }
    for nobody in ["0192f0c1-2345-7000-8000-000000000000", "mei", "%00"] {
        assert_problem(
            rosa.get(&format!("/api/users/{nobody}")).await,
            404,
            "user_not_found",
        )
        .await;
    }
}

#[tokio::test]
async fn another_name_is_on_everything_that_was_said_and_no_copy_is_taken_for_true() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let general = rosa.room_id("general").await;
    mei.say(&general, "hello").await;
    let direct = rosa.post("/api/rooms/direct", json!({ "users": [mei.id] })).await;
    assert_eq!(direct.status(), 201);
    let (page, rooms) = (format!("/api/messages?room={general}"), "/api/rooms".to_owned());
    let mut tags = Vec::new();
    for path in [&page, &rooms] {
        tags.push(rosa.get(path).await.headers()["etag"].clone());
    }
    mei.patch("/api/me", json!({ "display_name": "Mei Tanaka" }))
        .await;
    for (path, tag) in [&page, &rooms].into_iter().zip(tags) {
        let answer = rosa.by_token("GET", path).header("if-none-match", tag);
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let text = answer.text().await.unwrap();
        assert!(text.contains("Mei Tanaka"), "{path}: {text}");
    }
    let said = mei.say(&general, "as myself").await;
    assert_eq!(said["author"]["display_name"], "Mei Tanaka");
    // A browser's session knows it too, though it is held in memory.
    let by_cookie = mei
        .by_cookie("POST", "/api/messages")
        .json(&json!({ "room": general, "body": "again" }));
    let said: Value = by_cookie.send().await.unwrap().json().await.unwrap();
    assert_eq!(said["author"]["display_name"], "Mei Tanaka");
}

#[tokio::test]
async fn roles_are_given_from_above_and_hold_at_once() {
    let server = TestServer::start();
    let (rosa, mei, ada) = (
        server.register("rosa").await,
        server.register("mei").await,
        server.register("ada").await,
    );
    assert_problem(set_role(&mei, &ada, "guest").await, 403, "forbidden").await;
    assert_problem(set_role(&rosa, &rosa, "member").await, 409, "last_owner").await;
    assert_problem(set_role(&rosa, &mei, "emperor").await, 422, "invalid").await;
    assert_problem(
        rosa.patch(&format!("/api/users/{}", mei.id), json!({})).await,
        422,
        "invalid",
    )
    .await;
    // The session that mei has had all along.
    let before = mei.by_cookie("GET", "/api/audit").send().await.unwrap();
    assert_problem(before, 403, "forbidden").await;
    let answer = set_role(&rosa, &mei, "admin").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Value>().await.unwrap()["user"]["role"], "admin");
    let after = mei.by_cookie("GET", "/api/audit").send().await.unwrap();
    assert_eq!(after.status(), 200);
    assert_problem(set_role(&mei, &ada, "owner").await, 403, "forbidden").await;
    assert_problem(set_role(&mei, &rosa, "member").await, 403, "forbidden").await;
    assert_eq!(set_role(&mei, &ada, "moderator").await.status(), 200);
    assert_problem(ada.get("/api/audit").await, 403, "forbidden").await;
    assert_eq!(ada.get("/api/reports").await.status(), 200);
    let log = mei.get_json("/api/audit").await;
    let told: Vec<_> = log["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                &entry["actor"]["username"],
                &entry["user"]["username"],
                &entry["detail"],
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (&json!("mei"), &json!("ada"), &json!("moderator")),
            (&json!("rosa"), &json!("mei"), &json!("admin"))
        ]
    );
}

#[tokio::test]
async fn a_moderator_takes_away_what_others_wrote_in_channels() {
    let server = TestServer::start();
    let (rosa, mei, ada) = (
        server.register("rosa").await,
        server.register("mei").await,
        server.register("ada").await,
    );
    let general = rosa.room_id("general").await;
    let message = ada.say(&general, "rude").await;
    let path = format!("/api/messages/{}", message["id"].as_str().unwrap());
    assert_problem(mei.ask("DELETE", &path).await, 403, "forbidden").await;
    set_role(&rosa, &mei, "moderator").await;
    assert_eq!(mei.ask("DELETE", &path).await.status(), 204);
}

#[tokio::test]
async fn a_closed_account_is_out_at_once_and_comes_back_with_its_password() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let general = rosa.room_id("general").await;
    let message = mei.say(&general, "I was here").await;
    let mut socket = mei.connect().await;
    assert_problem(set_active(&mei, &rosa, false).await, 403, "forbidden").await;
    assert_problem(set_active(&rosa, &rosa, false).await, 403, "forbidden").await;
    let answer = set_active(&rosa, &mei, false).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Value>().await.unwrap()["user"]["deactivated"], true);
    assert_eq!(socket.ended().await.code, 4401);
    assert_problem(mei.get("/api/me").await, 401, "not_signed_in").await;
    let by_cookie = mei.by_cookie("GET", "/api/me").send().await.unwrap();
    assert_problem(by_cookie, 401, "not_signed_in").await;
    assert_problem(
        sign_in(&server, "mei", PASSWORD).await,
        403,
        "account_deactivated",
    )
    .await;
    assert_problem(
        sign_in(&server, "mei", "wrong password").await,
        401,
        "bad_credentials",
    )
    .await;
    let history = rosa.history(&general).await;
    assert_eq!(history, [message], "messages and name stay");
    assert_eq!(set_active(&rosa, &mei, true).await.status(), 200);
    assert_eq!(sign_in(&server, "mei", PASSWORD).await.status(), 200);
    assert_problem(mei.get("/api/me").await, 401, "not_signed_in").await;
}

#[tokio::test]
async fn another_password_ends_every_session_but_gives_a_new_one() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let elsewhere = sign_in(&server, "rosa", PASSWORD).await;
    let elsewhere = elsewhere.headers()["set-cookie"].to_str().unwrap().to_owned();
    let elsewhere = elsewhere.split(';').next().unwrap().to_owned();
    let change = |current: &str, new: &str| {
        let body = json!({ "current_password": current, "new_password": new });
        rosa.by_cookie("POST", "/api/me/password").json(&body).send()
    };
    let wrong = change("not it at all", "another password").await.unwrap();
    let problem = assert_problem(wrong, 422, "invalid").await;
    assert_eq!(problem["errors"][0]["field"], "current_password");
    let short = change(PASSWORD, "short").await.unwrap();
    let problem = assert_problem(short, 422, "invalid").await;
    assert_eq!(problem["errors"][0]["field"], "new_password");
    let by_token = rosa
        .post(
            "/api/me/password",
            json!({ "current_password": PASSWORD, "new_password": "another password" }),
        )
        .await;
    assert_problem(by_token, 403, "forbidden").await;
    let changed = change(PASSWORD, "another password").await.unwrap();
    assert_eq!(changed.status(), 200);
    let cookie = changed.headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    assert_ne!(cookie, rosa.cookie);
    let me = |cookie: &str| rosa.bare("GET", "/api/me").header("cookie", cookie).send();
    for old in [&rosa.cookie, &elsewhere] {
        assert_problem(me(old).await.unwrap(), 401, "not_signed_in").await;
    }
    assert_eq!(me(&cookie).await.unwrap().status(), 200);
    assert_problem(sign_in(&server, "rosa", PASSWORD).await, 401, "bad_credentials").await;
    assert_eq!(sign_in(&server, "rosa", "another password").await.status(), 200);
    assert_eq!(rosa.get("/api/me").await.status(), 200, "tokens stay");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let login = json!({ "username": "rosa", "password": PASSWORD });
    let request = rosa
        .bare("POST", "/api/auth/login")
        .header("user-agent", "Lynx/2.9")
        .json(&login);
    let other = request.send().await.unwrap().headers()["set-cookie"].clone();
    let other = other.to_str().unwrap().split(';').next().unwrap().to_owned();
    let list = async |cookie: &str| -> Vec<Value> {
        let request = rosa.bare("GET", "/api/sessions").header("cookie", cookie);
        let list: Value = request.send().await.unwrap().json().await.unwrap();
        list["sessions"].as_array().unwrap().clone()
    };
    let sessions = list(&rosa.cookie).await;
    assert_eq!(sessions.len(), 2);
    let lynx = sessions
        .iter()
        .find(|session| session["agent"] == "Lynx/2.9")
        .unwrap();
    assert_eq!(lynx["current"], false);
    let path = format!("/api/sessions/{}", lynx["id"].as_str().unwrap());
    assert_problem(mei.ask("DELETE", &path).await, 404, "session_not_found").await;
    assert_eq!(rosa.ask("DELETE", &path).await.status(), 204);
    let gone = rosa.bare("GET", "/api/me").header("cookie", &other).send().await;
    assert_problem(gone.unwrap(), 401, "not_signed_in").await;
    assert_problem(rosa.ask("DELETE", &path).await, 404, "session_not_found").await;
    let all = rosa.by_cookie("DELETE", "/api/sessions").send().await.unwrap();
    assert_eq!(all.status(), 204);
    assert!(all.headers().contains_key("set-cookie"), "the cookie goes too");
    let gone = rosa.by_cookie("GET", "/api/me").send().await.unwrap();
    assert_problem(gone, 401, "not_signed_in").await;
}

#[tokio::test]
async fn a_guest_is_in_the_rooms_that_others_brought_them_into_and_nowhere_else() {
    let server = TestServer::start();
    let (rosa, gil) = (server.register("rosa").await, server.register("gil").await);
    let (open, brought) = (
        rosa.create_room("open", false).await,
        rosa.create_room("brought", false).await,
    );
    let said = rosa.say(&open, "lighthouse").await;
    set_role(&rosa, &gil, "guest").await;
    let rooms = gil.get_json("/api/rooms").await;
    let slugs: Vec<&Value> = rooms["rooms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|room| &room["slug"])
        .collect();
    assert_eq!(slugs, [&json!("general")]);
    for (method, path) in [
        ("GET", format!("/api/messages?room={open}")),
        ("GET", format!("/api/rooms/{open}")),
        ("GET", format!("/api/rooms/{open}/members")),
        ("GET", format!("/api/threads/{}", said["id"].as_str().unwrap())),
        ("POST", format!("/api/rooms/{open}/join")),
    ] {
        assert_problem(gil.ask(method, &path).await, 403, "not_a_member").await;
    }
    let found = gil.get_json("/api/search?q=lighthouse").await;
    assert_eq!(found["results"], json!([]));
    assert_problem(
        gil.post("/api/rooms", json!({ "name": "mine" })).await,
        403,
        "forbidden",
    )
    .await;
    assert_problem(
        gil.post("/api/rooms/direct", json!({ "users": [rosa.id] })).await,
        403,
        "forbidden",
    )
    .await;
    let invite = json!({ "users": [gil.id] });
    let path = format!("/api/rooms/{brought}/members");
    assert_eq!(rosa.post(&path, invite).await.status(), 204);
    gil.say(&brought, "thank you").await;
    let kept_out = gil.post(&path, json!({ "users": [rosa.id] })).await;
    assert_problem(kept_out, 403, "forbidden").await;
    let mut socket = gil.connect().await;
    socket
        .send(json!({ "type": "join", "id": 1, "room": open }))
        .await;
    assert_eq!(socket.expect("error").await["code"], "not_a_member");
    socket.join(&brought, None).await;
}
