//! That every query runs on an index, however large the tables are.

use std::collections::HashSet;

use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, Row};

use super::{execute, server, statements};
use crate::store::postgres::{PostgresStore, pool};

/// Steps of a plan that walk a table or an index from end to end, and why that is meant.
const ALLOWED: &[(&str, &str, &str)] = &[
    (
        "accounts::STANDING",
        "users",
        "whether there is anyone: ends at the first row",
    ),
    ("attachments::REMAINS", "remains_pkey", "up to the hundredth"),
    (
        "erasing::ERASING",
        "users_erasing",
        "who is being erased at this moment",
    ),
    ("exports::USERS", "users", "an export reads whole tables"),
    ("exports::ROOMS", "rooms", "an export reads whole tables"),
    ("exports::MEMBERS", "members", "an export reads whole tables"),
    ("exports::MESSAGES", "messages", "an export reads whole tables"),
    ("exports::MESSAGES", "users", "an export reads whole tables"),
    ("exports::REACTIONS", "reactions", "an export reads whole tables"),
    ("exports::VERSIONS", "versions", "an export reads whole tables"),
    ("exports::VERSIONS", "messages", "an export reads whole tables"),
    ("exports::FILES", "attachments", "an export reads whole tables"),
    ("exports::FILES", "files", "an export reads whole tables"),
    ("exports::DRAFTS", "drafts", "an export reads whole tables"),
    ("exports::DRAFTS", "reply_drafts", "an export reads whole tables"),
    ("exports::SAVED", "saved", "an export reads whole tables"),
    (
        "imports::FOLLOW",
        "outgoing_webhooks",
        "a few dozen webhooks at most",
    ),
    (
        "imports::PASS",
        "outgoing_webhooks",
        "a few dozen webhooks at most",
    ),
    (
        "exports::AUTHORED",
        "messages",
        "one person's messages are sought through all of them",
    ),
    (
        "audit::PRUNE_AUDIT",
        "audit_pkey",
        "the newest entries, as many as are kept; once an hour",
    ),
    (
        "audit::PRUNE_REPORTS",
        "reports_resolved",
        "the newest reports, as many as are kept; once an hour",
    ),
    ("audit::PRUNE_AUDIT", "audit", "the same, where most go"),
    ("audit::PRUNE_REPORTS", "reports", "the same, where most go"),
    ("invites::BY_CODE", "invites", "there are at most 200"),
    ("invites::DELETE", "invites", "there are at most 200"),
    ("invites::USE", "invites", "there are at most 200"),
    ("invites::LOCK", "invites", "there are at most 200"),
    (
        "outgoing::FOLLOW_ROOMS",
        "room_heads",
        "all channels, once, when a webhook for them is made",
    ),
    ("outgoing::FOLLOW_ROOMS", "rooms", "the same"),
    (
        "outgoing::FOLLOW_NEW_ROOMS",
        "rooms",
        "all channels, now and then, where a webhook is for them",
    ),
    ("outgoing::FOLLOW_NEW_ROOMS", "webhook_cursors", "the same"),
    (
        "outgoing::DELETE_OUTGOING",
        "outgoing_webhooks",
        "a few dozen webhooks at most",
    ),
    (
        "outgoing::STOP_OUTGOING",
        "outgoing_webhooks",
        "a few dozen webhooks at most",
    ),
    (
        "outgoing::IS_DUE",
        "webhook_cursors",
        "here all of them are due; asked only where there is a webhook",
    ),
    ("outgoing::CLAIM", "webhook_cursors", "the same"),
    (
        "outgoing::IS_DUE_IN",
        "outgoing_webhooks",
        "a few dozen webhooks at most; their cursors are looked up",
    ),
    ("outgoing::CLAIM_IN", "outgoing_webhooks", "the same"),
    (
        "programs::DELETE_COMMAND",
        "commands",
        "a hundred commands at most",
    ),
    ("invites::INSERT", "invites", "there are at most 200"),
    ("invites::FORGET_ENDED", "invites", "there are at most 200"),
    ("invites::LIST", "invites_pkey", "there are at most 200"),
    ("moderation::RAISE_ROOMS", "looks", "a table of two rows"),
    ("profiles::RAISE_PEOPLE", "looks", "a table of two rows"),
    ("profiles::LOOKS", "looks", "a table of two rows"),
    ("profiles::LOCK_OWNERS", "users_owning", "the owners"),
    ("profiles::OWNERS", "users_owning", "the owners"),
    (
        "programs::COUNT_BOTS",
        "users_bots",
        "a few hundred bots, on an index of their own",
    ),
    ("programs::BOTS", "users_bots", "the same"),
    (
        "outgoing::INSERT_OUTGOING",
        "outgoing_webhooks",
        "a few dozen webhooks at most",
    ),
    (
        "outgoing::OUTGOING",
        "outgoing_webhooks",
        "a few dozen webhooks at most",
    ),
    (
        "outgoing::HAS_OUTGOING",
        "outgoing_webhooks",
        "ends at the first entry",
    ),
    (
        "outgoing::CLAIM",
        "outgoing_webhooks",
        "a few dozen webhooks at most",
    ),
    (
        "outgoing::FOLLOW_NEW_ROOMS",
        "outgoing_webhooks",
        "a few dozen webhooks at most",
    ),
    (
        "programs::COMMAND_STANDING",
        "commands",
        "a hundred commands at most",
    ),
    ("programs::COMMANDS", "commands", "the same"),
    (
        "rooms::SEEN_OPEN",
        "rooms_public",
        "public channels by name, up to the 200th",
    ),
    (
        "rooms::HEADS_OPEN",
        "rooms_public",
        "public channels by name, up to the 200th",
    ),
    (
        "schema::APPLIED",
        "_sqlx_migrations",
        "all of them are wanted, a handful",
    ),
    ("schema::EPOCH", "meta", "a table of a row or two"),
    (
        "subscriptions::ANYONE",
        "subscriptions",
        "whether there is anyone: ends at the first row",
    ),
    ("schema::INDEX_AGAIN", "messages_pkey", "ends at the first entry"),
    ("upkeep::LAST_BACKUP", "meta", "a table of a row or two"),
    ("upkeep::OWN_TABLES", "pg_class", "the catalogue, once an hour"),
    ("search::NEXT", "meta", "a table of a row or two"),
    ("search::SET_NEXT", "meta", "a table of a row or two"),
    ("search::NO_NEXT", "meta", "a table of a row or two"),
    (
        "search::NEWEST_PLACE",
        "message_words_pkey",
        "ends at the first entry",
    ),
    (
        "search::OLDEST_PLACE",
        "message_words_pkey",
        "ends at the first entry",
    ),
];

/// Enough of everything that reading a whole table costs more than looking up what is wanted. Straight into the
/// tables: what the planner goes by is their size and spread, and the port would take minutes.
const CONTENTS: &[&str] = &[
    "CREATE FUNCTION nth(kind text, n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql
     AS $$ SELECT md5(kind || n)::uuid $$",
    "INSERT INTO users SELECT nth('user', n), 'user' || n, 'user' || n, 'user' || n, 'Name ' || n, 'name ' || n,
                              'none', 'member', NULL, n FROM generate_series(1, 5000) n",
    "INSERT INTO sessions SELECT nth('session', n), decode(md5('s' || n), 'hex'), nth('user', n), n, n
     FROM generate_series(1, 5000) n",
    "INSERT INTO tokens SELECT nth('token', n), decode(md5('t' || n), 'hex'), nth('user', n), 'name', n
     FROM generate_series(1, 5000) n",
    "INSERT INTO rooms SELECT nth('room', n), 'channel', 'room-' || n, 'Room ' || n, 'room ' || n, '', n % 2 = 0, NULL,
                              nth('user', n), n FROM generate_series(1, 3000) n",
    "INSERT INTO room_heads SELECT nth('room', n), 20, 20, n FROM generate_series(1, 3000) n",
    "INSERT INTO members SELECT nth('room', n), nth('user', 1 + (n * 7 + k) % 5000), 'user' || 1 + (n * 7 + k) % 5000, 0, n
     FROM generate_series(1, 3000) n, generate_series(1, 12) k",
    "INSERT INTO messages SELECT nth('message', n * 100 + k), nth('room', n), k, k, nth('user', 1 + (n + k) % 5000),
                                 'body', '<p>body</p>', 'nonce ' || n * 100 + k, NULL, 0, n, NULL, FALSE, FALSE, '{}'
     FROM generate_series(1, 3000) n, generate_series(1, 20) k",
    "INSERT INTO mentions SELECT nth('user', 1 + (n + k) % 5000), nth('room', n), k, n
     FROM generate_series(1, 3000) n, generate_series(1, 5) k",
    "UPDATE messages SET thread = nth('message', (seq % 3 + 1) + 100 * (created_at % 3000)) WHERE seq > 15",
    "UPDATE messages SET pinned = TRUE WHERE seq = 3",
    "INSERT INTO reactions SELECT nth('message', n * 100 + k), '👍', nth('user', 1 + (n + k) % 5000), n
     FROM generate_series(1, 3000) n, generate_series(1, 5) k",
    "INSERT INTO message_words SELECT n * 100 + k, nth('message', n * 100 + k),
                                      array_to_tsvector(ARRAY['=', 'word' || k, 'other' || n, '=p12x' || ((n * 100 + k) >> 12)])
     FROM generate_series(1, 3000) n, generate_series(1, 20) k",
    "INSERT INTO versions SELECT nth('message', n * 100 + k), n, 'body', n
     FROM generate_series(1, 3000) n, generate_series(1, 5) k",
    "INSERT INTO previews SELECT sha256(('p' || n)::bytea), 'title', 'about', 'site', n FROM generate_series(1, 5000) n",
    "INSERT INTO calls SELECT nth('room', n), k, nth('user', 1 + (n + k) % 5000), n
     FROM generate_series(1, 3000) n, generate_series(1, 5) k",
    "INSERT INTO followers SELECT nth('message', n * 100 + k), nth('user', 1 + (n + k) % 5000), nth('room', n), TRUE, k, n
     FROM generate_series(1, 3000) n, generate_series(1, 5) k",
    "INSERT INTO saved SELECT nth('user', 1 + (n + k) % 5000), nth('message', n * 100 + k), n
     FROM generate_series(1, 3000) n, generate_series(1, 5) k",
    "INSERT INTO drafts SELECT nth('user', n), nth('room', 1 + n % 3000), 'body', n FROM generate_series(1, 5000) n",
    "INSERT INTO reply_drafts SELECT nth('user', 1 + (n + k) % 5000), nth('message', n * 100 + k), nth('room', n), 'body', n
     FROM generate_series(1, 3000) n, generate_series(1, 5) k",
    "INSERT INTO subscriptions SELECT 'https://push/' || n, nth('user', n), nth('session', n), '\\x07', '\\x07', n
     FROM generate_series(1, 5000) n",
    "INSERT INTO keys SELECT 'key' || n, 'value' FROM generate_series(1, 5000) n",
    "UPDATE members SET level = 'all' WHERE joined_at = 7",
    "INSERT INTO bans SELECT nth('room', n), nth('user', 1 + (n * 3) % 5000), nth('user', 1), n, ''
     FROM generate_series(1, 3000) n",
    "INSERT INTO invites SELECT nth('invite', n), 'code' || n, 'member', '{}', nth('user', 1), n, NULL, 0, 5
     FROM generate_series(1, 200) n",
    "INSERT INTO reports SELECT nth('report', n), nth('message', n * 100 + 1), 'body', nth('user', 1 + n % 5000), 'reason',
                                n, CASE WHEN n % 2 = 0 THEN n END, NULL, ''
     FROM generate_series(1, 3000) n",
    "INSERT INTO audit SELECT nth('audit', n), n, nth('user', 1), 'room_changed', NULL, nth('room', 1 + n % 3000), ''
     FROM generate_series(1, 20000) n",
    "UPDATE rooms SET version = created_at WHERE created_at % 3 = 0",
    "INSERT INTO users (id, username, username_key, skeleton, display_name, display_key, password_hash, role, avatar_url,
                        created_at, maker)
     SELECT nth('bot', n), 'bot' || n, 'bot' || n, 'bot' || n, 'Bot ' || n, 'bot ' || n, '!', 'member',
                              NULL, n, nth('user', 1) FROM generate_series(1, 100) n",
    "INSERT INTO incoming_webhooks SELECT nth('incoming', n), decode(md5('i' || n), 'hex'), nth('room', n), nth('bot', 1 + n % 100),
                                          'name', nth('user', 1), n FROM generate_series(1, 3000) n",
    "INSERT INTO outgoing_webhooks SELECT nth('outgoing', n), NULL, 'name', 'https://example.org/', '\\x07', TRUE,
                                          nth('user', 1), n, NULL, NULL FROM generate_series(1, 30) n",
    "INSERT INTO webhook_cursors SELECT nth('outgoing', n), nth('room', 2 * k + 1), 20, 20, 0, 0
     FROM generate_series(1, 30) n, generate_series(1, 1000) k",
    "INSERT INTO commands SELECT nth('command', n), 'name' || n, '', 'https://example.org/', '\\x07', nth('bot', n),
                                 nth('user', 1), n FROM generate_series(1, 50) n",
    "INSERT INTO files SELECT nth('file', n), nth('user', 1 + n % 5000), 10, '{}', CASE WHEN n % 50 = 0 THEN n END
     FROM generate_series(1, 30000) n",
    "INSERT INTO attachments SELECT nth('file', n * 5 + k), nth('message', n * 100 + k), nth('room', n)
     FROM generate_series(1, 3000) n, generate_series(1, 5) k",
    "INSERT INTO uploads SELECT nth('upload', n), nth('user', 1 + n % 5000), 'name', 10, n FROM generate_series(1, 5000) n",
    "INSERT INTO remains SELECT 'files/' || n FROM generate_series(1, 5000) n",
    "INSERT INTO imported SELECT 'slack', 'user', 'U' || n, nth('user', n) FROM generate_series(1, 5000) n",
    "VACUUM ANALYZE",
];

/// An argument of each type that statements take.
fn argument(kind: &str) -> &'static str {
    match kind {
        "uuid" => "nth('user', 7)",
        "text" => "'user7'",
        "bigint" => "10",
        "bytea" => "'\\x07'",
        "boolean" => "TRUE",
        "uuid[]" => "ARRAY[nth('user', 7), nth('user', 8)]",
        "text[]" => "ARRAY['user7', 'user8']",
        "bigint[]" => "ARRAY[1, 2]::bigint[]",
        "boolean[]" => "ARRAY[TRUE, FALSE]",
        "bytea[]" => "ARRAY['\\x07', '\\x08']::bytea[]",
        other => panic!("no argument of type {other}"),
    }
}

#[tokio::test]
async fn every_query_runs_on_an_index() {
    let server = server().await;
    PostgresStore::open(&server.url(), None).await.unwrap();
    let mut connection = pool::options(&server.url()).unwrap().connect().await.unwrap();
    execute("SET statement_timeout = 0", &mut connection).await;
    for sql in CONTENTS {
        execute(sql, &mut connection).await;
    }
    let (mut bad, mut used) = (Vec::new(), HashSet::new());
    // The plan that the server keeps for all values, and the one that it makes for some.
    for mode in ["force_generic_plan", "force_custom_plan"] {
        execute(&format!("SET plan_cache_mode = {mode}"), &mut connection).await;
        // The catalogues that a report reads are small, and there is no other way to them.
        for (name, sql) in statements()
            .into_iter()
            .filter(|(name, _)| !name.starts_with("report::"))
        {
            for walked in walked(sql, &mut connection).await {
                match ALLOWED
                    .iter()
                    .find(|(of, what, _)| *of == name && *what == walked)
                {
                    Some((of, what, _)) => used.extend([(*of, *what)]),
                    None => bad.push(format!("{name} walks {walked} ({mode})")),
                }
            }
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
    let unused: Vec<_> = ALLOWED
        .iter()
        .filter(|(of, what, _)| !used.contains(&(*of, *what)))
        .collect();
    assert!(unused.is_empty(), "nothing needs these allowances: {unused:#?}");
}

/// The tables and indexes that a statement's plan reads from end to end.
async fn walked(sql: &str, connection: &mut PgConnection) -> Vec<String> {
    // What is no query has no plan.
    if sql.starts_with("SET ") || sql.starts_with("ANALYZE") {
        return Vec::new();
    }
    execute(&format!("PREPARE asked AS {sql}"), connection).await;
    let types = "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 'asked'";
    let types: Vec<String> = sqlx::query_scalar(types)
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    let arguments: Vec<&str> = types.iter().map(|kind| argument(kind)).collect();
    let call = match arguments.as_slice() {
        [] => "asked".to_owned(),
        some => format!("asked ({})", some.join(", ")),
    };
    let explain = sqlx::query(AssertSqlSafe(format!("EXPLAIN (FORMAT JSON) EXECUTE {call}")));
    let row = explain
        .persistent(false)
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    let plan: String = row.get_unchecked(0);
    execute("DEALLOCATE asked", connection).await;
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let mut walked = Vec::new();
    collect_walked(&plan[0]["Plan"], &mut walked);
    walked
}

fn collect_walked(step: &serde_json::Value, walked: &mut Vec<String>) {
    let text = |key: &str| step[key].as_str().unwrap_or_default().to_owned();
    match text("Node Type").as_str() {
        "Seq Scan" => walked.push(text("Relation Name")),
        "Index Scan" | "Index Only Scan" | "Bitmap Index Scan" if step["Index Cond"].is_null() => {
            walked.push(text("Index Name"));
        }
        _ => {}
    }
    for inner in step["Plans"].as_array().into_iter().flatten() {
        collect_walked(inner, walked);
    }
}
