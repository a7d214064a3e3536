//! Backups, and what comes of restoring one: all that was said is there, under a new identity.

use std::process::{Command, Output};

use serde_json::Value;
use services::Postgres;

use crate::common::{Person, TestServer};

/// The identity of the history, as clients hear it.
async fn epoch(person: &Person) -> Value {
    person.connect().await.hello["epoch"].clone()
}

/// What somebody finds, by its number in the room.
async fn found(person: &Person, words: &str) -> Vec<u64> {
    let found = person.get_json(&format!("/api/search?q={words}")).await;
    let results = found["results"].as_array().unwrap().iter();
    results
        .map(|result| result["message"]["seq"].as_u64().unwrap())
        .collect()
}

/// Three messages, the last of which is edited.
async fn talk(server: &TestServer) -> (Person, String) {
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    for words in ["marmalade", "porridge", "toast"] {
        rosa.say(&room, words).await;
    }
    let id = rosa.history(&room).await[2]["id"].as_str().unwrap().to_owned();
    let edit = serde_json::json!({ "body": "toast with butter" });
    assert_eq!(
        rosa.patch(&format!("/api/messages/{id}"), edit).await.status(),
        200
    );
    (rosa, room)
}

/// The copy is what was there when it was made, with another identity; people are still signed in.
async fn assert_restored(rosa: &Person, room: &str, old_epoch: &Value) {
    let bodies: Vec<Value> = rosa
        .history(room)
        .await
        .iter()
        .map(|message| message["body"].clone())
        .collect();
    assert_eq!(bodies, ["marmalade", "porridge", "toast with butter"]);
    assert_ne!(&epoch(rosa).await, old_epoch, "clients drop what they keep");
    assert_eq!(found(rosa, "butter").await, [3]);
    assert_eq!(found(rosa, "porridge").await, [2]);
    let page = rosa.by_cookie("GET", "/rooms/general").send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert_eq!(rosa.say(room, "and tea").await["seq"], 4, "numbers go on");
}

fn succeeded(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_copy_of_a_file_is_put_in_its_place() {
    let mut server = TestServer::start();
    let (rosa, room) = talk(&server).await;
    let old_epoch = epoch(&rosa).await;
    let copy = server.database().with_file_name("copy.db");
    let mut backup = server.command("127.0.0.1:0");
    succeeded(backup.arg("backup").arg(&copy).output().unwrap());
    rosa.say(&room, "said after the backup").await;

    server.terminate();
    server.wait();
    for ending in ["-wal", "-shm"] {
        let beside = format!("{}{ending}", server.database().display());
        let _ = std::fs::remove_file(beside);
    }
    std::fs::copy(&copy, server.database()).unwrap();
    server.restart();
    assert_restored(&rosa, &room, &old_epoch).await;
}

#[tokio::test]
async fn a_dump_of_postgres_is_restored_into_an_empty_database() {
    let postgres = tokio::task::spawn_blocking(|| (Postgres::start().unwrap(), Postgres::start().unwrap()));
    let (first, second) = postgres.await.unwrap();
    let on = |postgres: &Postgres| {
        TestServer::setup()
            .with("NATTER_LIMITS", "off")
            .with("DATABASE_URL", postgres.url())
            .start()
    };
    let mut server = on(&first);
    let (rosa, room) = talk(&server).await;
    let old_epoch = epoch(&rosa).await;
    let copy = server.database().with_file_name("copy.dump");
    let mut backup = server.command("127.0.0.1:0");
    succeeded(backup.arg("backup").arg(&copy).output().unwrap());
    rosa.say(&room, "said after the backup").await;
    server.terminate();
    server.wait();

    let mut restore = Command::new("pg_restore");
    restore
        .args(["--no-owner", "--exit-on-error", "--dbname", &second.url()])
        .arg(&copy);
    succeeded(restore.output().unwrap());
    let server = on(&second);
    let rosa = Person {
        url: server.url().to_owned(),
        ..rosa
    };
    assert_restored(&rosa, &room, &old_epoch).await;
}

#[tokio::test]
async fn looking_and_copying_change_no_schema_and_the_server_says_when_the_last_copy_was_made() {
    let server = TestServer::start();
    let copy = server.database().with_file_name("copy.db");
    let older = server.database().with_file_name("older.db");
    let run = |url: Option<&std::path::Path>, arguments: &[&str]| {
        let mut command = server.command("127.0.0.1:0");
        command.envs(url.map(|path| ("DATABASE_URL", format!("sqlite:{}", path.display()))));
        command.args(arguments).output().unwrap()
    };
    succeeded(run(None, &["backup", &copy.display().to_string()]));

    // As the version before left it.
    std::fs::copy(&copy, &older).unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&older);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let newest = "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
    sqlx::query(newest).execute(&pool).await.unwrap();
    let versions = async || -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations");
        count.fetch_one(&pool).await.unwrap()
    };
    let before = versions().await;
    assert!(succeeded(run(Some(&older), &["check"])).contains("and this version would bring it to"));
    assert!(succeeded(run(Some(&older), &["doctor"])).contains("and this version would bring it to"));
    let again = server.database().with_file_name("again.db").display().to_string();
    succeeded(run(Some(&older), &["backup", &again]));
    assert_eq!(versions().await, before);

    let nothing = server.database().with_file_name("nothing.db");
    for command in [&["doctor"][..], &["backup", "x.db"]] {
        let refused = run(Some(&nothing), command);
        assert!(!refused.status.success());
        assert!(
            String::from_utf8_lossy(&refused.stderr).contains("there is no database"),
            "{refused:?}"
        );
    }
    assert!(succeeded(run(Some(&nothing), &["check"])).contains("will be made"));
    assert!(!nothing.exists(), "asking makes nothing");

    let noted: String = {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(server.database());
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        let value = sqlx::query_scalar("SELECT value FROM meta WHERE key = 'backup'");
        value.fetch_one(&pool).await.unwrap()
    };
    assert!(noted.parse::<i64>().unwrap() > 1_700_000_000_000);
}
