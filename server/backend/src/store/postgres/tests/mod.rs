//! What cannot be seen through the port: the plans of queries, and what is asked of which server.

mod plans;

use std::path::{Path, PathBuf};

use chat::UserId;
use services::Postgres;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};

use super::{
    PostgresStore, accounts, attachments, attention, changing, credentials, exports, following, imports,
    markers, messages, pool, posts, previews, replica, report, rooms, saving, schema, search,
    statement::Statement, subscriptions, threads, upkeep,
};
use crate::{
    search::Sought,
    seed::seed,
    store::{Span, common, costs::plan},
};

/// Every statement that the store can execute, by file and name: the engine's own, and those that both share.
fn statements() -> Vec<(String, &'static str)> {
    let shared = common::statements().into_iter();
    let shared = shared.map(|(name, statement)| (name, statement.postgres));
    own_statements()
        .into_iter()
        .chain(shared)
        .filter(|(_, sql)| !sql.is_empty())
        .collect()
}

fn own_statements() -> Vec<(String, &'static str)> {
    let files = [
        ("accounts", accounts::STATEMENTS),
        ("append", posts::append::STATEMENTS),
        ("attention", attention::STATEMENTS),
        ("attachments", attachments::STATEMENTS),
        ("changing", changing::STATEMENTS),
        ("credentials", credentials::STATEMENTS),
        ("following", following::STATEMENTS),
        ("exports", exports::STATEMENTS),
        ("imports", imports::STATEMENTS),
        ("markers", markers::STATEMENTS),
        ("messages", messages::STATEMENTS),
        ("previews", previews::STATEMENTS),
        ("replica", replica::STATEMENTS),
        ("report", report::STATEMENTS),
        ("rooms", rooms::STATEMENTS),
        ("schema", schema::STATEMENTS),
        ("saving", saving::STATEMENTS),
        ("search", search::STATEMENTS),
        ("subscriptions", subscriptions::STATEMENTS),
        ("threads", threads::STATEMENTS),
        ("upkeep", upkeep::STATEMENTS),
    ];
    let named = |(file, list): (&str, &'static [(&'static str, Statement)])| {
        let file = file.to_owned();
        list.iter()
            .map(move |(name, statement)| (format!("{file}::{name}"), statement.sql()))
            .collect::<Vec<_>>()
    };
    files.into_iter().flat_map(named).collect()
}

async fn server() -> Postgres {
    tokio::task::spawn_blocking(Postgres::start)
        .await
        .unwrap()
        .unwrap()
}

async fn execute(sql: &str, connection: &mut PgConnection) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[tokio::test]
async fn a_search_is_a_replicas_where_it_has_replayed_everything_and_only_there() {
    let server = std::sync::Arc::new(server().await);
    PostgresStore::open(&server.url(), None).await.unwrap();
    let primary = std::sync::Arc::clone(&server);
    let replica = tokio::task::spawn_blocking(move || primary.replica());
    let replica = replica.await.unwrap().unwrap();
    let store = PostgresStore::open(&server.url(), Some(&replica.url()))
        .await
        .unwrap();
    let sought = Sought::of(chat::search::parse("word").unwrap()).unwrap();
    let asked = search::Asked::new(UserId(crate::stamp::new_id()), &sought, Span::ALL, 1);
    let by_replica = async || {
        let found = store.replica.as_ref().unwrap().search(&store.pool, &asked).await;
        found.unwrap().is_some()
    };
    // It needs a moment for what the opening wrote.
    while !by_replica().await {}
    let mut behind = pool::options(&replica.url()).unwrap().connect().await.unwrap();
    execute("SELECT pg_wal_replay_pause()", &mut behind).await;
    seed(&store, &plan(3)).await.unwrap();
    assert!(!by_replica().await);
    execute("SELECT pg_wal_replay_resume()", &mut behind).await;
    while !by_replica().await {}
}

#[tokio::test]
async fn the_isolation_that_locks_rely_on_holds_whatever_the_database_is_set_to() {
    let server = server().await;
    let connect = || async { pool::options(&server.url()).unwrap().connect().await.unwrap() };
    let stricter = "ALTER DATABASE natter SET default_transaction_isolation = serializable";
    execute(stricter, &mut connect().await).await;
    let shown: String = sqlx::query_scalar("SHOW transaction_isolation")
        .fetch_one(&mut connect().await)
        .await
        .unwrap();
    assert_eq!(shown, "read committed");
}

#[test]
fn the_list_of_statements_is_complete() {
    // Statements are made by one macro and leave through one file; nothing else may speak SQL.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/postgres");
    for path in files_in(&folder) {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        if !matches!(name.as_str(), "statement" | "tests") {
            assert!(
                !text.contains("sqlx::query(") && !text.contains("raw_sql"),
                "{name} executes SQL that no list holds"
            );
            let listed = own_statements()
                .iter()
                .any(|(statement, _)| statement.starts_with(&format!("{name}::")));
            assert_eq!(text.contains("statements! {"), listed, "{name}");
        }
    }
}

/// The files of code in a folder and in those within.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let within = |path: PathBuf| {
        if path.is_dir() {
            files_in(&path)
        } else {
            vec![path]
        }
    };
    entries
        .filter(|path| !path.ends_with("tests"))
        .flat_map(within)
        .collect()
}
