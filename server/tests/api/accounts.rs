//! Accounts, sessions and tokens.

use serde_json::{Value, json};

use sqlx::{Connection, SqliteConnection};

use crate::common::{Socket, TestServer, assert_problem};

const PASSWORD: &str = "correct horse battery";

#[tokio::test]
async fn the_first_account_is_the_owner_and_everyone_meets_in_general() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let mei = server.register("mei").await;
    assert_eq!(rosa.get_json("/api/me").await["user"]["role"], "owner");
    assert_eq!(mei.get_json("/api/me").await["user"]["role"], "member");
    let (hers, other) = (rosa.room("general").await, mei.room("general").await);
    assert_eq!(hers["id"], other["id"]);
    assert_eq!(
        (&other["member"], &other["kind"], &other["private"]),
        (&json!(true), &json!("channel"), &json!(false))
    );
}

#[tokio::test]
async fn registering_answers_with_the_user_and_a_cookie_that_scripts_cannot_read() {
    let server = TestServer::start();
    let body = json!({ "username": "rosa", "password": PASSWORD, "display_name": "Rosa Lindqvist" });
    let answer = server.anonymous("POST", "/api/auth/register", Some(body)).await;
    assert_eq!(answer.status(), 201);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(flag), "{flag} in {cookie}");
    }
    assert!(
        !cookie.contains("Secure"),
        "over plain HTTP a secure cookie would never come back"
    );
    let user: Value = answer.json().await.unwrap();
    assert_eq!(user["user"]["username"], "rosa");
    assert_eq!(user["user"]["display_name"], "Rosa Lindqvist");
    assert_eq!(user["user"]["avatar_url"], Value::Null);
}

#[tokio::test]
async fn over_https_the_cookie_is_secure_and_bound_to_the_host() {
    let server = TestServer::setup()
        .with("NATTER_URL", "https://chat.example.org")
        .start();
    let body = json!({ "username": "rosa", "password": PASSWORD });
    let answer = server.anonymous("POST", "/api/auth/register", Some(body)).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with("__Host-") && cookie.contains("; Secure"),
        "{cookie}"
    );
    assert!(answer.headers().contains_key("strict-transport-security"));
}

#[tokio::test]
async fn a_session_lasts_until_sign_out_and_each_sign_in_is_a_new_one() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let body = json!({ "username": "ROSA", "password": PASSWORD });
    let again = server.anonymous("POST", "/api/auth/login", Some(body)).await;
    assert_eq!(again.status(), 200);
    let second = again.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    assert_ne!(second, rosa.cookie);

    assert_eq!(
        rosa.by_cookie("POST", "/api/auth/logout")
            .send()
            .await
            .unwrap()
            .status(),
        204
    );
    assert_problem(
        rosa.by_cookie("GET", "/api/me").send().await.unwrap(),
        401,
        "not_signed_in",
    )
    .await;
    let other = rosa
        .bare("GET", "/api/me")
        .header("cookie", second)
        .send()
        .await
        .unwrap();
    assert_eq!(other.status(), 200, "the other session goes on");
}

#[tokio::test]
async fn sessions_and_tokens_outlive_a_restart() {
    let mut server = TestServer::start();
    let rosa = server.register("rosa").await;
    server.kill();
    server.restart();
    assert_eq!(
        rosa.by_cookie("GET", "/api/me").send().await.unwrap().status(),
        200
    );
    assert_eq!(rosa.get("/api/me").await.status(), 200);
}

#[tokio::test]
async fn unknown_users_and_wrong_passwords_are_answered_alike() {
    let server = TestServer::start();
    server.register("rosa").await;
    let mut bodies = Vec::new();
    for (name, password) in [
        ("rosa", "not her password"),
        ("nobody", PASSWORD),
        ("no/name", PASSWORD),
    ] {
        let body = json!({ "username": name, "password": password });
        let answer = server.anonymous("POST", "/api/auth/login", Some(body)).await;
        assert!(!answer.headers().contains_key("set-cookie"));
        bodies.push(assert_problem(answer, 401, "bad_credentials").await);
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:?}");
}

#[tokio::test]
async fn a_taken_or_look_alike_username_is_a_conflict() {
    let server = TestServer::start();
    server.register("rosa.lind").await;
    for name in ["rosa.lind", "Rosa.Lind", "r0sa_lind", "rosa-1ind"] {
        let body = json!({ "username": name, "password": PASSWORD });
        let answer = server.anonymous("POST", "/api/auth/register", Some(body)).await;
        assert_problem(answer, 409, "username_taken").await;
    }
}

#[tokio::test]
async fn every_faulty_field_of_a_registration_is_named_at_once() {
    let server = TestServer::start();
    let body = json!({ "username": "a".repeat(33), "password": "short", "display_name": "evil\u{202e}eno" });
    let answer = server.anonymous("POST", "/api/auth/register", Some(body)).await;
    let problem = assert_problem(answer, 422, "invalid").await;
    let fields: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["username", "display_name", "password"]);
}

#[tokio::test]
async fn a_closed_server_takes_only_its_owner() {
    let server = TestServer::setup().with("NATTER_SIGNUP", "closed").start();
    server.register("rosa").await;
    let body = json!({ "username": "mei", "password": PASSWORD });
    let answer = server.anonymous("POST", "/api/auth/register", Some(body)).await;
    assert_problem(answer, 403, "signup_closed").await;
}

#[tokio::test]
async fn a_token_is_shown_once_listed_without_it_and_dead_when_revoked() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let made = rosa.post("/api/tokens", json!({ "name": "robot" })).await;
    assert_eq!(made.status(), 201);
    let made: Value = made.json().await.unwrap();
    let (id, token) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());

    let list = rosa.get_json("/api/tokens").await;
    let names: Vec<_> = list["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["robot", "tests"], "newest first");
    assert!(!list.to_string().contains(token));

    let use_it = || rosa.bare("GET", "/api/me").bearer_auth(token).send();
    assert_eq!(use_it().await.unwrap().status(), 200);
    assert_eq!(
        rosa.by_token("DELETE", &format!("/api/tokens/{id}"))
            .send()
            .await
            .unwrap()
            .status(),
        204
    );
    assert_problem(use_it().await.unwrap(), 401, "not_signed_in").await;
    let twice = rosa
        .by_token("DELETE", &format!("/api/tokens/{id}"))
        .send()
        .await
        .unwrap();
    assert_problem(twice, 404, "token_not_found").await;
}

#[tokio::test]
async fn nobody_revokes_anothers_token() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let list = rosa.get_json("/api/tokens").await;
    let id = list["tokens"][0]["id"].as_str().unwrap();
    let answer = mei
        .by_token("DELETE", &format!("/api/tokens/{id}"))
        .send()
        .await
        .unwrap();
    assert_problem(answer, 404, "token_not_found").await;
    assert_eq!(rosa.get("/api/me").await.status(), 200);
}

#[tokio::test]
async fn forged_and_malformed_credentials_are_nobody() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let name = rosa.cookie.split('=').next().unwrap();
    let forged = format!("{name}={}", "A".repeat(43));
    for cookie in [
        forged.as_str(),
        &format!("{name}=short"),
        &format!("{name}="),
        &format!("{name}=\u{1F41F}"),
    ] {
        let Ok(value) = reqwest::header::HeaderValue::from_bytes(cookie.as_bytes()) else {
            continue;
        };
        let answer = rosa
            .bare("GET", "/api/me")
            .header("cookie", value)
            .send()
            .await
            .unwrap();
        assert_problem(answer, 401, "not_signed_in").await;
    }
    for header in [
        "Bearer nonsense",
        "Bearer ",
        "Basic cm9zYTpyb3Nh",
        "Bearer natter_AAAA",
    ] {
        let answer = rosa
            .bare("GET", "/api/me")
            .header("authorization", header)
            .send()
            .await
            .unwrap();
        assert_problem(answer, 401, "not_signed_in").await;
    }
}

#[tokio::test]
async fn a_bad_token_is_not_rescued_by_a_good_cookie() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let answer = rosa
        .by_cookie("GET", "/api/me")
        .header("authorization", "Bearer nonsense")
        .send()
        .await
        .unwrap();
    assert_problem(answer, 401, "not_signed_in").await;
}

#[tokio::test]
async fn users_are_found_by_the_beginning_of_a_name_and_paged() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    for name in ["mei", "Mario", "ines"] {
        server.register(name).await;
    }
    let names = |page: &Value| -> Vec<String> {
        page["users"]
            .as_array()
            .unwrap()
            .iter()
            .map(|u| u["username"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names(&rosa.get_json("/api/users?query=M").await),
        ["Mario", "mei"]
    );
    let first = rosa.get_json("/api/users?limit=3").await;
    assert_eq!(names(&first), ["ines", "Mario", "mei"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = rosa
        .get_json(&format!("/api/users?limit=3&cursor={cursor}"))
        .await;
    assert_eq!(
        (names(&second), &second["next_cursor"]),
        (vec!["rosa".to_owned()], &Value::Null)
    );
    assert_eq!(second["users"][0]["status"], "offline");
}

#[tokio::test]
async fn users_are_found_by_names_that_are_almost_right() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    for name in ["konstantin", "mei", "tomasz.w"] {
        server.register(name).await;
    }
    for (typed, expected) in [
        ("tomsaz", vec!["tomasz.w"]),
        ("tonasz", vec!["tomasz.w"]),
        ("constantyn", vec!["konstantin"]),
        ("mie", vec![]),
        ("konrad", vec![]),
    ] {
        let page = rosa.get_json(&format!("/api/users?query={typed}")).await;
        let found: Vec<&str> = page["users"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["username"].as_str().unwrap())
            .collect();
        assert_eq!(found, expected, "{typed}");
        assert_eq!(page["next_cursor"], Value::Null);
    }
}

#[tokio::test]
async fn an_expired_session_is_nobody_over_http_and_on_the_socket() {
    let expirations = [
        "UPDATE sessions SET seen_at = 0",
        "UPDATE sessions SET created_at = 0",
    ];
    for expire in expirations {
        let mut server = TestServer::start();
        let rosa = server.register("rosa").await;
        server.kill();
        let mut database = SqliteConnection::connect(&format!("sqlite://{}", server.database().display()))
            .await
            .unwrap();
        sqlx::query(expire).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
        server.restart();
        let answer = rosa.by_cookie("GET", "/api/me").send().await.unwrap();
        assert_problem(answer, 401, "not_signed_in").await;
        let headers = [("cookie", rosa.cookie.as_str()), ("origin", server.url())];
        let mut socket = Socket::open(server.url(), &headers).await.unwrap();
        assert_eq!(socket.ended().await.code, 4401, "{expire}");
        assert_eq!(rosa.get("/api/me").await.status(), 200, "the token goes on");
    }
}

#[tokio::test]
async fn signing_in_ends_the_session_that_the_browser_had() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let me = async || rosa.by_cookie("GET", "/api/me").send().await.unwrap().status();
    assert_eq!(me().await, 200);
    let wrong = json!({ "username": "rosa", "password": "wrong password" });
    let refused = rosa.by_cookie("POST", "/api/auth/login").json(&wrong);
    assert_eq!(refused.send().await.unwrap().status(), 401);
    assert_eq!(me().await, 200, "who mistypes stays signed in");
    let right = json!({ "username": "rosa", "password": PASSWORD });
    let again = rosa.by_cookie("POST", "/api/auth/login").json(&right);
    assert_eq!(again.send().await.unwrap().status(), 200);
    assert_eq!(me().await, 401);
    // A token is nobody's cookie: a program that signs in keeps it.
    assert_eq!(rosa.post("/api/auth/login", right).await.status(), 200);
    assert_eq!(rosa.get("/api/me").await.status(), 200);
}
