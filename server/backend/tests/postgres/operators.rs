//! What operators rely on: connections that are ready, and reports for a user with no special rights.

use std::time::Duration;

use backend::store::{Upkeep, postgres::PostgresStore};
use sqlx::{Connection, PgConnection};
use tokio::time::timeout;

use crate::Place;

/// Far longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);
/// How many connections an instance keeps.
const KEPT: i64 = 10;

#[tokio::test]
async fn an_instance_opens_the_connections_that_it_keeps_before_anyone_needs_them() {
    let place = Place::new().await;
    let mut operator = PgConnection::connect(&place.url()).await.unwrap();
    let _store = place.open().await;
    let counting = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'natter'";
    let opening = async {
        while sqlx::query_scalar::<_, i64>(counting)
            .fetch_one(&mut operator)
            .await
            .unwrap()
            < KEPT
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LONG, opening).await.unwrap();
}

#[tokio::test]
async fn an_owner_without_special_rights_gets_reports_with_slow_queries_and_renews_statistics() {
    let place = Place::new().await;
    let natter = place.url();
    let team = format!("{}team", natter.strip_suffix("natter").unwrap());
    let mut superuser = PgConnection::connect(&natter).await.unwrap();
    for sql in ["CREATE ROLE plain LOGIN", "CREATE DATABASE team OWNER plain"] {
        sqlx::query(sql).execute(&mut superuser).await.unwrap();
    }
    let mut superuser = PgConnection::connect(&team).await.unwrap();
    sqlx::query("CREATE EXTENSION pg_stat_statements")
        .execute(&mut superuser)
        .await
        .unwrap();
    let store = PostgresStore::open(&team.replace("natter@", "plain@"), None)
        .await
        .unwrap();
    let findings = store.report().await.unwrap();
    assert!(findings.iter().any(|finding| finding.subject == "messages"));
    assert!(
        findings
            .iter()
            .all(|finding| finding.subject != "pg_stat_statements"),
        "{findings:?}"
    );
    assert!(store.tune().await.unwrap());
}
