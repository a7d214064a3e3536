//! What the server's own statistics say: sizes, what is slow, unused or bloated, and settings that harm.

use sqlx::{PgConnection, Row};

use super::{pool::Work, schema, statement::statements};
use crate::store::{Finding, Stored, finding::mebibytes};

/// Dead rows of a table are too many from here on, where they also outnumber a share of the living.
const DEAD_MIN: i64 = 10_000;
/// That share: one dead row for so many living.
const LIVING_A_DEAD: i64 = 4;
/// How many connections one instance may open, and a few for operators.
const CONNECTIONS_NEEDED: i64 = 60;

statements! {
    TABLES = "SELECT relname::text, pg_total_relation_size(relid), n_live_tup, n_dead_tup
              FROM pg_stat_user_tables ORDER BY 2 DESC LIMIT 20";
    /// Unique ones keep a promise even when nobody reads them.
    UNUSED = "SELECT s.indexrelname::text, pg_relation_size(s.indexrelid)
              FROM pg_stat_user_indexes s JOIN pg_index i ON i.indexrelid = s.indexrelid
              WHERE s.idx_scan = 0 AND NOT i.indisunique AND pg_relation_size(s.indexrelid) > 16777216
              ORDER BY 2 DESC LIMIT 20";
    INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid LIMIT 20";
    SETTINGS = "SELECT name, setting FROM pg_settings
                WHERE name IN ('autovacuum', 'fsync', 'full_page_writes', 'max_connections')";
    /// Whether there is the view, and the library behind it, which brings the setting. The list of libraries itself is
    /// for superusers alone.
    HAS_STATISTICS = "SELECT to_regclass('pg_stat_statements') IS NOT NULL
                             AND current_setting('pg_stat_statements.max', TRUE) IS NOT NULL";
    SLOW = "SELECT left(regexp_replace(query, '\\s+', ' ', 'g'), 120), calls, mean_exec_time
            FROM pg_stat_statements
            WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND mean_exec_time > 200
            ORDER BY total_exec_time DESC LIMIT 10";
}

/// Gathers all findings.
pub(super) struct Report;

impl Work for Report {
    type Output = Vec<Finding>;
    const REPEATABLE: bool = true;

    async fn apply(&self, connection: &mut PgConnection) -> Stored<Vec<Finding>> {
        let mut findings = vec![schema::finding(connection).await?];
        findings.extend(tables(connection).await?);
        findings.extend(indexes(connection).await?);
        findings.extend(settings(connection).await?);
        findings.extend(slow(connection).await?);
        Ok(findings)
    }
}

async fn tables(connection: &mut PgConnection) -> Stored<Vec<Finding>> {
    let rows: Vec<(String, i64, i64, i64)> = TABLES.read().fetch_all(connection).await?;
    let finding = |(table, bytes, living, dead): (String, i64, i64, i64)| {
        let size = format!("{}, {living} rows", mebibytes(bytes));
        if dead >= DEAD_MIN && dead > living / LIVING_A_DEAD {
            let advice = "autovacuum does not keep up; look for long transactions, or run VACUUM";
            Finding::warning(table, format!("{size} and {dead} dead ones: {advice}"))
        } else {
            Finding::note(table, size)
        }
    };
    Ok(rows.into_iter().map(finding).collect())
}

async fn indexes(connection: &mut PgConnection) -> Stored<Vec<Finding>> {
    let unused: Vec<(String, i64)> = UNUSED.read().fetch_all(&mut *connection).await?;
    let invalid: Vec<(String,)> = INVALID.read().fetch_all(connection).await?;
    let unused = unused.into_iter().map(|(index, bytes)| {
        let text = format!("{}, not used since statistics were reset", mebibytes(bytes));
        Finding::note(index, text)
    });
    let invalid = invalid.into_iter().map(|(index,)| {
        Finding::warning(
            index,
            "invalid: it was not built to its end; drop it and start Natter again",
        )
    });
    Ok(invalid.chain(unused).collect())
}

async fn settings(connection: &mut PgConnection) -> Stored<Vec<Finding>> {
    let rows: Vec<(String, String)> = SETTINGS.read().fetch_all(connection).await?;
    let finding = |(name, value): (String, String)| match (name.as_str(), value.as_str()) {
        ("fsync" | "full_page_writes", "off") => Some(Finding::warning(
            name,
            "off: acknowledged messages do not survive a loss of power; turn it on",
        )),
        ("autovacuum", "off") => Some(Finding::warning(
            name,
            "off: tables grow and plans go stale; turn it on",
        )),
        ("max_connections", most) => Some(connections(most.parse().unwrap_or(0))),
        _ => None,
    };
    Ok(rows.into_iter().filter_map(finding).collect())
}

fn connections(most: i64) -> Finding {
    if most < CONNECTIONS_NEEDED {
        let text = format!("{most}: one instance may open 50, and some stay for operators; raise it");
        return Finding::warning("max_connections", text);
    }
    let instances = (most - 10) / 50;
    Finding::note(
        "max_connections",
        format!("{most}, enough for {instances} instance(s)"),
    )
}

async fn slow(connection: &mut PgConnection) -> Stored<Vec<Finding>> {
    if !HAS_STATISTICS
        .scalar::<bool>()
        .fetch_one(&mut *connection)
        .await?
    {
        let text = "not installed, so slow queries are known from Natter's log alone";
        return Ok(vec![Finding::note("pg_stat_statements", text)]);
    }
    let rows = SLOW.query().fetch_all(connection).await?;
    let mut findings = Vec::new();
    for row in rows {
        let (query, calls, mean): (String, i64, f64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let text = format!("takes {mean:.0} ms on average, {calls} times: {query}");
        findings.push(Finding::warning("slow query", text));
    }
    Ok(findings)
}
