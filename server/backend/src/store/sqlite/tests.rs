//! What cannot be seen through the port: query plans, and how many statements a question takes.

use std::{collections::HashSet, path::Path};

use chat::{RoomId, UserId, message::Bound};
use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection};
use tempfile::TempDir;

use super::{
    SqliteStore, accounts, attachments, attention, batch, changing, credentials, exports, following, imports,
    markers, messages, posts, previews, reading, rooms, saving, search,
    statement::{Statement, counted},
    subscriptions, threads, upkeep, writer, writing,
};
use crate::{
    seed::{Plan, seed},
    store::{Accounts, Markers, Messages, Rooms, Threads, common},
};

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

/// Steps of a plan that look like walking a table, and why they are not, or are meant.
const ALLOWED: &[(&str, &str, &str)] = &[
    (
        "",
        "VIRTUAL TABLE",
        "json_each walks a parameter, and FTS5 what its index gives",
    ),
    ("", "SCAN CONSTANT ROW", "there is no table in it"),
    (
        "mod::WRITTEN",
        "SCAN sqlite_schema",
        "the list of tables, a handful",
    ),
    (
        "mod::APPLIED",
        "SCAN _sqlx_migrations USING INDEX",
        "all of them are wanted, a handful",
    ),
    (
        "accounts::STANDING",
        "SCAN users USING COVERING INDEX",
        "whether there is anyone: ends at the first entry",
    ),
    (
        "accounts::INSERT",
        "SCAN",
        "tables that refer to users; runs only for a row that broke a foreign key",
    ),
    ("attachments::REMAINS", "SCAN remains", "up to the hundredth"),
    (
        "accounts::PAGE_BY_DISPLAY_NAME",
        "TEMP B-TREE",
        "keeps the first few of those whose name begins so",
    ),
    (
        "following::FOLLOWED",
        "SCAN f",
        "the threads that someone follows, found on an index and limited there",
    ),
    (
        "following::FOLLOWED",
        "SCAN (subquery-",
        "unread replies, found on an index and limited there",
    ),
    (
        "subscriptions::ANYONE",
        "SCAN subscriptions",
        "whether there is anyone: ends at the first entry",
    ),
    (
        "subscriptions::AUDIENCE",
        "TEMP B-TREE",
        "the people of one message, each once",
    ),
    ("subscriptions::AUDIENCE", "SCAN called", "those people"),
    (
        "batch::INSERT",
        "TEMP B-TREE",
        "the rows of a parameter, in their order",
    ),
    ("posts::MAY_POST", "TEMP B-TREE", "the same"),
    (
        "audit::PRUNE_AUDIT",
        "SCAN audit",
        "the newest entries, as many as are kept; once an hour",
    ),
    (
        "audit::PRUNE_REPORTS",
        "SCAN reports USING INDEX reports_resolved",
        "the newest reports, as many as are kept; once an hour",
    ),
    (
        "credentials::SESSIONS_OF",
        "TEMP B-TREE",
        "one user's sessions, by their last use",
    ),
    ("invites::INSERT", "SCAN invites", "there are at most 200"),
    ("invites::FORGET_ENDED", "SCAN invites", "there are at most 200"),
    ("invites::LIST", "SCAN i USING INDEX", "there are at most 200"),
    (
        "profiles::OWNERS",
        "SCAN users USING INDEX users_owning",
        "the owners",
    ),
    (
        "markers::UNREAD_MENTIONS",
        "TEMP B-TREE",
        "one reader's unread mentions, from several rooms, by time",
    ),
    (
        "rooms::SEEN_OPEN",
        "SCAN r USING INDEX rooms_public",
        "public channels by name, up to the 200th",
    ),
    (
        "rooms::HEADS_OPEN",
        "SCAN r USING INDEX rooms_public",
        "public channels by name, up to the 200th",
    ),
    (
        "programs::COUNT_BOTS",
        "SCAN",
        "a few hundred bots, on an index of their own",
    ),
    ("programs::BOTS", "SCAN", "the same"),
    (
        "outgoing::INSERT_OUTGOING",
        "SCAN",
        "a few dozen webhooks at most",
    ),
    (
        "outgoing::FOLLOW_ROOMS",
        "SCAN",
        "public channels, once a webhook",
    ),
    (
        "outgoing::FOLLOW_NEW_ROOMS",
        "SCAN",
        "a few dozen webhooks; public channels, now and then",
    ),
    ("outgoing::OUTGOING", "SCAN", "a few dozen webhooks at most"),
    ("outgoing::HAS_OUTGOING", "SCAN", "ends at the first entry"),
    (
        "erasing::ERASING",
        "SCAN users USING INDEX users_erasing",
        "who is being erased at this moment",
    ),
    ("exports::USERS", "SCAN", "an export reads whole tables"),
    ("exports::ROOMS", "SCAN", "the same"),
    ("exports::MEMBERS", "SCAN", "the same"),
    ("exports::MESSAGES", "SCAN", "the same"),
    ("exports::REACTIONS", "SCAN", "the same"),
    ("exports::VERSIONS", "SCAN", "the same"),
    ("exports::FILES", "SCAN", "the same"),
    ("exports::DRAFTS", "SCAN", "the same"),
    ("exports::SAVED", "SCAN", "the same"),
    ("imports::FOLLOW", "SCAN", "a few dozen webhooks at most"),
    ("imports::PASS", "SCAN", "the same"),
    (
        "imports::INSERT",
        "TEMP B-TREE",
        "the rows of a parameter, in their order",
    ),
    ("imports::INSERT_WORDS", "TEMP B-TREE", "the same"),
    ("outgoing::IS_DUE", "SCAN", "a few dozen webhooks at most"),
    ("outgoing::CLAIM", "SCAN", "a few dozen webhooks at most"),
    ("programs::COMMAND_STANDING", "SCAN", "a hundred commands at most"),
    ("programs::COMMANDS", "SCAN", "the same"),
    ("search::MATCHES", "SCAN f", "what the index of words gave"),
    (
        "threads::THREAD",
        "SCAN (subquery-",
        "the replies on either side, found on an index and limited there",
    ),
    ("threads::THREAD", "SCAN found", "those together"),
];

#[tokio::test]
async fn every_query_runs_on_an_index() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("natter.db");
    let store = SqliteStore::open(&file).await.unwrap();
    let used = assert_plans(&file).await;
    for (of, part, _) in ALLOWED {
        assert!(
            used.contains(&(*of, *part)),
            "nothing needs the allowance {of} {part}"
        );
    }
    // Statistics can change plans, so the same must hold for a database that has some.
    seed(&store, &plan(60, 8, 20, 900)).await.unwrap();
    let mut writing = writing(&file).connect().await.unwrap();
    sqlx::query("ANALYZE").execute(&mut writing).await.unwrap();
    assert_plans(&file).await;
}

/// Gives the allowances that were needed.
async fn assert_plans(file: &Path) -> HashSet<(&'static str, &'static str)> {
    let mut connection = reading(file).connect().await.unwrap();
    let (mut bad, mut used) = (Vec::new(), HashSet::new());
    for (name, statement) in statements() {
        for sql in statement.split(";\n") {
            for step in explain(sql, &mut connection).await {
                if step.contains("SCAN") || step.contains("TEMP B-TREE") {
                    let fits = |of: &str, part| (of.is_empty() || name == of) && step.contains(part);
                    match ALLOWED.iter().find(|(of, part, _)| fits(of, part)) {
                        Some((of, part, _)) => used.extend([(*of, *part)]),
                        None => bad.push(format!("{name}: {step}")),
                    }
                }
            }
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
    used
}

async fn explain(sql: &str, connection: &mut SqliteConnection) -> Vec<String> {
    let query = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
    let rows = query.fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get("detail")).collect()
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

#[tokio::test]
async fn a_question_takes_as_many_statements_for_many_rows_as_for_few() {
    let mut costs = Vec::new();
    for size in [1, 12] {
        let folder = TempDir::new().unwrap();
        let store = SqliteStore::open(&folder.path().join("natter.db")).await.unwrap();
        costs.push(costs_of(&store, size).await);
    }
    assert_eq!(costs[0], costs[1]);
    assert_eq!(costs[0], [2, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 1]);
}

/// How many statements each question takes in a database of this size.
async fn costs_of(store: &SqliteStore, size: usize) -> [u64; 12] {
    let seeded = seed(store, &plan(size * 3, size, size * 3, size * 20))
        .await
        .unwrap();
    let user = store
        .user_by_username(&seeded[0].username)
        .await
        .unwrap()
        .unwrap()
        .author
        .id;
    let all: Vec<UserId> = store
        .page_users("", None, 100)
        .await
        .unwrap()
        .iter()
        .map(|user| user.author.id)
        .collect();
    let mut direct = RoomId(crate::stamp::new_id());
    for other in all.iter().filter(|other| **other != user) {
        let id = RoomId(crate::stamp::new_id());
        (direct, _) = store
            .open_direct(id, &[user, *other], chat::Timestamp(0))
            .await
            .unwrap();
    }
    let room = seeded[0].rooms[0];
    let root = store.page(room, Bound::Newest, 1).await.unwrap().messages[0].id;
    [
        counted(store.rooms_of(user)).await.1,
        counted(store.heads_of(user)).await.1,
        counted(store.room_of(direct, user)).await.1,
        counted(store.rooms_open_to(user)).await.1,
        counted(store.page(room, Bound::Newest, 100)).await.1,
        counted(store.changes(room, 0, 500)).await.1,
        counted(store.page_members(room, None, 100)).await.1,
        counted(store.page_users("a", None, 100)).await.1,
        counted(store.unread_mentions(user)).await.1,
        counted(store.head_for(room, user)).await.1,
        counted(store.heads_open_to(user)).await.1,
        counted(store.thread(root, Bound::Newest, 100)).await.1,
    ]
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
