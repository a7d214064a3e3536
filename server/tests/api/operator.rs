//! What operators rely on: health, metrics, commands, an orderly end.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::common::{TestServer, free_port};

#[tokio::test]
async fn health_and_readiness_name_what_there_is() {
    let server = TestServer::start();
    let health: Value = server
        .anonymous("GET", "/health", None)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(health["status"], "ok");
    let ready = server.anonymous("GET", "/health/ready", None).await;
    assert_eq!(ready.status(), 200);
    let ready: Value = ready.json().await.unwrap();
    assert_eq!(ready["dependencies"]["database"]["kind"], "sqlite");
    for part in ["bus", "cache", "sessions", "presence", "limits"] {
        assert_eq!(ready["dependencies"][part]["kind"], "memory", "{part}");
    }
}

#[tokio::test]
async fn every_metric_that_has_something_to_measure_is_there() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut socket = rosa.connect().await;
    socket.join(&room, None).await;
    rosa.say(&room, "measure this").await;
    socket.expect("message").await;
    rosa.history(&room).await;
    rosa.history(&room).await;
    let metrics = server.metrics().await;
    for name in [
        "http_request_duration_seconds_bucket",
        "websocket_active_connections 1",
        "cache_hits_total",
        "cache_misses_total",
        "message_delivery_time_ms_bucket",
        "database_query_duration_seconds_bucket",
    ] {
        assert!(metrics.contains(name), "{name} is missing from\n{metrics}");
    }
    assert!(
        metrics.contains("route=\"/api/messages\""),
        "routes, not paths:\n{metrics}"
    );
    assert!(!metrics.contains(&room), "no ids in labels");
}

#[tokio::test]
async fn the_operators_own_listener_takes_the_metrics_away_from_the_public_one() {
    let addr = format!("127.0.0.1:{}", free_port());
    let server = TestServer::setup().with("NATTER_OPS_ADDR", &addr).start();
    assert_ne!(server.anonymous("GET", "/metrics", None).await.status(), 200);
    for path in ["metrics", "health", "health/ready"] {
        assert_eq!(
            reqwest::get(format!("http://{addr}/{path}"))
                .await
                .unwrap()
                .status(),
            200,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_termination_signal_ends_in_order() {
    let mut server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut socket = rosa.connect().await;
    rosa.say(&room, "before the end").await;
    server.terminate();
    let warning = socket.expect("reconnect").await;
    assert!(warning["in_ms"].is_u64());
    assert_eq!(socket.ended().await.code, 1012);
    assert_eq!(server.wait(), Some(0));
    server.restart();
    assert_eq!(rosa.history(&room).await.len(), 1);
}

#[tokio::test]
async fn a_signal_as_soon_as_the_address_is_known_ends_in_order_too() {
    for _ in 0..10 {
        let mut server = TestServer::start();
        server.terminate();
        assert_eq!(server.wait(), Some(0));
    }
}

/// What a process begins in its first second must not outlive the store that it needs.
#[tokio::test]
async fn an_end_right_after_the_start_has_nothing_to_complain_about() {
    let server = TestServer::start();
    let postgres = tokio::task::spawn_blocking(services::Postgres::start);
    let postgres = postgres.await.unwrap().unwrap();
    for _ in 0..10 {
        let mut start = server.command("127.0.0.1:0");
        start.env("DATABASE_URL", postgres.url());
        let mut process = start
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = String::new();
        BufReader::new(process.stdout.as_mut().unwrap())
            .read_line(&mut told)
            .unwrap();
        assert!(told.starts_with("Natter listens"), "{told}");
        let killed = Command::new("kill").arg(process.id().to_string()).status();
        assert!(killed.unwrap().success());
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success());
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(!log.contains("WARN") && !log.contains("ERROR"), "{log}");
    }
}

#[tokio::test]
async fn commands_say_what_they_did_or_what_is_wrong() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    rosa.say(&room, "keep this").await;
    let copy = server.database().with_file_name("copy.db");
    let run = |args: &[&str]| server.command("127.0.0.1:0").args(args).output().unwrap();

    let path = copy.display().to_string();
    assert!(run(&["backup", &path]).status.success());
    assert!(std::fs::metadata(&copy).unwrap().len() > 0);
    let again = run(&["backup", &path]);
    assert!(!again.status.success(), "a backup never overwrites");
    assert!(run(&["migrate"]).status.success());
    assert!(run(&["check"]).status.success());

    let broken = |name: &str, value: &str| {
        let output = server
            .command("127.0.0.1:0")
            .env(name, value)
            .arg("check")
            .output()
            .unwrap();
        assert!(!output.status.success(), "{name}={value}");
        format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    };
    assert!(broken("DATABASE_URL", "mysql://u:secret@h/d").contains("sqlite://PATH"));
    assert!(!broken("DATABASE_URL", "mysql://u:secret@h/d").contains("secret"));
    assert!(broken("NATTER_LIMITS", "posts=1/1s").contains("posts=1/1s"));
    assert!(broken("NATTER_URL", "chat.example.org").contains("origin"));
    assert!(broken("NATTER_SITE_ROOT", "/nowhere").contains("make build"));
    let site = tempfile::tempdir().unwrap();
    std::fs::create_dir(site.path().join("pkg")).unwrap();
    std::fs::write(site.path().join("pkg/natter.another-build.css"), "").unwrap();
    let told = broken("NATTER_SITE_ROOT", &site.path().display().to_string());
    assert!(told.contains("hash.txt"), "{told}");
}

#[tokio::test]
async fn seeding_gives_people_who_can_sign_in_and_read_their_rooms() {
    let server = TestServer::start();
    let tokens = server.database().with_file_name("tokens.tsv");
    let output = server
        .command("127.0.0.1:0")
        .args([
            "seed",
            "--users",
            "12",
            "--rooms",
            "3",
            "--members",
            "4",
            "--messages",
            "60",
            "--tokens",
        ])
        .arg(&tokens)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let lines = std::fs::read_to_string(tokens).unwrap();
    assert_eq!(lines.lines().count(), 12);
    for line in lines.lines() {
        let [username, token, rooms] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let me = reqwest::Client::new()
            .get(format!("{}/api/me", server.url()))
            .bearer_auth(token)
            .send();
        let me: Value = me.await.unwrap().json().await.unwrap();
        assert_eq!(me["user"]["username"], username);
        assert_eq!(rooms.split(',').count(), 1, "twelve people, three rooms of four");
    }
}

#[tokio::test]
async fn every_command_works_on_postgres_too() {
    let server = TestServer::start();
    let postgres = tokio::task::spawn_blocking(services::Postgres::start);
    let postgres = postgres.await.unwrap().unwrap();
    let run = |args: &[&str]| {
        let mut command = server.command("127.0.0.1:0");
        command
            .env("DATABASE_URL", postgres.url())
            .args(args)
            .output()
            .unwrap()
    };
    assert!(run(&["migrate"]).status.success());
    let seeded = run(&[
        "seed",
        "--users",
        "6",
        "--rooms",
        "2",
        "--members",
        "3",
        "--messages",
        "40",
    ]);
    assert!(seeded.status.success(), "{seeded:?}");
    let checked = run(&["check"]);
    assert!(
        String::from_utf8_lossy(&checked.stdout).contains("postgres"),
        "{checked:?}"
    );
    let copy = server
        .database()
        .with_file_name("copy.dump")
        .display()
        .to_string();
    let written = run(&["backup", &copy]);
    assert!(written.status.success(), "{written:?}");
    assert!(std::fs::read(&copy).unwrap().starts_with(b"PGDMP"));
    assert!(
        !run(&["backup", &copy]).status.success(),
        "a backup never overwrites"
    );
}

#[tokio::test]
async fn the_doctor_looks_at_either_engine_and_warns_by_its_exit_code() {
    let server = TestServer::start();
    let doctor = |url: Option<String>| {
        let mut command = server.command("127.0.0.1:0");
        command.envs(url.map(|url| ("DATABASE_URL", url)));
        let output = command.arg("doctor").output().unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (code, report) = doctor(None);
    assert_eq!(code, Some(0), "{report}");
    assert!(report.contains("The sqlite database is well."), "{report}");
    let (durable, careless) = tokio::task::spawn_blocking(|| {
        let durable = services::Postgres::with(&[("fsync", "on"), ("full_page_writes", "on")]);
        (durable.unwrap(), services::Postgres::start().unwrap())
    })
    .await
    .unwrap();
    let (code, report) = doctor(Some(durable.url()));
    assert_eq!(code, Some(1), "{report}");
    assert!(report.contains("WARNING schema: none yet"), "{report}");
    let (code, _) = doctor(Some(durable.url()));
    assert_eq!(code, Some(1), "looking at a database does not make one of it");
    let mut migrate = server.command("127.0.0.1:0");
    let migrated = migrate
        .env("DATABASE_URL", durable.url())
        .arg("migrate")
        .output()
        .unwrap();
    assert!(migrated.status.success(), "{migrated:?}");
    let (code, report) = doctor(Some(durable.url()));
    assert_eq!(code, Some(0), "{report}");
    assert!(
        report.contains("messages:") && report.contains("database is well"),
        "{report}"
    );
    let (code, report) = doctor(Some(careless.url()));
    assert_eq!(code, Some(1), "{report}");
    assert!(report.contains("WARNING fsync"), "{report}");
}
