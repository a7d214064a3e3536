//! A real Prometheus over three instances, with the rules that operators get: alerts fire by what they are about and
//! go when that is over, and the rules for scaling ask for another instance when there is need of one.

use std::{collections::BTreeSet, process::Stdio, time::Duration};

use futures::future::join_all;
use serde_json::Value;
use services::{Alertmanager, Cluster, Prometheus};

use crate::{
    common::Person,
    crew::{Crew, assert_holds},
    rolling::{aside, cluster, site},
    visitors::Visitors,
};

const RULES: &str = include_str!("../../../deploy/prometheus/natter.rules.yml");
const ALERTMANAGER: &str = include_str!("../../../deploy/prometheus/alertmanager.yml");
/// How often something awaited is looked for, and how many times: a minute in all.
const LOOK: Duration = Duration::from_millis(500);
const LOOKS: usize = 120;

/// The rules at a quicker pace: what takes minutes in earnest takes seconds.
fn quickened(rules: &str) -> String {
    let quick = |line: &str| match line.trim_start() {
        time if time.starts_with("for: ") => "        for: 0s".to_owned(),
        time if time.starts_with("interval: ") => "    interval: 1s".to_owned(),
        _ => ["[2m]", "[5m]", "[10m]"]
            .iter()
            .fold(line.to_owned(), |line, range| line.replace(range, "[15s]")),
    };
    rules.lines().map(quick).collect::<Vec<_>>().join("\n")
}

fn config(cluster: &Cluster, alertmanager: Option<&Alertmanager>) -> String {
    let targets: Vec<String> = cluster
        .instances
        .iter()
        .map(|instance| format!("'{}'", instance.url().replace("http://", "")))
        .collect();
    let alerting = alertmanager.map_or_else(String::new, |alertmanager| {
        format!(
            "alerting: {{ alertmanagers: [{{ static_configs: [{{ targets: ['127.0.0.1:{}'] }}] }}] }}\n",
            alertmanager.port()
        )
    });
    format!(
        "global: {{ scrape_interval: 1s, evaluation_interval: 1s, scrape_timeout: 1s }}\n\
         rule_files: [natter.rules.yml]\n{alerting}\
         scrape_configs: [{{ job_name: natter, static_configs: [{{ targets: [{}] }}] }}]\n",
        targets.join(", ")
    )
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The names of the alerts that fire.
fn firing(prometheus: &Prometheus) -> BTreeSet<String> {
    let answer = json(&prometheus.get("/api/v1/alerts").unwrap());
    let alerts = answer["data"]["alerts"].as_array().unwrap().iter();
    let firing = alerts.filter(|alert| alert["state"] == "firing");
    firing
        .map(|alert| alert["labels"]["alertname"].as_str().unwrap().to_owned())
        .collect()
}

/// What an expression gives, if it gives one value.
fn value(prometheus: &Prometheus, expression: &str) -> Option<f64> {
    let encoded: String = url::form_urlencoded::byte_serialize(expression.as_bytes()).collect();
    let answer = json(&prometheus.get(&format!("/api/v1/query?query={encoded}")).unwrap());
    answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
}

async fn until(what: &str, so: impl Fn() -> bool) {
    for _ in 0..LOOKS {
        if so() {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
    panic!("{what}: it does not come to that");
}

async fn until_firing(prometheus: &Prometheus, alerts: &[&str]) {
    let all = || alerts.iter().all(|alert| firing(prometheus).contains(*alert));
    until(&format!("{alerts:?} fire"), all).await;
}

async fn until_resolved(prometheus: &Prometheus, alerts: &[&str]) {
    let none = || alerts.iter().all(|alert| !firing(prometheus).contains(*alert));
    until(&format!("{alerts:?} are over"), none).await;
}

fn psql(cluster: &Cluster, sql: &str) -> std::process::Command {
    let mut psql = std::process::Command::new("psql");
    psql.args(["-qAtX", "-d", &cluster.postgres.url(), "-c", sql]);
    psql
}

/// Somebody holds a table, and sixty people wait for it at one instance.
async fn exhaust_pool(cluster: &Cluster, person: &Person, prometheus: &Prometheus) {
    let hold = "BEGIN; LOCK TABLE members IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(120)";
    let mut hold = psql(cluster, hold);
    let mut holder = hold.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let held = "SELECT count(*) FROM pg_locks WHERE relation = 'members'::regclass AND granted
                AND mode = 'AccessExclusiveLock'";
    until("the table is held", || {
        psql(cluster, held).output().unwrap().stdout.starts_with(b"1")
    })
    .await;
    let rooms = format!("{}/api/rooms", cluster.instances[0].url());
    let asking = tokio::spawn({
        let person = person.clone();
        async move {
            loop {
                let ask = || person.http.get(&rooms).bearer_auth(&person.token).send();
                join_all((0..60).map(|_| ask())).await;
                tokio::time::sleep(LOOK).await;
            }
        }
    });
    until_firing(prometheus, &["NatterPoolExhausted"]).await;
    asking.abort();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE query LIKE '%pg_sleep(120)%' AND pid <> pg_backend_pid()";
    assert!(psql(cluster, end).output().unwrap().status.success());
    holder.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_fire_by_what_they_are_about_and_go_when_that_is_over() {
    let site = site();
    let cluster = cluster(site.path()).await;
    let alertmanager = Alertmanager::start(ALERTMANAGER).unwrap();
    let rules = quickened(RULES);
    let prometheus = Prometheus::start(
        &config(&cluster, Some(&alertmanager)),
        &[("natter.rules.yml", &rules)],
    )
    .unwrap();
    let url = cluster.nginx.url();
    let reader = Person::register(&url, "reader").await;
    let room = reader.room_id("general").await;
    until("all are seen", || value(&prometheus, "sum(up)") == Some(3.0)).await;
    let visitors = Visitors::start(&reader, &[room], true);
    until_firing(&prometheus, &["NatterBackupOld"]).await;
    let causes = [
        "NatterDown",
        "NatterRedisDown",
        "NatterDatabaseDown",
        "NatterErrors",
        "NatterPoolExhausted",
    ];
    until_resolved(&prometheus, &causes).await;

    exhaust_pool(&cluster, &reader, &prometheus).await;
    cluster.instances[2].kill().unwrap();
    cluster.redis.kill().unwrap();
    until_firing(&prometheus, &["NatterDown", "NatterRedisDown"]).await;
    cluster.postgres.pause().unwrap();
    until_firing(&prometheus, &["NatterDatabaseDown", "NatterErrors"]).await;
    let told = || alertmanager.get("/api/v2/alerts").unwrap();
    until("the Alertmanager is told", || {
        told().contains("NatterDatabaseDown")
    })
    .await;
    let inhibited = || {
        let alerts = json(&told());
        let errors = alerts
            .as_array()
            .unwrap()
            .iter()
            .find(|alert| alert["labels"]["alertname"] == "NatterErrors")
            .cloned();
        errors.is_some_and(|alert| alert["status"]["inhibitedBy"] != serde_json::json!([]))
    };
    until("what follows from the database wakes nobody up", inhibited).await;

    cluster.postgres.resume().unwrap();
    let (cluster, ()) = aside(cluster, |cluster| {
        cluster.redis.start_again().unwrap();
        cluster.instances[2].start_again().unwrap();
    })
    .await;
    let copy = site.path().join("copy.dump");
    let mut backup = std::process::Command::new(env!("CARGO_BIN_EXE_natter"));
    backup
        .env("DATABASE_URL", cluster.postgres.url())
        .arg("backup")
        .arg(&copy);
    assert!(backup.status().unwrap().success());
    until_resolved(&prometheus, &causes).await;
    until_resolved(&prometheus, &["NatterBackupOld"]).await;
    assert!(visitors.succeeded() > 0);
    // What failed meanwhile is what the alerts were about.
    visitors.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rules_ask_for_a_fourth_instance_which_takes_its_share_and_goes_again() {
    let site = site();
    let cluster = cluster(site.path()).await;
    // Ten sockets an instance instead of five thousand.
    let rules = quickened(RULES).replace("/ 5000)", "/ 10)");
    let prometheus = Prometheus::start(&config(&cluster, None), &[("natter.rules.yml", &rules)]).unwrap();
    let url = cluster.nginx.url();
    let crew = Crew::start(vec![url.clone()]).await;
    let rosa = Person::register(&url, "rosa").await;
    let wanted = "natter:instances_wanted:sockets";
    until("one is enough for a few", || {
        value(&prometheus, wanted) == Some(1.0)
    })
    .await;
    let mut sockets = Vec::new();
    for _ in 0..27 {
        sockets.push(rosa.connect().await);
    }
    until("a fourth is wanted", || value(&prometheus, wanted) == Some(4.0)).await;
    let spread: Vec<f64> = (0..3)
        .map(|n| {
            let at = cluster.instances[n].url().replace("http://", "");
            value(
                &prometheus,
                &format!("websocket_active_connections{{instance=\"{at}\"}}"),
            )
            .unwrap()
        })
        .collect();
    assert!(
        spread.iter().all(|count| (9.0..=13.0).contains(count)),
        "evenly: {spread:?}"
    );

    let (cluster, ()) = aside(cluster, |cluster| cluster.add().unwrap()).await;
    prometheus
        .replace("prometheus.yml", &config(&cluster, None))
        .unwrap();
    let visitors = Visitors::start(&rosa, &[rosa.room_id("general").await], false);
    for _ in 0..12 {
        sockets.push(rosa.connect().await);
    }
    let at = cluster.instances[3].url().replace("http://", "");
    let of_the_new_one = |metric: &str| value(&prometheus, &format!("sum({metric}{{instance=\"{at}\"}})"));
    until("the new one gets sockets", || {
        of_the_new_one("websocket_active_connections") >= Some(1.0)
    })
    .await;
    until("and requests", || {
        of_the_new_one("http_request_duration_seconds_count") > Some(20.0)
    })
    .await;

    let told = sockets.len();
    let (_cluster, ()) = aside(cluster, |cluster| cluster.remove(3).unwrap()).await;
    crew.advance(30).await;
    crew.catch_up().await;
    assert_eq!(
        rosa.by_cookie("GET", "/api/me").send().await.unwrap().status(),
        200,
        "nobody is signed out"
    );
    assert_eq!(visitors.stop().await, Vec::<String>::new());
    assert_holds(&crew.conclude("scaled").await);
    drop(sockets);
    assert_eq!(told, 39);
}
