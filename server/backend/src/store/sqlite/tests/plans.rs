//! That every query runs on an index.

use std::{collections::HashSet, path::Path};

use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection};
use tempfile::TempDir;

use super::{plan, statements};
use crate::{
    seed::seed,
    store::sqlite::{SqliteStore, reading, writing},
};

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
    ("following::UNREAD_THREADS", "SCAN f", "the same"),
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
    (
        "exports::DRAFTS",
        "TEMP B-TREE",
        "one order for those of rooms and of threads",
    ),
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
    ("outgoing::IS_DUE_IN", "SCAN w", "the same"),
    ("outgoing::CLAIM_IN", "SCAN w", "the same"),
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
