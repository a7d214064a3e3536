//! What cannot be seen through the port: the plans of queries, and what SQLite was compiled with.

mod plans;

use std::path::Path;

use sqlx::{Connection as _, SqliteConnection};

use super::{
    accounts, attachments, attention, batch, changing, checkpoints, credentials, exports, following, imports,
    markers, messages, posts, previews, rooms, saving, search, statement::Statement, subscriptions, threads,
    upkeep, writer,
};
use crate::{seed::Plan, store::common};

/// Every statement that the store can execute, by file and name: the engine's own, and those that both share.
fn statements() -> Vec<(String, &'static str)> {
    let shared = common::statements().into_iter();
    let shared = shared.map(|(name, statement)| (name, statement.sqlite));
    own_statements()
        .into_iter()
        .chain(shared)
        .filter(|(_, sql)| !sql.is_empty())
        .collect()
}

fn own_statements() -> Vec<(String, &'static str)> {
    let files = [
        ("mod", super::STATEMENTS),
        ("accounts", accounts::STATEMENTS),
        ("attention", attention::STATEMENTS),
        ("batch", batch::STATEMENTS),
        ("attachments", attachments::STATEMENTS),
        ("changing", changing::STATEMENTS),
        ("checkpoints", checkpoints::STATEMENTS),
        ("credentials", credentials::STATEMENTS),
        ("exports", exports::STATEMENTS),
        ("following", following::STATEMENTS),
        ("imports", imports::STATEMENTS),
        ("markers", markers::STATEMENTS),
        ("messages", messages::STATEMENTS),
        ("previews", previews::STATEMENTS),
        ("posts", posts::STATEMENTS),
        ("rooms", rooms::STATEMENTS),
        ("saving", saving::STATEMENTS),
        ("search", search::STATEMENTS),
        ("subscriptions", subscriptions::STATEMENTS),
        ("threads", threads::STATEMENTS),
        ("upkeep", upkeep::STATEMENTS),
        ("writer", writer::STATEMENTS),
    ];
    let named = |(file, list): (&str, &'static [(&'static str, Statement)])| {
        let file = file.to_owned();
        list.iter()
            .map(move |(name, statement)| (format!("{file}::{name}"), statement.sql()))
            .collect::<Vec<_>>()
    };
    files.into_iter().flat_map(named).collect()
}

#[test]
fn the_list_of_statements_is_complete() {
    // Statements are made by one macro and leave through one file; nothing else may speak SQL.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sqlite");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        if !matches!(name.as_str(), "statement" | "tests") {
            assert!(
                !text.contains("sqlx::query"),
                "{name} executes SQL that no list holds"
            );
            let listed = own_statements()
                .iter()
                .any(|(statement, _)| statement.starts_with(&format!("{name}::")));
            assert_eq!(text.contains("statements! {"), listed, "{name}");
        }
    }
}

fn plan(users: usize, rooms: usize, members: usize, messages: usize) -> Plan {
    Plan {
        users,
        rooms,
        members,
        messages,
        password_hash: "none".into(),
    }
}

#[tokio::test]
async fn sqlite_is_compiled_as_the_configuration_of_cargo_says() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let options: Vec<String> = sqlx::query_scalar("PRAGMA compile_options")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert!(
        options.iter().any(|option| option == "DEFAULT_MEMSTATUS=0"),
        "{options:?}"
    );
    assert!(
        !options.iter().any(|option| option == "ENABLE_MEMORY_MANAGEMENT"),
        "{options:?}"
    );
}
